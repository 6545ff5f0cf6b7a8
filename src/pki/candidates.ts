/** Who may stand above a certificate in a chain, as Go's verification and ours look for it. */
import { type Certificate, same } from "./certificate.ts";
import { alternativeNamesOid } from "./constraints.ts";

/** Go's limit against chains made to be slow: as many signatures, and no more, are checked for one question. */
export const mostTries = 100;

/** Those of the pool that bear the issuer's name, without repetition: key ids match, one has none, they differ. */
export function candidates(child: Certificate, pool: readonly Certificate[]): Certificate[] {
  const rank = ({ subjectKeyId }: Certificate) => {
    if (subjectKeyId === child.authorityKeyId) return 0;
    return subjectKeyId === "" || child.authorityKeyId === "" ? 1 : 2;
  };
  return pool
    .filter(({ subject }) => same(subject.der, child.issuer.der))
    .filter(({ der }, index, all) => all.findIndex((other) => same(other.der, der)) === index)
    .sort((a, b) => rank(a) - rank(b));
}

/** Whether the chain holds this name, key and alternative names already, in this or another certificate. */
export function isAmong(candidate: Certificate, chain: readonly Certificate[]): boolean {
  const none = new Uint8Array();
  const names = ({ extensions }: Certificate) => extensions.get(alternativeNamesOid) ?? none;
  return chain.some(
    (other) =>
      same(candidate.subject.der, other.subject.der) &&
      same(candidate.spki, other.spki) &&
      same(names(candidate), names(other)),
  );
}
