/** Answers by which a CA shows that only a token can work: the certificate itself was not judged. */
import type { Answered } from "../failure/evidence.ts";

/** What step-ca says when it means an error of its own; a registration authority says it with other statuses, and means others. */
const internalError = /^The certificate authority encountered an Internal Server Error/;

/** The CA never saw the certificate of the handshake: something in front of it ends TLS (api/renew.go). */
export function isCertificateNotSeen({ status, said }: Answered): boolean {
  return status === 400 && /missing client certificate/.test(said);
}

/** A StepCAS registration authority over mTLS: 400 with the text of a 500 (cas/stepcas/stepcas.go). */
export function isTokenWanted({ status, said }: Answered): boolean {
  return status === 400 && internalError.test(said);
}
