/** The hook's program: whether it is there, before a renewal needs it. */
import { isAbsolute, join } from "node:path";
import { shell } from "../../failure/diagnosis/commands.ts";
import { quoted } from "../../failure/diagnosis/words.ts";
import type { FileSystem } from "../../files/system.ts";
import type { World } from "../../world.ts";
import { firstWord, splitWords } from "../command-line.ts";
import { type Check, ok, warning } from "./check.ts";

export function hookCheck(command: string, { env, fs }: Pick<World, "env" | "fs">): Check {
  const program = firstWord(command);
  if (program === null) {
    const isOpen = splitWords(command) === null;
    return warning("hook", isOpen ? `${quoted(command)} has a quote that is not closed` : "--exec names no program");
  }
  const places = program.includes("/")
    ? [program]
    : (env["PATH"] ?? "").split(":").map((folder) => join(folder || ".", program));
  const found = places.find((path) => isProgram(path, fs));
  if (found === undefined) {
    const where = program.includes("/") ? "is not there, or may not be run" : "is in no folder of PATH";
    const help = `find it: \`command -v ${shell(program, "PROGRAM")}\`; cron and systemd have another PATH than your shell: give its whole path`;
    return warning("hook", `${quoted(program)} ${where}: a renewed certificate would not be taken up`, help);
  }
  if (isAbsolute(program)) return ok("hook", `${found} is there`);
  return ok("hook", `${program} is ${found} by this PATH; cron and systemd may have another`);
}

function isProgram(path: string, fs: FileSystem): boolean {
  try {
    const stat = fs.stat(path);
    return stat.isFile() && (stat.mode & 0o111) !== 0;
  } catch {
    return false; // not there, or not to be looked at: then it cannot be run either
  }
}
