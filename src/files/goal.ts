/** Where something new goes: what is there, what is put beside it, and how a disk that refuses is told of. */
import { errnoOf, Failure } from "../failure/failure.ts";
import { digestOf, newOf, oldOf, type Part } from "./journal.ts";
import { atOnce, type Syncing } from "./syncing.ts";
import type { FileStat, FileSystem } from "./system.ts";
import { follow, type Target, target } from "./target.ts";
import { keepAttributes, keepOwnerAndMode, writeNew, writingNew } from "./whole.ts";

export interface Goal {
  readonly target: Target;
  /** SHA-256 of what it held when it was loaded; null where there was nothing. */
  readonly before: string | null;
  /** Makes the names beside it: hexadecimal, and used once. */
  readonly token: string;
  /** Whose owner and mode it gets where nothing was. */
  readonly like?: FileStat;
}

type Asked = "before-request" | "after-answer";

/** Where it would be written; `before` where it was loaded already. Throws as `target` does. */
export function goalOf(named: string, token: string, fs: FileSystem, before?: string | null): Goal {
  const where = target(named, fs);
  const goal = { target: where, before: before ?? null, token };
  if (before !== undefined) return goal;
  return step("look at the file", goal, "before-request", () => ({ ...goal, before: digestOf(where.path, fs) }));
}

export function partOf({ target: { path }, before, token }: Goal, after: string | null): Part {
  return { path, token, before, after, inPlace: false };
}

/** The whole new contents beside the file, with its owner and its mode; where nothing was and it is like none, its owner's alone. */
export function writeBeside(goal: Goal, what: string, contents: Uint8Array, asked: Asked, fs: FileSystem): void {
  atOnce(writingBeside(goal, what, contents, asked, fs), fs);
}

/** The same, step by step. */
export function* writingBeside(
  goal: Goal,
  what: string,
  contents: Uint8Array,
  asked: Asked,
  fs: FileSystem,
): Syncing<void> {
  const { path, existing } = goal.target;
  const like = existing ?? goal.like ?? null;
  const file = newOf(partOf(goal, null));
  let name = `write ${what} beside its place`;
  const give = (handle: number) => {
    name = `give ${what} the old one's owner and mode`;
    if (existing !== null) keepAttributes(path, file, fs);
    keepOwnerAndMode(handle, { existing: like }, fs);
    name = `sync ${what}`;
  };
  try {
    yield* writingNew(file, contents, fs, give);
  } catch (error) {
    throw cannotWrite(name, goal, asked, error);
  }
}

/** A copy of what is there, safe once its folder is synced. */
export function keepOld(goal: Goal, fs: FileSystem): void {
  if (goal.before === null) return;
  const { path } = goal.target;
  const copy = oldOf(partOf(goal, null));
  writeNew(copy, fs.read(path), fs, (handle) => {
    keepAttributes(path, copy, fs);
    keepOwnerAndMode(handle, goal.target, fs);
  });
}

/** Whether it is what it was when it was loaded: nothing that somebody else has put there meanwhile is written over. */
export function isUnchanged({ target: { named, path }, before }: Goal, fs: FileSystem): boolean {
  return follow(named, fs) === path && digestOf(path, fs) === before;
}

/** Says of which file, and at which step, the disk failed. */
export function step<T>(name: string, goal: Goal, asked: Asked, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw cannotWrite(name, goal, asked, error);
  }
}

function cannotWrite(name: string, { target: { named: file, folder } }: Goal, asked: Asked, error: unknown): Failure {
  const errno = errnoOf(error) || String(error);
  return new Failure("CANNOT_WRITE", { file, folder, step: name, errno, asked }, error);
}
