/** What the README shows of a screen is what a transcript has. */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const folder = join(root, "test/transcripts");
const transcripts = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
const blocks = [...readFileSync(join(root, "README.md"), "utf8").matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(
  ([, text = ""]) => text,
);
const screens = blocks.filter((text) => /^error\[|^ {2}forecast /.test(text));

test("there are screens in it", () => expect(screens.length).toBeGreaterThan(3));

test.each(screens)("%s", (screen) => {
  expect(transcripts.filter((text) => text.includes(screen)).length).toBeGreaterThan(0);
});
