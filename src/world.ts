/** The one interface to everything outside: clock, chance, files, environment, streams. Tests pass their own. */
import { randomBytes } from "node:crypto";
import { userInfo } from "node:os";
import { setTimeout } from "node:timers/promises";
import { isatty } from "node:tty";
import { type FileSystem, realFileSystem } from "./files/system.ts";

/** Where words go. `columns` and `isTerminal` decide on layout, colour and questions. */
export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
  readonly columns: number;
}

export interface World {
  now(): Date;
  /** A monotonic clock in milliseconds, for measuring only. */
  elapsed(): number;
  /** `bytes` random bytes in hex. */
  random(bytes: number): string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fs: FileSystem;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Whether a person can be asked. */
  readonly canAsk: boolean;
  /** Asks on the terminal; `secret` answers are not shown. Null when the person gave none (end of input). */
  ask(question: string, kind: "plain" | "secret"): Promise<string | null>;
  /** All of standard input, or the last `limit` bytes of it. Ends early when `signal` is aborted. */
  input(limit: number): Promise<Buffer>;
  /** Resolves early when `signal` is aborted. */
  sleep(ms: number): Promise<void>;
  /** Runs this very program again, as a user would, with its words on our streams. Resolves with its exit status. */
  runSelf(args: readonly string[], folder: string): Promise<number>;
  /** Aborted when the user or the system asks the program to end. */
  readonly signal: AbortSignal;
}

/** The real world. `signal` comes from bin, which owns the process. */
export function realWorld(signal: AbortSignal): World {
  return {
    now: () => new Date(),
    elapsed: () => performance.now(),
    random: (bytes) => randomBytes(bytes).toString("hex"),
    env: withHome(process.env),
    fs: realFileSystem,
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    canAsk: isatty(0) && isatty(2),
    ask: async (question, kind) => (await import("./cli/ask.ts")).ask(question, kind, signal),
    input: async (limit) => (await import("./cli/input.ts")).readInput(limit, signal),
    sleep: (ms) => setTimeout(ms, undefined, { signal }).catch(endEarly),
    runSelf: async (args, folder) => (await import("./cli/self.ts")).runSelf(args, folder),
    signal,
  };
}

/** A system unit has no HOME; like step, the user database is asked then. A user that it does not know has none. */
function withHome(env: NodeJS.ProcessEnv): World["env"] {
  if (env["HOME"] || env["USERPROFILE"] || env["STEPPATH"]) return env;
  try {
    return { ...env, HOME: userInfo().homedir };
  } catch {
    return env;
  }
}

function endEarly(error: unknown): void {
  if (!(error instanceof Error && error.name === "AbortError")) throw error;
}

function output(stream: NodeJS.WriteStream): Output {
  return {
    write: (text) => void stream.write(text),
    isTerminal: stream.isTTY === true,
    columns: stream.columns || 80, // 0 where a terminal does not know
  };
}
