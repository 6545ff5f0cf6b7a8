/** What follows a renewal: the flags for signals and hooks, and every mistake in them. */
import { constants } from "node:os";
import { Failure } from "../failure/failure.ts";
import { nearest } from "../failure/nearest.ts";
import { splitWords } from "../renewal/command-line.ts";
import { largestPid } from "../renewal/hook-steps.ts";
import type { Hooks } from "../renewal/hooks.ts";
import { parseDuration } from "./duration.ts";
import type { Flag, Said } from "./flags.ts";

const usual = ["HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "WINCH"];

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
  { names: ["signal"], value: "SIGNAL", text: "by number or name (default: SIGHUP)", choices: usual, check: signalOf },
];

/** Null where nothing is to follow. Throws the failures of family 64. */
export function hooksOf(said: Said, command: string): Hooks | null {
  /** An empty word is none, as for step. */
  const read = <T>(name: string, parse: Parse<T>): T | null => {
    const setting = said.setting(name);
    return setting?.value ? parse(setting.value, setting.from, command) : null;
  };
  refuseAlone(said, "exec-timeout", ["exec", "exec-shell", "reload"], command);
  const conflict = (first: string, second: string, because: string) =>
    new Failure("FLAG_CONFLICT", { flags: [first, second], because });
  const [pid, pidFile] = [read("pid", pidOf), read("pid-file", asIs)];
  if (pid !== null && pidFile !== null) throw conflict("--pid", "--pid-file", rivals.pid);
  const [words, line] = [read("exec", wordsOf), read("exec-shell", asIs)];
  if (words !== null && line !== null) throw conflict("--exec", "--exec-shell", rivals.exec);
  const hooks: Hooks = {
    exec: words !== null ? { words } : line !== null ? { line } : null,
    execTimeoutMs: read("exec-timeout", limitOf) ?? defaultLimitMs,
    pid,
    pidFile,
    signal: read("signal", signalOf) ?? usualSignal,
  };
  return hooks.exec === null && hooks.pid === null && hooks.pidFile === null ? null : hooks;
}

/** What says how, where nothing is to be done so: a flag may be forgotten. A signal for nobody is a hint alone, as step takes it. */
function refuseAlone(said: Said, name: string, partners: readonly string[], command: string): void {
  const known = partners.filter((one) => said.has(one));
  if (said.given(name) === undefined || known.some((one) => said.setting(one) !== null)) return;
  throw new Failure("BAD_FLAG", {
    said: `--${name} is of no use without ${known.map((one) => `--${one}`).join(" or ")}`,
    command,
    because: "It says how something is done, and no flag says what: was it forgotten?",
  });
}

type Parse<T> = (text: string, from: string, command: string) => T;

export const defaultLimitMs = 60_000;
export const usualSignal: Hooks["signal"] = { name: "SIGHUP", number: 1 }; // on every POSIX system
/** Why a run has not two of them. */
export const rivals = {
  pid: "One process gets the signal.",
  exec: "One hook is run; a line of a shell may run several programs.",
} as const;
const asIs: Parse<string> = (text) => text;

export function wordsOf(text: string, from: string, command: string): readonly string[] {
  const words = splitWords(text);
  if (words === null) throw bad(`${from} has a quote that is not closed: '${text}'`, command);
  if (!words[0]) throw bad(`${from} names no program`, command);
  return words;
}

/** An empty one is none, as for step. */
function checkCommand(text: string, from: string, command: string): void {
  if (text !== "") wordsOf(text, from, command);
}

export function pidOf(text: string, from: string, command: string): number {
  if (/^\+?\d{1,10}$/.test(text) && Number(text) > 0 && Number(text) <= largestPid) return Number(text);
  throw bad(`${from} is no process: '${text}'`, command, /^[^\d+-]/.test(text) ? "--pid-file" : undefined);
}

/** As many as Linux has; those above the named ones are the real-time signals. */
const mostSignals = 64;

/** `1`, `HUP`, `SIGHUP`, `hup`. */
export function signalOf(text: string, from: string, command: string): Hooks["signal"] {
  const all = Object.entries(constants.signals);
  const number = /^\+?\d{1,3}$/.test(text) ? Number(text) : null;
  const name = `SIG${text.toUpperCase().replace(/^SIG/, "")}`;
  const found = all.find(([known, value]) => (number === null ? known === name : value === number));
  if (found !== undefined) return { name: found[0], number: found[1] };
  if (number !== null && number > 0 && number <= mostSignals) return { name: text, number };
  const near = number === null ? nearest(name.slice(3), Object.keys(constants.signals).map(short)) : undefined;
  throw new Failure("BAD_FLAG", {
    said: `${from} is no signal that this system knows: '${text}'`,
    command,
    ...(near === undefined ? { because: usualSignals } : { nearest: `--signal ${near}` }),
  });
}

/** `HUP` for SIGHUP: the letters that all names have would make every name near. */
function short(name: string): string {
  return name.slice(3);
}

const usualSignals = `The usual ones are ${usual.slice(0, -1).join(", ")} and ${usual.at(-1)}; each may also be said by its number, or as SIGHUP.`;

export function limitOf(text: string, from: string): number {
  const ms = parseDuration(text, from);
  if (ms > 0) return Math.min(ms, 2 ** 31 - 1);
  throw new Failure("BAD_DURATION", { flag: from, value: text, limit: "least" });
}

function bad(said: string, command: string, near?: string): Failure {
  return new Failure("BAD_FLAG", { said, command, ...(near !== undefined && { nearest: near }) });
}
