/** A file is written whole or not at all: the steps that an installation is made of. */
import { dirname } from "node:path";
import { errnoOf } from "../failure/failure.ts";
import { atOnce, type Syncing } from "./syncing.ts";
import type { FileSystem } from "./system.ts";
import type { Target } from "./target.ts";

/** Nobody but the owner reads what is not yet installed; a new certificate stays so, as step writes it. */
export const privateMode = 0o600;

/** A new file, whole on the disk once this returns; where it throws, none is left. Its folder is not synced. */
export function writeNew(
  file: string,
  contents: Uint8Array,
  fs: FileSystem,
  beforeSync?: (handle: number) => void,
): void {
  atOnce(writingNew(file, contents, fs, beforeSync), fs);
}

/** The same, step by step. */
export function* writingNew(
  file: string,
  contents: Uint8Array,
  fs: FileSystem,
  beforeSync: (handle: number) => void = () => undefined,
): Syncing<void> {
  const handle = fs.open(file, "create", privateMode);
  try {
    writeAll(handle, contents, fs);
    beforeSync(handle);
    yield handle;
  } catch (error) {
    removeIfThere(file, fs);
    throw error;
  } finally {
    closeQuietly(handle, fs);
  }
}

/** While `replaceWhole` is at it; without the file beside it, it is of no use. */
export const unfinishedOf = (file: string): string => `${file}.new`;

/** Whole and safe once this returns; the one before it stays whole until then. Where it throws, nothing is left over. */
export function replaceWhole(file: string, contents: Uint8Array, fs: FileSystem): void {
  const unfinished = unfinishedOf(file);
  removeIfThere(unfinished, fs);
  writeNew(unfinished, contents, fs);
  try {
    fs.rename(unfinished, file);
  } catch (error) {
    removeIfThere(unfinished, fs);
    throw error;
  }
  syncFolder(dirname(file), fs);
}

/** Gives an open file these contents, longer or shorter than what it held, and syncs it. */
export function rewrite(handle: number, contents: Uint8Array, fs: FileSystem): void {
  writeAll(handle, contents, fs);
  fs.truncate(handle, contents.length);
  fs.sync(handle);
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

/** Some file systems cannot sync a folder, and one that may not be listed cannot be opened for it. */
export function syncFolder(folder: string, fs: FileSystem): void {
  atOnce(syncingFolder(folder, fs), fs);
}

/** The same, step by step. */
export function* syncingFolder(folder: string, fs: FileSystem): Syncing<void> {
  try {
    const handle = fs.open(folder, "folder");
    try {
      yield handle;
    } finally {
      closeQuietly(handle, fs);
    }
  } catch (error) {
    if (!["EINVAL", "ENOTSUP", "EPERM", "EACCES"].includes(errnoOf(error))) throw error;
  }
}

/** What matters was synced before, or has failed already. */
export function closeQuietly(handle: number, fs: FileSystem): void {
  try {
    fs.close(handle);
  } catch {
    // the first error is the one to tell
  }
}

export function removeIfThere(file: string, fs: FileSystem): void {
  try {
    fs.remove(file);
  } catch {
    // the disk is beyond help; the first error is the one to tell
  }
}

/** What a service may need to read the file, as far as this system can copy it: the certificate matters more. */
export function keepAttributes(from: string, to: string, fs: FileSystem): void {
  try {
    fs.copyAttributes(from, to);
  } catch {
    // mode and owner are kept in any case
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
export function mayChown(handle: number, uid: number, gid: number, fs: FileSystem): boolean {
  try {
    fs.chown(handle, uid, gid);
    return true;
  } catch (error) {
    if (!["EPERM", "EINVAL"].includes(errnoOf(error))) throw error;
    return false;
  }
}
