/** Ctrl-C, SIGTERM and SIGHUP: the run ends, if nothing has been replaced yet. */
import { Failure } from "../failure/failure.ts";
import type { World } from "../world.ts";

/** Throws INTERRUPTED once somebody has asked the program to end. */
export function stopIfAsked({ signal }: Pick<World, "signal">): void {
  if (!signal.aborted) return;
  const name: unknown = signal.reason;
  throw new Failure("INTERRUPTED", { signal: name === "SIGTERM" || name === "SIGHUP" ? name : "SIGINT" });
}
