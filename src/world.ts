/** The one interface to everything outside: clock, chance, files, environment, streams. Tests pass their own. */
import { randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import { userInfo } from "node:os";
import { isatty } from "node:tty";
import { startedBefore } from "./files/owner.ts";
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
  /** When this program was asked to do what it does, at the latest: its process's start. Null where nothing tells. */
  asked(): Date | null;
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
  /** Resolves early when `signal` is aborted, or `wake`. */
  sleep(ms: number, wake?: AbortSignal): Promise<void>;
  /** What starts this program, wherever: Node and the script by their whole names, or the executable that is both. */
  program(): Promise<readonly string[]>;
  /** Runs this very program again, as a user would, with its words on our streams. Resolves with its exit status. */
  runSelf(args: readonly string[], folder: string): Promise<number>;
  /** Runs a program of the user's; its output goes to our stderr. Ends it with its whole process group, late or when `signal` is aborted. */
  run(spec: RunSpec): Promise<Ended>;
  /** Throws Node's system errors: ESRCH where there is no such process. */
  kill(pid: number, signal: number): void;
  /** Takes a signal over, until the function that it returns is called; also one that came before. */
  onSignal(name: Notice, handler: () => void): () => void;
  /** SIGHUP ends this run, as SIGTERM does. Until this is said, or it is taken over, it is kept. */
  endOnHangup(): void;
  /** Aborted when the user or the system asks the program to end. */
  readonly signal: AbortSignal;
}

/** Signals that may mean something else than the end. */
export type Notice = "SIGHUP" | "SIGUSR1";

export interface RunSpec {
  /** The program and its arguments; no shell. */
  words: readonly string[];
  /** Besides our own. */
  env: Readonly<Record<string, string>>;
  timeoutMs: number;
}

export type Ended =
  | { how: "exit"; status: number }
  | { how: "signal"; signal: string }
  | { how: "timeout" | "interrupted" }
  | { how: "not-started"; errno: string };

/** What bin, which owns the process, does with signals. */
export interface Signals {
  /** Aborts what runs; ends the process at the second time. */
  end(name: Notice): void;
  /** Gives a signal a handler, which is called at once for one that has come before. Returns how to take it away. */
  take(name: Notice, handler: () => void): () => void;
}

/** The real world. `signal` is aborted by bin. */
export function realWorld(signal: AbortSignal, signals: Signals): World {
  setMaxListeners(0, signal); // whoever listens lets go again; many at once are no leak
  return {
    now: () => new Date(),
    elapsed: monotonic,
    asked: () => startedBefore(() => new Date(), realFileSystem),
    random: (bytes) => randomBytes(bytes).toString("hex"),
    env: withHome(process.env),
    fs: realFileSystem,
    stdout: output(() => process.stdout),
    stderr: output(() => process.stderr),
    get canAsk() {
      return isatty(0) && isatty(2);
    },
    ask: async (question, kind) => (await import("./cli/ask.ts")).ask(question, kind, signal),
    input: async (limit) => (await import("./cli/input.ts")).readInput(limit, signal),
    sleep: (ms, wake) => sleep(ms, wake === undefined ? [signal] : [signal, wake]),
    program: async () => (await import("./cli/self.ts")).ownProgram(),
    runSelf: async (args, folder) => (await import("./cli/self.ts")).runSelf(args, folder),
    run: async (spec) => (await import("./cli/child.ts")).runChild(spec, signal),
    kill: (pid, number) => void process.kill(pid, number),
    onSignal: (name, handler) => signals.take(name, handler),
    endOnHangup: () => void signals.take("SIGHUP", () => signals.end("SIGHUP")),
    signal,
  };
}

/** Not `performance.now`, for which Node loads a module of its own. */
function monotonic(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
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

/** Leaves nothing behind: a daemon sleeps thousands of times by one signal. */
function sleep(ms: number, signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    for (const signal of signals) signal.addEventListener("abort", end, { once: true });
    if (signals.some(({ aborted }) => aborted)) end();
  });
}

const opened: (NodeJS.WriteStream & { fd: number })[] = [];

/** Whether all words have left the process. */
export function isSaid(): boolean {
  return opened.every(({ writableLength }) => writableLength === 0);
}

/** What kept words from standard output: a full disk, or a reader that went away. */
export function lostBy(): Error | null {
  return opened.find(({ fd }) => fd === 1)?.errored ?? null;
}

/** Opened when it is used: for a run that has nothing to do, Node's streams are the largest part. */
function output(open: () => (typeof opened)[number]): Output {
  let known: (typeof opened)[number] | undefined;
  const stream = () => {
    if (known !== undefined) return known;
    known = open();
    opened.push(known);
    // The end of the run sees what it was.
    known.on("error", () => undefined);
    return known;
  };
  return {
    write: (text) => void stream().write(text),
    get isTerminal() {
      return stream().isTTY === true;
    },
    get columns() {
      return stream().columns || 80; // 0 where a terminal does not know
    },
  };
}
