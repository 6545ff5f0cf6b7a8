/** Where a file would be written: behind its links, in which folder, and over what. Asked before the CA is called. */
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { errnoOf, Failure } from "../failure/failure.ts";
import { isOwnName } from "./names.ts";
import type { FileStat, FileSystem } from "./system.ts";

export interface Target {
  /** As the user named it. */
  readonly named: string;
  /** The file itself: the link's target, when `named` is a link. */
  readonly path: string;
  readonly folder: string;
  /** Of the file that is there already, null when there is none. */
  readonly existing: FileStat | null;
}

/** As many links as Linux follows. */
const mostLinks = 40;

/**
 * Resolves a target and makes sure that it can be written. Nothing is created. Throws CANNOT_WRITE and FILE_IS_FOLDER; also
 * for a device or a pipe, which cannot be replaced: a rename onto /dev/null would make it a file.
 */
export function target(named: string, fs: FileSystem): Target {
  let step = "look at the file";
  let folder = dirname(resolve(named));
  try {
    const existing = orNull(() => fs.stat(named));
    if (existing?.isDirectory() || (existing === null && /^$|\/$/.test(named)))
      throw new Failure("FILE_IS_FOLDER", { file: named, role: "output" });
    if (existing !== null && !existing.isFile()) throw systemError("EFTYPE");
    step = "find its folder";
    const path = follow(named, fs);
    folder = dirname(path);
    step = "take its name";
    if ([named, path].some((name) => isOwnName(basename(name)))) throw systemError(ownName);
    step = "write into the folder";
    fs.checkWritable(folder);
    return { named, path, folder, existing };
  } catch (error) {
    const errno = errnoOf(error);
    if (error instanceof Failure || errno === "") throw error;
    if (step === "find its folder") folder = folderMeant(named, fs);
    const facts = { file: named, folder, step, errno, asked: "before-request" as const };
    const isFolder = step === "write into the folder" && mayWrite(named, fs);
    throw new Failure("CANNOT_WRITE", { ...facts, ...(isFolder && { onlyFolder: true }) }, error);
  }
}

/**
 * The end of a chain of links, also where it dangles; unlike realpath it does not need the last one to exist. Paths are not
 * tidied on the way: after a link, `..` is the folder above where the link leads.
 */
export function follow(path: string, fs: FileSystem): string {
  let current = path;
  for (let links = 0; links <= mostLinks; links++) {
    const real = join(fs.realpath(dirname(current)), basename(current));
    if (!orNull(() => fs.lstat(real))?.isSymbolicLink()) return real;
    const next = fs.readlink(real);
    current = isAbsolute(next) ? next : `${dirname(real)}/${next}`;
  }
  throw systemError("ELOOP");
}

/** No system says so: the name is one that runs use themselves. */
export const ownName = "ERENEW";

/** Where a link leads, though nothing be there: the folder to be looked at where `follow` fails. */
export function folderMeant(named: string, fs: FileSystem): string {
  let current = named;
  try {
    for (let links = 0; links <= mostLinks && fs.lstat(current).isSymbolicLink(); links++) {
      const next = fs.readlink(current);
      current = isAbsolute(next) ? next : `${dirname(current)}/${next}`;
    }
  } catch {
    // so far it leads
  }
  return dirname(resolve(current));
}

/** Into the file that is there. Nothing is written. */
function mayWrite(file: string, fs: FileSystem): boolean {
  try {
    fs.close(fs.open(file, "overwrite"));
    return true;
  } catch {
    return false;
  }
}

function orNull<T>(look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
