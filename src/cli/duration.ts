/** Durations as Go writes them (`time.ParseDuration`), with `d` for days added, and percentages for `--expires-in`. */
import { Failure } from "../failure/failure.ts";
import type { Milliseconds, Window } from "../renewal/schedule.ts";

const units: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
/** Go's own limit, 2^63 nanoseconds: 292 years. */
const longestMs = 2 ** 63 / 1e6;
const part = /(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h|d)/y; // both letters that look like a micro sign;

/** Throws BAD_DURATION. */
export function parseDuration(value: string, flag: string): Milliseconds {
  const bad = (problem: string) => new Failure("BAD_DURATION", { flag, value, problem });
  const sign = value.startsWith("-") ? -1 : 1;
  const text = value.replace(/^[+-]/, "");
  if (text === "0") return 0;
  if (text === "") throw bad("There is no number in it.");
  if (/^\d+(\.\d+)?$/.test(text)) throw bad(`It lacks a unit: ${text}s, ${text}m or ${text}h?`);
  let total = 0;
  part.lastIndex = 0;
  while (part.lastIndex < text.length) {
    const found = part.exec(text);
    if (found === null) throw bad("A duration is numbers with units ms, s, m, h or d, without spaces.");
    total += Number(found[1]) * (units[found[2] ?? ""] ?? 0);
  }
  if (!(total < longestMs)) throw bad("It is longer than any certificate lives.");
  return sign * total;
}

/** `--expires-in`: a duration, or the share of the lifetime that has to pass, in whole percent from 0 to 100. */
export function parseWindow(value: string, flag: string): Window {
  const percent = /^([+-]?\d+)%$/.exec(value)?.[1];
  if (/^\d{1,2}$|^100$/.test(value) && value !== "0") {
    throw new Failure("BAD_DURATION", { flag, value, problem: `It lacks a unit: ${value}%, ${value}h or ${value}m?` });
  }
  if (percent === undefined && !value.includes("%")) return { kind: "duration", ms: parseDuration(value, flag) };
  const used = Number(percent) || 0;
  if (percent === undefined || used < 0 || used > 100) {
    throw new Failure("BAD_DURATION", { flag, value, problem: "A percentage is a whole number from 0% to 100%." });
  }
  return { kind: "percent", used };
}
