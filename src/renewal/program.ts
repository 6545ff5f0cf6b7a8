/** Where a hook's program is, as the system would look for it. */
import { join } from "node:path";
import type { FileSystem } from "../files/system.ts";
import type { World } from "../world.ts";

/** Where no PATH is set. */
const usualFolders = "/bin:/usr/bin";

/** Null where there is none that may be run. */
export function findProgram(program: string, { env, fs }: Pick<World, "env" | "fs">): string | null {
  const places = program.includes("/")
    ? [program]
    : (env["PATH"] ?? usualFolders).split(":").map((folder) => join(folder || ".", program));
  return places.find((path) => isProgram(path, fs)) ?? null;
}

function isProgram(path: string, fs: FileSystem): boolean {
  try {
    const stat = fs.stat(path);
    return stat.isFile() && (stat.mode & 0o111) !== 0;
  } catch {
    return false; // not there, or not to be looked at: then it cannot be run either
  }
}
