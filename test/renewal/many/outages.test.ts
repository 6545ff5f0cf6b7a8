import { describe, expect, test } from "vitest";
import { Failure } from "../../../src/failure/failure.ts";
import { mostInARow, Outages } from "../../../src/renewal/many/outages.ts";
import type { Entry } from "../../../src/renewal/many/plan.ts";

const at = (seconds: number) => new Date(1_800_000_000_000 + seconds * 1000);
const entryOf = (href: string, root = "root.crt") =>
  ({ policy: { ca: { href }, root: { value: root } } }) as unknown as Entry;
const one = entryOf("https://one");
const timeout = new Failure("CA_TIMEOUT", { url: "https://one", phase: "connect", limitMs: 1 });
const missing = new Failure("FILE_MISSING", { file: "x", role: "key", similar: [] });

function fail(outages: Outages, times: number, failure: Failure | null, seconds = 0) {
  return Array.from({ length: times }, () => outages.note(one, failure, at(seconds))).findIndex(
    (told) => told !== null,
  );
}

describe("a CA is left alone", () => {
  test("after so many failures in a row, and told of once", () => {
    const outages = new Outages(() => 5000);
    expect(fail(outages, mostInARow + 3, timeout)).toBe(mostInARow - 1);
    expect(outages.of(one, at(4.9))?.failure).toBe(timeout);
    expect(outages.of(one, at(5))).toBeNull();
  });

  test.each([
    ["a success", null],
    ["a failure that is not its own", missing],
  ])("not where %s comes in between", (_, between) => {
    const outages = new Outages(() => 5000);
    for (let round = 0; round < 5; round++) {
      expect(fail(outages, mostInARow - 1, timeout)).toBe(-1);
      fail(outages, 1, between);
    }
    expect(outages.of(one, at(0))).toBeNull();
  });

  test("longer each time, from the first failure on; and as at first after a success", () => {
    const outages = new Outages((count) => count * 1000);
    fail(outages, mostInARow, timeout);
    expect(fail(outages, 1, timeout, 1)).toBe(0);
    expect(outages.of(one, at(2.9))).not.toBeNull();
    expect(outages.of(one, at(3))).toBeNull();
    fail(outages, 1, null, 3);
    expect(fail(outages, mostInARow - 1, timeout, 3)).toBe(-1);
  });

  test("and no other, nor the same by another root", () => {
    const outages = new Outages(() => Number.POSITIVE_INFINITY);
    fail(outages, mostInARow, timeout);
    expect(outages.of(one, at(1e9))).not.toBeNull();
    expect(outages.of(entryOf("https://two"), at(0))).toBeNull();
    expect(outages.of(entryOf("https://one", "other.crt"), at(0))).toBeNull();
  });
});
