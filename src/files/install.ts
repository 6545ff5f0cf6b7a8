/**
 * Crash-safe replacement of one file: written whole beside the target, synced, renamed over it, and the folder synced.
 * At any moment the old file or the new one is there, never a part of either.
 */
import { basename, join } from "node:path";
import { errnoOf, Failure } from "../failure/failure.ts";
import type { FileSystem } from "./system.ts";
import type { Target } from "./target.ts";

export interface Installed {
  /** "in-place" where a rename is impossible (a bind-mounted single file): then `backup` holds what was there before. */
  how: "renamed" | "in-place";
  backup?: string;
}

/** Nobody but the owner reads what is not yet installed; a new certificate stays so, as step writes it. */
const privateMode = 0o600;

/**
 * Replaces the target's contents. `token` makes the temporary name unique. Throws CANNOT_WRITE; then the target is as it was,
 * and the new contents, which the CA has issued already, are kept beside it where that was possible (`kept`).
 */
export function install(target: Target, contents: Uint8Array, token: string, fs: FileSystem): Installed {
  const temporary = join(target.folder, `.${basename(target.path)}.renew-${token}`);
  let step = "create a temporary file";
  let written = false;
  try {
    const handle = fs.open(temporary, "create", privateMode);
    try {
      step = "write the temporary file";
      writeAll(handle, contents, fs);
      step = "give it the old file's owner and mode";
      keepOwnerAndMode(handle, target, fs);
      step = "sync the temporary file";
      fs.sync(handle);
      written = true;
    } finally {
      fs.close(handle);
    }
    step = "rename it over the old file";
    return rename(temporary, target, contents, fs);
  } catch (error) {
    if (error instanceof Failure) throw error;
    const kept = written ? temporary : undefined;
    if (!written) removeIfThere(temporary, fs);
    throw cannotWrite(target, step, error, kept === undefined ? {} : { kept });
  }
}

function rename(temporary: string, target: Target, contents: Uint8Array, fs: FileSystem): Installed {
  try {
    fs.rename(temporary, target.path);
  } catch (error) {
    if (!["EBUSY", "EXDEV"].includes(errnoOf(error))) throw error;
    return overwrite(temporary, target, contents, fs);
  }
  syncFolder(target.folder, fs);
  return { how: "renamed" };
}

/** A bind-mounted file cannot be renamed over: write into it, with the whole new contents safe in `temporary` and the old in a backup. */
function overwrite(temporary: string, target: Target, contents: Uint8Array, fs: FileSystem): Installed {
  const backup = `${temporary}.old`;
  writeNew(backup, fs.read(target.path), fs);
  syncFolder(target.folder, fs);
  const handle = fs.open(target.path, "overwrite");
  try {
    writeAll(handle, contents, fs);
    fs.truncate(handle, contents.length);
    fs.sync(handle);
  } catch (error) {
    throw cannotWrite(target, "write into the file itself", error, { kept: temporary, backup });
  } finally {
    fs.close(handle);
  }
  fs.remove(temporary);
  return { how: "in-place", backup };
}

function writeNew(file: string, contents: Uint8Array, fs: FileSystem): void {
  const handle = fs.open(file, "create", privateMode);
  try {
    writeAll(handle, contents, fs);
    fs.sync(handle);
  } finally {
    fs.close(handle);
  }
}

/** write(2) may write less than it was given; the size is checked afterwards, since a short file must never be renamed. */
function writeAll(handle: number, contents: Uint8Array, fs: FileSystem): void {
  for (let offset = 0; offset < contents.length; ) {
    const count = fs.write(handle, contents, offset);
    if (count <= 0) throw new Error("nothing was written");
    offset += count;
  }
  if (fs.sizeOf(handle) < contents.length) throw new Error("the file is shorter than what was written");
}

/** chown before chmod: chown clears set-id bits. Only root may give a file away, so a refusal is no reason to fail. */
function keepOwnerAndMode(handle: number, { existing }: Target, fs: FileSystem): void {
  if (existing === null) return;
  try {
    fs.chown(handle, existing.uid, existing.gid);
  } catch (error) {
    if (errnoOf(error) !== "EPERM") throw error;
  }
  fs.chmod(handle, existing.mode & 0o7777);
}

/** Some file systems cannot sync a folder; the rename itself has happened by then. */
function syncFolder(folder: string, fs: FileSystem): void {
  const handle = fs.open(folder, "folder");
  try {
    fs.sync(handle);
  } catch (error) {
    if (!["EINVAL", "ENOTSUP", "EPERM"].includes(errnoOf(error))) throw error;
  } finally {
    fs.close(handle);
  }
}

function removeIfThere(file: string, fs: FileSystem): void {
  try {
    fs.remove(file);
  } catch {
    // it was never created, or the disk is beyond help; the first error is the one to tell
  }
}

function cannotWrite(
  { named, folder }: Target,
  step: string,
  error: unknown,
  left: { kept?: string; backup?: string },
) {
  const facts = { file: named, folder, step, errno: errnoOf(error) || String(error), asked: "after-answer" as const };
  return new Failure("CANNOT_WRITE", { ...facts, ...left }, error);
}
