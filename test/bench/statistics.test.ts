import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { intoDocument } from "./document.ts";
import { inTurn } from "./rounds.ts";
import { compare, isMet, median, quantile } from "./statistics.ts";

test("a median is the middle, or lies between the two", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(quantile([1, 2, 3, 4, 5], 0.25)).toBe(2);
});

test("the ratio is that of the medians, the spread that of each round's own", () => {
  const found = compare([10, 20, 90], [10, 10, 30]);
  expect(found).toEqual({ ownMedian: 20, peerMedian: 10, ratio: 2, best: 1, quartiles: [1.5, 2.5] });
});

test("a goal at its very value is met", () => {
  expect(isMet({ is: "at most", value: 1.3 }, 1.3)).toBe(true);
  expect(isMet({ is: "at most", value: 1.3 }, 1.31)).toBe(false);
  expect(isMet({ is: "at least", value: 6 }, 5.9)).toBe(false);
});

test("every second round goes the other way round, and the first one does not count", async () => {
  const order: string[] = [];
  const ran = (name: string) => async () => order.push(name);
  const taken = await inTurn({ a: ran("a"), b: ran("b") }, { rounds: 3 });
  expect(order.join("")).toBe("ba" + "ab" + "ba" + "ab");
  expect([taken("a"), taken("b")]).toEqual([
    [3, 6, 7],
    [4, 5, 8],
  ]);
});

test("a table goes between its marks, and a table without a place is not dropped", () => {
  const folder = mkdtempSync(join(tmpdir(), "renew-document-"));
  const file = join(folder, "document.md");
  writeFileSync(file, "one\n<!-- bench a -->\nold\n<!-- bench end -->\ntwo\n<!-- bench b -->\n<!-- bench end -->\n");
  try {
    intoDocument(file, { a: "new $& text" });
    expect(readFileSync(file, "utf8")).toBe(
      "one\n<!-- bench a -->\n\nnew $& text\n\n<!-- bench end -->\ntwo\n<!-- bench b -->\n<!-- bench end -->\n",
    );
    expect(() => intoDocument(file, { c: "x" })).toThrow("no place for c");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
