import { expect, test } from "vitest";
import { nearest } from "../../src/failure/nearest.ts";

const known = ["production", "staging", "one", "two"];

test.each([
  ["prodution", "production"],
  ["PRODUCTION", "production"],
  ["prodcution", "production"],
  ["stagging", "staging"],
  ["tow", "two"],
  ["on", "one"],
  ["ones", "one"],
  ["", undefined],
  ["zzz", undefined],
  ["development", undefined],
])("'%s' stands for %s", (word, expected) => {
  expect(nearest(word, known)).toBe(expected);
});

test("nothing is near where nothing is known", () => {
  expect(nearest("one", [])).toBeUndefined();
});
