/**
 * Whose data it is. What a CA publishes counts only if it fits the connection that was verified: a proxy may lead two paths to
 * two CAs, and the roots of the other one would turn every verdict around. Pure.
 */

import { type Certificate, isIssuedBy, same } from "../pki/certificate.ts";

export interface Claimed {
  roots: readonly Certificate[];
  intermediates: readonly Certificate[];
}

export interface Belonging extends Claimed {
  /** What was left out, as another CA's. */
  foreign: readonly ("roots" | "intermediates")[];
  /** Those of the presented certificates that are intermediates below a root in use. */
  presented: readonly Certificate[];
  /** All certificates that lead to a root in use: who may sign for this CA. */
  inUse: readonly Certificate[];
}

interface Connection {
  anchors: readonly Certificate[];
  /** The chain of the CA's server, the server's own certificate first; [] where it is not known. */
  presented: readonly Certificate[];
}

export function belonging(claimed: Claimed, connection: Connection): Belonging {
  const { presented } = connection;
  const { anchors, isVerified } = anchorsInUse(connection);
  const isAbove = isVerified && above(presented, claimed.roots).length > 0;
  const isOurs = isAbove || claimed.roots.some((root) => anchors.some((anchor) => isKin(anchor, root)));
  const roots = isOurs ? claimed.roots : [];
  const tops = [...anchors, ...roots];
  const led = leading([...claimed.intermediates, ...presented], tops);
  const intermediates = claimed.intermediates.filter((one) => led.has(one));
  const below = presented.filter((one) => led.has(one) && one.isCa && !isIssuedBy(one, one));
  const foreign = [
    ...(claimed.roots.length > 0 && !isOurs ? ["roots" as const] : []),
    ...(claimed.intermediates.length > intermediates.length ? ["intermediates" as const] : []),
  ];
  return { roots, intermediates, foreign, presented: below, inUse: [...tops, ...intermediates, ...below] };
}

/** The file may hold the roots of several CAs: those count that the server's certificate leads to, where it leads to any. */
function anchorsInUse({ anchors, presented }: Connection) {
  const used = above(presented, anchors);
  return used.length > 0 ? { anchors: used, isVerified: true } : { anchors, isVerified: false };
}

/** Those of the tops that the first of the chain leads to. Each pair is looked at once, however the names are chosen. */
function above([own, ...others]: readonly Certificate[], tops: readonly Certificate[]): Certificate[] {
  const found: Certificate[] = [];
  let rest = [...others, ...tops];
  for (let tips = own === undefined ? [] : [own]; tips.length > 0; ) {
    const next = rest.filter((one) => tips.some((tip) => isSameOrIssuer(one, tip)));
    rest = rest.filter((one) => !next.includes(one));
    found.push(...next);
    tips = next;
  }
  return tops.filter((top) => found.includes(top));
}

/** Those that lead to one of the tops, directly or by way of each other. */
function leading(all: readonly Certificate[], tops: readonly Certificate[]): Set<Certificate> {
  const found = new Set<Certificate>();
  for (let issuers = tops; issuers.length > 0; ) {
    const next = all.filter((one) => !found.has(one) && issuers.some((issuer) => isSameOrIssuer(issuer, one)));
    for (const one of next) found.add(one);
    issuers = next.filter(({ isCa }) => isCa);
  }
  return found;
}

function isSameOrIssuer(issuer: Certificate, one: Certificate): boolean {
  return same(issuer.der, one.der) || isIssuedBy(one, issuer);
}

/** The same key under the same name, or one above the other: cross-signed, or an intermediate as an anchor. */
function isKin(anchor: Certificate, root: Certificate): boolean {
  const isTwin = same(anchor.subject.der, root.subject.der) && same(anchor.spki, root.spki);
  return isTwin || isIssuedBy(anchor, root) || isIssuedBy(root, anchor);
}
