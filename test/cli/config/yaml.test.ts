/** What YAML has and JSON has not: aliases, merge keys, keys of any kind, several documents. */
import { rmSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { readYaml } from "../../../src/cli/config/yaml.ts";
import { isFailure } from "../../../src/failure/failure.ts";
import { folderWith, planOf } from "./lists.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});
const planFrom = (text: string) => {
  const folder = folderWith({ "renew.yaml": text });
  folders.push(folder);
  return planOf(folder, "renew.yaml");
};
/** What is told of the list as a whole, or of its first broken entry. */
const refusalOf = async (text: string) => {
  const failure = await planFrom(text).then(
    ({ broken: [first] }) => first?.failure,
    (error: unknown) => error,
  );
  return isFailure(failure, "BAD_RUN_CONFIG") ? failure.facts : failure;
};

const first = "certificates:\n  - &base\n    crt: a.crt\n    key: a.key\n    exec: a\n    timeout: 5s\n";

describe("is told where it stands", () => {
  test.each<[string, string, object]>([
    [
      "an alias of nothing",
      `${first}  - crt: *bsae\n    key: b\n`,
      { line: 7, column: 10, entry: 2, problem: { kind: "syntax", said: expect.stringContaining("&bsae") } },
    ],
    ["an alias before its anchor", "root: *r\ncertificates: &r []\n", { line: 1, column: 7 }],
    ["an alias in what it names", "root: a\nexec: &x [*x]\n", { line: 2, column: 11, problem: { kind: "syntax" } }],
    [
      "a key that is called null",
      `${first}  - crt: b\n    key: b\n    null: x\n`,
      { line: 9, entry: 2, problem: { kind: "unknown-key", key: "null" } },
    ],
    ["a key of nothing", "root: a\n: b\n", { line: 2, problem: { kind: "unknown-key", key: "" } }],
    [
      "a key that is a list",
      "root: a\n? [a, b]\n: c\n",
      { line: 2, column: 3, problem: { said: "a key has to be text" } },
    ],
    [
      "a second document",
      "certificates: []\n---\na: b\n",
      { line: 2, column: 1, problem: { said: "a second document begins here, and a list is one" } },
    ],
    ["a merge of text", `${first}  - <<: x\n`, { line: 7, column: 5, entry: 2, problem: { kind: "syntax" } }],
    [
      "an unknown key in a merge",
      `${first}  - <<: {crt: b,\n     kee: b}\n`,
      { line: 8, entry: 2, problem: { key: "kee" } },
    ],
  ])("%s", async (_, text, facts) => {
    expect(await refusalOf(text)).toMatchObject(facts);
  });

  test("an alias of nothing in entry 9001 of ten thousand", async () => {
    const entries = Array.from(
      { length: 10_000 },
      (_, index) => `  - crt: ${index === 9000 ? "*base" : index}\n    key: k\n`,
    );
    expect(await refusalOf(`certificates:\n${entries.join("")}`)).toMatchObject({
      line: 18_002,
      column: 10,
      entry: 9001,
    });
  });

  test("what is merged by an alias is told at the merge key", async () => {
    const { broken } = await planFrom(`${first}    kee: x\n  - crt: b\n    <<: *base\n`);
    expect(broken.map(({ failure }) => failure.facts)).toMatchObject([
      { line: 7, entry: 1 },
      { line: 9, entry: 2, crt: "b" },
    ]);
  });
});

describe("a merge key", () => {
  const policiesOf = async (text: string) => {
    const { entries, broken } = await planFrom(text);
    expect(broken).toEqual([]);
    return entries.map(({ policy }) => policy);
  };

  test.each([
    ["before its own keys", "  - <<: *base\n    crt: b.crt\n    key: b.key\n    timeout: 7s\n"],
    ["behind its own keys", "  - crt: b.crt\n    key: b.key\n    timeout: 7s\n    <<: *base\n"],
    [
      "of several, the first of which counts most",
      "  - <<: [{crt: b.crt, key: b.key}, {timeout: 7s, crt: x}, *base]\n",
    ],
  ])("gives an entry what it does not say itself, %s", async (_, entry) => {
    const [base, merged] = await policiesOf(first + entry);
    expect(base).toMatchObject({ timeoutMs: 5000 });
    expect(merged).toMatchObject({ timeoutMs: 7000, paths: { certificate: expect.stringMatching(/\/b\.crt$/) } });
    expect(merged?.hooks).toBe(base?.hooks);
  });

  test("that is said to be a text is a key like others", () => {
    expect(readYaml("a: &a {b: 1}\n!!str <<: *a\n", 1000)).toMatchObject({ written: { value: { "<<": { b: 1 } } } });
  });

  test("and aliases are values of any kind, also a key's name", async () => {
    expect(readYaml("a: &name b\n*name : 2\n", 1000)).toMatchObject({ written: { value: { a: "b", b: 2 } } });
    const [, second] = await policiesOf(
      `${first}  - &whole\n    crt: &name b.crt\n    key: &key b.key\n    &exec exec: *name\n    out: *exec\n`,
    );
    expect(second).toMatchObject({ out: expect.stringMatching(/\/exec$/), hooks: { exec: { words: ["b.crt"] } } });
  });

  test("may stand in each of ten thousand", async () => {
    const entries = Array.from({ length: 10_000 }, (_, index) => `  - {<<: *base, crt: ${index}.crt, key: *k}\n`);
    const text = first.replace("key: a.key", "key: &k a.key") + entries.join("");
    expect((await policiesOf(text)).length).toBe(10_001);
  });
});

test("what is quoted and empty is not nothing", () => {
  expect(readYaml('""\n', 1000)).toMatchObject({ written: { value: "" } });
  expect(readYaml("# a comment\n", 1000)).toEqual({ empty: true });
});

/** Among as many, a look at each for each would take minutes. */
test("a key that stands twice among a hundred thousand is found", () => {
  const keys = Array.from({ length: 100_000 }, (_, index) => `k${index}: 1\n`).join("");
  expect(readYaml(`${keys}k7: 1\n`, 1e9)).toMatchObject({ twice: { key: "k7", position: { line: 100_001 } } });
});

test.each([
  ["many letters", `- &a {k: ${"x".repeat(400)}}\n`],
  ["many keys, however short they are", "- &a {k: 1, l: 2, m: 3, n: 4, o: 5, p: 6, q: 7, r: 8, s: 9, t: 0}\n"],
])("%s are merged until it is too much, and told there", (_, base) => {
  const textOf = (times: number) => base + "- {<<: *a}\n".repeat(times);
  expect(readYaml(textOf(2), 1000)).toMatchObject({ written: { value: { length: 3 } } });
  expect(readYaml(textOf(9), 1000)).toMatchObject({ tooLarge: { position: { line: 4, column: 8 } } });
});
