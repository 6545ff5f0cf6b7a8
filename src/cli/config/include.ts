/** The files of the folders that a file includes. */
import { errnoOf, isFailure } from "../../failure/failure.ts";
import type { FileSystem } from "../../files/system.ts";
import { badRunConfig } from "./open.ts";
import type { Top } from "./top.ts";
import { within } from "./within.ts";

/** Its folders, named from where the command runs. */
export function foldersOf({ file, include }: Pick<Top, "file" | "include">): string[] {
  return include.map(within(file));
}

/** Whether a file of a folder that is included is a list. */
export const isList = (name: string) => /^[^.].*\.(json|ya?ml)$/i.test(name);

/** In the order of their names, folder after folder; what is hidden is none. Throws BAD_RUN_CONFIG. */
export function includedBy({ file, include, written }: Top, fs: FileSystem): string[] {
  const { line } = include.length === 0 ? { line: 0 } : written.where(["include"]);
  const read = foldersOf({ file, include }).map((folder) => {
    const names = namesIn(folder, { file, line }, fs).filter(isList);
    const files = names.sort().map((name) => `${folder.replace(/(?<!^)\/+$/, "")}/${name}`.replace(/^\/\//, "/"));
    if (files.some((one) => isSame(one, file, fs))) throw badRunConfig({ file, line }, { kind: "own-include" });
    return { folder, files };
  });
  const twice = twiceIn(
    read.filter(({ files }) => files.length > 0).map(({ folder }) => folder),
    fs,
  );
  if (twice === undefined) return read.flatMap(({ files }) => files);
  throw badRunConfig({ file, line }, { kind: "twice-include", folders: twice });
}

/** The first that is the folder of one before it. All of them can be read. */
function twiceIn(folders: readonly string[], fs: FileSystem): [string, string] | undefined {
  const known = new Map<string, string>();
  for (const folder of folders) {
    const real = fs.realpath(folder);
    const before = known.get(real);
    if (before !== undefined) return [before, folder];
    known.set(real, folder);
  }
  return undefined;
}

function namesIn(folder: string, place: { file: string; line: number }, fs: FileSystem): string[] {
  try {
    if (folder === "") throw Object.assign(new Error(), { code: "ENOENT" });
    return fs.list(folder);
  } catch (error) {
    const errno = errnoOf(error);
    if (isFailure(error) || errno === "") throw error;
    throw badRunConfig(place, { kind: "no-include", folder, errno }, error);
  }
}

function isSame(one: string, other: string, fs: FileSystem): boolean {
  try {
    return fs.realpath(one) === fs.realpath(other);
  } catch {
    return false; // a link that leads nowhere: reading it says so
  }
}
