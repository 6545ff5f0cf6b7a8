/** The published schema says of a list what the reader says: the same keys, and the same verdict where a schema can tell. */
import { readFileSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, describe, expect, test } from "vitest";
import { fileKeys, kinds, methods, mostAtOnce, settingKeys, topKeys } from "../../../src/cli/config/keys.ts";
import { mostBackups } from "../../../src/files/names.ts";
import { folderWith, pair, planOf } from "./lists.ts";

const root = resolve(import.meta.dirname, "../../..");
const schema = JSON.parse(readFileSync(resolve(root, "src/cli/config/run.schema.json"), "utf8")) as {
  properties: Record<string, Record<string, unknown>>;
  $defs: Record<string, { properties: Record<string, Record<string, unknown>> }>;
};
const validate = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, strictTuples: false }).compile(
  schema,
);

const sorted = (keys: readonly string[]) => [...keys].sort();
const keysOf = (name: string) => sorted(Object.keys(schema.$defs[name]?.properties ?? {}));

describe("the keys", () => {
  test("of the top are the reader's", () => {
    expect(sorted(Object.keys(schema.properties))).toEqual(sorted([...topKeys, ...Object.keys(settingKeys)]));
  });

  test("of an entry are the reader's", () => {
    expect(keysOf("entry")).toEqual(sorted([...Object.keys(fileKeys), ...Object.keys(settingKeys)]));
    expect(keysOf("settings")).toEqual(sorted(Object.keys(settingKeys)));
  });

  test("have the reader's limits and words", () => {
    const settings = schema.$defs["settings"]?.properties ?? {};
    expect(settings["method"]?.["enum"]).toEqual([...methods, ""]);
    expect(schema.properties["concurrency"]?.["maximum"]).toBe(mostAtOnce);
    expect(JSON.stringify(settings["backup"])).toContain(`"maximum":${mostBackups}`);
  });

  test("are all in the help", async () => {
    const { runHelp } = await import("../../../src/cli/commands/run-help.ts");
    const readme = readFileSync(resolve(root, "README.md"), "utf8");
    for (const key of [...Object.keys(fileKeys), ...Object.keys(settingKeys), ...topKeys.slice(0, 3)]) {
      expect(runHelp).toMatch(new RegExp(`^ {4}.*\\b${key}\\b|also: ${key}`, "m"));
      expect(readme).toContain(`\`${key}\``);
    }
  });
});

test("the package ships it", async () => {
  const { exports } = JSON.parse(readFileSync(resolve(root, "package.json"), "utf8")) as { exports: object };
  expect(exports).toMatchObject({ "./run.schema.json": "./dist/run.schema.json" });
});

/** Values that are tried behind each key, whatever it is. */
const values: readonly unknown[] = [
  "",
  "x",
  "/a/b.crt",
  "a,b",
  ",",
  "0",
  "7",
  "100",
  "0s",
  "-1h",
  "1h30m",
  "2d",
  ".5s",
  "1h x",
  "66%",
  "101%",
  "-1%",
  "6.5%",
  "auto",
  "token",
  "MTLS",
  "https://ca.internal:9000/x",
  "http://ca.internal",
  "HUP",
  "conf.d",
  0,
  1,
  7,
  99,
  100,
  1001,
  -1,
  1.5,
  true,
  null,
  [],
  [""],
  ["x"],
  ["x", "y"],
  ["x", ""],
  ["x", 7],
  [["x"]],
  {},
  { crt: "x" },
];

/** What takes more than a form to know: a quote that is open, a signal that this system has. */
const beyond: Readonly<Record<string, (value: unknown) => boolean>> = {
  signal: (value) => typeof value === "string" || value === 7,
  pid: () => false,
  // Whether it is a URL.
  "ca-url": (value) => typeof value === "string" && !["", "x", "conf.d", "http://ca.internal"].includes(value),
  include: () => true,
  certificates: () => false,
};

describe("the verdict", () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  const isTaken = async (contents: unknown): Promise<boolean> => {
    const folder = folderWith({ "renew.json": contents });
    folders.push(folder);
    return planOf(folder).then(
      ({ broken }) => broken.length === 0,
      () => false,
    );
  };

  test.each(Object.keys(settingKeys))("on any value of %s is the reader's, at the top and in an entry", async (key) => {
    let [taken, refused] = [0, 0];
    for (const value of values) {
      if (beyond[key]?.(value)) continue;
      for (const contents of [
        { [key]: value, certificates: [pair("a")] },
        { certificates: [pair("a", { [key]: value })] },
      ]) {
        const verdict = validate(contents);
        expect([key, value, verdict]).toEqual([key, value, await isTaken(contents)]);
        if (verdict) taken++;
        else refused++;
      }
    }
    expect(taken).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
  });

  test.each(Object.keys(fileKeys))("on any value of %s is the reader's", async (key) => {
    for (const value of values) {
      const contents = { certificates: [{ crt: "first.crt", key: "first.key", [key]: value }] };
      expect([key, value, validate(contents)]).toEqual([key, value, await isTaken(contents)]);
    }
  });

  const top = (more: object) => ({ certificates: [pair("a")], ...more });
  const entry = (more: object) => ({ certificates: [pair("a", more)] });
  test.each<[string, unknown, boolean]>([
    ["the smallest", { "ca-url": "https://ca:9000", root: "root_ca.crt", certificates: [pair("a")] }, true],
    ["with $schema", top({ $schema: "x" }), true],
    ["with $schema that is none", top({ $schema: 7 }), false],
    ["with concurrency", top({ concurrency: 8 }), true],
    ["with no concurrency", top({ concurrency: 0 }), false],
    ["with concurrency in words", top({ concurrency: "8" }), false],
    ["with an unknown key", top({ "ca-ulr": "x" }), false],
    ["with an unknown key in an entry", entry({ crtt: "x" }), false],
    ["with crt at the top", top({ crt: "x" }), false],
    ["with include in an entry", entry({ include: "x" }), false],
    ["without certificates", { root: "x" }, false],
    ["with an empty list", { certificates: [] }, false],
    ["with no list", { certificates: pair("a") }, false],
    ["with an entry that is a text", { certificates: ["a"] }, false],
    ["with an entry without key", { certificates: [{ crt: "a" }] }, false],
    ["with an entry without crt", { certificates: [{ key: "a" }] }, false],
    ["with rivals", top({ exec: "a", "exec-shell": "b" }), false],
    ["with rivals in an entry", entry({ pid: 1, "pid-file": "b" }), false],
    ["with a rival in an entry", { exec: "a", certificates: [pair("a", { "exec-shell": "b" })] }, true],
    ["with an empty rival", top({ exec: "", "exec-shell": "b" }), true],
    ["with both names of out", entry({ out: "a", outputs: "b" }), false],
    ["with forms by their names", entry({ also: { combined: "a.pem", leaf: ["b.pem", "c.pem"] } }), true],
    ["with forms as on a command line", entry({ also: ["combined=a.pem", "root=b.pem"] }), true],
    ["with one form as on a command line", entry({ also: "der=a.der" }), true],
    ["with a p12", { "p12-password-file": "p", certificates: [pair("a", { also: { p12: "a.p12" } })] }, true],
    ["with an unknown form", entry({ also: { haproxy: "a.pem" } }), false],
    ["with a form without a file", entry({ also: ["combined="] }), false],
    ["with forms at the top", top({ also: { combined: "a.pem" } }), false],
    ["that is a list", [pair("a")], false],
    ["that is null", null, false],
  ])("on one %s is the reader's", async (_, contents, verdict) => {
    expect(validate(contents)).toBe(verdict);
    expect(await isTaken(contents)).toBe(verdict);
  });

  test("is said of every kind that a key has", () => {
    const used = new Set<string>([
      ...Object.values(settingKeys).map(({ kind }) => kind),
      ...Object.values(fileKeys),
      "number",
    ]);
    expect(sorted([...used])).toEqual(sorted(Object.keys(kinds)));
  });
});
