/** The real step and `renew`, run with the same words in the same place, so that a table can hold one to the other. */
import { spawn } from "node:child_process";
import { type Ran, run } from "./program.ts";

export interface Place {
  cwd: string;
  env?: Record<string, string>;
}

/** No terminal, no input, and nothing of this process's environment. */
export function runStep(step: string, args: readonly string[], { cwd, env }: Place): Promise<Ran> {
  return new Promise((done, fail) => {
    const { PATH = "" } = process.env;
    const child = spawn(step, args, {
      cwd,
      env: { PATH, HOME: cwd, TZ: "UTC", ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true, // without our terminal, if there is one
    });
    const [out, err]: [string[], string[]] = [[], []];
    child.stdout.setEncoding("utf8").on("data", (text: string) => out.push(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => err.push(text));
    child.once("error", fail);
    child.once("close", (exit, signal) => done({ exit, signal, stdout: out.join(""), stderr: err.join("") }));
  });
}

export function runRenew(args: readonly string[], { cwd, env }: Place): Promise<Ran> {
  return run(args, { cwd, env: { HOME: cwd, ...env } });
}
