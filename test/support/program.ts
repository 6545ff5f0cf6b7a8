/** The built program, run as a user runs it: bin/renew.js in a process of its own. */
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { learnFrom, watch, withoutHandedOut } from "./secrets.ts";

export const root = resolve(import.meta.dirname, "../..");
export const bin = resolve(root, "bin/renew.js");
const { RENEW_PROGRAM: other } = process.env;
/** What runs it, and what stands before its own words. RENEW_PROGRAM names another, such as the standalone executable. */
export const program: readonly [string, ...string[]] = other ? [resolve(other)] : [process.execPath, bin];

/** Words for Node stand before all. */
export function commandOf(args: readonly string[], node: readonly string[] = []): [string, string[]] {
  const [file, ...script] = program;
  if (node.length > 0 && script.length === 0) throw new Error(`${file} takes no words for Node`);
  return [file, [...node, ...script, ...args]];
}

export interface Ran {
  exit: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Another one in its place: an executable. */
  program?: string;
  /** Words for Node itself. */
  node?: readonly string[];
  /** What comes in on standard input; nothing does without it. */
  input?: Readable;
  /** Called with each piece of stderr, for a test that waits for words before it acts. */
  onWords?(words: string, kill: (signal: NodeJS.Signals) => void): void;
}

/** For Node: these signals come when bin/renew.js runs, just before the program is loaded. */
export function atOnce(signals: readonly NodeJS.Signals[]): string[] {
  const kills = signals.map((signal) => `process.kill(process.pid, "${signal}");`).join("");
  const hook = `import fs from "node:fs";
    const read = fs.readFileSync;
    let isFirst = true; // where nothing of it is compiled, it is read again
    fs.readFileSync = (file, ...rest) => {
      if (isFirst && String(file).endsWith("/dist/main.js")) { isFirst = false; ${kills} }
      return read(file, ...rest);
    };`;
  return ["--import", `data:text/javascript,${encodeURIComponent(hook)}`];
}

export function run(
  args: readonly string[],
  { cwd, env, program: own, node = [], input, onWords }: RunOptions = {},
): Promise<Ran> {
  const { PATH = "", HOME = "" } = process.env;
  learnFrom(args, cwd ?? process.cwd());
  return new Promise((done, fail) => {
    const child = spawn(...(own === undefined ? commandOf(args, node) : ([own, args] as const)), {
      cwd,
      env: { PATH, HOME, TZ: "UTC", ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.stdin.on("error", () => {}); // who does not read it ends before it does
    if (input) input.pipe(child.stdin);
    else child.stdin.end();
    const out: string[] = [];
    const err: string[] = [];
    child.stdout.setEncoding("utf8").on("data", (text: string) => out.push(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err.push(text);
      onWords?.(err.join(""), (signal) => child.kill(signal));
    });
    child.once("error", fail);
    child.once("close", (exit, signal) => {
      learnFrom(args, cwd ?? process.cwd()); // again: a rekey has made a new one
      for (const text of [withoutHandedOut(out.join("")), err.join("")]) watch.saw("screen", text, args.join(" "));
      done({ exit, signal, stdout: out.join(""), stderr: err.join("") });
    });
  });
}
