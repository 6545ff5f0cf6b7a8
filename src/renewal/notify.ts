/** systemd is told what it asks to be told (sd_notify), by its own program: Node has no datagram sockets. */
import type { World } from "../world.ts";

/**
 * Does nothing where no NOTIFY_SOCKET is set. A systemd that cannot be told is no reason to stop renewing, and is not told again.
 */
export function notifier({ env, run }: Pick<World, "env" | "run">): (words: readonly string[]) => Promise<void> {
  let isHeard = Boolean(env["NOTIFY_SOCKET"]);
  return async (words) => {
    if (!isHeard) return;
    const ended = await run({ words: ["systemd-notify", ...words], env: {}, timeoutMs: 5000 });
    isHeard = ended.how === "exit" && ended.status === 0;
  };
}

/** How often the watchdog wants to hear of us: half of its time, as sd_watchdog_enabled(3) advises. */
export function watchdogMs(env: World["env"]): number {
  const micros = Number(env["WATCHDOG_USEC"]);
  return env["NOTIFY_SOCKET"] && micros > 0 ? Math.max(100, micros / 2000) : Number.POSITIVE_INFINITY;
}
