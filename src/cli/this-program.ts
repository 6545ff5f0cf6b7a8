/** How another program starts this one. */
import { basename, delimiter, join, resolve } from "node:path";
import type { FileSystem } from "../files/system.ts";

/** The name by which the PATH finds it, with its folder, as that outlives an update; else the script, by this very Node. */
export function thisProgram(
  [node, script]: readonly [string, string],
  path: string | undefined,
  fs: Pick<FileSystem, "realpath">,
): [string, ...string[]] {
  const real = (file: string) => {
    try {
      return fs.realpath(file);
    } catch {
      return null;
    }
  };
  const own = real(script);
  const names = [...new Set(["renew", basename(script)])];
  const folders = (path ?? "").split(delimiter).filter((folder) => folder.startsWith("/"));
  const candidates = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  const found = candidates.find((file) => own !== null && real(file) === own);
  if (found !== undefined) return [found];
  return node === script ? [node] : [node, resolve(script)];
}
