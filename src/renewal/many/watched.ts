/** Work that a service manager's watchdog keeps an eye on. */
import type { World } from "../../world.ts";
import { type notifier, watchdogMs } from "../notify.ts";

/** A watchdog hears of us also while a CA keeps us waiting. */
export async function whileWatched(
  world: World,
  notify: ReturnType<typeof notifier>,
  work: () => Promise<void>,
): Promise<void> {
  const everyMs = watchdogMs(world.env);
  if (!Number.isFinite(everyMs)) return work();
  const end = new AbortController();
  const beat = async () => {
    while (!end.signal.aborted && !world.signal.aborted) {
      await world.sleep(everyMs, end.signal);
      if (!end.signal.aborted) await notify(["WATCHDOG=1"]);
    }
  };
  const beats = beat();
  try {
    await work();
  } finally {
    end.abort();
    await beats;
  }
}
