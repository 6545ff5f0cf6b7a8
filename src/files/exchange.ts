/**
 * Several files replaced as one, or one that cannot be renamed over. The new contents lie beside their places already; the old
 * ones are copied there, the journal says so, and then each is put in its place. Whenever the process or the machine dies, all
 * are old, all are new, or the journal tells the next run (see `repair`) how to make them so.
 */
import { Failure, isFailure } from "../failure/failure.ts";
import { type Goal, isUnchanged, keepOld, partOf, step } from "./goal.ts";
import { type Journal, newOf, type Part, writeJournal } from "./journal.ts";
import { clear, fileOf, foldersOf, goBack, goForward } from "./switch.ts";
import type { FileSystem } from "./system.ts";
import { syncFolder } from "./whole.ts";

/**
 * Throws TARGET_CHANGED or CANNOT_WRITE: then all is as it was, and what is new is kept beside it, unless it is `unfinished`.
 * The last one is the certificate; `key`: which of them is its key, where that is one.
 */
export function exchange(
  goals: readonly Goal[],
  parts: readonly Part[],
  fs: FileSystem,
  key: Goal | null = null,
): void {
  const journal: Journal = { version: 1, step: "switching", parts };
  const attempt = (name: string, goal: Goal | undefined, work: () => void) =>
    goal === undefined ? work() : step(name, goal, "after-answer", work);
  const last = goals.at(-1);
  try {
    for (const goal of goals) attempt("look at the file again", goal, () => refuseIfChanged(goal, parts, fs));
    for (const goal of goals) attempt("keep a copy of the old file", goal, () => keepOld(goal, fs));
    attempt("write the journal", last, () => {
      for (const folder of foldersOf(parts)) syncFolder(folder, fs);
      writeJournal(fileOf(journal), journal, fs);
    });
    attempt("put what is new in its place", last, () => goForward(journal, fs));
  } catch (error) {
    throw takenBack(error, { journal, key }, fs);
  }
  try {
    clear(journal, fs, "dropped");
  } catch {
    // All is there for every reader; the journal tells the next run what to make safe and to take away.
  }
}

/** Between this look and the rename nobody can look. */
export function refuseIfChanged(goal: Goal, parts: readonly Part[], fs: FileSystem): void {
  if (!isUnchanged(goal, fs)) throw new Failure("TARGET_CHANGED", { file: goal.target.named, kept: parts.map(newOf) });
}

/** The old files again, with the new ones beside them; or, where the disk refuses that too, something for the next run to finish. */
function takenBack(error: unknown, { journal, key }: { journal: Journal; key: Goal | null }, fs: FileSystem): unknown {
  const kept = journal.parts.map(newOf).at(-1) ?? "";
  const keptKey = key === null ? undefined : newOf(partOf(key, null));
  let isWhole = false;
  try {
    goBack(journal, fs, "kept");
    isWhole = true;
    clear(journal, fs, "kept");
  } catch {
    // said below, or left to the next run
  }
  if (!isFailure(error, "CANNOT_WRITE")) return error;
  const left = isWhole ? { kept, ...(keptKey !== undefined && { keptKey }) } : { unfinished: true as const };
  return new Failure("CANNOT_WRITE", { ...error.facts, ...left }, error.cause);
}
