/** Which failure an answer is. The message decides first, the status second: step-ca answers 500 for what will never pass. */

import { proxyShown, symptomOf } from "../failure/diagnosis/symptom.ts";
import type { Answered } from "../failure/evidence.ts";
import type { Code } from "../failure/facts.ts";

export type RefusalCode = Extract<
  Code,
  "CA_REFUSED" | "CERT_EXPIRED" | "CA_FAILED" | "CA_BUSY" | "CA_UNREACHABLE" | "PROXY_REFUSED" | "NOT_A_CA"
>;

/** For every answer but 201. */
export function refusalCode(answered: Answered): RefusalCode {
  const { status, said, shape } = answered;
  if (status === 429) return "CA_BUSY";
  if (isGateways(answered)) return "PROXY_REFUSED";
  if (shape === "status" || shape === "type") return caCode(status, said);
  if (status === 431 || isHeaderTooLarge(answered)) return "PROXY_REFUSED";
  if (didNotReach(status)) return "CA_UNREACHABLE";
  if ([401, 403, 407, 413, 511].includes(status)) return "PROXY_REFUSED";
  if (status >= 500) return "CA_FAILED";
  return "NOT_A_CA";
}

/** A gateway's own words for a server behind it that it did not reach; 520 to 530 are Cloudflare's. 511 is a portal's (RFC 6585). */
function didNotReach(status: number): boolean {
  return (status >= 502 && status <= 504) || (status >= 520 && status <= 530);
}

/** In step-ca's form, but not in its words: a gateway that shows itself, or a 403, which the CA says of names alone. */
function isGateways(answered: Answered): boolean {
  const { status } = answered;
  if (symptomOf({ answer: answered }) !== "other") return false;
  return status === 403 || (status === 401 && proxyShown(answered) !== null);
}

/** A proxy's complaint about the token, which travels in a header: nginx says "Request Header Or Cookie Too Large". */
export function isHeaderTooLarge({ status, said }: Answered): boolean {
  return status === 431 || (status === 400 && /header.*(too large|too long|size)/i.test(said));
}

function caCode(status: number, said: string): RefusalCode {
  if (/certificate expired on/.test(said)) return "CERT_EXPIRED";
  if (/error validating renew token|error renewing certificate/.test(said)) return "CA_REFUSED";
  if (status === 503) return "CA_BUSY";
  if (status >= 500 && status !== 501) return "CA_FAILED";
  return status >= 400 ? "CA_REFUSED" : "NOT_A_CA";
}
