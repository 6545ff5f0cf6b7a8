/** Whether a certificate stands below an anchor: names, signatures and the right to sign, whatever the time and the use. */

import { candidates, isAmong, mostTries } from "./candidates.ts";
import { type Certificate, same } from "./certificate.ts";
import { signatureProblem } from "./signature.ts";

/** Whether this issuer may stand above so many others, between them and the leaf. */
export type IsFit = (issuer: Certificate, between: number) => boolean;

/**
 * The way from this leaf to one of the anchors, each the issuer of the one before it; null when there is none. Any
 * certificate may be an anchor, an intermediate too. Signatures, names and the right to sign count; times and usages do not,
 * and whatever else `isFit` is not asked about.
 */
export function leadsTo(
  leaf: Certificate,
  others: readonly Certificate[],
  anchors: readonly Certificate[],
  isFit: IsFit = () => true,
): readonly Certificate[] | null {
  let tries = 0;
  const follow = (path: readonly Certificate[], tip: Certificate): readonly Certificate[] | null => {
    if (anchors.some(({ der }) => same(der, tip.der))) return path;
    for (const issuer of [...candidates(tip, anchors), ...candidates(tip, others)]) {
      if (++tries > mostTries) return null;
      if (isAmong(issuer, path) || signatureProblem(tip, issuer) !== null || !isFit(issuer, path.length - 1)) continue;
      const found = follow([...path, issuer], issuer);
      if (found !== null) return found;
    }
    return null;
  };
  return follow([leaf], leaf);
}
