/** One entry's renewal, by the code that renews one alone, with what the run shares; and its result. */
import { type Failure, isFailure } from "../../failure/failure.ts";
import type { Certificate } from "../../pki/certificate.ts";
import type { World } from "../../world.ts";
import { readCertificateOf } from "../load.ts";
import { renewOnce } from "../renew.ts";
import { policyOf } from "./look.ts";
import type { Outages } from "./outages.ts";
import type { Entry, EntryResult, ManyProgress, RunOptions } from "./plan.ts";
import type { SharedHooks } from "./shared-hooks.ts";
import type { SharedWorld, Together } from "./together.ts";

/** What all entries of a run go by. */
export interface Run {
  options: Pick<RunOptions, "force">;
  world: SharedWorld;
  together: Together;
  progress: ManyProgress;
  outages: Outages;
  hooks: SharedHooks;
}

/** One renewal and its result. `leaf`: what is known of it beforehand. */
export async function renewEntry(entry: Entry, leaf: Certificate | null, run: Run): Promise<EntryResult> {
  const { options, world, together, outages, hooks } = run;
  const spared = outages.failureFor(entry);
  if (spared !== null) return { ...failed(entry, spared, leaf), untried: true };
  const sharing = { ...together.sharingFor(entry), ...hooks.sharingFor(entry) };
  try {
    const outcome = await renewOnce(policyOf(entry, options), world, run.progress.about?.(entry) ?? {}, sharing);
    if (outcome.outcome === "not-due") return { entry, result: "not-due", leaf: outcome.leaf, from: outcome.due.from };
    if (outcome.outcome === "overtaken") return { entry, result: "overtaken", leaf: outcome.leaf, file: outcome.file };
    outages.note(entry, null);
    const { previous, choice, tookMs, file } = outcome;
    const { method, because } = choice;
    return { entry, result: "renewed", leaf: outcome.leaf, previous, method, because, tookMs, file };
  } catch (error) {
    if (!isFailure(error)) throw error;
    if (error.code !== "INTERRUPTED") outages.note(entry, error);
    return failed(entry, error, isFailure(error, "HOOK_FAILED") ? leafNow(entry, world) : leaf);
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
