/** A line for cron (crontab(5)). */
import { Failure } from "../../failure/failure.ts";
import type { Rhythm } from "./rhythm.ts";

/** Debian's cron takes no longer command (MAX_COMMAND); cronie and BusyBox take more. */
const longest = 998;

/** `user` stands in a file of /etc/cron.d only. `chance`: a number from 0 to 1, for the minute and the hour. Throws CANNOT_SCHEDULE. */
export function cronLine(
  words: readonly string[],
  { rhythm, chance, user }: { rhythm: Rhythm; chance: number; user: string | null },
): string {
  for (const word of words) {
    // Debian's cron takes the second of two backslashes away, cronie does not.
    if (word.includes("\\")) throw new Failure("CANNOT_SCHEDULE", { by: "cron", word, problem: "backslash" });
  }
  const command = words.map(quoted).join(" ").replaceAll("%", "\\%");
  if (Buffer.byteLength(command) > longest)
    throw new Failure("CANNOT_SCHEDULE", { by: "cron", word: command, problem: "long", limit: longest });
  return [timesOf(rhythm, chance), ...(user === null ? [] : [user]), command].join(" ");
}

/** Minutes are listed, as not every cron knows `7-59/15`. */
function timesOf({ everyMs }: Rhythm, chance: number): string {
  const everyMinutes = everyMs / 60_000;
  if (everyMinutes === 1) return "* * * * *";
  const listed = (every: number, end: number, start: number) =>
    Array.from({ length: end / every }, (_, index) => start + index * every).join(",");
  const start = Math.floor(chance * Math.min(everyMinutes, 24 * 60));
  if (everyMinutes <= 60) return `${listed(everyMinutes, 60, start % everyMinutes)} * * * *`;
  return `${start % 60} ${listed(everyMinutes / 60, 24, Math.floor(start / 60))} * * *`;
}

/** Quoted for sh where it has to be; without a backslash, which cron has a meaning for. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}
