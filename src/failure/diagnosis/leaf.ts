/** What the certificate itself says, and where it leads, in the terms of the CA's checks. */
import type { CaFacts, CertificateFacts, Evidence, PathVerdict, ProvisionerFacts } from "../evidence.ts";
import { tokenRule } from "./version.ts";
import { quoted } from "./words.ts";

/** As Go sees it: no extension, an empty one, or anyExtendedKeyUsage forbids nothing. */
export function allows({ usages }: CertificateFacts, usage: "clientAuth" | "serverAuth"): boolean {
  return usages === null || usages.length === 0 || usages.includes(usage) || usages.includes("anyExtendedKeyUsage");
}

/** `clientAuth only`, `codeSigning and timeStamping`. */
export function usagesText({ usages }: CertificateFacts): string {
  if (usages === null || usages.length === 0) return "not limited";
  return usages.length === 1 ? `${usages[0]} only` : usages.join(" and ");
}

export function lifetimeMs({ notBefore, notAfter }: CertificateFacts): number {
  return notAfter.getTime() - notBefore.getTime();
}

/** The provisioner that the certificate names, in the CA's list. Names are compared as bytes: case counts. */
export function provisionerInList({ certificate, ca }: Evidence): ProvisionerFacts | "gone" | "not-known" {
  if (ca.provisioners === undefined || certificate.provisioner === undefined) return "not-known";
  const { name } = certificate.provisioner;
  return ca.provisioners.find((one) => one.name === name) ?? "gone";
}

/**
 * Whether this CA issued the certificate, by the key id of the provisioner that it notes: one that is in the CA's list was
 * made for this CA, and one of that name with another id was not. Both may be otherwise (a copied configuration, a provisioner
 * made anew), so it speaks, and proves nothing.
 */
export function isOfThisCa({ certificate, ca }: Evidence): boolean | undefined {
  const { name, credentialId = "" } = certificate.provisioner ?? {};
  if (ca.provisioners === undefined || credentialId === "") return undefined;
  if (ca.provisioners.some(({ keyId }) => keyId === credentialId)) return true;
  return ca.provisioners.some((one) => one.name === name && one.keyId !== undefined) ? false : undefined;
}

/** Types of provisioners that renew nothing. */
export const cannotRenew = /^(SCEP|SSHPOP)$/i;

/** The type of its provisioner: as the CA lists it, or else as the certificate notes it. */
export function typeOf(e: Evidence): string {
  const listed = provisionerInList(e);
  return typeof listed === "object" ? listed.type : (e.certificate.provisioner?.type ?? "");
}

/**
 * Whether the CA takes one token of its provisioner, ever: the key for this is made of instance data that a renewal token lacks
 * (authority/provisioner/gcp.go, azure.go: GetTokenID). AWS makes none of a renewal token, and takes them all.
 */
export function isFirstUseAlone(e: Evidence): boolean {
  const listed = provisionerInList(e);
  return /^(GCP|Azure)$/i.test(typeOf(e)) && (typeof listed !== "object" || listed.trustOnFirstUse !== false);
}

type Problem = Extract<PathVerdict, { ok: false }>;
export interface Prediction {
  verdict: PathVerdict;
  /** The condition under which it holds, "" where it holds in any case. */
  when: string;
}

/** What Go would say of the chain this way; by token under both rules, when it is not known which one the CA has. */
export function predictions({ method, path, ca }: Evidence): readonly Prediction[] {
  if (path === undefined) return [];
  if (method === "mtls") return [{ verdict: path.mtls, when: "" }];
  const { usage } = tokenRule(ca);
  if (usage !== "unknown") {
    return [{ verdict: usage === "clientAuth" ? path.tokenClientAuth : path.tokenServerAuth, when: "" }];
  }
  const { tokenClientAuth, tokenServerAuth } = path;
  if (isSame(tokenClientAuth, tokenServerAuth)) return [{ verdict: tokenClientAuth, when: "" }];
  return [
    { verdict: tokenServerAuth, when: "if the CA is older than v0.26.2, " },
    { verdict: tokenClientAuth, when: "if the CA is v0.26.2 or newer, " },
  ];
}

function isSame(a: PathVerdict, b: PathVerdict): boolean {
  return a.ok || b.ok ? a.ok === b.ok : a.reason === b.reason && a.who === b.who;
}

/** The predicted problems that Go meets while it builds the chain, before it looks at the leaf's usages. */
export function buildingProblem(evidence: Evidence): Problem | undefined {
  const problems = predictions(evidence).flatMap(({ verdict }) => (verdict.ok ? [] : [verdict]));
  return problems.find(({ reason, who }) => {
    if (reason === "usage" || reason === "usage-nesting" || reason === "constraint") return false;
    return !(reason === "expired" || reason === "not-yet-valid") || who !== evidence.certificate.subject;
  });
}

/** Whether the roots of the prediction are surely those of the CA. */
export function isJudgedByItsRoots({ path }: Evidence): boolean {
  return path?.roots === "ca";
}

/** What ends TLS may send a request again, and need not show itself; nothing that passes TLS on can. */
export function mayComeTwice({ ca }: Evidence): boolean {
  return ca.handshake?.isCaItself !== true;
}

/** What a CA shows itself by to be a registration authority, if it does: by its answer to mTLS, or since v0.27.3 by its /intermediates. */
export function registrationAuthoritySign({ intermediates, wantsToken, handshake }: CaFacts): string | undefined {
  if (wantsToken) return "it asked for a token before, as a registration authority does";
  if (intermediates === "not-implemented")
    return "its /intermediates answers 501, as that of a registration authority does";
  const { isCaItself, provisioner } = handshake ?? {};
  if (!isCaItself || provisioner === undefined) return undefined;
  return `its own certificate is from a provisioner ${quoted(provisioner)}, as that of a registration authority is`;
}

/** The CA names the roots and intermediates that it takes in a handshake, and no issuer of this certificate is among them. */
export function isNotTaken({ ca }: Evidence): boolean {
  return ca.handshake?.accepts === "none";
}
