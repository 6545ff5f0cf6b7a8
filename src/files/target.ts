/** Where a file would be written: behind its links, in which folder, and over what. Asked before the CA is called. */
import { basename, dirname, join, resolve } from "node:path";
import { errnoOf, Failure } from "../failure/failure.ts";
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
 * Resolves a target and makes sure that it can be written. Nothing is created.
 * Throws CANNOT_WRITE, FILE_IS_FOLDER.
 */
export function target(named: string, fs: FileSystem): Target {
  const cannot = (step: string, error: unknown): never => {
    const folder = dirname(resolve(named));
    throw new Failure(
      "CANNOT_WRITE",
      { file: named, folder, step, errno: errnoOf(error), asked: "before-request" },
      error,
    );
  };
  const path = attempt(
    () => follow(resolve(named), fs),
    (error) => cannot("follow the link", error),
  );
  const existing = statOrNull(path, fs, (error) => cannot("look at the file", error));
  if (existing?.isDirectory()) throw new Failure("FILE_IS_FOLDER", { file: named, role: "output" });
  const folder = dirname(path);
  attempt(
    () => fs.checkWritable(folder),
    (error) => cannot("write into the folder", error),
  );
  return { named, path, folder, existing };
}

/** The end of a chain of links, also where it dangles; unlike realpath it does not need the last one to exist. */
function follow(path: string, fs: FileSystem): string {
  let current = path;
  for (let links = 0; links <= mostLinks; links++) {
    const real = join(fs.realpath(dirname(current)), basename(current));
    const stat = statOrNull(real, { stat: fs.lstat.bind(fs) });
    if (!stat?.isSymbolicLink()) return real;
    current = resolve(dirname(real), fs.readlink(real));
  }
  throw Object.assign(new Error("too many links"), { code: "ELOOP" });
}

function statOrNull(
  path: string,
  fs: Pick<FileSystem, "stat">,
  otherwise?: (error: unknown) => never,
): FileStat | null {
  try {
    return fs.stat(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    if (otherwise) return otherwise(error);
    throw error;
  }
}

function attempt<T>(work: () => T, otherwise: (error: unknown) => never): T {
  try {
    return work();
  } catch (error) {
    return otherwise(error);
  }
}
