import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDuration, parseWindow } from "../../src/cli/duration.ts";
import { isFailure } from "../../src/failure/failure.ts";

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];

const refusal = (work: () => unknown) => {
  try {
    return work();
  } catch (error) {
    if (isFailure(error, "BAD_DURATION")) return { code: error.code, flag: error.facts.flag, value: error.facts.value };
    throw error;
  }
};

describe("a duration is written as in Go, and days besides", () => {
  test.each([
    ["1h30m", 1.5 * hour],
    ["1.5h", 1.5 * hour],
    [".25h", 15 * minute],
    ["0.25h", 15 * minute],
    ["1.h", hour],
    ["+90m", 90 * minute],
    ["-1h", -hour],
    ["-1h30m", -1.5 * hour],
    ["5400s", 90 * minute],
    ["5400000ms", 90 * minute],
    ["900.5s", 900.5 * second],
    ["1d", day],
    ["2d12h", 2.5 * day],
    ["1h1h", 2 * hour],
    ["30s", 30 * second],
    ["100ms", 100],
    ["1000us", 1],
    ["1000µs", 1],
    ["1000μs", 1],
    ["1000000ns", 1],
    ["0", 0],
    ["+0", 0],
    ["0s", 0],
  ])("%s", (text, ms) => {
    expect(parseDuration(text, "--timeout")).toBeCloseTo(ms, 6);
  });

  test.each([
    "soon",
    "1x",
    "1h 30m",
    "-",
    "+",
    "",
    ".",
    ".h",
    "1.2.3h",
    "90",
    "1.5",
    "1e3s",
    "--1h",
    "1h-30m",
    " 1h",
    "1h ",
  ])("'%s' is none", (text) => {
    const expected = { code: "BAD_DURATION", flag: "--timeout", value: text };
    expect(refusal(() => parseDuration(text, "--timeout"))).toEqual(expected);
  });

  test.each([
    "h",
    "1H",
    "1 h",
    "٣h",
    "1hour",
    "1w",
    "75%",
    "293y",
    "106752d",
    "1000000000h",
    "9".repeat(400),
    `${"9".repeat(400)}h`,
  ])("nor is '%s'", (text) =>
    expect(refusal(() => parseDuration(text, "--timeout"))).toMatchObject({ code: "BAD_DURATION" }),
  );

  test("no duration leads out of the calendar", () => {
    const now = Date.UTC(2026, 0, 1);
    expect(Number.isNaN(new Date(now - parseDuration("106751d", "--timeout")).getTime())).toBe(false);
  });
});

describe("--expires-in also takes the share of the lifetime that has passed", () => {
  test.each([
    ["66%", 66],
    ["0%", 0],
    ["100%", 100],
    ["+75%", 75],
    ["075%", 75],
  ])("%s", (text, used) => {
    expect(parseWindow(text, "--expires-in")).toEqual({ kind: "percent", used });
  });

  test.each(["101%", "66.5%", "-1%", "%", "66 %", "66%%", "%66", "1h%", "1e1%", "999999999999999999999%"])(
    "not '%s'",
    (text) => {
      const expected = { code: "BAD_DURATION", flag: "--expires-in", value: text };
      expect(refusal(() => parseWindow(text, "--expires-in"))).toEqual(expected);
    },
  );

  test("a duration stays one", () => {
    expect(parseWindow("8h", "--expires-in")).toEqual({ kind: "duration", ms: 8 * hour });
  });
});

test("the parts of a duration add up, in any order and with either sign", () => {
  const units = { ms: 1, s: second, m: minute, h: hour, d: day };
  const parts = fc.array(fc.record({ count: fc.nat(999), unit: fc.constantFrom("ms", "s", "m", "h", "d") }), {
    minLength: 1,
  });
  fc.assert(
    fc.property(parts, fc.constantFrom("", "+", "-"), (list, sign) => {
      const text = sign + list.map(({ count, unit }) => `${count}${unit}`).join("");
      const total = list.reduce((sum, { count, unit }) => sum + count * (units[unit as "s"] ?? 0), 0);
      expect(parseDuration(text, "--timeout")).toBe((sign === "-" ? -total : total) || 0);
    }),
    { seed: 1 },
  );
});

test("whatever is written, it is a number of milliseconds or BAD_DURATION", () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[-+]?[0-9.]*(ns|us|ms|[smhd%])?[0-9.]*[smhd%]?$/));
  fc.assert(
    fc.property(text, (value) => {
      const parsed = refusal(() => parseWindow(value, "--expires-in"));
      const isWindow = typeof parsed === "object" && parsed !== null && "kind" in parsed;
      expect(isWindow ? Object.values(parsed).every((part) => !Number.isNaN(part)) : parsed).toBeTruthy();
    }),
    { seed: 2, numRuns: 500 },
  );
});
