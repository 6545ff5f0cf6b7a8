import { describe, expect, test } from "vitest";
import { defaultRoot, findSetting, readDefaults, stepPath } from "../../src/ca/settings.ts";
import { MemoryDisk } from "../support/disk.ts";

test.each([
  [{ STEPPATH: "/step", HOME: "/home/dave" }, "/step"],
  [{ STEPPATH: "", HOME: "/home/dave" }, "/home/dave/.step"],
  [{ HOME: "/home/dave" }, "/home/dave/.step"],
  [{ USERPROFILE: "/users/dave" }, "/users/dave/.step"],
  [{}, "/.step"],
])("with %o step's folder is %s", (env, folder) => {
  expect(stepPath(env)).toBe(folder);
  expect(defaultRoot(env)).toBe(`${folder}/certs/root_ca.crt`);
});

describe("defaults.json", () => {
  const read = (text?: string) => {
    const disk = new MemoryDisk().put("/step/certs/root_ca.crt", "");
    return readDefaults(
      { STEPPATH: "/step" },
      text === undefined ? disk : disk.put("/step/config/defaults.json", text),
    );
  };

  test("without one there are none", () => {
    expect(read()).toEqual({});
    expect(readDefaults({ STEPPATH: "/none" }, new MemoryDisk())).toEqual({});
  });

  test("holds words, numbers and truth values; all else is for others", () => {
    const text = '{"ca-url":"ca","n":1.5,"on":true,"off":false,"none":null,"list":["a"],"map":{"a":1}}';
    expect(read(text)).toEqual({ "ca-url": "ca", n: "1.5", on: "true", off: "false" });
  });

  test.each(["", "{", "[]", "null", "1"])("'%s' is BAD_CONFIGURATION", (text) => {
    expect(() => read(text)).toThrow("BAD_CONFIGURATION");
  });
});

describe("a setting", () => {
  const find = (flag: string | undefined, env: Record<string, string>, defaults: Record<string, string> = {}) =>
    findSetting(flag, ["output-file", "o"], { env, defaults: () => defaults });

  test.each([
    ["a flag, even an empty one", "", { STEP_OUTPUT_FILE: "b" }, {}, { value: "", from: "--output-file" }],
    [
      "a variable, dashes underlined",
      undefined,
      { STEP_OUTPUT_FILE: "b" },
      {},
      { value: "b", from: "STEP_OUTPUT_FILE" },
    ],
    ["a variable by another name", undefined, { STEP_O: "b" }, {}, { value: "b", from: "STEP_O" }],
    [
      "the first name first",
      undefined,
      { STEP_O: "c", STEP_OUTPUT_FILE: "b" },
      {},
      { value: "b", from: "STEP_OUTPUT_FILE" },
    ],
    ["the file", undefined, {}, { "output-file": "d" }, { value: "d", from: "output-file in defaults.json" }],
    ["an empty word in the file is none", undefined, {}, { "output-file": "" }, null],
    ["nothing", undefined, {}, {}, null],
  ])("%s", (_, flag, env, defaults, expected) => {
    expect(find(flag, env, defaults)).toEqual(expected);
  });

  test("leaves the file alone when it is not needed", () => {
    const defaults = () => {
      throw new Error("read");
    };
    expect(findSetting("x", ["out"], { env: {}, defaults })).toMatchObject({ value: "x" });
    expect(findSetting(undefined, ["out"], { env: { STEP_OUT: "y" }, defaults })).toMatchObject({ value: "y" });
  });
});
