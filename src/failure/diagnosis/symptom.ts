/** Which sentence, alert or close this is. The message decides first, the status second: step-ca's statuses do not tell. */
import type { Answered, Evidence } from "../evidence.ts";
import { wantsTls } from "../wants-tls.ts";
import { quoted } from "./words.ts";

export type Symptom =
  // in words of the CA
  | "certificate-missing"
  | "unauthorized"
  | "unauthorized-bare"
  | "expired"
  | "token-invalid"
  | "token-signature"
  | "claim-sub"
  | "claim-nbf"
  | "claim-exp"
  | "claim-iat"
  | "claim-aud"
  | "claim-iss"
  | "token-not-supported"
  | "name-forbidden"
  | "name-unreadable"
  | "internal"
  | "internal-bad-request"
  | "internal-not-implemented"
  | "internal-foreign-status"
  | "rekey-body"
  // over HTTP, by whoever answers there
  | "not-found"
  | "plain-http"
  | "header-too-large"
  | "proxy"
  | "other"
  // in the handshake
  | "alert-expired"
  | "alert-unknown-ca"
  | "alert-bad-certificate"
  | "alert-signature"
  | "alert-foreign"
  | "closed";

export function symptomOf({ answer, alert }: Pick<Evidence, "answer" | "alert">): Symptom {
  if (answer !== undefined) return said(answer);
  return typeof alert === "number" ? (alerts[alert] ?? "alert-foreign") : "closed";
}

/** What Go's server sends (crypto/tls, processCertsFromClient); any other number about a certificate is another TLS stack's. */
const alerts: Readonly<Record<number, Symptom>> = {
  42: "alert-bad-certificate",
  45: "alert-expired",
  48: "alert-unknown-ca",
  51: "alert-signature",
};

/** Sentences that only step-ca says, in both error shapes (smallstep/certificates, authority/authorize.go and api/). */
const sentences: readonly (readonly [RegExp, Symptom])[] = [
  [/missing (client|peer) certificate/, "certificate-missing"],
  [/certificate expired on /, "expired"],
  [/invalid subject claim \(sub\)/, "claim-sub"],
  [/token not valid yet \(nbf\)/, "claim-nbf"],
  [/token is expired \(exp\)/, "claim-exp"],
  [/token issued in the future \(iat\)/, "claim-iat"],
  [/invalid audience claim \(aud\)/, "claim-aud"],
  [/invalid issuer claim \(iss\)/, "claim-iss"],
  [/token flow is not supported/, "token-not-supported"],
  [
    /is not permitted by any constraint|is excluded by constraint|cannot be matched against constraints/,
    "name-forbidden",
  ],
  [/^error renewing certificate$/, "name-unreadable"],
  [/error decoding json|missing csr|invalid csr/, "rekey-body"],
  [/^The request lacked necessary authorization to be completed\. Please see/, "unauthorized"],
  // v0.14.0 to v0.18.0 kept "missing peer certificate" to the log.
  [/^The request could not be completed; malformed or missing data\./, "certificate-missing"],
  [wantsTls, "plain-http"],
  [/header.*(too large|too long|size)/i, "header-too-large"],
];

/** What other servers say, too, and on a page of theirs. */
const ofOthers: readonly Symptom[] = ["header-too-large", "plain-http"];

/** Before v0.14.0 the message is the status's own text, which others say too. */
const bare: ReadonlyMap<string, Symptom> = new Map([
  ["Unauthorized", "unauthorized-bare"],
  ["Bad Request", "certificate-missing"],
  ["Internal Server Error", "internal"],
  ["Not Implemented", "internal-not-implemented"],
]);

function said(answer: Answered): Symptom {
  const { said: words, status, shape } = answer;
  const sentence = sentences.find(([pattern]) => pattern.test(words));
  if (sentence !== undefined && (shape !== "html" || ofOthers.includes(sentence[1]))) return sentence[1];
  if (status === 431) return "header-too-large";
  if (shape === "status" || shape === "type" || shape === "json") {
    if (/^error validating renew token/.test(words)) return status >= 500 ? "token-signature" : "token-invalid";
    if (/^The certificate authority encountered an Internal Server Error/.test(words)) return internal(status);
    if (/^The requested method is not implemented/.test(words)) return "internal-not-implemented";
  }
  if (shape === "status" || shape === "type") return bare.get(words) ?? "other";
  if ((status === 404 || status === 405) && shape !== "html") return "not-found";
  return "proxy";
}

/** A CA behind which another one signs passes on that one's status with its own sentence (cas/stepcas, cas/vaultcas). */
function internal(status: number): Symptom {
  if (status === 500) return "internal";
  if (status === 501) return "internal-not-implemented";
  return status === 400 ? "internal-bad-request" : "internal-foreign-status";
}

/** step-ca sends neither of these headers. */
export function proxyShown(answer: Answered | undefined): string | null {
  if (answer?.server !== undefined) return `a server that calls itself ${quoted(answer.server)}`;
  return answer?.via === undefined ? null : `a proxy that calls itself ${quoted(answer.via)}`;
}
