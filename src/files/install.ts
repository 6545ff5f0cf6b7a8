/**
 * Crash-safe replacement of one file: written whole beside the target, synced, renamed over it, and the folder synced.
 * At any moment the old file or the new one is there, never a part of either.
 */
import { basename, dirname, join } from "node:path";
import { errnoOf, Failure } from "../failure/failure.ts";
import type { FileSystem } from "./system.ts";
import type { Target } from "./target.ts";
import { closeQuietly, removeIfThere, rewrite, syncFolder, writeNew } from "./whole.ts";

export interface Installed {
  /** "in-place" where a rename is impossible (a bind-mounted single file): then `backup` holds what was there before. */
  how: "renamed" | "in-place";
  backup?: string;
}

/** Of the target's name, in the temporary's: with both ends it stays below the 255 bytes of a file name. */
const longestStem = 50;

/**
 * Replaces the target's contents. `token` makes the temporary name unique. Throws CANNOT_WRITE; then the target is as it was,
 * and the new contents, which the CA has issued already, are kept beside it where that was possible (`kept`). Only a disk
 * that fails twice in the middle of an in-place write leaves a damaged target, with its old contents in `backup`.
 */
export function install(target: Target, contents: Uint8Array, token: string, fs: FileSystem): Installed {
  const temporary = beside(target.path, token);
  writeBeside(temporary, target, contents, fs);
  try {
    fs.rename(temporary, target.path);
  } catch (error) {
    if (["EBUSY", "EXDEV"].includes(errnoOf(error))) return overwrite(temporary, target, contents, fs);
    throw cannotWrite(target, "rename it over the old file", error, { kept: temporary });
  }
  try {
    syncFolder(target.folder, fs);
  } catch {
    // The new file is there for every reader. A crash may still bring the old one back, which is whole as well.
  }
  return { how: "renamed" };
}

/** A name in the same folder, hidden from globs such as `*.crt`. */
export function beside(path: string, token: string): string {
  return join(dirname(path), `.${basename(path).slice(0, longestStem)}.renew-${token}`);
}

/** The whole new contents under another name, with the old file's owner and mode. */
function writeBeside(temporary: string, target: Target, contents: Uint8Array, fs: FileSystem): void {
  let step = "write the temporary file";
  try {
    writeNew(temporary, contents, fs, (handle) => {
      step = "give the temporary file the old one's owner and mode";
      keepOwnerAndMode(handle, target, fs);
      step = "sync the temporary file";
    });
  } catch (error) {
    throw cannotWrite(target, step, error);
  }
}

/** A bind-mounted file cannot be renamed over: write into it, with the whole new contents safe in `temporary` and the old in a backup. */
function overwrite(temporary: string, target: Target, contents: Uint8Array, fs: FileSystem): Installed {
  const backup = `${temporary}.old`;
  const old = keepOld(backup, temporary, target, fs);
  let handle: number | undefined;
  try {
    handle = fs.open(target.path, "overwrite");
    rewrite(handle, contents, fs);
  } catch (error) {
    const isWhole = handle === undefined || isRestored(handle, old, fs);
    if (isWhole) removeIfThere(backup, fs);
    const left = { kept: temporary, ...(!isWhole && { backup }) };
    throw cannotWrite(target, "write into the file itself", error, left);
  } finally {
    if (handle !== undefined) closeQuietly(handle, fs);
  }
  removeIfThere(temporary, fs);
  return { how: "in-place", backup };
}

/** The old contents, by then safe in `backup` even if the machine dies. */
function keepOld(backup: string, temporary: string, target: Target, fs: FileSystem): Uint8Array {
  let isThere = false;
  try {
    const old = fs.read(target.path);
    writeNew(backup, old, fs);
    isThere = true;
    syncFolder(target.folder, fs);
    return old;
  } catch (error) {
    if (isThere) removeIfThere(backup, fs);
    throw cannotWrite(target, "keep a copy of the old file", error, { kept: temporary });
  }
}

/** A disk that is too full for the new contents usually takes the old ones back. */
function isRestored(handle: number, old: Uint8Array, fs: FileSystem): boolean {
  try {
    rewrite(handle, old, fs);
    return true;
  } catch {
    return false; // the backup has them
  }
}

/** Of what is to be replaced; a file that replaces nothing stays its owner's alone. chown before chmod: it clears set-id bits. */
export function keepOwnerAndMode(handle: number, { existing }: Pick<Target, "existing">, fs: FileSystem): void {
  if (existing === null) return;
  const { uid, gid, mode } = existing;
  // Only root may give a file away; a member of its group may still keep the group, by which a service may read it.
  if (!mayChown(handle, uid, gid, fs)) mayChown(handle, -1, gid, fs);
  fs.chmod(handle, mode & 0o7777);
}

/** False where this user may not, or where the owner has no number here (EINVAL, in a user namespace). */
function mayChown(handle: number, uid: number, gid: number, fs: FileSystem): boolean {
  try {
    fs.chown(handle, uid, gid);
    return true;
  } catch (error) {
    if (!["EPERM", "EINVAL"].includes(errnoOf(error))) throw error;
    return false;
  }
}

function cannotWrite(
  { named, folder }: Target,
  step: string,
  error: unknown,
  left: { kept?: string; backup?: string } = {},
): Failure<"CANNOT_WRITE"> {
  const facts = { file: named, folder, step, errno: errnoOf(error) || String(error), asked: "after-answer" as const };
  return new Failure("CANNOT_WRITE", { ...facts, ...left }, error);
}
