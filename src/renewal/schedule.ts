/** When a certificate is due: a pure function of the certificate and the policy, never of the time that is left. */
import type { Certificate } from "../pki/certificate.ts";

export type Milliseconds = number;

/** `--expires-in`: due when less than this is left, or when more than this share of the lifetime has passed. */
export type Window = { kind: "duration"; ms: Milliseconds } | { kind: "percent"; used: number };

export type Due =
  | { due: true; because: "expired" | "asked" | "inside-window" }
  | { due: false; because: "fresh"; from: Date };

/** Nothing is due a millisecond before the end, so that only what is owed is made good. */
export const nothingDue: Window = { kind: "duration", ms: 1 };

type Validity = Pick<Certificate, "notBefore" | "notAfter">;

/**
 * Is it time? Without a window every run renews, as step's does. A percentage counts as in `step certificate needs-renewal`:
 * the share of the lifetime that has passed, in whole percent, reaches it.
 */
export function due(validity: Validity, window: Window | null, now: Date): Due {
  if (now > validity.notAfter) return { due: true, because: "expired" };
  if (window === null || (window.kind === "duration" && window.ms <= 0)) return { due: true, because: "asked" };
  const from = dueFrom(validity, window);
  return now >= from ? { due: true, because: "inside-window" } : { due: false, because: "fresh", from };
}

/** The moment from which a certificate counts as due. */
export function dueFrom({ notBefore, notAfter }: Validity, window: Window): Date {
  if (window.kind === "duration") return new Date(notAfter.getTime() - window.ms);
  const lifetime = notAfter.getTime() - notBefore.getTime();
  return new Date(notBefore.getTime() + Math.ceil((lifetime * window.used) / 100));
}
