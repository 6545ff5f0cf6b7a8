/** A program of the user's, in a process group of its own, so that it can be ended with all that it has started. */
import { type ChildProcess, spawn } from "node:child_process";
import { errnoOf } from "../failure/failure.ts";
import type { Ended, RunSpec } from "../world.ts";

/** What has had its SIGTERM has this long before SIGKILL, and then this long again before nobody waits for it any more. */
const graceMs = 300;

/** Its output goes to our stderr, because stdout is data. Never rejects. */
export function runChild(spec: RunSpec, signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve) => {
    const child = start(spec);
    if (typeof child === "string") return resolve({ how: "not-started", errno: child });
    let because: "timeout" | "interrupted" | null = null;
    let late: NodeJS.Timeout | undefined;
    const killAll = (name: NodeJS.Signals) => {
      if (child.pid !== undefined) killGroup(child.pid, name);
    };
    const end = (reason: "timeout" | "interrupted") => {
      if (because !== null) return;
      because = reason;
      killAll("SIGTERM");
      late = setTimeout(() => {
        killAll("SIGKILL");
        // Another user's program (sudo) cannot be ended by us, and one that waits for a dead disk by nobody.
        late = setTimeout(() => settle({ how: reason }), graceMs);
      }, graceMs);
    };
    const limit = setTimeout(() => end("timeout"), spec.timeoutMs);
    const interrupt = () => end("interrupted");
    // A second Ctrl-C ends us at once.
    const leave = () => killAll("SIGKILL");
    process.once("exit", leave);
    signal.addEventListener("abort", interrupt, { once: true });
    const settle = (ended: Ended) => {
      clearTimeout(limit);
      clearTimeout(late);
      process.off("exit", leave);
      signal.removeEventListener("abort", interrupt);
      if (because !== null) killAll("SIGKILL"); // what it started may have stayed
      child.unref();
      resolve(because === null ? ended : { how: because });
    };
    child.once("error", (error) => settle({ how: "not-started", errno: errnoOf(error) }));
    child.once("exit", (status, name) =>
      settle(name === null ? { how: "exit", status: status ?? 0 } : { how: "signal", signal: name }),
    );
    if (signal.aborted) interrupt();
  });
}

/** Some errors are thrown, others are told later. The errno of one that is thrown. */
function start({ words: [program = "", ...args], env }: RunSpec): ChildProcess | string {
  try {
    const stdio = ["ignore", 2, "inherit"] as const;
    return spawn(program, args, { env: { ...process.env, ...env }, stdio: [...stdio], detached: true });
  } catch (error) {
    return errnoOf(error) || String(error);
  }
}

/** What is gone already, or is another user's, is beyond us. */
function killGroup(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch (error) {
    if (!["ESRCH", "EPERM"].includes(errnoOf(error))) throw error;
  }
}
