/** Whether a certificate needs renewal, by the rule of `step certificate needs-renewal`, which monitoring is set up with. */
import type { Certificate } from "../pki/certificate.ts";
import { dueFrom, type Window } from "./schedule.ts";

export interface Need {
  readonly needed: boolean;
  /** Of the lifetime; below 0 before its beginning, above 100 after its end. */
  readonly usedPercent: number;
  readonly from: Date;
}

/**
 * A share is compared in whole percent, the rest cut off, so that 66% is met when it is full; a duration when no more than
 * it is left. A duration below zero leaves an expired certificate alone until it has been so for as long.
 */
export function need(validity: Pick<Certificate, "notBefore" | "notAfter">, window: Window, now: Date): Need {
  const { notBefore, notAfter } = validity;
  const leftMs = notAfter.getTime() - now.getTime();
  const lifetimeMs = notAfter.getTime() - notBefore.getTime();
  // A lifetime of nothing is used up at its end.
  const usedPercent = lifetimeMs > 0 ? (1 - leftMs / lifetimeMs) * 100 : leftMs > 0 ? 0 : 100;
  const needed = window.kind === "percent" ? Math.trunc(usedPercent) >= window.used : window.ms >= leftMs;
  return { needed, usedPercent, from: dueFrom(validity, window) };
}
