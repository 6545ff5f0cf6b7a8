/** Whose hook has not succeeded: one of its own, or one that it shares with others. */
import { type Failure, isFailure } from "../../failure/failure.ts";
import type { Entry, EntryResult, Summary } from "../../renewal/many/plan.ts";

/** Of a dry run, those whose hook cannot be run. */
export function owingIn({ results, hookFailures }: Summary): ReadonlySet<EntryResult> {
  const files = new Set(hookFailures.flatMap(filesOf));
  return new Set(
    results.filter((one) => {
      if (one.result === "failed" && isFailure(one.failure, "HOOK_FAILED")) return true;
      return one.entry !== null && one.result !== "untouched" && files.has(outOf(one.entry));
    }),
  );
}

function filesOf(failure: Failure): readonly string[] {
  if (!isFailure(failure, "HOOK_FAILED")) return [];
  const { file, files = [file] } = failure.facts;
  return files;
}

export const outOf = ({ policy: { paths, out = paths.certificate } }: Entry) => out;
