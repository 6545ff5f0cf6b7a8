/** A world for tests: a frozen clock, captured words, the real file system unless a double is given. */
import { randomBytes } from "node:crypto";
import { type FileSystem, realFileSystem } from "../../src/files/system.ts";
import type { Output, World } from "../../src/world.ts";
import { watch, watched } from "./secrets.ts";

export interface TestWorld extends World {
  readonly out: Captured;
  readonly err: Captured;
}

export interface WorldOptions {
  now?: Date | (() => Date);
  env?: Record<string, string>;
  fs?: FileSystem;
  /** Counts from 1 when left out: two runs that meet on one folder need names of their own. */
  random?: World["random"];
  /** The start of the process; nothing tells when left out. */
  asked?: Date;
  /** Answers to questions, in order; given at all, there is a terminal. */
  answers?: readonly (string | null)[];
  isTerminal?: boolean;
  /** What comes in on standard input. */
  input?: string | Buffer;
  columns?: number;
  signal?: AbortSignal;
  program?: readonly string[];
  run?: World["run"];
  kill?: World["kill"];
}

export class Captured implements Output {
  text = "";
  readonly isTerminal: boolean;
  readonly columns: number;
  constructor(isTerminal: boolean, columns: number) {
    this.isTerminal = isTerminal;
    this.columns = columns;
  }
  write(text: string): void {
    this.text += text;
    watch.saw("screen", text);
  }
}

/** As in the real world. */
export const byChance: World["random"] = (bytes) => randomBytes(bytes).toString("hex");

export function testWorld(options: WorldOptions = {}): TestWorld {
  const { now = () => new Date(), env = {}, fs = realFileSystem, answers, isTerminal = false, columns = 80 } = options;
  const out = new Captured(isTerminal, columns);
  const err = new Captured(isTerminal, columns);
  const left = [...(answers ?? [])];
  let count = 0;
  return {
    out,
    err,
    env: { HOME: "/nonexistent", ...env },
    fs: watched(fs),
    stdout: out,
    stderr: err,
    now: typeof now === "function" ? now : () => now,
    elapsed: () => 0,
    asked: () => options.asked ?? null,
    random: options.random ?? ((bytes) => (++count).toString(16).padStart(bytes * 2, "0")),
    canAsk: answers !== undefined,
    ask: async (question, kind) => {
      const answer = left.shift() ?? null;
      if (kind === "secret") watch.learnPhrase(answer ?? "");
      err.write(`${question}${kind === "plain" ? (answer ?? "") : ""}\n`);
      return answer;
    },
    input: async (limit) => Buffer.from(options.input ?? "").subarray(-limit),
    sleep: async () => undefined,
    program: async () => options.program ?? ["/usr/bin/node", "/usr/lib/node_modules/x5c-renew/bin/renew.js"],
    runSelf: async () => {
      throw new Error("a test does not start processes this way");
    },
    run: async (spec) => {
      watch.saw("child", [...spec.words, ...Object.entries(spec.env).flat()].join("\n"), spec.words[0]);
      return (await options.run?.(spec)) ?? { how: "exit", status: 0 };
    },
    kill: options.kill ?? (() => undefined),
    onSignal: () => () => undefined,
    endOnHangup: () => undefined,
    signal: options.signal ?? new AbortController().signal,
  };
}
