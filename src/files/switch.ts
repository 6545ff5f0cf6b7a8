/** The switch itself, forwards and back, for the run that began it and for the one that finds its journal. */
import { dirname } from "node:path";
import { errnoOf, Failure } from "../failure/failure.ts";
import { digestOf, type Journal, journalFile, newOf, oldOf, type Part, writeJournal } from "./journal.ts";
import type { FileSystem } from "./system.ts";
import { closeQuietly, keepOwnerAndMode, removeIfThere, rewrite, syncFolder, unfinishedOf, writeNew } from "./whole.ts";

/** What a file of the pair is now. "torn": a part of it was written in place. "foreign": somebody else's. */
export type PartState = "old" | "new" | "torn" | "foreign";

export function stateOf(part: Part, fs: FileSystem): PartState {
  const now = digestOf(part.path, fs);
  if (now === part.after) return "new";
  if (now === part.before) return "old";
  return part.inPlace ? "torn" : "foreign";
}

/** Where the journal of these parts stands: beside the certificate, which is the last. */
export function fileOf({ parts }: Pick<Journal, "parts">): string {
  return journalFile(parts.at(-1)?.path ?? "/");
}

/** Puts every new file in its place. The journal has to say "switching", on the disk. Throws TARGET_CHANGED at one that is nobody's. */
export function goForward(journal: Journal, fs: FileSystem): void {
  let current = journal;
  for (const part of journal.parts) {
    const state = stateOf(part, fs);
    if (state === "foreign") throw new Failure("TARGET_CHANGED", { file: part.path, kept: journal.parts.map(newOf) });
    if (state !== "new") current = put(newOf(part), part, current, fs);
  }
}

/** Puts every old file back in its place; the new ones stay beside it, if they are to be `kept`. */
export function goBack(journal: Journal, fs: FileSystem, kept: "kept" | "dropped"): void {
  let current = journal;
  for (const part of journal.parts.toReversed()) {
    const state = stateOf(part, fs);
    if (state === "old" || state === "foreign") continue;
    if (kept === "kept" && digestOf(newOf(part), fs) === null) keepNew(part, fs);
    if (part.before === null) fs.remove(part.path);
    else current = put(oldOf(part), part, current, fs);
  }
}

/** The rename forward took it from beside its place. */
function keepNew(part: Part, fs: FileSystem): void {
  const existing = fs.stat(part.path);
  writeNew(newOf(part), fs.read(part.path), fs, (handle) => keepOwnerAndMode(handle, { existing }, fs));
}

/** By a rename; where that is impossible, in place, once the journal says so. */
function put(from: string, part: Part, journal: Journal, fs: FileSystem): Journal {
  try {
    fs.rename(from, part.path);
    return journal;
  } catch (error) {
    if (!["EBUSY", "EXDEV"].includes(errnoOf(error))) throw error;
  }
  const parts = journal.parts.map((one) => (one.path === part.path ? { ...one, inPlace: true } : one));
  const marked = { ...journal, parts };
  if (!part.inPlace) writeJournal(fileOf(journal), marked, fs);
  const handle = fs.open(part.path, "overwrite");
  try {
    rewrite(handle, fs.read(from), fs);
  } finally {
    closeQuietly(handle, fs);
  }
  return marked;
}

/** The end: what was renamed is made safe, what lies beside it goes, and last of all the journal. */
export function clear({ parts }: Pick<Journal, "parts">, fs: FileSystem, kept: "kept" | "dropped"): void {
  const folders = foldersOf(parts);
  for (const folder of folders) syncFolder(folder, fs);
  const files = parts.flatMap((part) => (kept === "kept" ? [oldOf(part)] : [newOf(part), oldOf(part)]));
  for (const file of files) removeUnlessGone(file, fs);
  for (const folder of folders) syncFolder(folder, fs);
  forget({ parts }, fs);
}

/** The journal alone goes. */
export function forget({ parts }: Pick<Journal, "parts">, fs: FileSystem): void {
  const file = fileOf({ parts });
  removeIfThere(unfinishedOf(file), fs);
  removeUnlessGone(file, fs);
  syncFolder(dirname(file), fs);
}

export function foldersOf(parts: readonly Part[]): string[] {
  return [...new Set(parts.map(({ path }) => dirname(path)))];
}

function removeUnlessGone(file: string, fs: FileSystem): void {
  try {
    fs.remove(file);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}
