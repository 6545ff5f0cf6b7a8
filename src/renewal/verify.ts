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
import { forbiddenName } from "../pki/constraints.ts";
import { keyFingerprint } from "../pki/identity.ts";
import { unhandledExtensions } from "../pki/signature.ts";
import { isReadable } from "../pki/signed.ts";

export interface Expectation {
  old: Certificate;
  answered: AnsweredChain;
  /** The CA's roots: any certificate of the root file may end the chain. */
  anchors: readonly Certificate[];
  /** The CA's own clock where it said one, else ours: a wrong clock here must not reject a good certificate. */
  now: Date;
  /** What begins later is not valid yet by any clock; left out: a day after `now`. */
  latestStart?: Date;
  url: string;
  /** SubjectPublicKeyInfo that a rekey asked for; left out by a renewal, which keeps the old one. */
  spki?: Uint8Array;
}

/** Throws WRONG_CERTIFICATE with every difference, or returns. */
export function verify(expectation: Expectation): void {
  const { old, answered, anchors, now, url, spki, latestStart = later(now, slackMs.own) } = expectation;
  const [leaf] = answered;
  const changes = [
    ...differences({ ...old, spki: spki ?? old.spki }, leaf),
    ...staleness(old, leaf, now),
    ...prematurity(leaf, latestStart),
    ...disorder(answered, anchors, now),
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
  // Whoever meets a critical extension that it does not know refuses the certificate (RFC 5280 §4.2).
  const strange = unhandledExtensions(leaf).filter((id) => !old.extensions.has(id));
  if (strange.length > 0) changes.push({ what: "critical extensions", was: "none besides", is: strange.join(", ") });
  return changes;
}

/** Two clocks that agree are right but for minutes; one alone, ours, may be wrong by a time zone. */
const slackMs = { both: 5 * 60_000, own: 24 * 3_600_000 };

/** The clock to judge an answer by: the CA's own where it said one. A proxy may have said it, so ours may be later and right. */
export function clockOf(said: Date | undefined, own: Date): Pick<Expectation, "now" | "latestStart"> {
  if (said === undefined) return { now: own };
  return { now: said, latestStart: later(said > own ? said : own, slackMs.both) };
}

function later(time: Date, ms: number): Date {
  return new Date(time.getTime() + ms);
}

/** What is not valid yet would replace what is, and what ends before it begins never will be. */
function prematurity({ notBefore, notAfter }: Certificate, latest: Date): ChangeNotMade[] {
  if (notBefore > latest) return [{ what: "begin of validity", was: "now", is: instant(notBefore) }];
  return notBefore >= notAfter ? [{ what: "validity", was: "some time", is: `from ${instant(notBefore)}` }] : [];
}

/** The same end is possible when two renewals fall into one second; the same serial is an old answer played again. */
function staleness(old: Certificate, leaf: Certificate, now: Date): ChangeNotMade[] {
  if (leaf.notAfter <= now) return [{ what: "end of validity", was: "later than now", is: instant(leaf.notAfter) }];
  if (leaf.notAfter < old.notAfter)
    return [{ what: "end of validity", was: instant(old.notAfter), is: instant(leaf.notAfter) }];
  return old.serial === leaf.serial && same(old.issuer.der, leaf.issuer.der)
    ? [{ what: "serial number", was: old.serial, is: "the same: it was not renewed" }]
    : [];
}

function disorder(answered: AnsweredChain, anchors: readonly Certificate[], now: Date): ChangeNotMade[] {
  const [leaf, ...others] = answered;
  const unreadable = answered.find((one) => !isReadable(one));
  if (unreadable !== undefined)
    return [{ what: "encoding", was: "one that OpenSSL reads", is: `${unreadable.subject.text || "none"}: another` }];
  const broken = others.findIndex((issuer, index) => !isIssuedBy(answered[index] ?? leaf, issuer));
  if (broken >= 0) {
    const [child, parent] = [answered[broken] ?? leaf, others[broken] ?? leaf];
    return [{ what: "chain order", was: `issued by ${child.issuer.text}`, is: `followed by ${parent.subject.text}` }];
  }
  const path = leadsTo(leaf, others, anchors, (issuer, between) => unfitness(issuer, between, anchors, now) === null);
  const forbidden = path && forbiddenName(path);
  if (path !== null && forbidden === null) return [];
  const any = path ?? leadsTo(leaf, others, anchors);
  if (any !== null) {
    const found = any.slice(1).map((issuer, between) => unfitness(issuer, between, anchors, now));
    const is = forbidden?.why ?? found.find((problem) => problem !== null) ?? "no";
    return [{ what: "issuers", was: "may issue this", is }];
  }
  return [
    {
      what: "root",
      was: anchors.map(({ subject }) => subject.text).join("; "),
      is: `a chain that ends at ${(answered.at(-1) ?? leaf).issuer.text}`,
    },
  ];
}

/** Why nobody would follow the chain through this issuer, of which Go, OpenSSL and browsers think the same; null where they would. */
function unfitness(issuer: Certificate, between: number, anchors: readonly Certificate[], now: Date): string | null {
  const { subject, notAfter, maxPathLength } = issuer;
  const [strange] = unhandledExtensions(issuer);
  if (strange !== undefined) return `${subject.text} has the critical extension ${strange}`;
  if (maxPathLength !== null && between > maxPathLength) return `${subject.text} allows ${maxPathLength} CAs below it`;
  // An anchor's end is for those to judge who trust it.
  const isAnchor = anchors.some(({ der }) => same(der, issuer.der));
  return notAfter < now && !isAnchor ? `${subject.text} expired at ${instant(notAfter)}` : null;
}
