/** What follows a renewal, from a caller's values. */
import { constants } from "node:os";
import { Failure } from "../failure/failure.ts";
import { splitWords } from "../renewal/command-line.ts";
import { largestPid } from "../renewal/hook-steps.ts";
import type { Hooks as OurHooks } from "../renewal/hooks.ts";
import { check, type Shape } from "./checked.ts";
import type { Hooks } from "./types.ts";

const shape: Shape = {
  exec: { kind: "texts" },
  execShell: { kind: "text" },
  execTimeoutMs: { kind: "count" },
  pid: { kind: "count" },
  pidFile: { kind: "text" },
  signal: { kind: "text or number" },
};

/** Null where nothing is to follow. Throws TypeError, and the failures of family 64. */
export function hooksOf(hooks: Hooks | undefined): OurHooks | null {
  if (hooks === undefined) return null;
  check("hooks", hooks, shape);
  const { exec, execShell, execTimeoutMs = 60_000, pid, pidFile, signal = "SIGHUP" } = hooks;
  if (exec !== undefined && execShell !== undefined) throw conflict("exec", "execShell", "One hook is run.");
  if (pid !== undefined && pidFile !== undefined) throw conflict("pid", "pidFile", "One process gets the signal.");
  if (pid !== undefined && !(Number.isInteger(pid) && pid > 0 && pid <= largestPid))
    throw new TypeError(`hooks.pid is no process: ${pid}`);
  if (execTimeoutMs <= 0) throw new TypeError("hooks.execTimeoutMs must be more than 0");
  const command = exec === undefined ? null : { words: wordsOf(exec) };
  const line = execShell === undefined ? null : { line: execShell };
  const ours = {
    exec: command ?? line,
    execTimeoutMs: Math.min(execTimeoutMs, 2 ** 31 - 1),
    pid: pid ?? null,
    pidFile: pidFile ?? null,
    signal: signalOf(signal),
  };
  return ours.exec === null && ours.pid === null && ours.pidFile === null ? null : ours;
}

function wordsOf(exec: string | readonly string[]): readonly string[] {
  const words = typeof exec === "string" ? splitWords(exec) : exec;
  if (words === null) throw new TypeError("hooks.exec has a quote that is not closed");
  if (!words[0]) throw new TypeError("hooks.exec names no program");
  return words;
}

function signalOf(signal: string | number): OurHooks["signal"] {
  const name = `SIG${String(signal).toUpperCase().replace(/^SIG/, "")}`;
  const found = Object.entries(constants.signals).find(([known, number]) =>
    typeof signal === "number" ? number === signal : known === name,
  );
  if (found === undefined) throw new TypeError(`hooks.signal is no signal that this system knows: ${signal}`);
  return { name: found[0], number: found[1] };
}

function conflict(first: string, second: string, because: string): Failure {
  return new Failure("FLAG_CONFLICT", { flags: [`hooks.${first}`, `hooks.${second}`], because });
}
