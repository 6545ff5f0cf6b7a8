/**
 * Is this what was asked for? A renewal repeats everything but serial, dates and key ids, a rekey has another key besides; a CA prefers the certificate of a
 * handshake to a token, so a proxy's own certificate may come back. Nothing is written before this has passed.
 */

import type { AnsweredChain } from "../ca/response.ts";
import type { ChangeNotMade } from "../failure/evidence.ts";
import { Failure } from "../failure/failure.ts";
import { instant } from "../failure/time.ts";
import { leadsTo } from "../pki/anchored.ts";
import { type Certificate, isIssuedBy, provisionerOid, same } from "../pki/certificate.ts";
import { keyFingerprint } from "../pki/identity.ts";

export interface Expectation {
  old: Certificate;
  answered: AnsweredChain;
  /** The CA's roots: any certificate of the root file may end the chain. */
  anchors: readonly Certificate[];
  /** The CA's own clock where it said one, else ours: a wrong clock here must not reject a good certificate. */
  now: Date;
  url: string;
  /** SubjectPublicKeyInfo that a rekey asked for; left out by a renewal, which keeps the old one. */
  spki?: Uint8Array;
}

/** Throws WRONG_CERTIFICATE with every difference, or returns. */
export function verify({ old, answered, anchors, now, url, spki }: Expectation): void {
  const [leaf] = answered;
  const changes = [
    ...differences({ ...old, spki: spki ?? old.spki }, leaf),
    ...staleness(old, leaf, now),
    ...disorder(answered, anchors),
  ];
  if (changes.length > 0)
    throw new Failure("WRONG_CERTIFICATE", { url, changes, operation: spki === undefined ? "renew" : "rekey" });
}

const copiedExtensions = [
  ["alternative names", "2.5.29.17", ({ names }: Certificate) => names.join(", ")],
  ["extended key usage", "2.5.29.37", ({ usages }: Certificate) => usages?.join(", ")],
  ["key usage", "2.5.29.15", ({ keyUsages }: Certificate) => keyUsages?.join(", ")],
  ["provisioner", provisionerOid, ({ provisioner }: Certificate) => provisioner?.name],
] as const;

function differences(old: Certificate, leaf: Certificate): ChangeNotMade[] {
  const changes: ChangeNotMade[] = [];
  if (!same(old.spki, leaf.spki)) {
    changes.push({ what: "public key", was: keyFingerprint(old.spki), is: keyFingerprint(leaf.spki) });
  }
  if (!same(old.subject.der, leaf.subject.der)) {
    changes.push({ what: "subject", was: old.subject.text || "none", is: leaf.subject.text || "none" });
  }
  for (const [what, id, words] of copiedExtensions) {
    const [was, is] = [old.extensions.get(id), leaf.extensions.get(id)];
    const isKept = was === undefined || is === undefined ? was === is : same(was, is);
    if (!isKept) changes.push({ what, was: (was && words(old)) || "none", is: (is && words(leaf)) || "none" });
  }
  if (leaf.isCa) changes.push({ what: "kind", was: "a leaf", is: "a CA certificate" });
  return changes;
}

/** The same end is possible when two renewals fall into one second; the same serial is an old answer played again. */
function staleness(old: Certificate, leaf: Certificate, now: Date): ChangeNotMade[] {
  if (leaf.notAfter <= now) return [{ what: "end of validity", was: "later than now", is: instant(leaf.notAfter) }];
  if (leaf.notAfter < old.notAfter)
    return [{ what: "end of validity", was: instant(old.notAfter), is: instant(leaf.notAfter) }];
  return same(old.der, leaf.der)
    ? [{ what: "serial number", was: old.serial, is: "the same: it was not renewed" }]
    : [];
}

function disorder(answered: AnsweredChain, anchors: readonly Certificate[]): ChangeNotMade[] {
  const [leaf, ...others] = answered;
  const broken = others.findIndex((issuer, index) => !isIssuedBy(answered[index] ?? leaf, issuer));
  if (broken >= 0) {
    const [child, parent] = [answered[broken] ?? leaf, others[broken] ?? leaf];
    return [{ what: "chain order", was: `issued by ${child.issuer.text}`, is: `followed by ${parent.subject.text}` }];
  }
  if (leadsTo(leaf, others, anchors) !== null) return [];
  return [
    {
      what: "root",
      was: anchors.map(({ subject }) => subject.text).join("; "),
      is: `a chain that ends at ${(answered.at(-1) ?? leaf).issuer.text}`,
    },
  ];
}
