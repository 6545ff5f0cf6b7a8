/** A program of the user's, in a process group of its own, so that it can be ended with all that it has started. */
import { spawn } from "node:child_process";
import { errnoOf } from "../failure/failure.ts";
import type { Ended, RunSpec } from "../world.ts";

/** What has had its SIGTERM has this long before SIGKILL. */
const graceMs = 500;

/** Its output goes to our stderr, because stdout is data. Never rejects. */
export function runChild({ words, env, timeoutMs }: RunSpec, signal: AbortSignal): Promise<Ended> {
  const [program = "", ...args] = words;
  return new Promise((resolve) => {
    let because: "timeout" | "interrupted" | null = null;
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", 2, "inherit"],
      detached: true,
    });
    const killAll = (name: NodeJS.Signals) => {
      if (child.pid !== undefined) killGroup(child.pid, name);
    };
    let late: NodeJS.Timeout | undefined;
    const end = (reason: "timeout" | "interrupted") => {
      because ??= reason;
      killAll("SIGTERM");
      late ??= setTimeout(() => killAll("SIGKILL"), graceMs);
    };
    const limit = setTimeout(() => end("timeout"), timeoutMs);
    const interrupt = () => end("interrupted");
    signal.addEventListener("abort", interrupt, { once: true });
    const settle = (ended: Ended) => {
      clearTimeout(limit);
      clearTimeout(late);
      signal.removeEventListener("abort", interrupt);
      if (because !== null) killAll("SIGKILL"); // what it started may have stayed
      resolve(because === null ? ended : { how: because });
    };
    child.once("error", (error) => settle({ how: "not-started", errno: errnoOf(error) }));
    child.once("exit", (status, name) =>
      settle(name === null ? { how: "exit", status: status ?? 0 } : { how: "signal", signal: name }),
    );
    if (signal.aborted) interrupt();
  });
}

function killGroup(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch (error) {
    if (errnoOf(error) !== "ESRCH") throw error; // gone already is as well
  }
}
