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

/** The two largest units: `3d4h`, `12m5s`, `0.4s`. */
export function span(ms: number): string {
  const absolute = Math.abs(ms);
  if (absolute < 1000) return `${Math.round(absolute / 100) / 10}s`;
  const first = units.findIndex(([, size]) => absolute >= size);
  const [[unit, size] = ["s", 1000] as const, next] = units.slice(first, first + 2);
  const count = Math.floor(absolute / size);
  const rest = next === undefined ? 0 : Math.floor((absolute % size) / next[1]);
  return `${count}${unit}${rest > 0 && next ? `${rest}${next[0]}` : ""}`;
}

/** `in 3d4h`, or `12m5s ago`. */
export function relative(date: Date, now: Date): string {
  const ms = date.getTime() - now.getTime();
  return ms >= 0 ? `in ${span(ms)}` : `${span(ms)} ago`;
}
