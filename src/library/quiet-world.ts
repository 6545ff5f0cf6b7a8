/** The world as a library has it: no terminal, no streams, no signals; the clock and the end are the caller's. */
import { isDate } from "node:util/types";
import { type Output, realWorld, type World } from "../world.ts";
import { nameOf, wrongOption } from "./checked.ts";

export interface Around {
  now?: (() => Date) | undefined;
  signal?: AbortSignal | undefined;
  passphrase?: (() => string | null | Promise<string | null>) | undefined;
}

const silent: Output = { write: () => undefined, isTerminal: false, columns: 80 };

/** `release` lets go of the caller's signal. */
export function quietWorld({ now, signal, passphrase }: Around): { world: World; release(): void } {
  const end = new AbortController();
  const abort = () => end.abort("SIGTERM");
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted) abort();
  const signals = { end: () => undefined, take: () => () => undefined };
  const real = realWorld(end.signal, signals);
  // The service manager is this process's business, not ours.
  const { NOTIFY_SOCKET: _, WATCHDOG_USEC: __, ...env } = real.env;
  const clock = now === undefined ? real.now : () => momentOf(now);
  const called = clock();
  const world: World = {
    ...real,
    now: clock,
    asked: () => called,
    env,
    stdout: silent,
    stderr: silent,
    canAsk: passphrase !== undefined,
    ask: async (_, kind) => (kind === "plain" || passphrase === undefined ? null : phraseOf(passphrase)),
    input: async () => Buffer.alloc(0),
    endOnHangup: () => undefined,
  };
  return { world, release: () => signal?.removeEventListener("abort", abort) };
}

/** What a caller's functions give is looked at each time. */
function momentOf(now: () => Date): Date {
  const moment: unknown = now();
  if (isDate(moment) && !Number.isNaN(moment.getTime())) return moment;
  const given = isDate(moment) ? "an invalid Date" : nameOf(moment);
  throw wrongOption(`now must give a valid Date, and gave ${given}`);
}

async function phraseOf(passphrase: NonNullable<Around["passphrase"]>): Promise<string | null> {
  const phrase: unknown = (await passphrase()) ?? null;
  if (phrase === null || typeof phrase === "string") return phrase;
  throw wrongOption(`passphrase must give a text or null, and gave ${nameOf(phrase)}`);
}
