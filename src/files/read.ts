/** Reading a file that the user named. Every way it can fail has its own code and names the file. */
import { basename, dirname } from "node:path";
import type { Role } from "../failure/facts.ts";
import { errnoOf, Failure, isExhausted } from "../failure/failure.ts";
import type { FileStat, FileSystem } from "./system.ts";

/** More than any certificate bundle or key; a larger file is the wrong one, and must not fill the memory. */
export const largest = 4 * 1024 * 1024;

/** Throws FILE_MISSING (with names that are nearly the same), FILE_IS_FOLDER, FILE_UNREADABLE. */
export function readNamed(file: string, role: Role, fs: FileSystem): Buffer {
  return named(file, role, fs, () => fs.read(file, largest));
}

/** The end of a file of any size, as of a log. A pipe or a device has no end to go to, and is read as a whole. */
export function readNamedEnd(file: string, role: Role, fs: FileSystem): Buffer {
  return named(file, role, fs, (stat) => (stat.isFile() ? fs.readEnd(file, largest) : fs.read(file, largest)));
}

function named(file: string, role: Role, fs: FileSystem, read: (stat: FileStat) => Buffer): Buffer {
  try {
    const stat = fs.stat(file);
    if (stat.isDirectory()) throw new Failure("FILE_IS_FOLDER", { file, role });
    if (isNamedPipe(file, stat)) throw new Failure("FILE_UNREADABLE", { file, role, errno: "FIFO" });
    return read(stat);
  } catch (error) {
    if (error instanceof Failure || isExhausted(error)) throw error;
    const errno = errnoOf(error);
    if (errno === "") throw error;
    if (errno === "EISDIR") throw new Failure("FILE_IS_FOLDER", { file, role }, error);
    if (errno !== "ENOENT" && errno !== "ENOTDIR") throw new Failure("FILE_UNREADABLE", { file, role, errno }, error);
    throw new Failure("FILE_MISSING", { file, role, similar: similarTo(file, fs) }, error);
  }
}

/** Opening a named pipe waits for its writer, and nothing could interrupt that. A shell's `<(…)` has its writer already. */
export function isNamedPipe(file: string, { mode }: Pick<FileStat, "mode">): boolean {
  return (mode & 0o170000) === 0o010000 && !/^\/(dev|proc)\//.test(file);
}

/** Files in the same folder that share the name's stem or its ending. */
function similarTo(file: string, fs: FileSystem): string[] {
  const name = basename(file);
  const stem = name.replace(/\.[^.]*$/, "").toLowerCase();
  try {
    const entries = fs.list(dirname(file));
    return entries
      .filter((entry) => entry !== name && entry.toLowerCase().startsWith(stem) && !entry.startsWith("."))
      .slice(0, 4);
  } catch {
    return []; // the folder is missing too: that is already said by the file being missing
  }
}
