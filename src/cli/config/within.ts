/** Names in a file count from the folder that it lies in. */
import { dirname, isAbsolute, normalize } from "node:path";
import type { FileSystem } from "../../files/system.ts";

/** Not tidied: behind a link, `..` is the folder above where the link leads. */
export function within(file: string): (name: string) => string {
  const folder = dirname(file);
  const start = folder === "." ? "" : folder.endsWith("/") ? folder : `${folder}/`;
  return (name) => (isAbsolute(name) ? name : start + name);
}

/**
 * One spelling for a program or a file that several lists name, each from its own folder. Only where that leads to the same
 * folder: behind a link it may not.
 */
export function tidied(path: string, fs: Pick<FileSystem, "realpath">): string {
  const tidy = normalize(path);
  try {
    return fs.realpath(dirname(path)) === fs.realpath(dirname(tidy)) ? tidy : path;
  } catch {
    return path; // whoever runs or reads it says what is wrong
  }
}
