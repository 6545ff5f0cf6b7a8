/** The one error of the library. */
import type { RenewErrorCode } from "./codes.ts";
import type { RenewFailure } from "./failure-types.ts";

/**
 * What everything here rejects with, but for an ended signal (its reason) and options of the wrong type (TypeError). The
 * message is {@link RenewError.what}; `console.error(error.rendered)` is what the command would print.
 */
export class RenewError extends Error {
  /** Always `"RenewError"`. */
  override readonly name = "RenewError";
  /** What happened. Codes are few, and never renamed. */
  readonly code: RenewErrorCode;
  readonly #failure: RenewFailure;

  private constructor(failure: RenewFailure, cause: unknown) {
    super(failure.what, { cause });
    this.code = failure.code;
    this.#failure = failure;
  }

  /** @internal By `this`, as a class that names itself within is renamed when it is bundled, and consoles show that name. */
  static of(failure: RenewFailure, cause: unknown): RenewError {
    return new this(failure, cause);
  }

  /** The exit status that the command would have, and so the family of the error. */
  get exit(): number {
    return this.#failure.exit;
  }

  /** Whether trying again can help: of itself (`later`), once somebody has changed something (`after-fix`), or not at all. */
  get retry(): RenewFailure["retry"] {
    return this.#failure.retry;
  }

  /** One line: what happened. */
  get what(): string {
    return this.#failure.what;
  }

  /** One or two sentences: why. */
  get why(): string {
    return this.#failure.why;
  }

  /** What to do next, most likely first. */
  get help(): readonly string[] {
    return this.#failure.help;
  }

  /** Why a CA refused, likeliest first; empty for failures that need no reasoning. */
  get causes(): RenewFailure["causes"] {
    return this.#failure.causes;
  }

  /** What could have been the cause, and what contradicts it. */
  get ruledOut(): RenewFailure["ruledOut"] {
    return this.#failure.ruledOut;
  }

  /** What was found out. */
  get evidence(): RenewFailure["evidence"] {
    return this.#failure.evidence;
  }

  /** What is on the disk now. */
  get state(): RenewFailure["state"] {
    return this.#failure.state;
  }

  /** The whole message as the command prints it, for 80 columns, without colour. */
  get rendered(): string {
    return this.#failure.rendered;
  }

  /** All of it as data, for logs: the `error` of `renew --json`. */
  toJSON(): RenewFailure {
    return this.#failure;
  }
}
