/** PEM as people really have it (RFC 7468, and RFC 1421 headers of old keys): words around blocks, CRLF, several blocks. */

export interface PemBlock {
  label: string;
  der: Buffer;
  /** RFC 1421 headers; `Proc-Type: 4,ENCRYPTED` marks a legacy encrypted key. */
  headers: Readonly<Record<string, string>>;
  /** The block as it stands in the file, ready for OpenSSL. */
  text: string;
}

const block = /-----BEGIN ([^\r\n]*?)-----[ \t]*\r?\n([\s\S]*?)-----END \1-----/g;
const base64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;

/** All whole blocks of a text, in their order. A block whose base64 is broken has an empty `der`. */
export function pemBlocks(text: string): PemBlock[] {
  return [...text.matchAll(block)].map(([whole, label = "", inside = ""]) => {
    const { headers, body } = splitHeaders(inside);
    return {
      label,
      headers,
      text: `${whole}\n`,
      der: base64.test(body) ? Buffer.from(body, "base64") : Buffer.alloc(0),
    };
  });
}

function splitHeaders(inside: string): { headers: Record<string, string>; body: string } {
  const headers: Record<string, string> = {};
  const lines = inside.split(/\r?\n/);
  while (lines[0]?.includes(":")) {
    const [name = "", ...value] = (lines.shift() ?? "").split(":");
    headers[name.trim()] = value.join(":").trim();
  }
  return { headers, body: lines.join("\n") };
}

/** One block, in lines of 64 characters. */
export function toPem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
