/** Times and durations as people read them; always UTC, because certificates and CAs' logs are. */

/** `2026-11-25 09:12:03 UTC` */
export function instant(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
] as const;

/** The two largest units, rounded to the second of them: `3d4h`, `24h`, `12m5s`, `0.4s`. A day is named from two on. */
export function span(ms: number): string {
  const absolute = Math.abs(ms);
  if (absolute < 950) return `${Math.round(absolute / 100) / 10}s`;
  const found = units.findIndex(([unit, size]) => absolute >= (unit === "d" ? 2 * size : size - size / 1000));
  const first = found === -1 ? units.length - 1 : found; // almost a second is one
  const [unit, size] = units[first] ?? ["s", 1000];
  const [small, smallSize] = units[first + 1] ?? [unit, size];
  const rounded = Math.round(absolute / smallSize) * smallSize;
  const [count, rest] = [Math.floor(rounded / size), Math.round((rounded % size) / smallSize)];
  return rest === 0 ? `${count}${unit}` : `${count}${unit}${rest}${small}`;
}

/** `in 3d4h`, or `12m5s ago`. */
export function relative(date: Date, now: Date): string {
  const ms = date.getTime() - now.getTime();
  return ms >= 0 ? `in ${span(ms)}` : `${span(ms)} ago`;
}
