/**
 * A certificate of which nobody could doubt that OpenSSL reads it. It says yes to the plain and usual form only, octet by octet
 * as DER has it (RFC 5280 §4.1); of all else it says nothing, and whoever asks has OpenSSL read it. It is here because OpenSSL
 * takes longer to read a certificate, with the decoders that it looks for its key, than to check the signature on it.
 */
import { hex, tags } from "./der.ts";

export function isPlainlyReadable(der: Uint8Array): boolean {
  const walk = new Walk(der);
  return walk.enter(tags.sequence, () => isBody(walk) && isAlgorithm(walk) && isBits(walk)) && walk.isAtEnd;
}

function isBody(walk: Walk): boolean {
  return walk.enter(
    tags.sequence,
    () =>
      walk.enter(tags.explicit(0), () => walk.is(tags.integer, ([version]) => version === 2, 1)) &&
      walk.is(tags.integer, isPositive, 21) &&
      isAlgorithm(walk) &&
      isName(walk) &&
      walk.enter(tags.sequence, () => isTime(walk) && isTime(walk)) &&
      isName(walk) &&
      walk.enter(tags.sequence, () => isKeyKind(walk) && isBits(walk)) &&
      walk.enter(tags.explicit(3), () => walk.each(tags.sequence, () => isExtension(walk))),
  );
}

/** Of an AlgorithmIdentifier, all of it. */
const algorithms: ReadonlySet<string> = new Set([
  ...[2, 3, 4].map((hash) => `300a06082a8648ce3d04030${hash}`),
  ...["b", "c", "d"].map((hash) => `300d06092a864886f70d01010${hash}0500`),
  "300506032b6570",
]);

/** P-256, P-384, P-521, RSA, Ed25519. */
const keyKinds: ReadonlySet<string> = new Set([
  "301306072a8648ce3d020106082a8648ce3d030107",
  "301006072a8648ce3d020106052b81040022",
  "301006072a8648ce3d020106052b81040023",
  "300d06092a864886f70d0101010500",
  "300506032b6570",
]);

const isAlgorithm = (walk: Walk) => algorithms.has(hex(walk.whole()));
const isKeyKind = (walk: Walk) => keyKinds.has(hex(walk.whole()));

/** A whole number of octets. */
const isBits = (walk: Walk) => walk.is(tags.bitString, (octets) => octets[0] === 0 && octets.length > 1);

const isTime = (walk: Walk) =>
  walk.is(tags.utcTime, ({ length }) => length === 13) || walk.is(tags.generalizedTime, ({ length }) => length === 15);

/** A subject may be empty (RFC 5280 §4.1.2.6). */
const isName = (walk: Walk) =>
  walk.enter(tags.sequence, () => {
    while (!walk.isAtEnd) if (!walk.each(tags.set, () => isAttribute(walk))) return false;
    return true;
  });

/** UTF8String, PrintableString and IA5String, of letters that mean the same in each. */
const isAttribute = (walk: Walk) =>
  walk.enter(tags.sequence, () => isOid(walk) && [0x0c, 0x13, 0x16].some((tag) => walk.is(tag, isAscii)));

const isExtension = (walk: Walk) =>
  walk.enter(tags.sequence, () => {
    if (!isOid(walk)) return false;
    walk.is(tags.boolean, ([value]) => value === 0xff, 1);
    return walk.is(tags.octetString, () => true);
  });

/** Without an arc that begins or ends with what is none. */
const isOid = (walk: Walk) =>
  walk.is(tags.oid, (octets) => {
    const isWhole = (octets.at(-1) ?? 0x80) < 0x80;
    return isWhole && octets.every((octet, index) => octet !== 0x80 || (octets[index - 1] ?? 0) >= 0x80);
  });

/** The shortest that says it. */
const isPositive = ([first = 0x80, second = 0]: Uint8Array) => first < 0x80 && (first !== 0 || second >= 0x80);

const isAscii = (octets: Uint8Array) => octets.every((octet) => octet >= 0x20 && octet < 0x7f);

/** Goes through DER once, without a look back. */
class Walk {
  readonly #bytes: Uint8Array;
  #at = 0;
  #end: number;
  /** Of the element that begins here, once it was asked for. */
  #length = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#end = bytes.length;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#end;
  }

  /** An element of this tag, of which this holds; nothing is passed where it is another. `most`: octets of its value. */
  is(tag: number, holds: (value: Uint8Array) => boolean, most = Number.POSITIVE_INFINITY): boolean {
    const start = this.#startOf(tag);
    if (start === null) return false;
    const end = start + this.#length;
    if (this.#length > most || !holds(this.#bytes.subarray(start, end))) return false;
    this.#at = end;
    return true;
  }

  /** All that such an element holds. */
  enter(tag: number, holds: () => boolean): boolean {
    const start = this.#startOf(tag);
    if (start === null) return false;
    const end = this.#end;
    this.#at = start;
    this.#end = start + this.#length;
    const isWhole = holds() && this.isAtEnd;
    this.#end = end;
    return isWhole;
  }

  /** One or more, all alike. */
  each(tag: number, holds: () => boolean): boolean {
    return this.enter(tag, () => {
      do if (!holds()) return false;
      while (!this.isAtEnd);
      return true;
    });
  }

  /** The next element as it stands; empty where there is none. */
  whole(): Uint8Array {
    const from = this.#at;
    const start = this.#startOf(tags.sequence);
    if (start === null) return this.#bytes.subarray(0, 0);
    this.#at = start + this.#length;
    return this.#bytes.subarray(from, this.#at);
  }

  /** Where its contents begin; null where another element, or none that is whole, is next. Lengths are the shortest. */
  #startOf(tag: number): number | null {
    const [bytes, at] = [this.#bytes, this.#at];
    if (bytes[at] !== tag || at + 2 > this.#end) return null;
    const [, first = 0x80, second = 0, third = 0] = bytes.subarray(at, at + 4);
    const [length, octets, least] =
      first < 0x80 ? [first, 0, 0] : first === 0x81 ? [second, 1, 0x80] : [second * 256 + third, 2, 0x100];
    const start = at + 2 + octets;
    if (first === 0x80 || first > 0x82 || length < least || start + length > this.#end) return null;
    this.#length = length;
    return start;
  }
}
