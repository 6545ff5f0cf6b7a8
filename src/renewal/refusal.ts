/** From a refusal to a failure that explains it: gathers evidence, lets `diagnosis` reason, picks the code. After failures only. */

import type { Answer } from "../ca/answer.ts";
import type { Route } from "../ca/client.ts";
import { clockFrom, clockReading } from "../ca/clock.ts";
import type { Choice } from "../ca/credential.ts";
import { askCa, type CaAnswers } from "../ca/endpoints.ts";
import { readAnswered } from "../ca/response.ts";
import { isHeaderTooLarge, refusalCode } from "../ca/verdict.ts";
import { ConnectionEnded } from "../failure/causes.ts";
import { diagnose } from "../failure/diagnosis/diagnose.ts";
import type { Asked, Diagnosis, Evidence } from "../failure/evidence.ts";
import { Failure } from "../failure/failure.ts";
import type { Certificate } from "../pki/certificate.ts";
import type { Identity } from "../pki/identity.ts";
import { outlookOf } from "./evidence.ts";

export interface Refused {
  identity: Identity;
  anchors: readonly Certificate[];
  choice: Choice;
  by: Answer | ConnectionEnded;
  route: Route;
  /** As the user gave it, for commands to copy. */
  root: string;
  now: Date;
  /** Left out: "renew". */
  operation?: "renew" | "rekey";
}

/** Never throws; asks the CA's public endpoints for at most three seconds. */
export async function explainRefusal(refused: Refused): Promise<Failure> {
  const { identity, anchors, route, by } = refused;
  const ca = await askCa(route, identity.leaf, [...identity.chain.slice(1), ...anchors]);
  const evidence = evidenceOf(refused, ca);
  const diagnosis = diagnose(evidence);
  return by instanceof ConnectionEnded
    ? rejected(refused, by, evidence, diagnosis)
    : refusedIn(refused, by, evidence, diagnosis);
}

function evidenceOf(refused: Refused, ca: CaAnswers): Evidence {
  const { identity, anchors, choice, by, root, now, operation } = refused;
  const answered = by instanceof ConnectionEnded ? undefined : readAnswered(by);
  const own = by instanceof ConnectionEnded ? undefined : clockReading(by);
  const clock = clockFrom([...(own ? [own] : []), ...ca.clocks]);
  const outlook = outlookOf({ identity, anchors, ca, method: choice.method, at: now, clock, root });
  const wantsToken = choice.because === "registration-authority";
  return {
    ...outlook,
    ca: { ...outlook.ca, ...(wantsToken && { wantsToken }) },
    ...(by instanceof ConnectionEnded && by.isBeforeTls && { isBeforeTls: true as const }),
    ...(by instanceof ConnectionEnded ? { alert: by.alert } : answered && { answer: answered }),
    ...(operation && { operation }),
    asked: [askedFirst(refused), ...ca.asked],
  };
}

/** The question that was refused comes first. */
function askedFirst({ by, now, operation = "renew" }: Refused): Asked {
  const source = `POST /${operation}`;
  if (!(by instanceof ConnectionEnded)) {
    const { at, roundTripMs, status } = by;
    return { source, at, tookMs: Math.round(roundTripMs), outcome: String(status) };
  }
  return { source, at: now, tookMs: 0, outcome: by.alert === null ? "closed" : `TLS alert ${by.alert}` };
}

function refusedIn(refused: Refused, by: Answer, evidence: Evidence, diagnosis: Diagnosis): Failure {
  const { route } = refused;
  const answered = readAnswered(by);
  const { status, said } = answered;
  const url = by.url;
  const retryAfter = by.headers["retry-after"];
  // Who says when to come back is overloaded, whether it is the CA or a proxy that says it.
  const code = status === 503 && retryAfter !== undefined ? "CA_BUSY" : refusalCode(answered);
  switch (code) {
    case "CA_BUSY":
      return new Failure(code, { url, ...answered, ...(retryAfter !== undefined && { retryAfter }) });
    case "CA_UNREACHABLE":
      return new Failure(code, { url, host: route.ca.host, said, errno: "", status, diagnosis });
    case "PROXY_REFUSED": {
      const tooLarge = "its limit for headers is below the size of the token";
      const problem = isHeaderTooLarge(answered) ? tooLarge : "it wants something else first";
      return new Failure(code, { url, ...answered, problem, diagnosis });
    }
    case "NOT_A_CA":
      return new Failure(code, { url, status, said, diagnosis, problem: "it is not an answer of step-ca" });
    default:
      return new Failure(code, { url, ...answered, ...refusal(refused, evidence, diagnosis) });
  }
}

/** A bare close says nothing by itself: only a certificate that the CA could not take makes it a rejection. */
function rejected(refused: Refused, by: ConnectionEnded, evidence: Evidence, diagnosis: Diagnosis): Failure {
  const { identity, choice, route, operation = "renew" } = refused;
  const { path } = evidence;
  const [first] = diagnosis.causes;
  const { alert, message: said } = by;
  if (first?.id === "NOT_YET_VALID" && first.certainty === "certain") {
    const { leaf, certificateFile: file } = identity;
    return new Failure("CERT_NOT_YET_VALID", { file, notBefore: leaf.notBefore, alert, diagnosis }, by);
  }
  const url = `${route.ca.href}/${operation}`;
  const isFit = by.isBeforeTls || choice.method === "token" || path === undefined || path.mtls.ok;
  if (alert === null && isFit)
    return new Failure(
      "CA_CLOSED",
      { url, said, errno: "", method: choice.method, ...(by.isBeforeTls && { isBeforeTls: true as const }), diagnosis },
      by,
    );
  const facts = { url, alert, said, ...refusal(refused, evidence, diagnosis) };
  return new Failure("CLIENT_REJECTED", facts, by);
}

function refusal({ identity, choice, operation }: Refused, { ca }: Evidence, diagnosis: Diagnosis) {
  return {
    method: choice.method,
    certificate: identity.certificateFile,
    diagnosis,
    ...(operation && { operation }),
    ...(ca.version !== undefined && { caVersion: ca.version }),
  };
}
