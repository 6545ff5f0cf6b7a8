/** Values as Go prints them. */

/** RFC 3339, whole seconds. */
export function goTime(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}

/** time.Time's own form: "2026-01-02 03:04:05 +0000 UTC". */
export function goTimeString(date: Date): string {
  return `${goTime(date).replace("T", " ").replace("Z", "")} +0000 UTC`;
}

/** time.Duration's own form, down to seconds: "48h0m0s", "5m0s", "1s". */
export function goDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (h > 0) return `${h}h${m}m${s}s`;
  return m > 0 ? `${m}m${s}s` : `${s}s`;
}

/** "1h30m", "90s", "1.5h"; null if it is none. */
export function parseGoDuration(text: string): number | null {
  const units = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  const sign = text.startsWith("-") ? -1 : 1;
  const parts = [...text.replace(/^[+-]/, "").matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)];
  if (parts.length === 0 || parts.map(([all]) => all).join("") !== text.replace(/^[+-]/, "")) return null;
  return sign * parts.reduce((sum, [, count, unit]) => sum + Number(count) * units[unit as keyof typeof units], 0);
}

/** A slice of strings under %v. */
export function goList(items: readonly string[]): string {
  return `[${items.join(" ")}]`;
}

/** encoding/json's Encoder: HTML-safe, and with a line end. */
export function goJson(value: unknown): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return `${JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, escaped)}\n`;
}
