/**
 * What a run that lasts can know of its settings while nothing is due: from files alone, changing none. What is wrong with them
 * would else be said at the first renewal, days after somebody was there to read it.
 */
import { errnoOf, Failure } from "../failure/failure.ts";
import { target } from "../files/target.ts";
import type { World } from "../world.ts";
import type { Hooks } from "./hooks.ts";
import { findProgram } from "./program.ts";
import type { Policy } from "./renew.ts";
import { readRoots } from "./trust.ts";

export type Settings = Pick<Policy, "root" | "hooks">;

/**
 * Certificate, key and passphrases are read by the first round of such a run, and its other forms looked at. `written`: where
 * something new goes. Throws ROOT_MISSING, ROOT_NOT_PEM, CANNOT_WRITE, and of a hook's program FILE_MISSING and its like.
 */
export function preflight(
  { root, hooks }: Settings,
  written: readonly string[],
  world: Pick<World, "env" | "fs">,
): void {
  readRoots(root, world.fs);
  for (const file of written) target(file, world.fs);
  if (hooks !== null) refuseNoProgram(hooks, world);
}

/** The process that gets a signal may be started later. */
function refuseNoProgram({ exec }: Hooks, world: Pick<World, "env" | "fs">): void {
  if (exec === null || !("words" in exec)) return;
  const [file = ""] = exec.words;
  if (findProgram(file, world) !== null) return;
  const role = "hook";
  if (!file.includes("/")) throw new Failure("FILE_MISSING", { file, role, similar: [] });
  throw isThere(file, world) ? notToBeRun(file, world) : new Failure("FILE_MISSING", { file, role, similar: [] });
}

function notToBeRun(file: string, { fs }: Pick<World, "fs">): Failure {
  if (fs.stat(file).isDirectory()) return new Failure("FILE_IS_FOLDER", { file, role: "hook" });
  return new Failure("FILE_UNREADABLE", { file, role: "hook", errno: "EACCES" });
}

function isThere(file: string, { fs }: Pick<World, "fs">): boolean {
  try {
    fs.stat(file);
    return true;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(error))) return false;
    throw new Failure("FILE_UNREADABLE", { file, role: "hook", errno: errnoOf(error) || String(error) }, error);
  }
}
