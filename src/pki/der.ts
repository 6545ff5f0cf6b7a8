/**
 * As much DER as reading a certificate needs (X.690 §8, §10): definite lengths, low tag numbers. It exists because
 * `X509Certificate` hides key usage and foreign extensions, and the happy path cannot afford a whole ASN.1 library.
 */

/** One element: where it lies in its buffer, and what it holds. */
export interface Der {
  /** The identifier octet: class, constructed bit and number together. */
  tag: number;
  /** The contents, without tag and length. */
  value: Uint8Array;
  /** The whole element, tag and length included. */
  raw: Uint8Array;
}

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  teletexString: 0x14,
  bmpString: 0x1e,
  /** `[n]`, constructed, context-specific. */
  explicit: (n: number) => 0xa0 | n,
  /** `[n]`, primitive, context-specific. */
  implicit: (n: number) => 0x80 | n,
} as const;

/** Thrown for bytes that are not DER; the door that called turns it into a failure with a file name. */
export class DerError extends Error {}

/** Most elements are only passed, or looked into: no view of their own is made for them before it is asked for. */
class Element implements Der {
  readonly tag: number;
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly start: number;
  readonly end: number;

  constructor(tag: number, bytes: Uint8Array, offset: number, start: number, end: number) {
    this.tag = tag;
    this.bytes = bytes;
    this.offset = offset;
    this.start = start;
    this.end = end;
  }

  get value(): Uint8Array {
    return this.bytes.subarray(this.start, this.end);
  }

  get raw(): Uint8Array {
    return this.bytes.subarray(this.offset, this.end);
  }
}

/** The element that starts at `offset`. */
export function readDer(bytes: Uint8Array, offset = 0): Der {
  return elementAt(bytes, offset, bytes.length);
}

/** `limit`: where the one ends that it is in. */
function elementAt(bytes: Uint8Array, offset: number, limit: number): Element {
  const tag = bytes[offset];
  const first = offset + 1 < limit ? bytes[offset + 1] : undefined;
  if (tag === undefined || first === undefined) throw new DerError("it ends in the middle of an element");
  if ((tag & 0x1f) === 0x1f) throw new DerError("it has a tag number above 30");
  let start = offset + 2;
  let length = first;
  if (first >= 0x80) {
    const octets = first & 0x7f;
    if (octets === 0 || octets > 4) throw new DerError("it has a length that DER does not allow");
    length = 0;
    for (const end = start + octets; start < end; start++) {
      const octet = bytes[start];
      if (octet === undefined || start >= limit) throw new DerError("it ends in the middle of a length");
      length = length * 256 + octet;
    }
  }
  const end = start + length;
  if (end > limit) throw new DerError(`it is cut short: ${end - limit} bytes are missing`);
  return new Element(tag, bytes, offset, start, end);
}

/** Whether it is this INTEGER, of one octet: a version. */
export function isNumber(element: Der | undefined, number: number): boolean {
  return element?.tag === tags.integer && element.value.length === 1 && element.value[0] === number;
}

/** All elements that stand one after the other. */
export function readAll(bytes: Uint8Array): Der[] {
  return elementsIn(bytes, 0, bytes.length);
}

function elementsIn(bytes: Uint8Array, start: number, end: number): Element[] {
  const elements: Element[] = [];
  for (let offset = start; offset < end; ) {
    const element = elementAt(bytes, offset, end);
    elements.push(element);
    offset = element.end;
  }
  return elements;
}

/** The elements inside a constructed one, which must have the given tag. */
export function children(element: Der | undefined, tag: number = tags.sequence): Der[] {
  if (element === undefined) throw new DerError("an element is missing");
  if (element.tag !== tag) throw new DerError(`an element has tag ${element.tag} instead of ${tag}`);
  const { bytes, start, end } =
    element instanceof Element ? element : { bytes: element.value, start: 0, end: element.value.length };
  return elementsIn(bytes, start, end);
}

/** Octets of an identifier, a number and a bit string: no certificate comes near, and what is longer would keep us busy. */
const longest = { oid: 256, integer: 256, bits: 16 };

/** An object identifier in dotted form. Its arcs may be as large as a UUID (ITU-T X.667). */
export function oid(element: Der | undefined): string {
  if (element?.tag !== tags.oid) throw new DerError("an object identifier is missing");
  const { value } = element;
  if (value.length > longest.oid) throw new DerError("an object identifier is too long");
  const encoded = hex(value);
  const known = dotted.get(encoded) ?? inDots(value, encoded);
  if (dotted.size < mostDotted) dotted.set(encoded, known);
  return known;
}

/** A few dozen are in all certificates; others are not worth the memory. */
const mostDotted = 256;
const dotted = new Map<string, string>();

function inDots(value: Uint8Array, encoded: string): string {
  if (!/^(?:(?!80)(?:[89a-f].){0,19}[0-7].)+$/.test(encoded)) {
    throw new DerError("an object identifier is malformed");
  }
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const octet of value) {
    arc = arc * 128n + BigInt(octet & 0x7f);
    if (octet < 0x80) {
      arcs.push(arc);
      arc = 0n;
    }
  }
  const [first = 0n, ...rest] = arcs;
  const root = first < 80n ? first / 40n : 2n;
  return [root, first - root * 40n, ...rest].join(".");
}

/** UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 allows them: in UTC, with seconds. */
export function time(element: Der | undefined): Date {
  const digits = /^\d+Z$/.exec(lettersOf(element?.value ?? new Uint8Array(), "latin1"))?.[0] ?? "";
  const isShort = element?.tag === tags.utcTime && digits.length === 13;
  const isLong = element?.tag === tags.generalizedTime && digits.length === 15;
  const full = isShort ? `${digits < "50" ? 20 : 19}${digits}` : isLong ? digits : "";
  const at = (start: number) => full.slice(start, start + 2);
  const date = new Date(`${full.slice(0, 4)}-${at(4)}-${at(6)}T${at(8)}:${at(10)}:${at(12)}Z`);
  // A day that the month does not have would become one of the next month, and its last hour's end the next day.
  if (date.getUTCDate() !== Number(at(6))) throw new DerError("a time is malformed");
  return date;
}

/** The set bits of a BIT STRING, counted from the most significant one, as named bit lists are. */
export function bits(element: Der | undefined): number[] {
  if (element?.tag !== tags.bitString) throw new DerError("a bit string is missing");
  if (element.value.length > longest.bits) throw new DerError("a bit string is too long");
  const set: number[] = [];
  element.value.subarray(1).forEach((octet, index) => {
    for (let bit = 0; bit < 8; bit++) if (octet & (0x80 >> bit)) set.push(index * 8 + bit);
  });
  return set;
}

export function hex(value: Uint8Array): string {
  return lettersOf(value, "hex");
}

/** Without a copy of the octets. */
export function lettersOf(value: Uint8Array, encoding: "hex" | "latin1" | "base64url"): string {
  return Buffer.from(value.buffer, value.byteOffset, value.length).toString(encoding);
}

/** A serial number in decimal, as step-ca's log and `step` write it. */
export function serialText(value: Uint8Array): string {
  if (value.length > longest.integer) throw new DerError("a number is too long");
  return BigInt(`0x${hex(value) || "0"}`).toString();
}
