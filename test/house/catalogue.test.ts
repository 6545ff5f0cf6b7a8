import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { catalogue, codes } from "../../src/failure/catalogue/catalogue.ts";

const root = resolve(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => readFileSync(join(root, "src", name), "utf8"))
  .join("\n");

/** The README's table of exits: status to codes. */
const listed = Object.fromEntries(
  [...readme.matchAll(/^\| ([\d, ]+) \| [^|]* \| ([A-Z_ ]+) \|$/gm)].flatMap(([, exit = "", names = ""]) =>
    names
      .trim()
      .split(" ")
      .map((name) => [name, Number(exit.split(",")[0])] as const),
  ),
);

describe("every code", () => {
  test.each(codes)("%s is listed in the README with its exit status", (code) => {
    expect(listed[code]).toBe(catalogue[code].exit);
  });

  test.each(codes)("%s is thrown somewhere", (code) => {
    const isThrown = new RegExp(`Failure\\(\\s*"${code}"`).test(sources) || sources.includes(`return "${code}"`);
    expect(isThrown).toBe(true);
  });

  test("and the README lists no other", () => {
    expect(Object.keys(listed).filter((name) => !(name in catalogue))).toEqual([]);
  });
});
