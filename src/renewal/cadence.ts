/** When a daemon renews, and when it tries again. Pure: of the certificate, the policy and chance that is passed in. */
import { createHash } from "node:crypto";
import type { Retry } from "../failure/catalogue/explanation.ts";
import type { Certificate } from "../pki/certificate.ts";
import { dueFrom, type Milliseconds, type Window } from "./schedule.ts";

export interface Cadence {
  /** Renewed when this much is left; null: a third of the lifetime, as step's daemon. */
  readonly window: Window | null;
  /** A fixed time between renewals, null where there is none. */
  readonly periodMs: Milliseconds | null;
}

type Life = Pick<Certificate, "notBefore" | "notAfter" | "der">;

/** What this process did before: nothing of it is stored, so that a new process comes to the same moment. */
export interface Since {
  started: Date;
  renewed: Date | null;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/**
 * The moment of the next renewal, which may be past. step's own window: `window` or a third of the lifetime before the end, and
 * up to a twentieth of the lifetime earlier, so that many certificates of one moment spread; which part of it is a certificate's
 * own, always the same one. No setting makes it spin: a tenth of the lifetime lies between two renewals, where step's daemon
 * renews hundreds of times a second.
 */
export function nextRenewal(life: Life, { window, periodMs }: Cadence, { started, renewed }: Since): Date {
  const { notBefore, notAfter } = life;
  const lifetime = notAfter.getTime() - notBefore.getTime();
  if (periodMs !== null) {
    const last = (renewed ?? started).getTime();
    return new Date(Math.max(Math.min(last + periodMs, notAfter.getTime() - lifetime / 10), last + second));
  }
  const from = window === null ? notAfter.getTime() - lifetime / 3 : dueFrom(life, window).getTime();
  const due = Math.max(notBefore.getTime(), from - chanceOf(life) * (lifetime / 20));
  const earliest = renewed === null ? due : renewed.getTime() + Math.max(second, lifetime / 10);
  return new Date(Math.max(due, earliest));
}

/** From 0 to 1, of the certificate alone. */
export function chanceOf({ der }: Pick<Life, "der">): number {
  return createHash("sha256").update(der).digest().readUIntBE(0, 6) / 2 ** 48;
}

export interface Trouble {
  verdict: Retry;
  /** Of how many failures in a row: 1 for the first. */
  count: number;
  /** Until the certificate's end; zero or less after it. */
  leftMs: Milliseconds;
  lifetimeMs: Milliseconds;
  /** Chance from 0 to 1. */
  chance: number;
  /** What the CA asks for, null where it does not. */
  wishMs: Milliseconds | null;
}

/** Where trying again begins: at once for what passes by itself, later for what somebody has to mend. */
const first: Record<Retry, Milliseconds> = { later: 5 * second, "after-fix": minute, never: hour };

/**
 * How long to wait after a failure: doubled each time, up to a tenth of what is left, so that it is tried ten times at least
 * before the end; a CA's own wish counts as long as the certificate lives. After the end it goes on, from a minute to an hour.
 */
export function retryDelay({ verdict, count, leftMs, lifetimeMs, chance, wishMs }: Trouble): Milliseconds {
  const most = leftMs > 0 ? within(leftMs / 10, second / 2, hour) : within(lifetimeMs / 10, minute, hour);
  const grown = Math.min(first[verdict] * 2 ** Math.min(count - 1, 30), most);
  const delay = grown * (0.75 + chance / 4);
  if (wishMs === null || wishMs <= delay) return delay;
  return leftMs > 0 ? Math.max(delay, Math.min(wishMs, leftMs * 0.9)) : Math.min(wishMs, 24 * hour);
}

function within(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

/** Retry-After: seconds, or a date (RFC 9110 §10.2.3); null for anything else. */
export function wishOf(retryAfter: string | undefined, now: Date): Milliseconds | null {
  if (retryAfter === undefined) return null;
  if (/^\d{1,9}$/.test(retryAfter.trim())) return Number(retryAfter) * second;
  const at = Date.parse(retryAfter);
  return Number.isNaN(at) ? null : Math.max(0, at - now.getTime());
}
