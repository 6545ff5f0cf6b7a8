/** Durations as people read them. */
import { expect, test } from "vitest";
import { span } from "../../src/failure/time.ts";

test.each([
  [0, "0s"],
  [400, "0.4s"],
  [949, "0.9s"],
  [950, "1s"],
  [998, "1s"],
  [999, "1s"],
  [1499, "1s"],
  [-960, "1s"],
  [59_940, "1m"],
  [725_000, "12m5s"],
  [86_400_000, "24h"],
  [2 * 86_400_000, "2d"],
  [76 * 3_600_000, "3d4h"],
])("%i ms are %s", (ms, words) => {
  expect(span(ms)).toBe(words);
});
