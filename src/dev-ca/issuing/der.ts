/** The little DER that step-ca's own extension needs (X.690). */

export interface Tlv {
  tag: number;
  value: Buffer;
}

export const INTEGER = 0x02;
export const OCTET_STRING = 0x04;
export const SEQUENCE = 0x30;

export function encode(tag: number, ...parts: Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), length(value.length), value]);
}

/** A small non-negative INTEGER. */
export function integer(value: number): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 ? `0${hex}` : hex, "hex");
  return encode(INTEGER, bytes.readUInt8(0) & 0x80 ? Buffer.from([0]) : Buffer.alloc(0), bytes);
}

/** The elements that follow one another in `der`; null if it is not whole. */
export function decode(der: Buffer): Tlv[] | null {
  const elements: Tlv[] = [];
  let at = 0;
  while (at < der.length) {
    const tag = der[at];
    const first = der[at + 1];
    if (tag === undefined || first === undefined) return null;
    const extra = first < 0x80 ? 0 : first & 0x7f;
    const start = at + 2 + extra;
    if (extra > 4 || start > der.length) return null;
    const size = extra === 0 ? first : der.readUIntBE(at + 2, extra);
    if (start + size > der.length) return null;
    elements.push({ tag, value: der.subarray(start, start + size) });
    at = start + size;
  }
  return elements;
}

function length(size: number): Buffer {
  if (size < 0x80) return Buffer.from([size]);
  const hex = size.toString(16);
  const bytes = Buffer.from(hex.length % 2 ? `0${hex}` : hex, "hex");
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
}
