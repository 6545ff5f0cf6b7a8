/**
 * Diagnosis by exclusion: every cause that can produce this answer is weighed against the evidence; what is contradicted is
 * ruled out, and the rest is ranked. Pure, and generic: what there is to know about a cause is in the cause.
 */
import type { Certainty, Diagnosis, Evidence, RankedCause } from "../evidence.ts";
import { type Cause, order, type Weight } from "./cause.ts";
import { causes } from "./causes.ts";
import { logLine } from "./commands.ts";
import { evidenceLines } from "./lines.ts";
import { type Symptom, symptomOf } from "./symptom.ts";

interface Weighed extends Weight {
  cause: Cause;
}

export function diagnose(evidence: Evidence): Diagnosis {
  const symptom = symptomOf(evidence);
  const applicable = Object.values(causes).filter((cause) => isApplicable(cause, symptom, evidence));
  const able = applicable.filter(({ symptoms }) => symptoms.includes(symptom));
  const weighed = able.map((cause) => weigh(cause, symptom, evidence));
  const open = weighed.filter(({ verdict }) => verdict !== "contradicted").sort(byRank(symptom, evidence));
  const { ranked, notNeeded } = rank(open, weighed.length, symptom);
  const contradicted = weighed.filter(({ verdict }) => verdict === "contradicted");
  const passed = passedChecks({ applicable, able, evidence });
  return {
    causes: ranked.map(({ cause, because, certainty }) => told({ cause, because, certainty, symptom, evidence })),
    ruledOut: [...passed, ...contradicted, ...notNeeded].map(({ cause, because }) => ({ id: cause.id, because })),
    evidence: evidenceLines(evidence),
    asked: evidence.asked ?? [],
  };
}

const verdicts = ["proved", "speaks", "silent", "contradicted"] as const;

/** Proved causes by the CA's order; a handshake is one check, in the order of the table, as the rest is. */
function byRank(symptom: Symptom, { method }: Evidence): (a: Weighed, b: Weighed) => number {
  const inOrder = (a: Weighed, b: Weighed) => stepOf(a.cause, method) - stepOf(b.cause, method);
  return (a, b) =>
    verdicts.indexOf(a.verdict) - verdicts.indexOf(b.verdict) ||
    (a.verdict === "proved" && !isHandshake(symptom) ? inOrder(a, b) : 0);
}

function isHandshake(symptom: Symptom): boolean {
  return symptom === "closed" || symptom.startsWith("alert-");
}

/** A close says so little that no fact must lead to it. */
function weigh(cause: Cause, symptom: Symptom, evidence: Evidence): Weighed {
  const { verdict, because } = cause.weigh(evidence);
  return { cause, because, verdict: verdict === "proved" && symptom === "closed" ? "speaks" : verdict };
}

/** Sentences whose causes are all known, so that the last one left is the one. */
const exhausted: readonly Symptom[] = ["unauthorized"];

interface Ranked extends Weighed {
  certainty: Certainty;
}

/**
 * The first check that fails is the one that answers: of several proved causes it is certain, and the others come next. What
 * nothing proves is not needed beside a proved one.
 */
function rank(
  open: readonly Weighed[],
  considered: number,
  symptom: Symptom,
): { ranked: Ranked[]; notNeeded: Weighed[] } {
  const [first, ...rest] = open;
  if (first === undefined) return { ranked: [], notNeeded: [] };
  if (first.verdict === "proved") {
    const next = rest.filter(({ verdict }) => verdict === "proved");
    const because = `not needed beside ${first.cause.id}, which is enough for this answer`;
    return {
      ranked: [
        { ...first, certainty: "certain" },
        ...next.map((one) => ({ ...one, because: `${one.because}: the next obstacle`, certainty: "likely" as const })),
      ],
      notNeeded: rest.filter(({ verdict }) => verdict !== "proved").map((one) => ({ ...one, because })),
    };
  }
  const isLast = rest.length === 0 && considered > 1 && exhausted.includes(symptom);
  const certainty = ({ verdict }: Weighed): Certainty =>
    isLast ? "certain" : verdict === "speaks" ? "likely" : "possible";
  return { ranked: open.map((one) => ({ ...one, certainty: certainty(one) })), notNeeded: [] };
}

/** In a handshake without a client certificate no certificate was judged. */
function isApplicable({ only, step }: Cause, symptom: Symptom, { method }: Evidence): boolean {
  if (only !== undefined && only !== method) return false;
  return !(
    isHandshake(symptom) &&
    method === "token" &&
    (step === "chain" || step === "signature" || step === "revocation")
  );
}

/**
 * What looks bad, and is not the cause: the CA's sentence comes from a later check. The others that were
 * passed are not worth a line.
 */
function passedChecks(found: { applicable: readonly Cause[]; able: readonly Cause[]; evidence: Evidence }): Weighed[] {
  const { applicable, able, evidence } = found;
  const steps = able.map((cause) => stepOf(cause, evidence.method)).filter((step) => step > 0);
  const isPassed = (cause: Cause) => {
    const step = stepOf(cause, evidence.method);
    return step > 0 && step < Math.min(...steps);
  };
  return applicable
    .filter((cause) => steps.length > 0 && !able.includes(cause) && isPassed(cause))
    .map((cause) => ({ ...cause.weigh(evidence), cause }))
    .filter(({ verdict }) => verdict === "proved" || verdict === "speaks")
    .map((one) => ({
      ...one,
      because: `${one.because}; but the CA's answer comes from a later check, so that one was passed`,
    }));
}

function stepOf({ step }: Cause, method: Evidence["method"]): number {
  return Math.max(0, order[method].indexOf(step));
}

/** Answers that say nothing of their cause, so that the CA's log says more. */
const opaque = /^(unauthorized|token-invalid|internal|alert-|closed)/;

function told(one: {
  cause: Cause;
  because: string;
  certainty: Certainty;
  symptom: Symptom;
  evidence: Evidence;
}): RankedCause {
  const { cause, because, certainty, symptom, evidence } = one;
  const sentence = cause.log?.(evidence) ?? cause.logs[0];
  const log = sentence !== undefined && opaque.test(symptom) ? [logLine(evidence, sentence)] : [];
  return { id: cause.id, certainty, because, help: [...cause.help(evidence), ...log] };
}
