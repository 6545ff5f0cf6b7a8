/** A file is written whole or not at all: the steps that an installation is made of. */
import { errnoOf } from "../failure/failure.ts";
import type { FileSystem } from "./system.ts";

/** Nobody but the owner reads what is not yet installed; a new certificate stays so, as step writes it. */
export const privateMode = 0o600;

/** A new file, whole on the disk once this returns; where it throws, none is left. Its folder is not synced. */
export function writeNew(
  file: string,
  contents: Uint8Array,
  fs: FileSystem,
  beforeSync: (handle: number) => void = () => undefined,
): void {
  const handle = fs.open(file, "create", privateMode);
  try {
    writeAll(handle, contents, fs);
    beforeSync(handle);
    fs.sync(handle);
  } catch (error) {
    removeIfThere(file, fs);
    throw error;
  } finally {
    closeQuietly(handle, fs);
  }
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
  try {
    const handle = fs.open(folder, "folder");
    try {
      fs.sync(handle);
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
