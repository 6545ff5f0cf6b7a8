/** Distinguished names and subject alternative names (RFC 5280 §4.1.2.4, §4.2.1.6), made readable. */
import { children, type Der, hex, oid, tags } from "./der.ts";

/** A distinguished name: readable, and as bytes for comparison. */
export interface Name {
  readonly text: string;
  /** The last common name, as Go takes it; "" where there is none. */
  readonly commonName: string;
  readonly der: Uint8Array;
}

const attributeNames: Record<string, string> = {
  "2.5.4.3": "CN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
};

/** In the order of RFC 4514, most specific first: `CN=dave,O=system:masters`. */
export function readName(rdns: Der): Name {
  const parts = attributes(rdns).reverse();
  const text = parts.map(([type, value]) => `${type}=${value}`).join(",");
  return { der: rdns.raw, text, commonName: parts.find(([type]) => type === "CN")?.[1] ?? "" };
}

/** A GeneralName by its plain value; the kinds that step-ca does not issue as `#` and hex. */
export function generalName({ tag, value }: Der): string {
  if (tag === tags.implicit(7)) return ipAddress(value);
  const isText = tag === tags.implicit(1) || tag === tags.implicit(2) || tag === tags.implicit(6);
  return isText ? Buffer.from(value).toString("latin1") : `#${hex(value)}`;
}

function ipAddress(value: Uint8Array): string {
  if (value.length !== 16) return value.join(".");
  const groups = hex(value).match(/.{4}/g) ?? [];
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

function attributes(rdns: Der): [type: string, value: string][] {
  return children(rdns).flatMap((rdn) =>
    children(rdn, tags.set).map((attribute): [string, string] => {
      const [type, value] = children(attribute);
      const id = oid(type);
      return [attributeNames[id] ?? id, text(value)];
    }),
  );
}

/** As Go reads it (crypto/x509, parser.go): the CA compares a token's subject with what Go makes of the common name. */
function text(element: Der | undefined): string {
  const bytes = Buffer.from(element?.value ?? []);
  if (element?.tag === tags.teletexString) return bytes.toString("latin1");
  const isWide = element?.tag === tags.bmpString && bytes.length % 2 === 0;
  return isWide ? bytes.swap16().toString("utf16le").replace(/\0$/, "") : bytes.toString("utf8");
}
