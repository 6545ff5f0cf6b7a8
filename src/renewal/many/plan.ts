/** Many certificates to keep, and what came of each: what a file of entries is read into, and what its run says. */
import type { Method, MethodReason } from "../../ca/credential.ts";
import type { Failure } from "../../failure/failure.ts";
import type { Certificate } from "../../pki/certificate.ts";
import type { Policy, Progress } from "../renew.ts";

/** Where an entry stands, for messages. `line` counts from 1. */
export interface Origin {
  readonly file: string;
  readonly line: number;
  readonly entry: number;
}

export type MethodWish = "auto" | "mtls" | "token";

/** One certificate to keep. */
export interface Entry {
  readonly origin: Origin;
  /**
   * Complete: paths, ca, root, window, hooks, timeouts. `force` is true: a file of entries is consent to overwrite, and an expired
   * certificate is renewed by token. `mtls` is false for method "token".
   */
  readonly policy: Policy;
  readonly method: MethodWish;
}

export interface Broken {
  readonly origin: Origin;
  readonly failure: Failure;
}

export interface Plan {
  readonly entries: readonly Entry[];
  readonly broken: readonly Broken[];
  /** Null: the engine's default. */
  readonly concurrency: number | null;
}

export interface RunOptions {
  /** All, due or not. */
  readonly force: boolean;
  readonly keepGoing: boolean;
  readonly dryRun: boolean;
  readonly concurrency: number | null;
}

export type EntryResult =
  | {
      entry: Entry;
      result: "renewed";
      leaf: Certificate;
      previous: Certificate;
      method: Method;
      because: MethodReason;
      tookMs: number;
      file: string;
      /** Of other forms, written with it. */
      forms: readonly string[];
    }
  | { entry: Entry; result: "overtaken"; leaf: Certificate; file: string }
  /** `forms`: those that were missing or stale, and are written; in a dry run, would be. */
  | { entry: Entry; result: "not-due"; leaf: Certificate; from: Date; forms: readonly string[] }
  /** Of a dry run. */
  | {
      entry: Entry;
      result: "would-renew";
      leaf: Certificate;
      because: string;
      method: Method;
      methodBecause: MethodReason;
      forms: readonly string[];
    }
  /** Of a dry run: it is not due, but what an earlier run owes of it would be run. */
  | { entry: Entry; result: "would-settle"; leaf: Certificate; forms: readonly string[] }
  /** It would have been renewed, or looked at closer, but others are broken and nothing was begun. */
  | { entry: Entry; result: "untouched"; leaf: Certificate | null }
  /** `entry` is null for what the plan itself calls broken. */
  | {
      entry: Entry | null;
      origin: Origin;
      result: "failed";
      failure: Failure;
      leaf: Certificate | null;
      /** Nothing was tried: its CA had not answered others (the failure is theirs), or the run was to end. */
      untried?: true;
    };

export interface ManyProgress {
  /** Where what is worth telling of one renewal goes. */
  about?(entry: Entry): Progress;
  done?(result: EntryResult, counts: { done: number; of: number; failed: number }): void;
  /** What follows several certificates begins now: once for all of them. */
  hooks?(of: { files: readonly string[] }): void;
  /** Notes of hooks that have succeeded, and that cannot be taken away: they will be run again. */
  notesLeft?(files: readonly string[]): void;
}

export interface Summary {
  /** One for each entry, in the order of the plan; what the plan calls broken first. */
  readonly results: readonly EntryResult[];
  /** Of hooks that several share; of a dry run, of those that cannot be run. */
  readonly hookFailures: readonly Failure[];
}
