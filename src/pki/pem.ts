/** PEM as people really have it (RFC 7468, and RFC 1421 headers of old keys): words around blocks, CRLF, several blocks. */

export interface PemBlock {
  label: string;
  der: Buffer;
  /** RFC 1421 headers; `Proc-Type: 4,ENCRYPTED` marks a legacy encrypted key. */
  headers: Readonly<Record<string, string>>;
  /** The block as it stands in the file, ready for OpenSSL. */
  text: string;
}

/** No label is longer; without a bound, a hostile line costs the square of its length. */
const begin = /-----BEGIN ([^\r\n]{0,64}?)-----[ \t]*\r?\n/g;
const base64 = /^[A-Za-z0-9+/\s]*(={1,2}\s*)?$/;
/** More kinds of blocks that never end are in no honest file; looking for the end of each costs its length. */
const mostEndless = 16;

/** All whole blocks of a text, in their order. A block whose base64 is broken has an empty `der`. */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  const endless = new Set<string>();
  const opening = new RegExp(begin);
  for (let found = opening.exec(text); found !== null && endless.size < mostEndless; found = opening.exec(text)) {
    const [, label = ""] = found;
    const closing = `-----END ${label}-----`;
    const end = endless.has(label) ? -1 : text.indexOf(closing, opening.lastIndex);
    if (end < 0) endless.add(label);
    else {
      const { headers, body } = splitHeaders(text.slice(opening.lastIndex, end));
      const der = base64.test(body) ? Buffer.from(body, "base64") : Buffer.alloc(0);
      opening.lastIndex = end + closing.length;
      blocks.push({ label, headers, der, text: `${text.slice(found.index, opening.lastIndex)}\n` });
    }
  }
  return blocks;
}

function splitHeaders(inside: string): { headers: Record<string, string>; body: string } {
  if (!inside.includes(":")) return { headers: {}, body: inside };
  const lines = inside.split(/\r?\n/);
  const clear = lines.findIndex((line) => !line.includes(":"));
  const first = clear < 0 ? lines.length : clear;
  const headers = lines.slice(0, first).map((line): [string, string] => {
    const [name = "", ...value] = line.split(":");
    return [name.trim(), value.join(":").trim()];
  });
  return { headers: Object.fromEntries(headers), body: lines.slice(first).join("\n") };
}

/** One block, in lines of 64 characters. */
export function toPem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
