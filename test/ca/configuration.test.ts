/** step's configuration: one CA in STEPPATH, or several as contexts, each with an authority and a profile. */
import { describe, expect, test } from "vitest";
import { type Asked, configuration } from "../../src/ca/configuration.ts";
import { isFailure } from "../../src/failure/failure.ts";
import { MemoryDisk, systemError } from "../support/disk.ts";
import { odd, recorded } from "../support/faults.ts";

const nothing: Asked = { context: null, config: undefined };
const byFlag = (value: string): Asked => ({ ...nothing, context: { value, from: "--context" } });
const byEnvironment = (value: string): Asked => ({ ...nothing, context: { value, from: "STEP_CONTEXT" } });

/** Files below /step, as text. */
function disk(files: Record<string, string>) {
  return Object.entries(files).reduce((all, [name, text]) => all.put(`/step/${name}`, text), new MemoryDisk());
}

const env = { STEPPATH: "/step" };

/** The values that are found, from where, and what is said; or the failure. */
function found(files: Record<string, string>, asked: Asked, isVital = true) {
  const settings = configuration(asked, { env, fs: disk(files) });
  try {
    const values = Object.entries(settings.values(isVital)).map(([name, { value }]) => [name, value]);
    return { values: Object.fromEntries(values), remarks: settings.remarks(), root: settings.place().root };
  } catch (error) {
    if (isFailure(error)) return { code: error.code, ...error.facts };
    throw error;
  }
}

describe("without contexts", () => {
  test("there is one defaults.json, and one place for the root", () => {
    expect(found({ "config/defaults.json": '{"ca-url":"ca"}' }, nothing)).toEqual({
      values: { "ca-url": "ca" },
      remarks: [],
      root: "/step/certs/root_ca.crt",
    });
  });

  test("words, numbers and truth values are taken as words; all else is for others", () => {
    const text = '{"ca-url":"ca","n":1.5,"on":true,"off":false,"none":null,"list":["a"],"map":{"a":1}}';
    expect(found({ "config/defaults.json": text }, nothing)).toMatchObject({
      values: { "ca-url": "ca", n: "1.5", on: "true", off: "false" },
    });
  });

  test("no file is no default", () => {
    expect(found({}, nothing)).toMatchObject({ values: {}, remarks: [] });
  });

  test.each(["", "{", "[]", "null", "1"])(
    "'%s' is BAD_CONFIGURATION where it matters, and passed over else",
    (text) => {
      const files = { "config/defaults.json": text };
      expect(found(files, nothing)).toMatchObject({ code: "BAD_CONFIGURATION", file: "/step/config/defaults.json" });
      expect(found(files, nothing, false)).toMatchObject({
        values: {},
        remarks: [{ kind: "passed-over", failure: { code: "BAD_CONFIGURATION" } }],
      });
    },
  );

  test.each([
    ["an empty contexts.json", { "contexts.json": "{}" }],
    ["none", {}],
  ])("--context with %s is a mistake; STEP_CONTEXT is passed over, as by step", (_, contexts) => {
    const files = { ...contexts, "config/defaults.json": '{"root":"r"}' };
    expect(found(files, byFlag("one"), false)).toMatchObject({
      code: "NO_CONTEXT",
      known: [],
      named: { name: "one", from: "--context" },
    });
    expect(found(files, byEnvironment("one"))).toMatchObject({
      values: { root: "r" },
      remarks: [{ kind: "no-contexts", name: "one", from: "STEP_CONTEXT" }],
    });
  });

  test("--config names another file, which has to be there and whole", () => {
    const files = { "config/defaults.json": '{"root":"r"}', "other.json": '{"ca-url":"o"}', "bad.json": "{" };
    const asked = (name: string) => ({ ...nothing, config: `/step/${name}` });
    expect(found(files, asked("other.json"))).toMatchObject({ values: { "ca-url": "o" } });
    expect(found(files, asked("none.json"), false)).toMatchObject({
      code: "BAD_CONFIGURATION",
      file: "/step/none.json",
    });
    expect(found(files, asked("bad.json"), false)).toMatchObject({ code: "BAD_CONFIGURATION", file: "/step/bad.json" });
  });

  test("nothing but lines, of which there are many, is looked through once", () => {
    const files = { "lines.json": `${"\n".repeat(2_000_000)}x` };
    expect(found(files, { ...nothing, config: "/step/lines.json" })).toMatchObject({ code: "BAD_CONFIGURATION" });
  });

  test.each([
    ["JSON", '{"ca-url":"ca","certificates":[]}'],
    ["JSON with comments", '{\n  // mine\n  "certificates": [{"crt": "a.crt", "key": "a.key"}],\n}'],
    ["YAML", "ca-url: ca\ninclude: conf.d\n"],
  ])("a list of certificates is told from it: %s", (_, text) => {
    const asked = { ...nothing, config: "/step/renew.list" };
    expect(found({ "renew.list": text }, asked)).toMatchObject({ code: "BAD_CONFIGURATION", isList: true });
    expect(found({ "renew.list": '{"certificates": "no flag of ours"}' }, asked)).toMatchObject({ remarks: [] });
  });
});

const two = JSON.stringify({
  one: { profile: "p1", authority: "a1" },
  two: { profile: "p2", authority: "a2" },
});
const folders = {
  "authorities/a1/config/defaults.json": '{"ca-url":"a1","root":"r1"}',
  "profiles/p1/config/defaults.json": '{"ca-url":"p1","expires-in":"8h"}',
  "authorities/a2/config/defaults.json": '{"ca-url":"a2"}',
  "config/defaults.json": '{"ca-url":"of nobody"}',
};
const current = (name: string) => ({ "current-context.json": JSON.stringify({ context: name }) });

describe("with contexts", () => {
  test.each([
    ["the one that is named", { "contexts.json": two, ...current("two") }, byFlag("one")],
    ["named by the environment", { "contexts.json": two, ...current("two") }, byEnvironment("one")],
    ["the current one", { "contexts.json": two, ...current("one") }, nothing],
    ["the only one", { "contexts.json": '{"one":{"profile":"p1","authority":"a1"}}' }, nothing],
    ["named, where the current one is gone", { "contexts.json": two, ...current("gone") }, byFlag("one")],
    [
      "named, where the current one cannot be read",
      { "contexts.json": two, "current-context.json": "[" },
      byFlag("one"),
    ],
  ])("%s: the profile's defaults over the authority's, the root in the authority's folder", (_, files, asked) => {
    expect(found({ ...folders, ...files }, asked)).toEqual({
      values: { "ca-url": "p1", root: "r1", "expires-in": "8h" },
      remarks: [],
      root: "/step/authorities/a1/certs/root_ca.crt",
    });
  });

  test("a value says which file it is from", () => {
    const settings = configuration(byFlag("one"), { env, fs: disk({ ...folders, "contexts.json": two }) });
    expect(settings.values(true)).toMatchObject({
      root: { value: "r1", from: "root in authorities/a1/config/defaults.json" },
      "ca-url": { value: "p1", from: "ca-url in profiles/p1/config/defaults.json" },
    });
  });

  test("a profile and an authority need no files", () => {
    expect(found({ "contexts.json": two }, byFlag("two"))).toMatchObject({
      values: {},
      root: "/step/authorities/a2/certs/root_ca.crt",
    });
  });

  test("keys that would choose a context are taken out, each told", () => {
    const files = {
      "contexts.json": two,
      "authorities/a1/config/defaults.json": '{"ca-url":"a1","context":"two","profile":"p2"}',
      "profiles/p1/config/defaults.json": '{"authority":"a2"}',
    };
    expect(found(files, byFlag("one"))).toMatchObject({
      values: { "ca-url": "a1" },
      remarks: [
        { kind: "banned-key", key: "context", file: "/step/authorities/a1/config/defaults.json" },
        { kind: "banned-key", key: "profile" },
        { kind: "banned-key", key: "authority", file: "/step/profiles/p1/config/defaults.json" },
      ],
    });
  });

  test("--config is without effect, as for step, and that is said", () => {
    expect(
      found({ ...folders, "contexts.json": two, ...current("one") }, { ...nothing, config: "x.json" }),
    ).toMatchObject({
      values: { "ca-url": "p1" },
      remarks: [{ kind: "config-unused", file: "x.json", context: "one" }],
    });
  });

  test("several and none current: a failure where it matters, passed over else", () => {
    const files = { ...folders, "contexts.json": two };
    const failure = { code: "NO_CONTEXT", file: "/step/contexts.json", known: ["one", "two"] };
    expect(found(files, nothing)).toEqual(failure);
    expect(found({ ...files }, nothing, true)).not.toHaveProperty("named");
    const settings = configuration(nothing, { env, fs: disk(files) });
    expect(settings.values(false)).toEqual({});
    expect(settings.remarks()).toMatchObject([{ kind: "passed-over", failure: { code: "NO_CONTEXT" } }]);
  });

  test.each([
    ["by a flag", byFlag("tow"), {}, { name: "tow", from: "--context" }, "two"],
    ["by the environment", byEnvironment("tow"), {}, { name: "tow", from: "STEP_CONTEXT" }, "two"],
    ["as the current one", nothing, current("tow"), { name: "tow", from: "/step/current-context.json" }, "two"],
    ["like no other", byFlag("production"), {}, { name: "production", from: "--context" }, undefined],
    ["by an empty word", byFlag(""), {}, { name: "", from: "--context" }, undefined],
    ["by a word of JavaScript", byFlag("constructor"), {}, { name: "constructor", from: "--context" }, undefined],
  ])("one that is not there, named %s", (_, asked, more, named, near) => {
    const failure = found({ "contexts.json": two, ...more }, asked);
    expect(failure).toEqual({
      code: "NO_CONTEXT",
      file: "/step/contexts.json",
      known: ["one", "two"],
      named,
      ...(near && { nearest: near }),
    });
  });

  test("what was asked for by name is not passed over", () => {
    expect(found({ "contexts.json": two }, byFlag("three"), false)).toMatchObject({ code: "NO_CONTEXT" });
    expect(found({ "contexts.json": "[" }, byFlag("one"), false)).toMatchObject({ code: "BAD_CONFIGURATION" });
  });

  test.each([
    ["no JSON", { "contexts.json": "[" }, "contexts.json"],
    ["a context that is nothing", { "contexts.json": '{"one":null}' }, "contexts.json"],
    ["one without an authority", { "contexts.json": '{"one":{"profile":"p1"}}' }, "contexts.json"],
    ["one without a profile", { "contexts.json": '{"one":{"authority":"a1","profile":""}}' }, "contexts.json"],
    ["no JSON in current-context.json", { "contexts.json": two, "current-context.json": "" }, "current-context.json"],
    ["no name in it", { "contexts.json": two, "current-context.json": "{}" }, "current-context.json"],
    [
      "a defaults.json that is none",
      { "contexts.json": two, ...current("one"), "profiles/p1/config/defaults.json": "{" },
      "profiles/p1/config/defaults.json",
    ],
  ])("%s is BAD_CONFIGURATION, by the file's name", (_, files, file) => {
    expect(found(files, nothing)).toMatchObject({ code: "BAD_CONFIGURATION", file: `/step/${file}` });
  });
});

test("each file is read once at most, and none before a value is asked for", () => {
  const { fs, calls } = recorded(disk({ ...folders, "contexts.json": two, ...current("one") }));
  const settings = configuration(nothing, { env, fs });
  expect(calls).toEqual([]);
  for (let time = 0; time < 3; time++) {
    settings.values(true);
    settings.place();
    settings.remarks();
  }
  expect(calls).toEqual(["read", "read", "read", "read"]);
});

test("a file that may not be read is as good as broken", () => {
  const fs = odd(new MemoryDisk(), {
    read: () => {
      throw systemError("EACCES");
    },
  });
  expect(() => configuration(nothing, { env, fs }).values(true)).toThrow("BAD_CONFIGURATION");
});
