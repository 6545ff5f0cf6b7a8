/**
 * Crash-safe replacement of one file: written whole beside the target, synced, renamed over it, and the folder synced.
 * At any moment the old file or the new one is there, never a part of either. A file that is a mount of its own cannot be
 * renamed over: it is written in place, by the journal, with the old contents and the new ones safe beside it.
 */
import { errnoOf, Failure, isFailure } from "../failure/failure.ts";
import { exchange, refuseIfChanged } from "./exchange.ts";
import { type Goal, partOf, step, writingBeside } from "./goal.ts";
import { digest, newOf } from "./journal.ts";
import { atOnce, type Syncing } from "./syncing.ts";
import type { FileSystem } from "./system.ts";
import { syncingFolder } from "./whole.ts";

/**
 * Replaces the goal's contents. Throws TARGET_CHANGED and CANNOT_WRITE; then the target is as it was, and the new contents, which
 * the CA has issued already, are kept beside it where that was possible (`kept`), unless the next run has to finish it.
 */
export function install(goal: Goal, contents: Uint8Array, fs: FileSystem): Installed {
  return atOnce(installing(goal, contents, fs), fs);
}

/** How the file came to its new contents. */
export type Installed = "renamed" | "in-place";

/** The same, step by step. */
export function* installing(goal: Goal, contents: Uint8Array, fs: FileSystem): Syncing<Installed> {
  const part = partOf(goal, digest(contents));
  const kept = newOf(part);
  yield* writingBeside(goal, "the new chain", contents, "after-answer", fs);
  try {
    step("look at the file again", goal, "after-answer", () => refuseIfChanged(goal, [part], fs));
    if (!step("rename it over the old file", goal, "after-answer", () => isRenamed(kept, goal, fs))) {
      exchange([goal], [{ ...part, inPlace: true }], fs);
      return "in-place";
    }
  } catch (error) {
    if (!isFailure(error, "CANNOT_WRITE") || error.facts.unfinished) throw error;
    throw new Failure("CANNOT_WRITE", { ...error.facts, kept }, error.cause);
  }
  try {
    yield* syncingFolder(goal.target.folder, fs);
  } catch {
    // The new file is there for every reader. A crash may still bring the old one back, which is whole as well.
  }
  return "renamed";
}

function isRenamed(from: string, { target: { path } }: Goal, fs: FileSystem): boolean {
  try {
    fs.rename(from, path);
    return true;
  } catch (error) {
    if (["EBUSY", "EXDEV"].includes(errnoOf(error))) return false;
    throw error;
  }
}
