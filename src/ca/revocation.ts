/** What the CA's revocation list says about one certificate. Presence counts wherever the CA signed it; absence needs more. */
import type { CaFacts } from "../failure/evidence.ts";
import { type Certificate, same } from "../pki/certificate.ts";
import { readCrl } from "../pki/crl.ts";

/** More than any list that is worth waiting for: half a million entries. */
export const crlLimit = 16 * 1024 * 1024;

/** Issuers with one name and different keys, whose signatures over many megabytes would be checked. */
const mostSigners = 4;

/** A clock that runs a little behind does not make a new list one of the future. */
const toleranceMs = 60_000;

/** Undefined for what is no list. `signers` may sign for this CA; `now` is by its clock, as its list is. */
export function readRevocation(
  der: Uint8Array,
  { leaf, signers, now }: { leaf: Certificate; signers: readonly Certificate[]; now: Date },
): CaFacts["crl"] {
  try {
    const list = readCrl(der);
    const { issued, expires, partial } = list;
    const keys = signers.filter(({ spki }, index) => signers.findIndex((other) => same(other.spki, spki)) === index);
    if (!keys.slice(0, mostSigners).some(list.isSignedBy))
      return { lists: false, usable: false, issued, why: "no issuer of this CA signed it" };
    if (list.lists(leaf.serial)) return { lists: true, usable: true, issued };
    const why = partial ?? outOfTime(issued, expires, now);
    return { lists: false, usable: why === null, issued, ...(why !== null && { why }) };
  } catch {
    return undefined;
  }
}

function outOfTime(issued: Date, expires: Date | null, now: Date): string | null {
  if (expires !== null && expires <= now) return "it is out of date";
  return issued.getTime() > now.getTime() + toleranceMs ? "it is from the future" : null;
}
