/** What is foretold of the chain, asked by the causes that are about it. */
import type { Evidence, PathVerdict } from "../../evidence.ts";
import { contradicted, type Weight } from "../cause.ts";
import { predictions } from "../leaf.ts";
import { symptomOf } from "../symptom.ts";
import { isSince, namedAlerts } from "../version.ts";

/** Symptoms of a handshake that any fault of a chain may have. */
export const handshakes = ["alert-bad-certificate", "closed"] as const;

/** Go looks on for another issuer then, and says at its end that it knows none. */
export const mayNotSign = /parent certificate cannot sign this kind of certificate/;

/** What the prediction says for one kind of problem: that it happens (and when), that it does not, or nothing. */
export function predicted(e: Evidence, isIt: (problem: Problem) => boolean): "all-well" | "other" | "none" | Hit {
  const all = predictions(e);
  if (all.length === 0) return "none";
  for (const { verdict, when } of all) if (!verdict.ok && isIt(verdict)) return { problem: verdict, when };
  return all.some(({ verdict }) => verdict.ok || verdict.reason === "usage") ? "all-well" : "other";
}
export type Problem = Extract<PathVerdict, { ok: false }>;
export type Hit = { problem: Problem; when: string };

/** The condition under which the chain would be good, for what is left to be the cause then. */
export function wellWhen(e: Evidence): string {
  return predictions(e).find(({ verdict }) => verdict.ok)?.when ?? "";
}

/** Go 1.21 and later has alerts of their own for these (45 and 48), so alert 42 is not theirs. */
export function wouldBeAnotherAlert(e: Evidence, number: number): Weight | null {
  if (symptomOf(e) !== "alert-bad-certificate" || !isSince(e.ca, namedAlerts)) return null;
  return contradicted(`a CA of this age says so with TLS alert ${number}, not 42`);
}

/** Go's sentence where one of these problems is predicted; a part of it that the log holds. */
export function sentenceOf(e: Evidence, isIt: (problem: Problem) => boolean, otherwise: string): string {
  const found = predicted(e, isIt);
  if (typeof found !== "object") return otherwise;
  return mayNotSign.exec(found.problem.detail)?.[0] ?? found.problem.detail.replace(/ \(.*/, "");
}
