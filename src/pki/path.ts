/**
 * What Go's `Certificate.Verify` says of a chain, because Go decides in the CA: crypto/x509, verify.go of Go 1.26, in its
 * order and with its sentences. It looks for every chain, roots before intermediates and matching key ids first; the last
 * obstacle of the search is the error. Validity is judged on the way up, usages and names once a root is reached.
 * Before Go 1.26 names were judged on the way up too: a chain with a forbidden name *and* a forbidden usage is refused by
 * either, but for the name; and a URI without a host was no fault under a constraint on other kinds.
 * Not promised: certificate policies (2.5.29.36), and certificates that Go cannot parse.
 */
import type { PathVerdict } from "../failure/evidence.ts";
import { candidates, isAmong, mostTries } from "./candidates.ts";
import { allowsUsage, type Certificate, isIssuedBy, same } from "./certificate.ts";
import { forbiddenName } from "./constraints.ts";
import { hasKnownKey, signatureProblem, unhandledExtensions } from "./signature.ts";

export interface PathQuestion {
  leaf: Certificate;
  intermediates: readonly Certificate[];
  roots: readonly Certificate[];
  usage: "clientAuth" | "serverAuth";
  at: Date;
}

export type PathProblem = Extract<PathVerdict, { ok: false }>;
type Chain = readonly Certificate[];

/**
 * Go's verdict. `who` is whom it is about, by subject: the leaf for `usage`, the issuer that forbids it for `usage-nesting`,
 * the certificate whose time it is not, the issuer that sets a `constraint`, and for `unknown-authority` and
 * `chain-incomplete` the issuer that was looked for. `chain-incomplete` is Go's "unknown authority" where no root bears that
 * issuer's name, and nothing that was given signed it: a missing intermediate, or a foreign CA (see `predict`).
 */
export function verifyPath(question: PathQuestion): PathVerdict {
  const { leaf, roots, usage, at } = question;
  const unfit = problemOf(leaf, "leaf", 0, at);
  if (unfit !== null) return unfit;
  const isRoot = roots.some(({ der }) => same(der, leaf.der));
  const { chains, problem } = isRoot
    ? { chains: [[leaf]], problem: null }
    : climb([leaf], leaf, { question, tries: 0 });
  if (problem !== null) return problem;
  let refusal: PathProblem = incompatible(chains[0] ?? [leaf], leaf, usage);
  for (const chain of chains) {
    if (!chain.every((certificate) => permits(certificate, usage))) continue;
    const forbidden = forbiddenName(chain);
    if (forbidden === null) return { ok: true };
    if (refusal.reason !== "constraint")
      refusal = refused("constraint", forbidden.by, `${notForThisName}: ${forbidden.why}`);
  }
  return refusal;
}

/**
 * The two ways to prove oneself to a step-ca. Over mTLS, now, its intermediates are anchors like its roots, so nothing above
 * them counts (smallstep/certificates, ca/ca.go: getTLSConfig). A token is judged a minute before the leaf's end, by the
 * roots and the certificates it carries alone (go.step.sm/crypto, jose/parse.go: ParseX5cInsecure): for clientAuth since
 * v0.26.2, for serverAuth before. Of an incomplete chain it says whether the CA has the missing intermediate now: one that it
 * has not may be an earlier one, or another CA's.
 */
export function predict(input: {
  chain: readonly [Certificate, ...Certificate[]];
  roots: readonly Certificate[];
  caIntermediates: readonly Certificate[];
  now: Date;
}): { mtls: PathVerdict; tokenServerAuth: PathVerdict; tokenClientAuth: PathVerdict } {
  const { roots, caIntermediates, now } = input;
  const [leaf, ...intermediates] = input.chain;
  const beforeEnd = new Date(leaf.notAfter.getTime() - 60_000);
  const known = (verdict: PathVerdict): PathVerdict => {
    if (verdict.ok || verdict.reason !== "chain-incomplete" || caIntermediates.length === 0) return verdict;
    const isPublished = caIntermediates.some(
      (one) => one.subject.text === verdict.who && input.chain.some((below) => isIssuedBy(below, one)),
    );
    return { ...verdict, isPublished };
  };
  const token = (usage: PathQuestion["usage"]): PathVerdict => {
    const verdict = verifyPath({ leaf, intermediates, roots, usage, at: beforeEnd });
    if (verdict.ok) return verdict;
    const isTooShort = verdict.reason === "not-yet-valid" && beforeEnd < leaf.notBefore;
    if (isTooShort) return { ...verdict, reason: "lived-under-a-minute" };
    return isIssuedAnew(verdict, intermediates, roots) ? { ...verdict, reason: "issued-anew" } : known(verdict);
  };
  return {
    mtls: known(
      verifyPath({ leaf, intermediates, roots: [...roots, ...caIntermediates], usage: "clientAuth", at: now }),
    ),
    tokenServerAuth: token("serverAuth"),
    tokenClientAuth: token("clientAuth"),
  };
}

/**
 * The old root was sent, and a newer one with its name and key is not valid yet at the time asked about: Go tries it, then the
 * old one, to which nothing leads, and speaks of that.
 */
function isIssuedAnew(verdict: PathProblem, sent: Chain, roots: Chain): boolean {
  if (verdict.reason !== "unknown-authority") return false;
  const old = sent.filter((one) => isSelfIssued(one) && one.subject.text === verdict.who);
  return old.some((one) => roots.some((root) => isAmong(root, [one])));
}

const isSelfIssued = ({ issuer, subject }: Certificate) => same(issuer.der, subject.der);

const tooManyTries = "x509: signature check attempts limit reached while verifying certificate chain";
const notForThisName = "x509: a root or intermediate certificate is not authorized to sign for this name";

interface Search {
  question: PathQuestion;
  tries: number;
}

/** Go's buildChains. `problem` is only meant when no chain was found. */
function climb(below: Chain, child: Certificate, search: Search): { chains: Chain[]; problem: PathProblem | null } {
  const { roots, intermediates, at } = search.question;
  const chains: Chain[] = [];
  let problem: PathProblem | null = null;
  let hint: { why: string; candidate: Certificate } | undefined;
  for (const [kind, pool] of [["root", roots] as const, ["intermediate", intermediates] as const]) {
    for (const candidate of candidates(child, pool)) {
      if (++search.tries > mostTries) {
        return { chains, problem: chains.length > 0 ? null : refused("constraint", child, tooManyTries) };
      }
      if (!hasKnownKey(candidate) || isAmong(candidate, below)) continue;
      const unsigned = signatureProblem(child, candidate);
      if (unsigned !== null) {
        hint ??= { why: unsigned, candidate };
        continue;
      }
      problem = problemOf(candidate, kind, below.length - 1, at);
      if (problem !== null) continue;
      if (kind === "root") {
        chains.push([...below, candidate]);
      } else {
        const above = climb([...below, candidate], candidate, search);
        chains.push(...above.chains);
        problem = above.problem;
      }
    }
  }
  return { chains, problem: chains.length > 0 ? null : (problem ?? unknownAuthority(child, search.question, hint)) };
}

/** Go's isValid: extensions, time, the right to be an issuer, and how many may stand between it and the leaf. */
function problemOf(
  certificate: Certificate,
  kind: "leaf" | "intermediate" | "root",
  between: number,
  at: Date,
): PathProblem | null {
  const { notBefore, notAfter, isCa, maxPathLength } = certificate;
  const outOfTime = `x509: certificate has expired or is not yet valid: current time ${second(at)} is`;
  if (unhandledExtensions(certificate).length > 0)
    return refused("constraint", certificate, "x509: unhandled critical extension");
  if (at < notBefore) return refused("not-yet-valid", certificate, `${outOfTime} before ${second(notBefore)}`);
  if (at > notAfter) return refused("expired", certificate, `${outOfTime} after ${second(notAfter)}`);
  if (kind === "intermediate" && !isCa) {
    return refused("constraint", certificate, "x509: certificate is not authorized to sign other certificates");
  }
  if (kind !== "leaf" && maxPathLength !== null && between > maxPathLength) {
    return refused("constraint", certificate, "x509: too many intermediates for path length constraint");
  }
  return null;
}

function unknownAuthority(
  child: Certificate,
  { roots, intermediates }: PathQuestion,
  hint?: { why: string; candidate: Certificate },
): PathProblem {
  const sentence = "x509: certificate signed by unknown authority";
  const isFound = (one: Certificate) => (roots.includes(one) && isSelfIssued(one)) || isIssuedBy(child, one);
  const isMissing = !isSelfIssued(child) && !candidates(child, [...roots, ...intermediates]).some(isFound);
  const name = hint === undefined ? "" : hint.candidate.commonName || `serial:${hint.candidate.serial}`;
  const because =
    hint && `possibly because of ${JSON.stringify(hint.why)} while trying to verify candidate authority certificate`;
  const detail = because === undefined ? sentence : `${sentence} (${because} ${JSON.stringify(name)})`;
  return { ok: false, reason: isMissing ? "chain-incomplete" : "unknown-authority", who: child.issuer.text, detail };
}

/** The leaf's own fault comes first; else of those that forbid it the one nearest the root, where Go starts. */
function incompatible(chain: Chain, leaf: Certificate, usage: string): PathProblem {
  const detail = "x509: certificate specifies an incompatible key usage";
  const issuer = chain.findLast((certificate) => !permits(certificate, usage));
  if (issuer === undefined || !permits(leaf, usage)) return refused("usage", leaf, detail);
  return refused("usage-nesting", issuer, detail);
}

/** An extended key usage that lists nothing forbids nothing: Go looks at the list alone. */
function permits(certificate: Certificate, usage: string): boolean {
  return certificate.usages?.length === 0 || allowsUsage(certificate, usage);
}

function refused(reason: PathProblem["reason"], about: Certificate, detail: string): PathProblem {
  return { ok: false, reason, who: nameOf(about), detail };
}

function nameOf({ subject, serial }: Certificate): string {
  return subject.text || `serial ${serial}`;
}

/** Go's RFC 3339, in UTC. */
function second(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
