/** The two steps that follow a renewal, the signal and the program: what each of them meets. */
import { isAbsolute, resolve } from "node:path";
import type { HookProblem } from "../failure/facts.ts";
import { errnoOf, messageOf } from "../failure/failure.ts";
import { isNamedPipe } from "../files/read.ts";
import type { FileSystem } from "../files/system.ts";
import type { Ended, World } from "../world.ts";
import type { Hooked, Hooks, Renewed } from "./hooks.ts";
import { findProgram } from "./program.ts";

/** Sends the signal. Null where none is asked for, or all went well. */
export function signalled(
  { pid, pidFile, signal }: Pick<Hooks, "pid" | "pidFile" | "signal">,
  { fs, kill }: Pick<World, "fs" | "kill">,
): HookProblem | null {
  if (pid === null && pidFile === null) return null;
  const what = /^\d/.test(signal.name) ? `signal ${signal.name}` : signal.name;
  const problem = { kind: "signal" as const, what, ...(pidFile !== null && { of: pidFile }) };
  try {
    const number = pid ?? pidIn(pidFile ?? "", fs);
    try {
      kill(number, signal.number);
      return null;
    } catch (error) {
      return {
        ...problem,
        said: wordsFor(error, { ESRCH: `no process ${number}`, EPERM: `process ${number} is another user's` }),
      };
    }
  } catch (error) {
    return { ...problem, said: wordsFor(error, ofPidFile) };
  }
}

const ofPidFile = {
  ENOENT: "no such pid file",
  ENOTDIR: "no such pid file",
  EACCES: "the pid file may not be read",
  EISDIR: "the pid file is a folder",
  EFBIG: "the pid file holds no pid",
};

function wordsFor(error: unknown, words: Readonly<Record<string, string>>): string {
  const errno = errnoOf(error);
  return words[errno] ?? (errno || messageOf(error));
}

/** The largest number that a system call takes for one. */
export const largestPid = 2 ** 31 - 1;

/** On the first line, alone: some services keep more below it. Throws Node's system errors, or one that says what is there instead. */
export function pidIn(file: string, fs: Pick<FileSystem, "read" | "stat">): number {
  if (isNamedPipe(file, fs.stat(file))) throw new Error("the pid file is a named pipe");
  const text = fs.read(file, 4096).toString("latin1");
  const pid = Number(/^\s*([1-9]\d{0,9})[ \t]*(?:[\r\n\0]|$)/.exec(text)?.[1]);
  if (pid <= largestPid) return pid;
  throw new Error(text.trim() === "" ? "the pid file is empty" : "the pid file holds no pid");
}

/** Runs the program. Null where none is asked for, or it ended with 0. `together`: all certificates that it is run for. */
export async function executed(
  hooked: Hooked,
  renewed: Renewed,
  world: World,
  together: readonly string[] = [],
): Promise<HookProblem | null> {
  const { exec, execTimeoutMs } = hooked.hooks;
  if (exec === null) return null;
  if (world.signal.aborted) return { ...hookProblem(exec, "interrupted"), ended: "unbegun" };
  const words = "words" in exec ? exec.words : ["/bin/sh", "-c", exec.line];
  const ended = await world.run({
    words,
    env: { ...environment(hooked, renewed), ...listed(together) },
    timeoutMs: execTimeoutMs,
  });
  const said = isWithoutInterpreter(words, ended, world)
    ? "its interpreter is missing"
    : problemOf(ended, execTimeoutMs);
  if (said === null) return null;
  return { ...hookProblem(exec, said), ...(ended.how === "interrupted" && { ended: "cut" as const }) };
}

function hookProblem(exec: NonNullable<Hooks["exec"]>, said: string): HookProblem {
  const kind = "hook";
  return "words" in exec
    ? { kind, what: `hook ${exec.words[0] ?? ""}`, said, ...(exec.words.length > 1 && { of: exec.words.join(" ") }) }
    : { kind, what: "shell hook", said, of: exec.line };
}

/** What keeps a program from being run, seen without running it; of a shell's line nothing can be seen. */
export function programProblem({ exec }: Pick<Hooks, "exec">, world: Pick<World, "env" | "fs">): HookProblem | null {
  if (exec === null || !("words" in exec)) return null;
  const [program = ""] = exec.words;
  if (!program.includes("/"))
    return findProgram(program, world) === null ? hookProblem(exec, "it is in no folder of PATH") : null;
  try {
    const stat = world.fs.stat(program);
    const mayBeRun = stat.isFile() && (stat.mode & 0o111) !== 0;
    return mayBeRun ? null : hookProblem(exec, notStartedFor("EACCES"));
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "") throw error;
    return hookProblem(exec, notStartedFor(errno));
  }
}

/** The system says the same of a script that is there, whose first line names a program that is not. */
function isWithoutInterpreter([program = ""]: readonly string[], ended: Ended, { fs }: Pick<World, "fs">): boolean {
  if (ended.how !== "not-started" || ended.errno !== "ENOENT" || !program.includes("/")) return false;
  try {
    return fs.stat(program).isFile();
  } catch {
    return false;
  }
}

/** Paths and facts; keys, passphrases and tokens are none of a hook's business. */
function environment({ certificateFile, keyFile }: Hooked, renewed: Renewed): Record<string, string> {
  const all = {
    RENEW_CERT: whole(certificateFile),
    RENEW_KEY: whole(keyFile),
    RENEW_SERIAL: renewed.serial,
    RENEW_PREVIOUS_SERIAL: renewed.previousSerial,
    RENEW_NOT_AFTER: renewed.notAfter,
    RENEW_NAMES: renewed.names.join(","),
    RENEW_METHOD: renewed.method,
  };
  // A NUL ends a variable: a name that has one is no name of a host.
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, value.replaceAll("\0", "")]));
}

/** Linux takes no longer variable; with less, the list would be a part that looks whole. */
const longestList = 96 * 1024;

/** A list that no variable can hold is left out; how many there are is said all the same. */
function listed(files: readonly string[]): Record<string, string> {
  if (files.length === 0) return {};
  const list = files.map((file) => whole(file).replaceAll("\0", "")).join("\n");
  const isShort = Buffer.byteLength(list) <= longestList;
  return { RENEW_COUNT: String(files.length), ...(isShort && { RENEW_CERTS: list }) };
}

/** A hook may change its folder. Not tidied: after a link, `..` is another folder. */
function whole(file: string): string {
  return isAbsolute(file) ? file : `${resolve(".")}/${file}`;
}

function problemOf(ended: Ended, limitMs: number): string | null {
  switch (ended.how) {
    case "exit":
      return ended.status === 0 ? null : `exit status ${ended.status}`;
    case "signal":
      return `ended by ${ended.signal}`;
    case "timeout":
      return `timed out after ${limitMs / 1000} s`;
    case "interrupted":
      return "interrupted";
    case "not-started":
      return notStartedFor(ended.errno);
  }
}

const notStartedFor = (errno: string) => notStarted[errno] ?? `it cannot be started (${errno})`;

const notStarted: Record<string, string> = {
  ENOENT: "no such program",
  ENOTDIR: "no such program",
  EACCES: "it may not be run: is it executable?",
  E2BIG: "its arguments are too long",
};
