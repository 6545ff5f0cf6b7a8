/** The world as a library has it: no terminal, no streams, no signals; the clock and the end are the caller's. */
import { type Output, realWorld, type World } from "../world.ts";

export interface Around {
  now?: (() => Date) | undefined;
  signal?: AbortSignal | undefined;
  passphrase?: (() => string | null | Promise<string | null>) | undefined;
  /** Whether what is in the certificate's own place may be replaced: to call for its renewal is to say so. */
  isConsented: boolean;
}

const silent: Output = { write: () => undefined, isTerminal: false, columns: 80 };

/** `release` lets go of the caller's signal. */
export function quietWorld({ now, signal, passphrase, isConsented }: Around): { world: World; release(): void } {
  const end = new AbortController();
  const abort = () => end.abort("SIGTERM");
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted) abort();
  const signals = { end: () => undefined, take: () => () => undefined };
  const real = realWorld(end.signal, signals);
  // The service manager is this process's business, not ours.
  const { NOTIFY_SOCKET: _, WATCHDOG_USEC: __, ...env } = real.env;
  const clock = now ?? real.now;
  const called = clock();
  const world: World = {
    ...real,
    now: clock,
    asked: () => called,
    env,
    stdout: silent,
    stderr: silent,
    canAsk: isConsented || passphrase !== undefined,
    ask: async (_, kind) => (kind === "plain" ? (isConsented ? "yes" : null) : ((await passphrase?.()) ?? null)),
    input: async () => Buffer.alloc(0),
    endOnHangup: () => undefined,
  };
  return { world, release: () => signal?.removeEventListener("abort", abort) };
}
