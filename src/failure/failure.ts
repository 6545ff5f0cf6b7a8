import { constants } from "node:os";
import type { Code, Facts } from "./facts.ts";

/**
 * The one error of this program: a code and its facts. It has no prose; `failure/catalogue` explains it.
 * Facts never hold a private key, a passphrase or a token.
 */
export class Failure<C extends Code = Code> extends Error {
  override readonly name = "Failure";
  readonly code: C;
  readonly facts: Facts[C];

  constructor(code: C, facts: Facts[C], cause?: unknown) {
    super(code, cause === undefined ? undefined : { cause });
    this.code = code;
    this.facts = facts;
  }
}

/** Narrows by code, so that the facts have their own type. */
export function isFailure<C extends Code>(error: unknown, code?: C): error is Failure<C> {
  return error instanceof Failure && (code === undefined || error.code === code);
}

/** The code that Node puts on its system and TLS errors, "" where there is none. */
export function errnoOf(error: unknown): string {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  return /^unknown/i.test(code) ? (nameOf(error) ?? code) : code;
}

/** libuv has no name for a few of the system's errors; EDQUOT is one of them. */
function nameOf(error: unknown): string | undefined {
  const number = error instanceof Error && "errno" in error ? Number(error.errno) : Number.NaN;
  return Object.entries(constants.errno).find(([, one]) => one === -number)?.[0];
}

/** The process, or the whole system, may open no more files: nothing is wrong with the one that was to be opened. */
export function isExhausted(error: unknown): boolean {
  return ["EMFILE", "ENFILE"].includes(errnoOf(error));
}

/** Whatever was thrown as a failure: what nothing explains is a mistake of ours. */
export function failureOf(error: unknown): Failure {
  if (isFailure(error)) return error;
  const said = messageOf(error);
  if (isExhausted(error)) return new Failure("TOO_MANY_FILES", { said, errno: errnoOf(error) }, error);
  return new Failure("BUG", { said, stack: (error instanceof Error ? error : new Error(said)).stack ?? "" }, error);
}

/** Foreign error text, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export type Attempt<T> = { value: T; failure?: undefined } | { failure: Failure };

/** A failure as a value, where it is weighed before it is told. Anything else that is thrown goes on. */
export function attempt<T>(work: () => T): Attempt<T> {
  try {
    return { value: work() };
  } catch (error) {
    if (isFailure(error)) return { failure: error };
    throw error;
  }
}
