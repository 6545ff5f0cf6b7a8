/** This program's own name, and a run of it as a child: the demo shows what the real command prints. */
import { spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import { isSea } from "node:sea";

/** By real names: links, as npm makes them in a folder of PATH, may lead elsewhere one day. */
export function ownProgram(): readonly string[] {
  const [, script = ""] = process.argv;
  return isSea() ? [process.execPath] : [process.execPath, realpathSync.native(script)];
}

/** The child writes everything to our stdout, so that the story stays in order also in a file. Resolves with its exit status. */
export function runSelf(args: readonly string[], folder: string): Promise<number> {
  const [, script = ""] = process.argv;
  // The standalone executable is its own script: what Node puts in its place is how it was called.
  const words = isSea() ? args : [script, ...args];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, words, {
      cwd: folder,
      stdio: ["ignore", "inherit", 1],
    });
    child.once("error", reject);
    child.once("close", (status) => resolve(status ?? 70));
  });
}
