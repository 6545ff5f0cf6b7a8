/** Many certificates: what is to be kept, as the words of a file have become it, and what has become of each. */
import type { Method, MethodReason } from "../../ca/credential.ts";
import type { Failure } from "../../failure/failure.ts";
import type { Certificate } from "../../pki/certificate.ts";
import type { Policy } from "../renew.ts";

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
   * Complete: paths, ca, root, window, hooks, timeouts. `force` is true, since a file of entries is consent to overwrite, and an
   * expired one is renewed by token; `mtls` is false for the method "token".
   */
  readonly policy: Policy;
  readonly method: MethodWish;
}

/** An entry that cannot be understood. */
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
    }
  | { entry: Entry; result: "overtaken"; leaf: Certificate; file: string }
  | { entry: Entry; result: "not-due"; leaf: Certificate; from: Date }
  /** Of a dry run. */
  | {
      entry: Entry;
      result: "would-renew";
      leaf: Certificate;
      because: string;
      method: Method;
      methodBecause: MethodReason;
    }
  | { entry: Entry | null; origin: Origin; result: "failed"; failure: Failure; leaf: Certificate | null };

export interface ManyProgress {
  done?(result: EntryResult, counts: { done: number; of: number; failed: number }): void;
}

export interface Summary {
  readonly results: readonly EntryResult[];
  readonly hookFailures: readonly Failure[];
}
