/** Runs this program again as a child: the demo shows what the real command prints. */
import { spawn } from "node:child_process";

/** The child writes everything to our stdout, so that the story stays in order also in a file. Resolves with its exit status. */
export function runSelf(args: readonly string[], folder: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...program(process), ...args], {
      cwd: folder,
      stdio: ["ignore", "inherit", 1],
    });
    child.once("error", reject);
    child.once("close", (status) => resolve(status ?? 70));
  });
}

/** What stands before our own words: the script, but for the standalone executable, where Node gives the executable itself. */
export function program({ argv, execPath }: Pick<NodeJS.Process, "argv" | "execPath">): string[] {
  const [, script = ""] = argv;
  return script === execPath ? [] : [script];
}
