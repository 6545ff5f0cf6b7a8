/** A program on a terminal of its own, by `script` of util-linux, with somebody who answers its question. */
import { spawn, spawnSync } from "node:child_process";

export const hasTerminal = /util-linux/.test(spawnSync("script", ["--version"], { encoding: "utf8" }).stdout ?? "");

export interface OnTerminal {
  cwd: string;
  env: Record<string, string>;
  types: string;
  /** Called when the question is there, before it is answered. */
  onAsked(): void;
}

export function onTerminal(words: readonly string[], { cwd, env, types, onAsked }: OnTerminal): Promise<number | null> {
  const line = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  return new Promise((done, fail) => {
    const child = spawn("script", ["-q", "-e", "-c", line, "/dev/null"], {
      cwd,
      env,
      stdio: ["pipe", "pipe", "inherit"],
    });
    let said = "";
    let isAnswered = false;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (isAnswered || !/overwrite/.test(said)) return;
      isAnswered = true;
      onAsked();
      child.stdin.write(types);
    });
    child.stdin.on("error", () => undefined);
    const limit = setTimeout(() => child.kill(), 20_000);
    child.once("error", fail);
    child.once("close", (exit) => {
      clearTimeout(limit);
      done(exit);
    });
  });
}
