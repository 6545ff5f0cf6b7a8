/** A program under strace: which calls it makes that change something in a folder, and a fault at one of them. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Ran } from "../program.ts";

/** Those that change a file, and those that open one. With `?`, what not every machine's kernel has. */
const opening = ["?open", "openat", "?creat"];
const changing = [
  ...["write", "pwrite64", "writev", "pwritev", "?sendfile", "?copy_file_range", "truncate", "ftruncate"],
  ...["fsync", "fdatasync", "?rename", "?renameat", "?renameat2", "?unlink", "unlinkat", "?mkdir", "mkdirat", "?rmdir"],
  ...["?link", "linkat", "?symlink", "symlinkat"],
  ...["?chmod", "fchmod", "fchmodat", "?chown", "fchown", "?lchown", "fchownat", "?utimensat"],
];
/** Tells a program that was started from one more thread. */
const starting = ["execve"];

export interface Call {
  name: string;
  /** Of the calls of its name in its thread, from 1: what strace counts by. */
  nth: number;
  thread: string;
  text: string;
  /** It changes something in the folder. */
  isChanging: boolean;
  /** A fault was put into it. */
  isHit: boolean;
}

export interface Traced {
  ran: Ran;
  calls: readonly Call[];
}

export interface Tracing {
  /** What goes before strace itself, to enter a namespace. */
  within?: readonly string[];
  cwd: string;
  env?: Record<string, string>;
  /** As strace's `-e inject=` has them. */
  faults?: readonly string[];
  /** Only calls that concern these paths. */
  only?: readonly string[];
  /** A program whose threads are all alike, as Go's; Node's changes files in its first. */
  isOfManyThreads?: boolean;
}

/** Why there is no strace to work with; null where there is. */
export function straceIsMissing(): string | null {
  const { error, status, stderr } = spawnSync("strace", ["-o", "/dev/null", "-e", "trace=openat", "true"]);
  if (error !== undefined) return "strace is not installed";
  return status === 0 ? null : `strace cannot trace here: ${stderr.toString().trim().split("\n").at(-1)}`;
}

export async function traced(words: readonly string[], folder: string, tracing: Tracing): Promise<Traced> {
  const { within = [], cwd, env, faults = [], only = [], isOfManyThreads = false } = tracing;
  const own = mkdtempSync(join(tmpdir(), "renew-trace-"));
  const file = join(own, "trace");
  try {
    const options = [
      ...["-y", "-s", "0", "-o", file, "-e", `trace=${[...opening, ...changing, ...starting].join(",")}`],
      ...manner(faults, isOfManyThreads),
      ...only.flatMap((path) => ["-P", path]),
      ...faults.flatMap((fault) => ["-e", `inject=${fault}`]),
    ];
    const ran = await spawned([...within, "strace", ...options, ...words], { cwd, ...(env && { env }) });
    return { ran, calls: callsIn(readFileSync(file, "latin1"), folder) };
  } finally {
    rmSync(own, { recursive: true });
  }
}

/** Stopping at nothing but these calls takes a third of the time, and cannot send a signal (strace 6.1). */
function manner(faults: readonly string[], isOfManyThreads: boolean): string[] {
  if (!faults.some((fault) => fault.includes(":signal="))) return ["-f", "--seccomp-bpf"];
  return isOfManyThreads ? ["-f"] : [];
}

/** No terminal, no input, nothing of this process's environment. */
export function spawned(
  [program = "", ...args]: readonly string[],
  { cwd, env, onStart }: { cwd: string; env?: Record<string, string>; onStart?(pid: number): void },
): Promise<Ran> {
  const { PATH = "" } = process.env;
  return new Promise((done, fail) => {
    const child = spawn(program, args, {
      cwd,
      env: { PATH, HOME: cwd, STEPPATH: join(cwd, "step"), TZ: "UTC", ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true, // without our terminal, if there is one
    });
    if (child.pid !== undefined) onStart?.(child.pid);
    const [out, err]: [string[], string[]] = [[], []];
    child.stdout.setEncoding("utf8").on("data", (text: string) => out.push(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => err.push(text));
    child.once("error", fail);
    child.once("close", (exit, signal) => done({ exit, signal, stdout: out.join(""), stderr: err.join("") }));
  });
}

function callsIn(trace: string, folder: string): Call[] {
  const calls: Call[] = [];
  const counts = new Map<string, number>();
  for (const line of trace.split("\n")) {
    const last = calls.at(-1);
    // A signal is told after the call that it came with; a process that is killed tells nothing of its last call.
    if (last !== undefined && /^(\d+ +)?(--- SIG\w+ .*SI_KERNEL|\+\+\+ killed by)/.test(line)) last.isHit = true;
    const [, thread = "", name = "", text = ""] = /^(?:(\d+) +)?(\w+)\((.*)$/.exec(line) ?? [];
    if (name === "") continue;
    const nth = (counts.get(thread + name) ?? 0) + 1;
    counts.set(thread + name, nth);
    const isThere = text.includes(`${folder}/`) || text.includes(`<${folder}>`);
    const isReading = /^(open|openat)$/.test(name) && !/O_(WRONLY|RDWR|CREAT|TRUNC)/.test(text);
    const isChanging = isThere && !isReading;
    calls.push({ name, nth, thread, text, isChanging, isHit: text.includes("(INJECTED") });
  }
  return calls;
}
