/** Names in a file count from the folder that it lies in; of a link, from the link's own. */
import { dirname, isAbsolute, normalize } from "node:path";
import type { FileSystem } from "../../files/system.ts";

/** What a shell has opened, `<(…)` or standard input: it lies in no folder of its own. */
const descriptor = /^\/(dev\/(stdin|fd\/\d+)|proc\/[^/]+\/fd\/\d+)$/;

/** Not tidied: behind a link, `..` is the folder above where the link leads. */
export function within(file: string): (name: string) => string {
  const folder = descriptor.test(file) ? "." : dirname(file);
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
