/**
 * Diagnosis by exclusion: every cause that can produce this answer is weighed against the evidence; what is contradicted is
 * ruled out, and the rest is ranked. Pure, and generic: what there is to know about a cause is in the cause.
 */
import type { Certainty, Diagnosis, Evidence, RankedCause } from "../evidence.ts";
import { type Cause, contradicted, order, type Weight } from "./cause.ts";
import { causes } from "./causes.ts";
import { logLine, openLogLine, withNames } from "./commands.ts";
import { evidenceLines } from "./lines.ts";
import { obstacles } from "./obstacles.ts";
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
  const ranked = withNext(rank(open, weighed.length, symptom, evidence), applicable, evidence);
  const isOut = ({ cause }: Weighed) => !ranked.some((one) => one.cause.id === cause.id);
  const excluded = weighed.filter(({ verdict }) => verdict === "contradicted").filter(isOut);
  const passed = passedChecks({ applicable, able, evidence }).filter(isOut);
  return {
    causes: ranked.map((one) => told(one, { symptom, evidence, ranked })),
    ruledOut: [...passed, ...excluded].map(({ cause, because }) => ({ id: cause.id, because })),
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

/** Checks of a certificate in a handshake. */
const ofCertificates: readonly Cause["step"][] = ["chain", "signature", "revocation"];

/** A close says so little that no fact must lead to it. */
function weigh(cause: Cause, symptom: Symptom, evidence: Evidence): Weighed {
  if (symptom === "closed" && evidence.isBeforeTls && cause.step !== "wire")
    return { cause, ...contradicted("the connection was closed before the handshake, and nothing was judged") };
  if (symptom === "closed" && evidence.ca.handshake?.asks === false && ofCertificates.includes(cause.step))
    return { cause, ...contradicted("the server asks for no client certificate, so none was judged in the handshake") };
  const { verdict, ...weight } = cause.weigh(evidence);
  return { ...weight, cause, verdict: verdict === "proved" && symptom === "closed" ? "speaks" : verdict };
}

/** Sentences whose causes are all known, so that the last one left is the one. */
const exhausted: readonly Symptom[] = ["unauthorized"];

interface Ranked extends Weighed {
  certainty: Certainty;
}

/**
 * The first check that fails is the one that answers: of several proved causes it is certain, as it must refuse whatever else
 * holds, and the others come next. What nothing proves is neither needed beside a proved one nor ruled out by it: of that, only
 * what the CA checks before is spoken of, since it would have given this answer first.
 */
function rank(open: readonly Weighed[], considered: number, symptom: Symptom, { method }: Evidence): Ranked[] {
  const [first, ...rest] = open;
  if (first === undefined) return [];
  if (first.verdict === "proved") {
    const next = rest.filter(({ verdict }) => verdict === "proved");
    const before = rest.filter((one) => one.verdict !== "proved" && mayComeBefore(one, first, method));
    return [
      { ...first, certainty: "certain" },
      ...next.map((one) => ({ ...one, because: `${one.because}: the next obstacle`, certainty: "likely" as const })),
      ...before.map((one) => ({
        ...one,
        because: `the CA checks that before, and ${one.because.replace(/^the CA /, "")}`,
        certainty: "possible" as const,
      })),
    ];
  }
  const isLast = rest.length === 0 && considered > 1 && exhausted.includes(symptom);
  const certainty = ({ verdict }: Weighed): Certainty =>
    isLast ? "certain" : verdict === "speaks" ? "likely" : "possible";
  return open.map((one) => ({ ...one, certainty: certainty(one) }));
}

/** What would stand in the way next, once a certain cause is mended, although this answer is not its own. */
function withNext(ranked: readonly Ranked[], applicable: readonly Cause[], evidence: Evidence): readonly Ranked[] {
  const [first] = ranked;
  if (first?.certainty !== "certain") return ranked;
  const at = stepOf(first.cause, evidence.method);
  const isNext = (cause: Cause) =>
    stepOf(cause, evidence.method) >= at && !ranked.some((one) => one.cause.id === cause.id);
  const next = obstacles(evidence).flatMap(({ id, because }) => {
    const cause = applicable.find((one) => one.id === id && isNext(one));
    if (cause === undefined) return [];
    return [
      { cause, verdict: "proved" as const, because: `${because}: the next obstacle`, certainty: "likely" as const },
    ];
  });
  const before = ranked.filter(({ certainty }) => certainty !== "possible");
  return [...before, ...next, ...ranked.filter(({ certainty }) => certainty === "possible")];
}

/** A chain is verified as one, and what is proved of it explains all. The checks after it have the same words, one by one. */
function mayComeBefore({ cause, isUnlikely }: Weighed, first: Weighed, method: Evidence["method"]): boolean {
  const step = stepOf(cause, method);
  return !isUnlikely && step > order[method].indexOf("signature") && step < stepOf(first.cause, method);
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

/** Answers that say nothing of their cause, so that the CA's log says more. A foreign alert is not the CA's. */
const opaque = /^(unauthorized|token-invalid|internal|alert-(?!foreign)|closed)/;

interface Told {
  symptom: Symptom;
  evidence: Evidence;
  ranked: readonly Ranked[];
}

/** Where nothing tells the causes apart, the log is the first thing to look at, and else the last. */
function told({ cause, because, certainty }: Ranked, { symptom, evidence, ranked }: Told): RankedCause {
  const { id } = cause;
  const who = cause.mender?.(evidence) ?? cause.who;
  const sentence = cause.log ? cause.log(evidence) : cause.logs[0];
  const help = withNames(cause.help(evidence), evidence);
  if (sentence === undefined || !opaque.test(symptom)) return { id, certainty, who, because, help };
  const isOpen = certainty === "possible" && ranked.length > 1 && symptom !== "closed";
  const others = ranked.filter((one) => certainty === "certain" && one.certainty === "possible");
  const orElse = others.flatMap((one) => one.cause.logs.slice(0, 1));
  const all = isOpen ? [openLogLine(evidence), ...help] : [...help, logLine(evidence, sentence, orElse)];
  return { id, certainty, who, because, help: all };
}
