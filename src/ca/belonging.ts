/**
 * Whose data it is. What a CA publishes counts only if it fits the connection that was verified: a proxy may lead two paths to
 * two CAs, and the roots of the other one would turn every verdict around. Pure.
 */

import { leadsTo } from "../pki/anchored.ts";
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

/** `presented` is the chain of the CA's server, the server's own certificate first; [] where it is not known. */
export function belonging(
  claimed: Claimed,
  connection: { anchors: readonly Certificate[]; presented: readonly Certificate[] },
): Belonging {
  const { presented } = connection;
  const anchors = anchorsInUse(connection);
  const [own, ...others] = presented;
  const isOurs = claimed.roots.some(
    (root) =>
      anchors.some((anchor) => isKin(anchor, root)) || (own !== undefined && leadsTo(own, others, [root]) !== null),
  );
  const roots = isOurs ? claimed.roots : [];
  const tops = [...anchors, ...roots];
  const among = [...claimed.intermediates, ...presented];
  const intermediates = claimed.intermediates.filter((one) => leadsTo(one, among, tops) !== null);
  const below = presented.filter((one) => one.isCa && !isIssuedBy(one, one) && leadsTo(one, among, tops) !== null);
  const foreign = [
    ...(claimed.roots.length > 0 && !isOurs ? ["roots" as const] : []),
    ...(claimed.intermediates.length > intermediates.length ? ["intermediates" as const] : []),
  ];
  return { roots, intermediates, foreign, presented: below, inUse: [...tops, ...intermediates, ...below] };
}

/** The file may hold the roots of several CAs: those count that the server's certificate leads to. */
function anchorsInUse({ anchors, presented }: { anchors: readonly Certificate[]; presented: readonly Certificate[] }) {
  const [own, ...others] = presented;
  const used = own === undefined ? [] : anchors.filter((anchor) => leadsTo(own, others, [anchor]) !== null);
  return used.length > 0 ? used : anchors;
}

/** The same key under the same name, or one above the other: cross-signed, or an intermediate as an anchor. */
function isKin(anchor: Certificate, root: Certificate): boolean {
  const isTwin = same(anchor.subject.der, root.subject.der) && same(anchor.spki, root.spki);
  return isTwin || isIssuedBy(anchor, root) || isIssuedBy(root, anchor);
}
