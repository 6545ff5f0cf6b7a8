/** An AbortController of our own that the caller's signal ends, too. */
import { setMaxListeners } from "node:events";

/**
 * Unlike AbortSignal.any, which in Node never lets go of what it was made for while the caller's signal lives, it can be let go:
 * a daemon has one signal for all its renewals.
 */
export function linkedTo(signal: AbortSignal): { controller: AbortController; release(): void } {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // a dozen questions at once are no leak
  const abort = () => controller.abort();
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  return { controller, release: () => signal.removeEventListener("abort", abort) };
}
