/** What is to follow a renewal: whether it is there, before a renewal needs it, and whether an earlier one still owes it. */
import { isAbsolute } from "node:path";
import { shell } from "../../failure/diagnosis/commands.ts";
import { quoted } from "../../failure/diagnosis/words.ts";
import type { FileSystem } from "../../files/system.ts";
import type { World } from "../../world.ts";
import { signalled } from "../hook-steps.ts";
import { type Hooks, isOwing } from "../hooks.ts";
import { findProgram } from "../program.ts";
import { type Check, ok, warning } from "./check.ts";

/** Of everything that was asked for. Runs nothing, and sends nothing but the question whether a process is there. */
export function hookChecks({ exec, pid, pidFile }: Hooks, world: Pick<World, "env" | "fs" | "kill">): Check[] {
  const program = exec === null ? [] : [programCheck("words" in exec ? (exec.words[0] ?? "") : "/bin/sh", world)];
  return pid === null && pidFile === null ? program : [...program, processCheck(pid, pidFile, world)];
}

/** Said also to those who name no hook: whoever owes it has one. */
export function owedCheck(file: string, { fs }: Pick<World, "fs">): Check[] {
  if (!isOwing(file, fs)) return [];
  const says = `an earlier run still owes the hook or signal of ${file}: a service may use the old certificate`;
  return [warning("owed", says, "run `renew` with that hook again: it comes first, also when nothing is due")];
}

function processCheck(pid: number | null, pidFile: string | null, { fs, kill }: Pick<World, "fs" | "kill">): Check {
  const process = signalled({ pid, pidFile, signal: { name: "", number: 0 } }, { fs, kill });
  const where = pidFile === null ? `pid ${pid}` : `the pid in ${pidFile}`;
  if (process === null) return ok("signal", `${where} is a process that we may signal`);
  const help = "a renewal reads the pid file when it is needed: is the service running, and is this its file?";
  return warning("signal", `${where}: ${process.said}`, ...(pidFile === null ? [] : [help]));
}

/** Of kubectl's user: without it kubectl has no credentials at all. */
export function pluginCheck(words: readonly [string, ...string[]], world: Pick<World, "env" | "fs">): Check {
  const [program, ...scripts] = words;
  const found = findProgram(program, world);
  const lost = found === null ? program : scripts.find((script) => isAbsolute(script) && !isFile(script, world.fs));
  if (lost === undefined)
    return ok("plugin", `kubectl gets the pair from ${[found, ...scripts].join(" ")}, which renews it when it is due`);
  const help = "write the stanza anew: `renew kubectl-credential --install --force --user NAME CRT KEY`";
  const where = lost === program ? isNowhere(program) : "is not there";
  return warning("plugin", `${quoted(lost)} ${where}: kubectl cannot ask it`, help);
}

function isFile(path: string, fs: FileSystem): boolean {
  try {
    return fs.stat(path).isFile();
  } catch {
    return false; // not there, or not to be looked at
  }
}

function isNowhere(program: string): string {
  return program.includes("/") ? "is not there, or may not be run" : "is in no folder of PATH";
}

function programCheck(program: string, world: Pick<World, "env" | "fs">): Check {
  const found = findProgram(program, world);
  if (found === null) {
    const where = isNowhere(program);
    const help = `find it: \`command -v ${shell(program, "PROGRAM")}\`; cron and systemd have another PATH than your shell: give its whole path`;
    return warning("hook", `${quoted(program)} ${where}: a renewed certificate would not be taken up`, help);
  }
  if (isAbsolute(program)) return ok("hook", `${found} is there`);
  return ok("hook", `${program} is ${found} by this PATH; cron and systemd may have another`);
}
