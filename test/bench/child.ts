/** A whole process: how long it took, how much memory it had at most, how much of a processor it used. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";

export interface Command {
  file: string;
  args: readonly string[];
  cwd: string;
  env?: Readonly<Record<string, string>>;
  /** What it has to end with. Default 0. */
  exit?: number;
}

/** No bench waits longer for one process. */
const limitMs = 900_000;

/** Processes are looked at through /proc. */
export const hasProc = existsSync("/proc/self/status");

/** Nothing of our own environment comes along but the path: NODE_EXTRA_CA_CERTS alone costs Node 20 more than a renewal. */
export function start({ file, args, cwd, env }: Command): ChildProcess {
  const { PATH = "" } = process.env;
  return spawn(file, args, {
    cwd,
    env: { PATH, HOME: cwd, TZ: "UTC", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: limitMs,
  });
}

/** Milliseconds until it had ended. Throws with its last words where it ends otherwise than it has to. */
export async function timed(command: Command): Promise<number> {
  const began = process.hrtime.bigint();
  const child = start(command);
  const words = wordsOf(child);
  const ended = once(child, "exit");
  await ended;
  const took = Number(process.hrtime.bigint() - began) / 1e6;
  await checked(child, command, words);
  return took;
}

/** All that it printed on stdout. */
export async function printed(command: Command): Promise<string> {
  const child = start(command);
  const words = wordsOf(child);
  await once(child, "exit");
  await checked(child, command, words);
  return words.stdout.join("");
}

/**
 * KiB that it had in memory at most. The kernel keeps the mark until the process ends, so it is read again and again until then; the
 * mark that a parent gets afterwards is of no use, as it begins at the parent's own size.
 */
export async function peakMemory(command: Command): Promise<number> {
  const child = start(command);
  const words = wordsOf(child);
  let peak = 0;
  while (child.exitCode === null && child.signalCode === null) {
    peak = Math.max(peak, memoryOf(child.pid, "VmHWM"));
    await nextTurn();
  }
  await checked(child, command, words);
  return peak;
}

/** KiB; 0 once it has ended. */
export function memoryOf(pid: number | undefined, what: "VmHWM" | "VmRSS"): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(new RegExp(`^${what}:\\s*(\\d+) kB$`, "m").exec(status)?.[1] ?? 0);
  } catch {
    return 0; // it has ended between two looks
  }
}

/** Milliseconds of processor time that a process has used since it began. */
export function cpuOf(pid: number): number {
  return ticks(`/proc/${pid}/stat`, 11);
}

/** The same of all processes that we started and that have ended, and of theirs. */
export function cpuOfEnded(): number {
  return ticks("/proc/self/stat", 13);
}

/** Two fields of proc(5)'s stat, counted after the name, in hundredths of a second on every Linux. */
function ticks(file: string, at: number): number {
  const stat = readFileSync(file, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[at]) + Number(fields[at + 1])) * 10;
}

interface Words {
  stdout: string[];
  stderr: string[];
}

function wordsOf(child: ChildProcess): Words {
  const words: Words = { stdout: [], stderr: [] };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => words.stdout.push(text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => words.stderr.push(text));
  return words;
}

async function checked(child: ChildProcess, { file, args, exit = 0 }: Command, words: Words): Promise<void> {
  await Promise.all([child.stdout, child.stderr].map((pipe) => (pipe?.closed === false ? once(pipe, "close") : null)));
  if (child.exitCode === exit) return;
  const ended = child.signalCode ?? `exit ${child.exitCode}`;
  const said = words.stderr.join("").trim().split("\n").slice(-12).join("\n");
  throw new Error(`${[file, ...args].join(" ").slice(0, 400)}\nended with ${ended}, not ${exit}:\n${said}`);
}
