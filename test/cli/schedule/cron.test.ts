/** The line is what cron hands to sh, and the words of the command come out of that as they were. */
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cronLine } from "../../../src/cli/schedule/crontab.ts";
import { rhythms } from "../../../src/cli/schedule/rhythm.ts";
import { Failure } from "../../../src/failure/failure.ts";

const [, , , hourly] = rhythms;
if (hourly === undefined) throw new Error("no hourly rhythm");
const line = (words: readonly string[], more: { chance?: number; user?: string } = {}) =>
  cronLine(words, { rhythm: hourly, chance: more.chance ?? 0.5, user: more.user ?? null });

/** As Debian's cron and cronie read it: `\%` is a percent sign, a bare one ends the command. */
function asCron(text: string): string {
  const command = text.split(" ").slice(5).join(" ");
  expect(command).not.toMatch(/(?<!\\)%/);
  return command.replaceAll("\\%", "%");
}

function asShell(command: string): string[] {
  const { stdout, status } = spawnSync("sh", ["-c", `set -- ${command}\nprintf '%s\\0' "$@"`], { encoding: "utf8" });
  expect(status).toBe(0);
  return stdout.split("\0").slice(0, -1);
}

test.each([
  [["/usr/bin/node", "r.js", "--expires-in=66%"]],
  [["a b", "it's", `"q"`, "$HOME", "`id`", "*", "~", "#", ";", "é", "100%%", "-"]],
])("%j", (words) => expect(asShell(asCron(line(words)))).toEqual(words));

test("any words that cron can be told of", () => {
  const word = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 12 }).filter((one) => !one.includes("\\"));
  for (const words of fc.sample(fc.array(word, { minLength: 1, maxLength: 6 }), { numRuns: 60, seed: 3 }))
    expect(asShell(asCron(line(words)))).toEqual(words);
});

test.each([["a\\b"], ["x".repeat(1100)]])("%s is refused", (word) => expect(() => line([word])).toThrow(Failure));

describe("the times", () => {
  test.each(
    rhythms.flatMap((rhythm) =>
      [0, 0.37, 0.999999].map((chance) => [rhythm.everyMs / 60_000, chance, rhythm] as const),
    ),
  )("every %s minutes, by the chance %s", (minutes, chance, rhythm) => {
    const [minute = "", hour = "", ...rest] = cronLine(["x"], { rhythm, chance, user: null }).split(" ");
    expect(rest).toEqual(["*", "*", "*", "x"]);
    const listed = (field: string, end: number) =>
      field === "*" ? Array.from({ length: end }, (_, one) => one) : field.split(",").map(Number);
    const times = listed(hour, 24).flatMap((h) => listed(minute, 60).map((m) => h * 60 + m));
    const gaps = times.map(
      (time, index) => ((times[index + 1] ?? (times[0] ?? 0) + 1440) - time + 1440) % 1440 || 1440,
    );
    expect(times.every((time) => time >= 0 && time < 1440)).toBe(true);
    expect(new Set(gaps)).toEqual(new Set([minutes]));
  });
  test("of a file in /etc/cron.d, with its user", () => expect(line(["x"], { user: "web" })).toBe("30 * * * * web x"));
});
