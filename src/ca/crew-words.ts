/** What goes between a run of many and the threads that ask for it: values only. */
import { ConnectionEnded } from "../failure/causes.ts";
import type { Code, Facts } from "../failure/facts.ts";
import { errnoOf, Failure, messageOf } from "../failure/failure.ts";
import type { Answer } from "./answer.ts";
import type { Route } from "./client.ts";
import type { Method } from "./credential.ts";
import type { Proof } from "./renew.ts";

/** What a thread is started with, so that it knows itself. */
export const crewMark = "renew-crew";

/** `roots` as DER; the thread has a clock and a source of randomness of its own, which are the same. */
export interface Order extends Pick<Route, "ca" | "timeoutMs" | "connectTimeoutMs" | "env"> {
  readonly id: number;
  readonly roots: readonly Uint8Array[];
  readonly proof: Proof;
  readonly method: Method;
}

export type Asked = { order: Order } | { giveUp: number };

export type Answered = { id: number } & ({ answer: Answer } | { error: ErrorWords });

/** Failures keep their facts; of what caused them, the words. */
export type ErrorWords =
  | { kind: "failure"; code: Code; facts: Facts[Code]; said: string; errno: string }
  | { kind: "ended"; alert: number | null; isBeforeTls: boolean; said: string; errno: string }
  | { kind: "other"; said: string; errno: string };

export function wordsOf(error: unknown): ErrorWords {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const words = { said: messageOf(cause), errno: errnoOf(cause) };
  if (error instanceof Failure) return { kind: "failure", code: error.code, facts: error.facts, ...words };
  if (!(error instanceof ConnectionEnded)) return { kind: "other", ...words };
  return { kind: "ended", alert: error.alert, isBeforeTls: error.isBeforeTls, ...words };
}

export function errorOf(words: ErrorWords): Error {
  const cause = Object.assign(new Error(words.said), words.errno !== "" && { code: words.errno });
  switch (words.kind) {
    case "failure":
      return new Failure(words.code, words.facts, cause);
    case "ended":
      return new ConnectionEnded(words.alert, cause, words.isBeforeTls);
    case "other":
      return cause;
  }
}
