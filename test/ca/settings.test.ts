import { describe, expect, test } from "vitest";
import { findSetting, stepPath } from "../../src/ca/settings.ts";

test.each([
  [{ STEPPATH: "/step", HOME: "/home/dave" }, "/step"],
  [{ STEPPATH: "", HOME: "/home/dave" }, "/home/dave/.step"],
  [{ HOME: "/home/dave" }, "/home/dave/.step"],
  [{ USERPROFILE: "/users/dave" }, "/users/dave/.step"],
  [{}, "/.step"],
])("with %o step's folder is %s", (env, folder) => {
  expect(stepPath(env)).toBe(folder);
});

describe("a setting", () => {
  const find = (flag: string | undefined, env: Record<string, string>, defaults: Record<string, string> = {}) =>
    findSetting(flag, ["output-file", "o"], { env, defaults: () => settings(defaults) });
  const settings = (values: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, { value, from: `${name} in defaults.json` }]),
    );

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
