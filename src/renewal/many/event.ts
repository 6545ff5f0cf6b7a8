/** What a daemon over many certificates tells. */
import type { Failure } from "../../failure/failure.ts";
import type { Certificate } from "../../pki/certificate.ts";
import type { Entry, Origin } from "./plan.ts";

/** What fails still, and when it is tried again. */
export interface Failing {
  readonly entry: Entry;
  readonly failure: Failure;
  readonly count: number;
  readonly next: Date;
  /** How many more share the hook that fails. */
  readonly others: number;
}

export type ManyEvent =
  /** `first`: the entry whose moment is the next; null where there is none. */
  | { event: "started"; entries: number; first: Entry | null; next: Date | null }
  /** Somebody else has renewed it. */
  | { event: "waiting"; entry: Entry; leaf: Certificate; next: Date }
  | { event: "renewed"; entry: Entry; leaf: Certificate; next: Date }
  | { event: "failed"; entry: Entry; failure: Failure; next: Date; isNews: boolean; count: number }
  /** Its CA has not answered several in a row, and is left alone until then: `entry` is the last of them. */
  | { event: "outage"; entry: Entry; failure: Failure; until: Date }
  /**
   * An entry that the plan itself calls broken: it is left out until the plan is read again. `isKept`: what the plan before had from
   * the same file, and this one has no more, goes on as it was until then.
   */
  | { event: "broken"; origin: Origin; failure: Failure; isKept: boolean }
  /** What is named in vain, though nothing is due yet: by this entry, and by so many others. */
  | { event: "unready"; entry: Entry; failure: Failure; others: number }
  /** What several share; it is run again then. */
  | { event: "hooks-failed"; entries: readonly Entry[]; failure: Failure; next: Date; isNews: boolean; count: number }
  /** What was owed from before has succeeded: of one certificate, or of several that share it. */
  | { event: "hooks-settled"; entries: readonly [Entry, ...Entry[]] }
  /** SIGHUP: the plan was read again. `changed`: it says something else of the same certificate. */
  | { event: "reloaded"; entries: number; added: number; changed: number; gone: number; kept: number }
  /** SIGHUP: it could not be read, and the one before it stays. */
  | { event: "not-reloaded"; failure: Failure }
  /** SIGUSR1. */
  | {
      event: "state";
      entries: number;
      first: Entry | null;
      next: Date | null;
      underWay: number;
      failing: readonly Failing[];
    }
  | { event: "stopped"; entries: number };
