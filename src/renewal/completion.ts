/** A token is judged by the chain that it carries, and the CA's roots alone: what the file lacks of it may be had from the CA. */
import type { Route } from "../ca/client.ts";
import { askIntermediates } from "../ca/endpoints.ts";
import { presentedChain } from "../ca/presented.ts";
import { leadsTo } from "../pki/anchored.ts";
import { type Certificate, isIssuedBy, same } from "../pki/certificate.ts";
import type { Identity } from "../pki/identity.ts";

type Path = readonly Certificate[];

/**
 * The certificate with a chain that is whole, and in time where the CA has issued an intermediate anew; as the file has it where
 * that is so already, or where nothing better can be had. Asks the CA only then. What it presents in the handshake is not
 * verified: an intermediate counts only if it signed what is below it, and leads to a root that was given.
 */
export async function completed(
  identity: Identity,
  { anchors, route }: { anchors: Path; route: Route },
): Promise<Identity> {
  const [leaf, ...others] = identity.chain;
  const roots = anchors.filter((anchor) => isIssuedBy(anchor, anchor));
  const inTime = (one: Certificate) => roots.includes(one) || isInTime(one, leaf);
  const own = ownPath(leaf, others, roots);
  if (roots.length === 0 || own?.every(inTime)) return identity;
  const published = await askIntermediates(route);
  const given = published.length > 0 ? published : await presentedChain(route, route.timeoutMs);
  const path = leadsTo(leaf, [...given.filter(inTime), ...others, ...anchors, ...given], roots);
  if (path === null || (own !== null && !path.every(inTime))) return identity;
  return { ...identity, chain: [leaf, ...path.slice(1).filter((one) => !roots.includes(one))] };
}

/**
 * As the file has it. The signature on a leaf is the CA's to check: where the next certificate bears its issuer's name and key id,
 * only what is above that is checked here, once for all that stand below it.
 */
function ownPath(leaf: Certificate, others: Path, roots: Path): Path | null {
  const [next, ...above] = others;
  const path = next && isClaimedBy(leaf, next) ? leadsTo(next, above, roots) : null;
  return path === null ? leadsTo(leaf, others, roots) : [leaf, ...path];
}

function isClaimedBy({ issuer, authorityKeyId }: Certificate, { subject, subjectKeyId }: Certificate): boolean {
  return authorityKeyId !== "" && authorityKeyId === subjectKeyId && same(issuer.der, subject.der);
}

/** A token's chain is judged as it was a minute before the leaf's end (go.step.sm/crypto, jose/parse.go: ParseX5cInsecure). */
function isInTime({ notBefore, notAfter }: Certificate, leaf: Certificate): boolean {
  const judged = leaf.notAfter.getTime() - 60_000;
  return notBefore.getTime() <= judged && judged <= notAfter.getTime();
}
