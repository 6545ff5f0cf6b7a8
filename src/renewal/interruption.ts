/** Ctrl-C, SIGTERM and SIGHUP: the run ends, if nothing has been replaced yet. */
import { Failure } from "../failure/failure.ts";
import type { World } from "../world.ts";

/** Throws INTERRUPTED once somebody has asked the program to end. */
export function stopIfAsked(world: Pick<World, "signal">): void {
  if (world.signal.aborted) throw interruption(world);
}

/** Of a world that was asked to end. */
export function interruption({ signal }: Pick<World, "signal">): Failure<"INTERRUPTED"> {
  const name: unknown = signal.reason;
  return new Failure("INTERRUPTED", { signal: name === "SIGTERM" || name === "SIGHUP" ? name : "SIGINT" });
}
