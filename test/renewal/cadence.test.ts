/** When a daemon renews and when it tries again: whole distributions, not one sample. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Cadence, chanceOf, nextRenewal, retryDelay, type Trouble, wishOf } from "../../src/renewal/cadence.ts";

const hour = 3_600_000;
const base = Date.parse("2026-03-02T12:00:00Z");
const life = (lifetimeMs: number, serial = 0) => ({
  notBefore: new Date(base),
  notAfter: new Date(base + lifetimeMs),
  der: Buffer.from(`certificate ${serial}`),
});
const plain: Cadence = { window: null, periodMs: null };
const fresh = { started: new Date(base), renewed: null };

describe("the next renewal", () => {
  const moments = (lifetimeMs: number, cadence = plain) =>
    Array.from({ length: 4000 }, (_, serial) => nextRenewal(life(lifetimeMs, serial), cadence, fresh).getTime() - base);

  test.each([
    ["24h01m, as step: 14h48m to 16h", 24 * hour + 60_000, plain, (2 / 3) * (24 * hour + 60_000)],
    ["with a window of 8h", 24 * hour, { window: { kind: "duration", ms: 8 * hour }, periodMs: null }, 16 * hour],
    ["with a window of 66%", 100 * hour, { window: { kind: "percent", used: 66 }, periodMs: null }, 66 * hour],
  ] as const)("%s: spread evenly over a twentieth of the lifetime", (_, lifetimeMs, cadence, last) => {
    const all = moments(lifetimeMs, cadence).sort((a, b) => a - b);
    const width = lifetimeMs / 20;
    expect(Math.max(...all)).toBeLessThanOrEqual(last);
    expect(Math.min(...all)).toBeGreaterThanOrEqual(last - width);
    const tenths = Array.from({ length: 10 }, () => 0);
    for (const at of all)
      tenths[Math.min(9, Math.floor(((last - at) / width) * 10))] =
        1 + (tenths[Math.min(9, Math.floor(((last - at) / width) * 10))] ?? 0);
    for (const count of tenths) expect(count).toBeGreaterThan(320);
  });

  test("is a certificate's own, always the same", () => {
    expect(nextRenewal(life(hour, 7), plain, fresh)).toEqual(
      nextRenewal(life(hour, 7), plain, { ...fresh, started: new Date(base + 5) }),
    );
    expect(chanceOf(life(hour, 1))).not.toBe(chanceOf(life(hour, 2)));
  });

  test("no window makes it spin: a tenth of the lifetime lies between two", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3000, max: 1000 * hour }),
        fc.integer({ min: 1, max: 5000 * hour }),
        (lifetimeMs, ms) => {
          const renewed = new Date(base);
          const next = nextRenewal(
            life(lifetimeMs),
            { window: { kind: "duration", ms }, periodMs: null },
            { ...fresh, renewed },
          );
          expect(next.getTime() - base).toBeGreaterThanOrEqual(Math.floor(lifetimeMs / 10));
          expect(next.getTime()).toBeLessThanOrEqual(base + lifetimeMs);
        },
      ),
    );
  });

  test("a period counts from the last renewal, and ends before the certificate does", () => {
    const period: Cadence = { window: null, periodMs: 2000 };
    expect(nextRenewal(life(10 * hour), period, fresh)).toEqual(new Date(base + 2000));
    const renewed = new Date(base + hour);
    expect(nextRenewal(life(10 * hour), period, { ...fresh, renewed })).toEqual(new Date(base + hour + 2000));
    expect(nextRenewal(life(hour), { ...period, periodMs: 0.99 * hour }, fresh)).toEqual(new Date(base + 0.9 * hour));
    expect(nextRenewal(life(hour), { ...period, periodMs: 1 }, { ...fresh, renewed })).toEqual(
      new Date(base + hour + 1000),
    );
  });
});

describe("trying again", () => {
  const trouble = fc.record({
    verdict: fc.constantFrom("later" as const, "after-fix" as const, "never" as const),
    count: fc.integer({ min: 1, max: 100 }),
    leftMs: fc.integer({ min: -1000 * hour, max: 1000 * hour }),
    lifetimeMs: fc.integer({ min: 3000, max: 2000 * hour }),
    chance: fc.double({ min: 0, max: 1, noNaN: true }),
    wishMs: fc.constant(null),
  });

  test("grows from 5 s, and stays below a tenth of what is left", () => {
    const later = (count: number, leftMs = 100 * hour): number =>
      retryDelay({ verdict: "later", count, leftMs, lifetimeMs: 200 * hour, chance: 1, wishMs: null });
    expect([1, 2, 3, 4].map((count) => later(count))).toEqual([5000, 10_000, 20_000, 40_000]);
    expect(later(50)).toBe(hour);
    expect(later(50, hour)).toBe(hour / 10);
    fc.assert(
      fc.property(trouble, (one) => {
        const delay = retryDelay(one);
        expect(delay).toBeGreaterThan(300);
        if (one.leftMs > 0) expect(delay).toBeLessThanOrEqual(Math.max(500, one.leftMs / 10));
        else expect(delay).toBeLessThanOrEqual(hour);
      }),
    );
  });

  test("comes ten times at least before the end, whatever the verdict", () => {
    fc.assert(
      fc.property(trouble, fc.integer({ min: 60_000, max: 1000 * hour }), (one, leftAtFirst) => {
        let left = leftAtFirst;
        let tries = 0;
        for (let count = 1; left > 0 && tries < 10; count++, tries++)
          left -= retryDelay({ ...one, count, leftMs: left });
        expect(tries).toBe(10);
        expect(left).toBeGreaterThan(0);
      }),
    );
  });

  test("spreads over a quarter", () => {
    const one: Trouble = { verdict: "later", count: 3, leftMs: 100 * hour, lifetimeMs: 1, chance: 0, wishMs: null };
    expect([retryDelay(one), retryDelay({ ...one, chance: 0.5 })]).toEqual([15_000, 17_500]);
  });

  test("a CA's wish counts, as long as the certificate lives", () => {
    const one: Trouble = { verdict: "later", count: 1, leftMs: hour, lifetimeMs: 2 * hour, chance: 1, wishMs: 60_000 };
    expect(retryDelay(one)).toBe(60_000);
    expect(retryDelay({ ...one, wishMs: 1 })).toBe(5000);
    expect(retryDelay({ ...one, wishMs: 10 * hour })).toBe(0.9 * hour);
    expect(retryDelay({ ...one, leftMs: -1, wishMs: 10 * hour })).toBe(10 * hour);
  });

  test.each([
    [undefined, null],
    ["120", 120_000],
    [" 7 ", 7000],
    ["Mon, 02 Mar 2026 12:01:00 GMT", 60_000],
    ["Mon, 02 Mar 2026 11:00:00 GMT", 0],
    ["soon", null],
  ])("Retry-After: %s", (text, ms) => {
    expect(wishOf(text, new Date(base))).toBe(ms);
  });
});
