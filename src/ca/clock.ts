/**
 * The CA's clock, from the Date headers of its answers (RFC 9110 §6.6.1). They have whole seconds and come after a part of the
 * round trip, so that one answer tells our clock's lead within a second and more; several, asked at other moments, tell it better.
 */
import type { CaFacts } from "../failure/evidence.ts";
import type { Answer } from "./answer.ts";

/** One answer: how far our clock is ahead at least and at most, in milliseconds. */
export interface ClockReading {
  readonly ca: Date;
  readonly leastMs: number;
  readonly mostMs: number;
}

/** Undefined where the answer has no date. The CA's moment lies between our question and its answer, and in the second it named. */
export function clockReading({ headers, at, roundTripMs }: Answer): ClockReading | undefined {
  const ca = Date.parse(headers["date"] ?? "");
  if (Number.isNaN(ca)) return undefined;
  const arrived = at.getTime();
  return { ca: new Date(ca), leastMs: arrived - roundTripMs - (ca + 1000), mostMs: arrived - ca };
}

/** What all readings have in common; the first alone where they contradict each other, as those of several machines may. */
export function clockFrom(readings: readonly ClockReading[]): NonNullable<CaFacts["clock"]> | undefined {
  const [first] = readings;
  if (first === undefined) return undefined;
  const leastMs = Math.max(...readings.map((reading) => reading.leastMs));
  const mostMs = Math.min(...readings.map((reading) => reading.mostMs));
  const agreed = leastMs <= mostMs ? { leastMs, mostMs } : first;
  return { ca: first.ca, ours: new Date(first.ca.getTime() + leadOf(agreed)) };
}

/** In whole seconds where one fits, as more would only seem exact. */
function leadOf({ leastMs, mostMs }: Pick<ClockReading, "leastMs" | "mostMs">): number {
  const middle = (leastMs + mostMs) / 2;
  const seconds = [Math.ceil(middle / 1000) * 1000, Math.floor(middle / 1000) * 1000];
  const fitting = seconds.filter((second) => second >= leastMs && second <= mostMs);
  const [nearest = middle] = fitting.sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle));
  return nearest;
}
