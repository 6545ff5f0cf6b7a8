/**
 * A certificate and its key replaced as one. The new key is safe on the disk before the CA is asked; after the answer the
 * chain is, too; then a journal says so, and both are renamed into their places. Whenever the process or the machine dies,
 * the old pair is there, or the new one, or a journal by which the next run (see `repair`) makes it one of the two.
 */
import { errnoOf, Failure, isFailure } from "../failure/failure.ts";
import { keepOwnerAndMode } from "./install.ts";
import { digest, digestOf, type Journal, newOf, oldOf, type Part, writeJournal } from "./journal.ts";
import { ownOwner } from "./owner.ts";
import { clear, fileOf, foldersOf, goBack, goForward } from "./switch.ts";
import type { FileSystem } from "./system.ts";
import { follow, type Target, target } from "./target.ts";
import { syncFolder, writeNew } from "./whole.ts";

/** Where something new goes, and what is there. */
export interface Goal {
  readonly target: Target;
  /** SHA-256 of what it held when it was loaded; null where there was nothing. */
  readonly before: string | null;
  /** Makes the names beside it: hexadecimal, and used once. */
  readonly token: string;
}

export interface Pair {
  readonly certificate: Goal;
  /** Null where the key stays in a file of its own. */
  readonly key: Goal | null;
}

/** Between the question and the answer. */
export interface Prepared extends Pair {
  readonly journal: Journal;
}

/** Where it would be written; `before` where it was loaded already. Throws as `target` does. */
export function goalOf(named: string, token: string, fs: FileSystem, before?: string | null): Goal {
  const where = targetOfPair(named, fs);
  const goal = { target: where, before: before ?? null, token };
  if (before !== undefined) return goal;
  return step("look at the file", goal, "before-request", () => ({ ...goal, before: digestOf(where.path, fs) }));
}

function targetOfPair(named: string, fs: FileSystem): Target {
  try {
    return target(named, fs);
  } catch (error) {
    if (!isFailure(error, "CANNOT_WRITE")) throw error;
    throw new Failure("CANNOT_WRITE", { ...error.facts, ofPair: true }, error.cause);
  }
}

type Asked = "before-request" | "after-answer";

/** The key's new file, whole beside its place. Throws CANNOT_WRITE; then nothing is left. */
export function prepare({ certificate, key }: Pair, newKey: Uint8Array, fs: FileSystem): Prepared {
  const parts = [...(key === null ? [] : [partOf(key, digest(newKey))]), partOf(certificate, null)];
  const journal: Journal = { version: 1, owner: ownOwner(fs), step: "asking", parts };
  const prepared = { certificate, key, journal };
  try {
    step("write the journal", certificate, "before-request", () => writeJournal(fileOf(journal), journal, fs));
    if (key === null) return prepared;
    step("write the new key beside its place", key, "before-request", () => {
      writeLike(newOf(partOf(key, null)), key.target, newKey, fs);
      syncFolder(key.target.folder, fs);
    });
    return prepared;
  } catch (error) {
    abandon(prepared, fs);
    throw error;
  }
}

/** Nothing came of it: takes away what was prepared. What cannot be taken away is the next run's, by the journal. */
export function abandon({ journal }: Pick<Prepared, "journal">, fs: FileSystem): void {
  try {
    clear(journal, fs, "dropped");
  } catch {
    // the failure that led here is the one to tell
  }
}

/**
 * Both switched. Throws TARGET_CHANGED or CANNOT_WRITE: then both files are as they were, and the new pair is kept beside
 * them, unless the failure says that the pair is `unfinished`.
 */
export function complete({ certificate, key, journal: asking }: Prepared, chain: Uint8Array, fs: FileSystem): void {
  const parts = asking.parts.map((part) => (part.after === null ? { ...part, after: digest(chain) } : part));
  const journal: Journal = { ...asking, step: "switching", parts };
  const goals = key === null ? [certificate] : [key, certificate];
  const attempt = (name: string, goal: Goal, work: () => void) => step(name, goal, "after-answer", work);
  try {
    const file = newOf(partOf(certificate, null));
    attempt("write the new chain beside its place", certificate, () => writeLike(file, certificate.target, chain, fs));
  } catch (error) {
    abandon({ journal }, fs); // a key without its certificate is of no use
    throw error;
  }
  try {
    for (const goal of goals) attempt("look at the file again", goal, () => refuseIfChanged(goal, parts, fs));
    for (const goal of goals) attempt("keep a copy of the old file", goal, () => keepOld(goal, fs));
    attempt("write the journal", certificate, () => {
      for (const folder of foldersOf(parts)) syncFolder(folder, fs);
      writeJournal(fileOf(journal), journal, fs);
    });
    attempt("switch to the new pair", certificate, () => goForward(journal, fs));
  } catch (error) {
    throw takenBack(error, journal, fs);
  }
  try {
    clear(journal, fs, "dropped");
  } catch {
    // Both are there for every reader; the journal tells the next run what to make safe and to take away.
  }
}

/** The old pair again, with the new one beside it; or, where the disk refuses that too, a pair for the next run to finish. */
function takenBack(error: unknown, journal: Journal, fs: FileSystem): unknown {
  const kept = keptOf(journal.parts);
  let isWhole = false;
  try {
    goBack(journal, fs, "kept");
    isWhole = true;
    clear(journal, fs, "kept");
  } catch {
    // said below, or left to the next run
  }
  if (!isFailure(error, "CANNOT_WRITE")) return error;
  const left = isWhole ? kept : { unfinished: true as const };
  return new Failure("CANNOT_WRITE", { ...error.facts, ...left }, error.cause);
}

function keptOf(parts: readonly Part[]): { kept: string; keptKey?: string } {
  const files = parts.map(newOf);
  const [kept = "", keptKey] = files.toReversed();
  return { kept, ...(keptKey !== undefined && { keptKey }) };
}

function partOf({ target: { path }, before, token }: Goal, after: string | null): Part {
  return { path, token, before, after, inPlace: false };
}

/** Nothing that somebody else has put there meanwhile is written over; between this look and the rename nobody can look. */
function refuseIfChanged({ target: { named, path }, before }: Goal, parts: readonly Part[], fs: FileSystem): void {
  if (follow(named, fs) === path && digestOf(path, fs) === before) return;
  throw new Failure("TARGET_CHANGED", { file: named, kept: parts.map(newOf) });
}

function keepOld(goal: Goal, fs: FileSystem): void {
  if (goal.before === null) return;
  writeLike(oldOf(partOf(goal, null)), goal.target, fs.read(goal.target.path), fs);
}

/** A new file with the owner and the mode of the one that it is to replace; else its owner's alone, from its first byte. */
function writeLike(file: string, { existing }: Target, contents: Uint8Array, fs: FileSystem): void {
  writeNew(file, contents, fs, (handle) => keepOwnerAndMode(handle, { existing }, fs));
}

/** Says of which file, and at which step, the disk failed. */
function step<T>(name: string, { target: { named: file, folder } }: Goal, asked: Asked, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Failure) throw error;
    const errno = errnoOf(error) || String(error);
    throw new Failure("CANNOT_WRITE", { file, folder, step: name, errno, asked, ofPair: true }, error);
  }
}
