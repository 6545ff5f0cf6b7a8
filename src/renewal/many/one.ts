/** One entry's renewal, by the code that renews one alone, with what the run shares; and its result. */
import { type Failure, failureOf } from "../../failure/failure.ts";
import type { Certificate } from "../../pki/certificate.ts";
import type { World } from "../../world.ts";
import { readCertificateOf } from "../load.ts";
import type { Policy, renewOnce } from "../renew.ts";
import type { Outage, Outages } from "./outages.ts";
import type { Entry, EntryResult, ManyProgress } from "./plan.ts";
import type { SharedHooks } from "./shared-hooks.ts";
import type { SharedWorld, Together } from "./together.ts";

/** What all entries of a run go by. */
export interface Run {
  world: SharedWorld;
  together: Together;
  progress: ManyProgress;
  outages: Outages;
  hooks: SharedHooks;
  renew: typeof renewOnce;
  /** Its CA is left alone for a while. */
  outage?(entry: Entry, outage: Outage): void;
}

/** One renewal and its result. `leaf`: what is known of it beforehand. */
export async function renewEntry(
  entry: Entry,
  { policy, leaf }: { policy: Policy; leaf: Certificate | null },
  run: Run,
): Promise<Exclude<EntryResult, { result: "untouched" }>> {
  const { world, together, outages, hooks } = run;
  const outage = outages.of(entry, world.now());
  if (outage !== null) return { ...failed(entry, outage.failure, leaf), untried: true };
  const sharing = { ...together.sharing, ...hooks.sharingFor(entry) };
  try {
    const outcome = await run.renew(policy, world, run.progress.about?.(entry) ?? {}, sharing);
    if (outcome.outcome === "not-due") {
      const { leaf, due, forms } = outcome;
      return { entry, result: "not-due", leaf, from: due.from, forms };
    }
    if (outcome.outcome === "overtaken") return { entry, result: "overtaken", leaf: outcome.leaf, file: outcome.file };
    outages.note(entry, null, world.now());
    const { previous, choice, tookMs, file, forms } = outcome;
    const { method, because } = choice;
    return { entry, result: "renewed", leaf: outcome.leaf, previous, method, because, tookMs, file, forms };
  } catch (error) {
    // Also a mistake of ours is one entry's alone: what became of the others is told.
    const failure = failureOf(error);
    const outage = failure.code === "INTERRUPTED" ? null : outages.note(entry, failure, world.now());
    if (outage !== null) run.outage?.(entry, outage);
    return failed(entry, failure, failure.code === "HOOK_FAILED" ? leafNow(entry, world) : leaf);
  }
}

export function failed(
  entry: Entry,
  failure: Failure,
  leaf: Certificate | null,
): Extract<EntryResult, { result: "failed" }> {
  return { entry, origin: entry.origin, result: "failed", failure, leaf };
}

/** It is new, though its hook has failed. */
function leafNow({ policy: { paths, out = paths.certificate } }: Entry, world: World): Certificate | null {
  try {
    return readCertificateOf(out, world);
  } catch {
    return null; // the failure is told already
  }
}
