/** One list in JSON, in JSON with comments and in YAML is one plan, whatever is in it; each line is found again in each of them. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { folderWith, planOf } from "./lists.ts";

const word = fc.stringMatching(/^[a-z][a-z0-9 '"#:,{}[\]&*!|>%@`\\/.-]{0,12}$/);
const settings = {
  "ca-url": fc.constantFrom("ca.internal", "https://ca.internal:9000/x", "http://ca", ""),
  root: fc.oneof(word, fc.array(word, { maxLength: 3 })),
  "expires-in": fc.constantFrom("66%", "8h", "", "8", "0"),
  method: fc.constantFrom("auto", "mtls", "token", "no", "null", "true"),
  exec: fc.oneof(word, fc.array(word, { maxLength: 3 })),
  "exec-shell": fc.oneof(word, fc.constant("")),
  pid: fc.oneof(fc.integer({ min: -1, max: 9 }), fc.constantFrom("7", "0x7", "1e3", "")),
  "pid-file": word,
  signal: fc.oneof(fc.integer({ min: 0, max: 70 }), fc.constantFrom("HUP", "hup", "NOPE")),
  backup: fc.oneof(fc.integer({ min: 0, max: 101 }), fc.constantFrom("3", "03")),
  timeout: fc.constantFrom("5s", "0", "1m30s"),
  "password-file": word,
};
/** Seldom there: a list with many keys has a mistake in one of them. */
const seldom = (all: Record<string, fc.Arbitrary<unknown>>) =>
  Object.fromEntries(
    Object.entries(all).map(([key, arbitrary]) => [
      key,
      fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary }),
    ]),
  );
const entry = fc.record({ crt: word, key: word, ...seldom({ out: word, ...settings, kee: fc.boolean() }) });
const list = fc.record({
  certificates: fc.array(fc.oneof({ weight: 9, arbitrary: entry }, { weight: 1, arbitrary: fc.jsonValue() }), {
    minLength: 1,
    maxLength: 4,
  }),
  ...seldom({ concurrency: fc.integer({ min: 1, max: 9 }), ...settings }),
});

/** Comments before every token, and commas where the last element may have one. */
function commented(text: string): string {
  return text.replace(/("(?:[^"\\]|\\.)*")|([[{:,])|(?<![[{\s])(\s*)([\]}])/g, (whole, string, open, space, close) => {
    if (string !== undefined) return `/* "} */ ${string}`;
    if (open !== undefined) return `${open} // it's\n`;
    return close === undefined ? whole : `,${space}${close}`;
  });
}

interface Outcome {
  plan: unknown;
  lines: readonly number[];
}

/** A plan, or what was refused, without what the languages differ in: the name of the file, and where in it. */
async function outcomeOf(name: string, text: string): Promise<Outcome> {
  const folder = folderWith({ [name]: text });
  try {
    const read = await planOf(folder, name).catch((error: unknown) => error);
    const lines: number[] = [];
    const plain = JSON.stringify(read, (key, value: unknown) => {
      if (key === "line") lines.push(Number(value));
      return ["line", "column", "stack"].includes(key) ? undefined : value;
    });
    return { plan: JSON.parse(plain.replaceAll(join(folder, name), "LIST").replaceAll(folder, "FOLDER")), lines };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("one list is one plan", async () => {
  let [plans, broken, refused] = [0, 0, 0];
  await fc.assert(
    fc.asyncProperty(list, async (contents) => {
      const json = await outcomeOf("renew.json", JSON.stringify(contents));
      expect((await outcomeOf("renew.json", JSON.stringify(contents, null, 2))).plan).toEqual(json.plan);
      expect((await outcomeOf("renew.json", commented(JSON.stringify(contents, null, 1)))).plan).toEqual(json.plan);
      expect((await outcomeOf("renew.json", `\ufeff${JSON.stringify(contents)}\r\n`)).plan).toEqual(json.plan);
      expect((await outcomeOf("renew.yaml", stringify(contents))).plan).toEqual(json.plan);
      expect((await outcomeOf("renew.yml", stringify(contents, { defaultStringType: "QUOTE_DOUBLE" }))).plan).toEqual(
        json.plan,
      );
      if (!JSON.stringify(json.plan).includes('"entries"')) refused++;
      else if (JSON.stringify(json.plan).includes('"broken":[]')) plans++;
      else broken++;
    }),
    { numRuns: 300 },
  );
  expect(Math.min(plans, broken, refused)).toBeGreaterThan(3);
});

test("an entry is found on its line in every language", async () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(names, async (certificates) => {
      const contents = { certificates: certificates.map((name) => ({ crt: `${name}.crt`, key: `${name}.key` })) };
      const texts = {
        "renew.json": JSON.stringify(contents, null, 2),
        "commented.json": commented(JSON.stringify(contents, null, 2)),
        "renew.yaml": stringify(contents),
      };
      const folder = folderWith(texts);
      for (const name of Object.keys(texts)) {
        const lines = readFileSync(join(folder, name), "utf8").split("\n");
        const { entries } = await planOf(folder, name);
        expect(entries.length).toBe(certificates.length);
        for (const [index, { origin }] of entries.entries()) {
          const near = lines.slice(origin.line - 1, origin.line + 3).join("\n");
          expect(near).toContain(`${certificates[index]}.crt`);
        }
      }
      rmSync(folder, { recursive: true });
    }),
    { numRuns: 50 },
  );
});
