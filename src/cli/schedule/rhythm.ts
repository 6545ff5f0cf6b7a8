/** How often a timer or cron looks: several times in the window in which the certificate is due, so that one failure costs nothing. */
import type { Certificate } from "../../pki/certificate.ts";
import { dueFrom, type Milliseconds, type Window } from "../../renewal/schedule.ts";

const minute = 60_000;
const hour = 60 * minute;

export interface Rhythm {
  readonly everyMs: Milliseconds;
  /** OnCalendar= of systemd.time(7). */
  readonly calendar: string;
}

/** All of them divide the next longer one, as calendars want it. */
export const rhythms: readonly Rhythm[] = [
  { everyMs: minute, calendar: "*-*-* *:*:00" },
  { everyMs: 5 * minute, calendar: "*-*-* *:00/5:00" },
  { everyMs: 15 * minute, calendar: "*-*-* *:00/15:00" },
  { everyMs: hour, calendar: "hourly" },
  { everyMs: 6 * hour, calendar: "*-*-* 00/6:00:00" },
  { everyMs: 24 * hour, calendar: "daily" },
];

const [fastest, hourly] = [rhythms[0] as Rhythm, rhythms[3] as Rhythm];
/** So many tries fit in the window. */
const tries = 6;

export interface Chosen {
  readonly rhythm: Rhythm;
  /** The time from "due" to the end; null where nothing tells. */
  readonly windowMs: Milliseconds | null;
  /** Not even three tries fit: a daemon is what keeps it. */
  readonly isTight: boolean;
}

/** `leaf` is null where it cannot be read; then a day is taken for its life, as step-ca has it. */
export function rhythmFor(window: Window, leaf: Pick<Certificate, "notBefore" | "notAfter"> | null): Chosen {
  const windowMs = leaf !== null ? leaf.notAfter.getTime() - dueFrom(leaf, window).getTime() : wholeOf(window);
  if (windowMs === null) return { rhythm: hourly, windowMs, isTight: false };
  const fitting = rhythms.filter(({ everyMs }) => everyMs * tries <= windowMs);
  return { rhythm: fitting.at(-1) ?? fastest, windowMs, isTight: windowMs < 3 * fastest.everyMs };
}

function wholeOf(window: Window): Milliseconds | null {
  return window.kind === "duration" ? window.ms : null;
}
