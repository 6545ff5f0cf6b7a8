import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { catalogue, codes } from "../../src/failure/catalogue/catalogue.ts";
import { causes } from "../../src/failure/diagnosis/causes.ts";
import { recognise } from "../../src/failure/diagnosis/recognise.ts";
import type { CauseId, Mender } from "../../src/failure/evidence.ts";

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

const menders: Record<Mender, string> = { you: "you", admin: "the administrator", both: "either" };

/** A row of the README's table of causes. A sentence of the log stands in backticks, which it must not hold itself. */
function row(id: CauseId): string {
  const { logs, who } = causes[id];
  const code = (log: string) => (log.includes("`") ? `\`\` ${log} \`\`` : `\`${log}\``);
  return `| ${id} | ${logs.map(code).join("<br>")} | ${menders[who]} |`;
}

describe("every cause", () => {
  const ids = Object.keys(causes) as CauseId[];

  test("is listed in the README, with its sentences in the CA's log and who mends it, in the order of their list", () => {
    const rows = readme
      .split("\n")
      .filter((line) => /^\| [A-Z_]+ \| .*\| (you|the administrator|either) \|$/.test(line));
    expect(rows).toEqual(ids.map(row));
  });

  test.each(ids)("%s is recognised by each sentence that it leaves in the CA's log", (id) => {
    for (const log of causes[id].logs) {
      const found = recognise(`time="2026-03-02T10:00:00Z" level=warning error=${JSON.stringify(log)} status=401`);
      expect(found.flatMap(({ ids: means }) => means)).toContain(id);
      expect(found.flatMap(({ ids: means }) => means).length, "few can mean it").toBeLessThanOrEqual(8);
    }
  });

  test.each(ids)("%s is spoken of nowhere by another name", (id) => {
    expect(causes[id].id).toBe(id);
    const pages = Object.values(causes).flatMap(({ page }) => page.match(/\b[A-Z]{2,}(_[A-Z]+)+\b/g) ?? []);
    expect(pages.filter((name) => !(name in causes) && !(name in catalogue))).toEqual([]);
  });
});
