/** What follows a renewal: the flags for signals and hooks, and every mistake in them. */
import { constants } from "node:os";
import { Failure } from "../failure/failure.ts";
import { splitWords } from "../renewal/command-line.ts";
import type { Hooks } from "../renewal/hooks.ts";
import { parseDuration } from "./duration.ts";
import type { Flag, Said } from "./flags.ts";

export const hookFlags: readonly Flag[] = [
  {
    names: ["exec"],
    value: "COMMAND",
    text: "run COMMAND afterwards; quotes as in a shell, but no shell",
    check: checkCommand,
  },
  { names: ["exec-shell"], value: "LINE", text: "run LINE afterwards with /bin/sh" },
  {
    names: ["exec-timeout"],
    value: "DURATION",
    text: "limit for the hook and all it has started (default: 60s)",
    check: limitOf,
  },
  { names: ["pid"], value: "PID", text: "send a signal to this process afterwards", check: pidOf },
  { names: ["pid-file"], value: "FILE", text: "the same, to the pid that FILE holds by then" },
  { names: ["signal"], value: "SIGNAL", text: "by number or name (default: SIGHUP)", check: signalOf },
];

/** Null where nothing is to follow. Throws the failures of family 64. */
export function hooksOf(said: Said): Hooks | null {
  const value = (name: string) => said.value(name) || undefined;
  const [command, line, pid, pidFile] = ["exec", "exec-shell", "pid", "pid-file"].map(value);
  const conflict = (first: string, second: string, because: string) =>
    new Failure("FLAG_CONFLICT", { flags: [first, second], because });
  if (pid !== undefined && pidFile !== undefined) throw conflict("--pid", "--pid-file", "One process gets the signal.");
  if (command !== undefined && line !== undefined)
    throw conflict("--exec", "--exec-shell", "One hook is run; a line of a shell may run several programs.");
  const hooks: Hooks = {
    exec: command !== undefined ? { words: wordsOf(command, "--exec") } : line !== undefined ? { line } : null,
    execTimeoutMs: limitOf(value("exec-timeout") ?? "60s", "--exec-timeout"),
    pid: pid === undefined ? null : pidOf(pid, "--pid"),
    pidFile: pidFile ?? null,
    signal: signalOf(value("signal") ?? "SIGHUP", "--signal"),
  };
  return hooks.exec === null && hooks.pid === null && hooks.pidFile === null ? null : hooks;
}

const bad = (said: string, nearest?: string) =>
  new Failure("BAD_FLAG", { said, command: "renew", ...(nearest !== undefined && { nearest }) });

function wordsOf(command: string, flag: string): readonly string[] {
  const words = splitWords(command);
  if (words === null) throw bad(`${flag} has a quote that is not closed: '${command}'`);
  if (!words[0]) throw bad(`${flag} names no program`);
  return words;
}

/** An empty one is none, as for step. */
function checkCommand(command: string, flag: string): void {
  if (command !== "") wordsOf(command, flag);
}

function pidOf(text: string, flag: string): number {
  if (/^\+?\d{1,10}$/.test(text) && Number(text) > 0) return Number(text);
  throw bad(`${flag} is no process: '${text}'`, /^\D/.test(text) && !text.startsWith("-") ? "--pid-file" : undefined);
}

/** `1`, `HUP`, `SIGHUP`, `hup`. */
function signalOf(text: string, flag: string): Hooks["signal"] {
  const all = Object.entries(constants.signals);
  const name = text.toUpperCase().replace(/^(SIG)?/, "SIG");
  const found = all.find(([known, number]) => known === name || String(number) === text.replace(/^\+/, ""));
  if (found !== undefined) return { name: found[0], number: found[1] };
  throw bad(`${flag} is no signal that this system knows: '${text}'`);
}

function limitOf(text: string, flag: string): number {
  const ms = parseDuration(text, flag);
  if (ms > 0) return Math.min(ms, 2 ** 31 - 1);
  throw new Failure("BAD_DURATION", { flag, value: text, problem: "It must be longer than nothing." });
}
