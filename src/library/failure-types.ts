/** What is told of a failure. */
import type { RenewCause, RenewErrorCode } from "./codes.ts";

/** A failure as data: the same as `error` in what `renew --json` prints, which `x5c-renew/output.schema.json` describes. */
export interface RenewFailure {
  /** What happened. Codes are few, and never renamed. */
  readonly code: RenewErrorCode;
  /** The exit status of the command, and so the family: 64 usage, 65 files, 75 try later, 77 refused, 78 trust, … */
  readonly exit: number;
  /** Whether trying again can help: of itself, once somebody has changed something, or not at all. */
  readonly retry: "never" | "later" | "after-fix";
  /** One line: what happened. */
  readonly what: string;
  /** One or two sentences: why. */
  readonly why: string;
  /** What to do next, most likely first. Commands stand in backticks, in the words of the command line. */
  readonly help: readonly string[];
  /** Why a CA refused, likeliest first; empty for failures that need no reasoning. */
  readonly causes: readonly {
    readonly id: RenewCause;
    readonly certainty: "certain" | "likely" | "possible";
    readonly mendedBy: "you" | "admin" | "both";
    readonly because: string;
  }[];
  /** What could have been the cause, and what contradicts it. */
  readonly ruledOut: readonly { readonly id: RenewCause; readonly because: string }[];
  /** What was found out. */
  readonly evidence: {
    /** Of HTTP. */
    readonly status: number | null;
    /** The other side's own words, cut where they are long. */
    readonly said: string | null;
    /** To look for in the CA's log. */
    readonly requestId: string | null;
    /** As the CA says it. */
    readonly caVersion: string | null;
    /** The number of the TLS alert that ended the handshake. */
    readonly tlsAlert: number | null;
    /** All of it as people see it. */
    readonly lines: readonly { readonly label: string; readonly value: string }[];
    /** The questions that it is from, with their times. */
    readonly asked: readonly {
      readonly source: string;
      readonly at: string;
      readonly tookMs: number;
      readonly outcome: string;
    }[];
  };
  /** What is on the disk: `changed` is true where the new certificate is in its place all the same (HOOK_FAILED). */
  readonly state: { readonly file: string | null; readonly changed: boolean; readonly notAfter: string | null };
  /** The whole message as the command prints it, for 80 columns, without colour. */
  readonly rendered: string;
}

/** A page about an error or a cause. */
export interface Page {
  /** Of the code, or of the cause. */
  readonly id: RenewErrorCode | RenewCause;
  /** What happened, or why a CA refused. */
  readonly kind: "code" | "cause";
  /** One line. */
  readonly title: string;
  /** Paragraphs. */
  readonly text: string;
}
