/**
 * Does a chain hold? Decided as Go decides it, since Go decides in the real CA: a port of Certificate.Verify
 * (crypto/x509/verify.go, Go 1.26) without name constraints, policies and host names, with Go's own words.
 */
import { USAGE_OIDS, type Usage } from "../issuing/leaf.ts";
import type { Certificate } from "./certificate.ts";
import { goTime } from "./go-text.ts";

export interface VerifyOptions {
  roots: readonly Certificate[];
  intermediates: readonly Certificate[];
  at: Date;
  usage: Usage;
}

export interface Problem {
  kind: "out-of-time" | "unknown-authority" | "unfit";
  text: string;
}

/** null when at least one chain to a root holds. */
export function chainProblem(leaf: Certificate, options: VerifyOptions): Problem | null {
  const early = validityProblem(leaf, "leaf", [], options.at);
  if (early) return early;
  const isRoot = options.roots.some((root) => root.der.equals(leaf.der));
  const { chains, problem } = isRoot ? { chains: [[leaf]], problem: null } : buildChains([leaf], options);
  if (problem) return problem;
  if (chains.some((chain) => isFitFor(chain, options.usage))) return null;
  return { kind: "unfit", text: "x509: certificate specifies an incompatible key usage" };
}

interface Built {
  chains: Certificate[][];
  problem: Problem | null;
}
type Role = "leaf" | "intermediate" | "root";
interface Hint {
  text: string;
  by: Certificate;
}

function buildChains(chain: readonly Certificate[], options: VerifyOptions): Built {
  const [child] = chain.slice(-1);
  const chains: Certificate[][] = [];
  let problem: Problem | null = null;
  let hint: Hint | null = null;
  if (!child) return { chains, problem };
  for (const [role, pool] of [
    ["root", options.roots],
    ["intermediate", options.intermediates],
  ] as const) {
    for (const candidate of possibleParents(pool, child)) {
      if (chain.some((member) => isSameAuthority(member, candidate))) continue;
      const unsigned = signatureProblem(child, candidate);
      if (unsigned) {
        hint ??= { text: unsigned, by: candidate };
        continue;
      }
      problem = validityProblem(candidate, role, chain, options.at);
      if (problem) {
        hint ??= { text: problem.text, by: candidate };
      } else if (role === "root") {
        chains.push([...chain, candidate]);
      } else {
        const further = buildChains([...chain, candidate], options);
        problem = further.problem;
        chains.push(...further.chains);
      }
    }
  }
  return { chains, problem: chains.length > 0 ? null : (problem ?? unknownAuthority(hint)) };
}

/** Those of the right name, the likeliest first: key identifiers that match, that are missing, that differ. */
function possibleParents(pool: readonly Certificate[], { issuer, authorityKeyId }: Certificate): Certificate[] {
  const rank = ({ subjectKeyId }: Certificate): number => {
    if (subjectKeyId === authorityKeyId) return 0;
    return subjectKeyId === "" || authorityKeyId === "" ? 1 : 2;
  };
  return pool.filter(({ subject }) => subject === issuer).sort((a, b) => rank(a) - rank(b));
}

function isSameAuthority(a: Certificate, b: Certificate): boolean {
  const key = ({ native }: Certificate) => native.publicKey.export({ type: "spki", format: "der" });
  return a.subject === b.subject && key(a).equals(key(b)) && a.native.subjectAltName === b.native.subjectAltName;
}

function signatureProblem(child: Certificate, parent: Certificate): string | null {
  if (!parent.constraints?.isCa || !parent.maySignCertificates) {
    return "x509: invalid signature: parent certificate cannot sign this kind of certificate";
  }
  const key = parent.native.publicKey;
  if (child.native.verify(key)) return null;
  if (key.asymmetricKeyType === "rsa") return "crypto/rsa: verification error";
  return `x509: ${key.asymmetricKeyType === "ed25519" ? "Ed25519" : "ECDSA"} verification failure`;
}

function validityProblem(subject: Certificate, role: Role, chain: readonly Certificate[], at: Date): Problem | null {
  const late = at > subject.notAfter ? "after" : at < subject.notBefore ? "before" : null;
  if (late) {
    const bound = late === "after" ? subject.notAfter : subject.notBefore;
    const text = `current time ${goTime(at)} is ${late} ${goTime(bound)}`;
    return { kind: "out-of-time", text: `x509: certificate has expired or is not yet valid: ${text}` };
  }
  if (role === "intermediate" && !subject.constraints?.isCa) {
    return { kind: "unfit", text: "x509: certificate is not authorized to sign other certificates" };
  }
  const pathLength = subject.constraints?.pathLength;
  if (pathLength !== undefined && chain.length - 1 > pathLength) {
    return { kind: "unfit", text: "x509: too many intermediates for path length constraint" };
  }
  return null;
}

function unknownAuthority(hint: Hint | null): Problem {
  const because = hint
    ? ` (possibly because of ${JSON.stringify(hint.text)} while trying to verify candidate authority certificate ${JSON.stringify(hint.by.commonName || `serial:${hint.by.serial}`)})`
    : "";
  return { kind: "unknown-authority", text: `x509: certificate signed by unknown authority${because}` };
}

/** Every certificate of the chain that says what it is for, root included, must allow it. */
function isFitFor(chain: readonly Certificate[], usage: Usage): boolean {
  const wanted = [USAGE_OIDS[usage], USAGE_OIDS.any];
  return chain.every(({ usages }) => usages.length === 0 || usages.some((oid) => wanted.includes(oid)));
}
