import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { need } from "../../src/renewal/need.ts";
import type { Window } from "../../src/renewal/schedule.ts";

const [second, minute, hour] = [1000, 60_000, 3_600_000];
const start = Date.UTC(2026, 0, 1);
const validity = (lifetimeMs: number) => ({ notBefore: new Date(start), notAfter: new Date(start + lifetimeMs) });
const at = (ms: number) => new Date(start + ms);
const percent = (used: number): Window => ({ kind: "percent", used });
const duration = (ms: number): Window => ({ kind: "duration", ms });

describe("a share counts in whole percent, the rest cut off", () => {
  const day = validity(24 * hour + minute);
  test.each([
    ["fresh", 0, 66, false],
    ["a default certificate, a second before 66 full percent", 15 * hour + 51 * minute + 3 * second, 66, false],
    ["and a second later", 15 * hour + 51 * minute + 4 * second, 66, true],
    ["65.9 percent", 0.659 * (24 * hour + minute), 66, false],
    ["67 percent", 0.67 * (24 * hour + minute), 66, true],
    ["at its end, 100%", 24 * hour + minute, 100, true],
    ["just before its end, 100%", 24 * hour, 100, false],
    ["after its end", 48 * hour, 100, true],
    ["fresh, 0%", 0, 0, true],
    ["half a percent before its beginning, 0%: cut off towards nothing", -0.005 * 24 * hour, 0, true],
    ["long before its beginning, 0%", -24 * hour, 0, false],
  ])("%s", (_, ms, used, needed) => {
    expect(need(day, percent(used), at(ms)).needed).toBe(needed);
  });
});

describe("a duration is met when no more than it is left", () => {
  const two = validity(2 * hour);
  test.each([
    ["more is left", hour, 30 * minute, false],
    ["exactly as much is left", hour, hour, true],
    ["a millisecond more is left", hour - 1, hour, false],
    ["less is left", hour, 100 * hour, true],
    ["0s, valid", hour, 0, false],
    ["0s, at the end", 2 * hour, 0, true],
    ["-1h, expired for ten minutes", 2 * hour + 10 * minute, -hour, false],
    ["-1h, expired for two hours", 4 * hour, -hour, true],
  ])("%s", (_, ms, window, needed) => {
    expect(need(two, duration(window), at(ms)).needed).toBe(needed);
  });
});

test.each([
  ["valid", -1, false],
  ["expired", 1, true],
])("a lifetime of nothing, %s", (_, ms, needed) => {
  expect(need(validity(0), percent(66), at(ms)).needed).toBe(needed);
});

test("once needed, always needed", () => {
  const window = fc.oneof(fc.integer({ min: 0, max: 100 }).map(percent), fc.integer({ max: 10 ** 9 }).map(duration));
  fc.assert(
    fc.property(
      window,
      fc.integer({ min: 1, max: 10 ** 9 }),
      fc.nat(2 * 10 ** 9),
      fc.nat(10 ** 9),
      (w, life, ms, later) => {
        const before = need(validity(life), w, at(ms)).needed;
        expect(before && !need(validity(life), w, at(ms + later)).needed).toBe(false);
      },
    ),
    { seed: 1 },
  );
});

test("the moment that is named is the one it is needed from, to the millisecond or the next", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1000, max: 10 ** 10 }), (used, life) => {
      const { from } = need(validity(life), percent(used), at(0));
      expect(need(validity(life), percent(used), new Date(from.getTime() + 1)).needed).toBe(true);
      expect(used > 0 && need(validity(life), percent(used), new Date(from.getTime() - 2)).needed).toBe(false);
    }),
    { seed: 2 },
  );
});
