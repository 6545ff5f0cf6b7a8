/** Runs this program again as a child: the demo shows what the real command prints. */
import { spawn } from "node:child_process";
import { isSea } from "node:sea";

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
