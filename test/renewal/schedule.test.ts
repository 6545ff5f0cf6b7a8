/** As `step certificate needs-renewal` and `step ca renew --expires-in` have it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { due, dueFrom, type Window } from "../../src/renewal/schedule.ts";

const hour = 3_600_000;
const notBefore = new Date("2026-03-02T00:00:00Z");
const at = (hours: number) => new Date(notBefore.getTime() + hours * hour);
const duration = (hours: number): Window => ({ kind: "duration", ms: hours * hour });
const percent = (used: number): Window => ({ kind: "percent", used });
const hundred = { notBefore, notAfter: at(100) };

describe("due, of a hundred hours", () => {
  test.each<[string, Window | null, number, string]>([
    ["without a window always", null, 1, "asked"],
    ["a negative window is as good as none", duration(-1), 1, "asked"],
    ["so is one of nothing", duration(0), 1, "asked"],
    ["more is left than the window", duration(30), 69.9, "fresh"],
    ["as much is left as the window", duration(30), 70, "inside-window"],
    ["less is left", duration(30), 71, "inside-window"],
    ["a window longer than its life", duration(1000), 1, "inside-window"],
    ["fresh", percent(66), 1, "fresh"],
    ["67 percent gone", percent(66), 67, "inside-window"],
    ["66.5 percent gone", percent(66), 66.5, "inside-window"],
    ["66 percent gone, to the millisecond", percent(66), 66, "inside-window"],
    ["a millisecond less", percent(66), 66 - 1 / hour, "fresh"],
    ["70 percent gone, 75 wanted", percent(75), 70, "fresh"],
    ["76 percent gone, 75 wanted", percent(75), 76, "inside-window"],
    ["0% from the first moment on", percent(0), 0, "inside-window"],
    ["100% not before the end", percent(100), 99.99, "fresh"],
    ["100% at the end", percent(100), 100, "inside-window"],
    ["valid at its very end", null, 100, "asked"],
    ["expired after it", null, 100 + 1 / hour, "expired"],
    ["expired, whatever the window", duration(1), 200, "expired"],
    ["expired, with a percentage", percent(66), 200, "expired"],
    ["not valid yet", duration(1), -5, "fresh"],
    ["not valid yet, and no window", null, -5, "asked"],
  ])("%s", (_, window, now, because) => {
    const decision = due(hundred, window, at(now));
    expect(decision).toMatchObject({ due: because !== "fresh", because });
    if (!decision.due && window !== null) expect(decision.from).toEqual(dueFrom(hundred, window));
  });
});

test("a day and a minute are due at 66% after 15h51m4s", () => {
  const validity = { notBefore, notAfter: new Date(at(24).getTime() + 60_000) };
  const from = dueFrom(validity, percent(66)).getTime() - notBefore.getTime();
  expect(Math.ceil(from / 1000)).toBe(15 * 3600 + 51 * 60 + 4);
});

const validities = fc
  .record({ start: fc.integer({ min: 0, max: 4e12 }), life: fc.integer({ min: 1000, max: 1e12 }) })
  .map(({ start, life }) => ({ notBefore: new Date(start), notAfter: new Date(start + life) }));
const windows = fc.oneof(
  fc.integer({ min: 1, max: 1e12 }).map((ms): Window => ({ kind: "duration", ms })),
  fc.integer({ min: 0, max: 100 }).map((used): Window => ({ kind: "percent", used })),
);

test("what is due stays due, and the moment that was named is the moment", () => {
  fc.assert(
    fc.property(validities, windows, fc.integer({ min: 0, max: 5e12 }), (validity, window, now) => {
      const decision = due(validity, window, new Date(now));
      if (decision.due) expect(due(validity, window, new Date(now + 1)).due).toBe(true);
      else {
        expect(due(validity, window, decision.from).due).toBe(true);
        expect(due(validity, window, new Date(decision.from.getTime() - 1)).due).toBe(false);
      }
    }),
    { seed: 1, numRuns: 500 },
  );
});

test("a percentage counts whole percents, as step does", () => {
  fc.assert(
    fc.property(
      validities,
      fc.integer({ min: 1, max: 100 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (validity, used, share) => {
        const life = validity.notAfter.getTime() - validity.notBefore.getTime();
        const now = validity.notBefore.getTime() + Math.floor(life * share);
        const exact = ((now - validity.notBefore.getTime()) / life) * 100;
        if (Math.abs(exact - Math.round(exact)) < 1e-6) return; // a whole percent: step's own sum is not exact there
        expect(due(validity, percent(used), new Date(now)).due).toBe(Math.trunc(exact) >= used);
      },
    ),
    { seed: 2, numRuns: 500 },
  );
});
