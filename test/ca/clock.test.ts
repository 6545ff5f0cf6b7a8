import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Answer } from "../../src/ca/answer.ts";
import { clockFrom, clockReading } from "../../src/ca/clock.ts";

const base = Date.UTC(2026, 2, 2, 12, 0, 0);

/** An answer that the CA gave at `ca` by its clock, when ours is `lead` ahead; on the way there and back for so long. */
function answer({
  ca,
  lead,
  there = 0,
  back = 0,
}: {
  ca: number;
  lead: number;
  there?: number;
  back?: number;
}): Answer {
  const headers = { date: new Date(ca).toUTCString() };
  const at = new Date(ca + lead + back);
  return { url: "", status: 200, headers, body: Buffer.alloc(0), at, roundTripMs: there + back };
}

function leadFrom(answers: readonly Answer[]): number | undefined {
  const clock = clockFrom(answers.flatMap((one) => clockReading(one) ?? []));
  return clock && clock.ours.getTime() - clock.ca.getTime();
}

const exchange = fc.record({ after: fc.nat(4000), there: fc.nat(300), back: fc.nat(300) });

describe("the CA's clock", () => {
  test("is within a second and the round trip of what one answer says, and within what all of them say", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e8, max: 1e8 }),
        fc.array(exchange, { minLength: 1, maxLength: 8 }),
        (lead, all) => {
          const answers = all.map(({ after, ...way }) => answer({ ca: base + after, lead, ...way }));
          const readings = answers.flatMap((one) => clockReading(one) ?? []);
          for (const { leastMs, mostMs } of readings) {
            expect(lead).toBeGreaterThanOrEqual(leastMs);
            expect(lead).toBeLessThanOrEqual(mostMs);
            expect(leadFrom(answers)).toBeGreaterThanOrEqual(leastMs);
            expect(leadFrom(answers)).toBeLessThanOrEqual(mostMs);
          }
          const least = Math.max(...readings.map(({ leastMs }) => leastMs));
          const most = Math.min(...readings.map(({ mostMs }) => mostMs));
          expect(Math.abs((leadFrom(answers) ?? Number.NaN) - lead)).toBeLessThanOrEqual(most - least);
        },
      ),
      { seed: 1, numRuns: 500 },
    );
  });

  test("two answers around the turn of a second tell a difference below it", () => {
    const lead = 1400;
    const early = answer({ ca: base + 990, lead });
    const late = answer({ ca: base + 1010, lead });
    expect(Math.abs((leadFrom([early, late]) ?? 0) - lead)).toBeLessThanOrEqual(20);
  });

  test.each([
    ["the same", 0, 0],
    ["twenty minutes behind", -20 * 60_000, -20 * 60_000],
    ["an hour ahead", 3_600_000, 3_600_000],
  ])("that is %s is said in whole seconds", (_, lead, said) => {
    expect(leadFrom([answer({ ca: base, lead, there: 2, back: 2 })])).toBe(said + 0);
  });

  test("is that of the first answer where machines with other clocks answer too", () => {
    const [one, two] = [answer({ ca: base, lead: 5000 }), answer({ ca: base + 60_000, lead: -55_000 })];
    expect([leadFrom([one, two]), leadFrom([two, one])]).toEqual([5000, -55_000]);
  });

  test.each(["", "yesterday", "Mon, 99 Zzz 2026 99:99:99 GMT"])("is not in '%s'", (date) => {
    expect(clockReading({ ...answer({ ca: base, lead: 0 }), headers: { date } })).toBeUndefined();
    expect(clockFrom([])).toBeUndefined();
  });
});
