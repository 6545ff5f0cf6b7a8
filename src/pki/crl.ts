/** A certificate revocation list (RFC 5280 §5): whose it is, when it was made, and whether it lists a serial number. */
import { verify as verifySignature } from "node:crypto";
import { type Certificate, same } from "./certificate.ts";
import { children, type Der, DerError, oid, readDer, tags, time } from "./der.ts";
import { publicKeyIn } from "./signed.ts";

export interface RevocationList {
  readonly issued: Date;
  readonly expires: Date | null;
  /** Why a revoked certificate may be missing from it; null where it lists them all. */
  readonly partial: string | null;
  /** Whether it lists this serial number, in decimal. */
  lists(serial: string): boolean;
  /** Whether it is this issuer's: by name, and by the key that signed it. */
  isSignedBy(issuer: Certificate): boolean;
}

const digests: Record<string, string | null> = {
  "1.2.840.10045.4.3.2": "sha256",
  "1.2.840.10045.4.3.3": "sha384",
  "1.2.840.10045.4.3.4": "sha512",
  "1.2.840.113549.1.1.11": "sha256",
  "1.2.840.113549.1.1.12": "sha384",
  "1.2.840.113549.1.1.13": "sha512",
  "1.3.101.112": null,
};

/** Throws DerError for bytes that are no CRL. A list may have half a million entries, so none of them becomes an object. */
export function readCrl(der: Uint8Array): RevocationList {
  const [tbs, algorithm, signature] = children(readDer(der));
  const fields = children(tbs);
  const [, issuerName, issued, ...rest] = fields[0]?.tag === tags.integer ? fields.slice(1) : fields;
  if (issuerName?.tag !== tags.sequence) throw new DerError("the issuer's name is missing");
  const isTime = (field: Der | undefined) => field?.tag === tags.utcTime || field?.tag === tags.generalizedTime;
  const entries = rest.find(({ tag }) => tag === tags.sequence)?.value ?? new Uint8Array();
  const { partial, isIndirect } = scope(rest.find(({ tag }) => tag === tags.explicit(0)));
  const digest = digests[oid(children(algorithm)[0])];
  find(entries, new Uint8Array()); // it throws here, not in the middle of an answer, if an entry is none
  return {
    issued: time(issued),
    expires: isTime(rest[0]) ? time(rest[0]) : null,
    partial,
    lists: (serial) => {
      const entry = isIndirect ? null : find(entries, bytesOf(serial));
      return entry !== null && !isRemoval(entry);
    },
    isSignedBy: (issuer) => {
      if (digest === undefined || tbs === undefined || signature === undefined) return false;
      if (!same(issuer.subject.der, issuerName.raw)) return false;
      try {
        return verifySignature(digest, tbs.raw, publicKeyIn(issuer), signature.value.subarray(1));
      } catch {
        return false; // a key of another kind than the signature
      }
    },
  };
}

/** Indirect lists hold serial numbers of other issuers, so what they list says nothing about ours (RFC 5280 §5.2.5). */
function scope(field: Der | undefined): { partial: string | null; isIndirect: boolean } {
  if (field === undefined) return { partial: null, isIndirect: false };
  const [list] = children(field, field.tag);
  let partial: string | null = null;
  let isIndirect = false;
  for (const extension of children(list)) {
    const parts = children(extension);
    const id = oid(parts[0]);
    const isCritical = parts.some(({ tag, value }) => tag === tags.boolean && value[0] !== 0);
    if (id === "2.5.29.27") partial ??= "it lists changes only";
    else if (id === "2.5.29.28") {
      // Where it is published, and that it is about users' certificates, leave nothing out for a leaf.
      const limits = children(readDer(parts.at(-1)?.value ?? new Uint8Array()));
      const others = limits.filter(({ tag }) => tag !== tags.explicit(0) && tag !== tags.implicit(1));
      isIndirect ||= others.some(({ tag, value }) => tag === tags.implicit(4) && value[0] !== 0);
      if (others.some(({ tag, value }) => tag === tags.implicit(3) || value[0] !== 0))
        partial ??= "it is about some certificates only";
    } else if (isCritical && !harmless.includes(id)) partial ??= "it has a critical extension that is not known";
  }
  return { partial, isIndirect };
}

/** Whose key signed it, and its number. */
const harmless = ["2.5.29.35", "2.5.29.20"];

/** The entry with this serial number. Throws DerError where something else than an entry stands. */
function find(entries: Uint8Array, serial: Uint8Array): Uint8Array | null {
  let found: Uint8Array | null = null;
  for (let at = 0; at < entries.length; ) {
    const entry = header(entries, at, entries.length, tags.sequence);
    let { start, end } = header(entries, entry.start, entry.end, tags.integer);
    while (start < end && entries[start] === 0) start++;
    if (end - start === serial.length && isAt(entries, start, serial)) found ??= entries.subarray(at, entry.end);
    at = entry.end;
  }
  return found;
}

function isAt(bytes: Uint8Array, start: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[start + i] !== wanted[i]) return false;
  return true;
}

/** As `readDer`, for the millionth time: numbers, and no objects that hold bytes. */
function header(bytes: Uint8Array, at: number, limit: number, tag: number): { start: number; end: number } {
  const first = bytes[at + 1] ?? 0;
  let start = at + 2;
  let length = first;
  if (first >= 0x80) {
    const octets = first & 0x7f;
    if (octets === 0 || octets > 4) throw new DerError("it has a length that DER does not allow");
    length = 0;
    for (const after = start + octets; start < after; start++) length = length * 256 + (bytes[start] ?? 0);
  }
  const end = start + length;
  if (bytes[at] !== tag || end > limit) throw new DerError("an entry is malformed");
  return { start, end };
}

/** In a list of changes: what is no longer revoked (RFC 5280 §5.3.1: removeFromCRL). */
function isRemoval(entry: Uint8Array): boolean {
  const [, , extensions] = children(readDer(entry));
  if (extensions === undefined) return false;
  return children(extensions).some((extension) => {
    const parts = children(extension);
    return oid(parts[0]) === "2.5.29.21" && parts.at(-1)?.value.at(-1) === 8;
  });
}

/** Without leading zeros. */
function bytesOf(serial: string): Uint8Array {
  const digits = BigInt(serial).toString(16);
  return digits === "0"
    ? new Uint8Array()
    : Buffer.from(digits.padStart(digits.length + (digits.length % 2), "0"), "hex");
}
