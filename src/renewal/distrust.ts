/** Adds to a trust failure what the CA's server presented, looked up over a connection on which nothing is sent. */
import type { Route } from "../ca/client.ts";
import { presentedChain } from "../ca/presented.ts";
import { Failure, isFailure } from "../failure/failure.ts";
import type { Certificate } from "../pki/certificate.ts";

/** Errors that are not about trust pass unchanged. Never throws. */
export async function describeDistrust(
  error: unknown,
  anchors: readonly Certificate[],
  route: Route,
): Promise<unknown> {
  if (isFailure(error, "CA_UNTRUSTED")) {
    const chain = await presentedChain(route);
    const presented = chain.map(({ subject, issuer }) => `${subject.text || "no subject"}, issued by ${issuer.text}`);
    const roots = anchors.map(({ subject }) => subject.text);
    return new Failure("CA_UNTRUSTED", { ...error.facts, presented, roots }, error.cause);
  }
  if (isFailure(error, "CA_CERT_EXPIRED")) {
    const ended = (await presentedChain(route)).find(({ notAfter }) => notAfter < error.facts.now);
    return ended ? new Failure("CA_CERT_EXPIRED", { ...error.facts, notAfter: ended.notAfter }, error.cause) : error;
  }
  if (isFailure(error, "CA_CERT_NOT_YET_VALID")) {
    const early = (await presentedChain(route)).find(({ notBefore }) => notBefore > error.facts.now);
    return early
      ? new Failure("CA_CERT_NOT_YET_VALID", { ...error.facts, notBefore: early.notBefore }, error.cause)
      : error;
  }
  return error;
}
