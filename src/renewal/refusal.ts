/** From a refusal to a failure that explains it: gathers evidence, lets `diagnosis` reason, picks the code. After failures only. */
import { type CaAnswers, askCa } from "../ca/endpoints.ts";
import type { Answer } from "../ca/answer.ts";
import type { Route } from "../ca/client.ts";
import type { Choice } from "../ca/credential.ts";
import { readAnswered } from "../ca/response.ts";
import { isHeaderTooLarge, refusalCode } from "../ca/verdict.ts";
import { RejectedHandshake } from "../failure/causes.ts";
import { diagnose } from "../failure/diagnosis/diagnose.ts";
import type { Answered, CertificateFacts, Diagnosis, Evidence } from "../failure/evidence.ts";
import { Failure, isFailure } from "../failure/failure.ts";
import type { Certificate } from "../pki/certificate.ts";
import type { Identity } from "../pki/identity.ts";
import { predict } from "../pki/path.ts";
import { presentedChain } from "../ca/presented.ts";

export interface Refused {
  identity: Identity;
  anchors: readonly Certificate[];
  choice: Choice;
  by: Answer | RejectedHandshake;
  route: Route;
  now: Date;
}

/** Never throws; asks the CA's public endpoints for at most three seconds. */
export async function explainRefusal(refused: Refused): Promise<Failure> {
  const { identity, anchors, route, by } = refused;
  const ca = await askCa(route, identity.leaf, [...identity.chain.slice(1), ...anchors]);
  const evidence = evidenceOf(refused, ca);
  const diagnosis = diagnose(evidence);
  return by instanceof RejectedHandshake ? rejected(refused, by, evidence, diagnosis) : refusedIn(refused, readAnswered(by), diagnosis);
}

function evidenceOf({ identity, anchors, choice, by, now }: Refused, { facts, intermediates }: CaAnswers): Evidence {
  const { chain } = identity;
  const answered = by instanceof RejectedHandshake ? undefined : readAnswered(by);
  // The refusal's own Date is nearest to what was judged; an endpoint's serves where a handshake failed.
  const clock = answered?.date && !(by instanceof RejectedHandshake) ? { ca: answered.date, ours: new Date(by.at.getTime() - by.roundTripMs / 2) } : facts.clock;
  const caNow = clock === undefined ? now : new Date(now.getTime() + clock.ca.getTime() - clock.ours.getTime());
  return {
    at: now,
    method: choice.method,
    certificate: certificateFacts(identity),
    ...(by instanceof RejectedHandshake ? { alert: by.alert } : { answer: readAnswered(by) }),
    ca: { ...facts, ...(clock && { clock }) },
    path: predict({ chain, roots: anchors, caIntermediates: intermediates, now: caNow }),
  };
}

function certificateFacts({ certificateFile, leaf, chain }: Identity): CertificateFacts {
  const { serial, names, usages, keyUsages, notBefore, notAfter, provisioner } = leaf;
  return {
    file: certificateFile,
    subject: leaf.subject.text,
    issuer: leaf.issuer.text,
    count: chain.length,
    serial,
    names,
    usages,
    keyUsages,
    notBefore,
    notAfter,
    ...(provisioner && { provisioner }),
  };
}

function refusedIn({ identity, choice, route }: Refused, answered: Answered, diagnosis: Diagnosis): Failure {
  const url = `${route.ca.href}/renew`;
  const refusal = { method: choice.method, certificate: identity.certificateFile, diagnosis };
  const code = refusalCode(answered);
  switch (code) {
    case "CA_BUSY":
      return new Failure(code, { url, ...answered });
    case "CA_UNREACHABLE":
      return new Failure(code, { url, host: route.ca.host, said: answered.said, errno: "", status: answered.status, diagnosis });
    case "PROXY_REFUSED":
      return new Failure(code, { url, ...answered, problem: isHeaderTooLarge(answered) ? "its limit for headers is below the size of the token" : "it wants something else first" });
    case "NOT_A_CA":
      return new Failure(code, { url, status: answered.status, said: answered.said, problem: "it is not an answer of step-ca" });
    default:
      return new Failure(code, { url, ...answered, ...refusal });
  }
}

/** A bare close says nothing by itself: only a certificate that the CA could not take makes it a rejection. */
function rejected({ identity, choice, route, now }: Refused, by: RejectedHandshake, evidence: Evidence, diagnosis: Diagnosis): Failure {
  const url = `${route.ca.href}/renew`;
  const [first] = diagnosis.causes;
  const { leaf, certificateFile } = identity;
  if (first?.id === "NOT_YET_VALID" && first.certainty === "certain" && evidence.ca.clock) {
    return new Failure("CERT_NOT_YET_VALID", { file: certificateFile, notBefore: leaf.notBefore, now, caTime: evidence.ca.clock.ca });
  }
  const isFit = evidence.path === undefined || evidence.path.mtls.ok;
  if (by.alert === null && isFit) return new Failure("CA_CLOSED", { url, said: by.message, errno: "", offered: "certificate" }, by);
  return new Failure("CLIENT_REJECTED", { url, alert: by.alert, said: by.message, method: choice.method, certificate: certificateFile, diagnosis }, by);
}

/** Adds to a trust failure what the CA presented, asked over a connection on which nothing is sent. Other errors pass unchanged. */
export async function describeTrust(error: unknown, anchors: readonly Certificate[], route: Route): Promise<unknown> {
  if (isFailure(error, "CA_UNTRUSTED")) {
    const chain = await presentedChain(route);
    const presented = chain.map(({ subject, issuer }) => `${subject.text || "no subject"}, issued by ${issuer.text}`);
    return new Failure("CA_UNTRUSTED", { ...error.facts, presented, roots: anchors.map(({ subject }) => subject.text) }, error.cause);
  }
  if (isFailure(error, "CA_CERT_EXPIRED") || isFailure(error, "CA_CERT_NOT_YET_VALID")) {
    const chain = await presentedChain(route);
    const { now } = error.facts;
    if (error.code === "CA_CERT_EXPIRED") {
      const ended = chain.find(({ notAfter }) => notAfter < now);
      return new Failure("CA_CERT_EXPIRED", { ...error.facts, ...(ended && { notAfter: ended.notAfter }) }, error.cause);
    }
    const early = chain.find(({ notBefore }) => notBefore > now);
    return new Failure("CA_CERT_NOT_YET_VALID", { ...error.facts, ...(early && { notBefore: early.notBefore }) }, error.cause);
  }
  return error;
}
