/** Words as a POSIX shell splits them; where there is a shell, it is asked. */
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitWords } from "../../src/renewal/command-line.ts";

describe("a command line", () => {
  test.each([
    ["words", "systemctl reload nginx", ["systemctl", "reload", "nginx"]],
    ["white space of all kinds", "  a \t b\n c ", ["a", "b", "c"]],
    ["single quotes", "a 'b c' d", ["a", "b c", "d"]],
    ["double quotes", 'a "b c" d', ["a", "b c", "d"]],
    ["quotes inside a word", `a b'c d'"e f"g`, ["a", "bc de fg"]],
    ["an empty word", "a '' \"\"", ["a", "", ""]],
    ["an escaped space", "a b\\ c", ["a", "b c"]],
    ["escapes in double quotes", String.raw`"\"\\\$\a"`, [String.raw`"\$\a`]],
    ["a backslash in single quotes", String.raw`'\n'`, [String.raw`\n`]],
    ["nothing", " ", []],
    ["a quote that is not closed", "a 'b", null],
    ["a double one", 'a "b', null],
    ["a backslash at the end", "a \\", null],
  ])("%s", (_, line, words) => {
    expect(splitWords(line)).toEqual(words);
  });

  test("is split as sh splits it", () => {
    const plain = fc.stringMatching(/^[a-z0-9./=,:@%+-]{1,8}$/);
    const inSingle = fc.stringMatching(/^[^'\0]{0,8}$/).map((text) => `'${text}'`);
    const inDouble = fc.stringMatching(/^[a-z |;&<>()*?'#~]{0,8}$/).map((text) => `"${text}"`);
    const escaped = fc.stringMatching(/^\\[ -~]$/);
    const word = fc.array(fc.oneof(plain, inSingle, inDouble, escaped), { minLength: 1, maxLength: 4 });
    const line = fc
      .array(
        word.map((parts) => parts.join("")),
        { maxLength: 5 },
      )
      .map((words) => words.join("  "));
    const ask = (lines: readonly string[]) => {
      const script = lines
        .map((one) => `set -- ${one}\nfor w in "$@"; do printf '%s\\0' "$w"; done; printf '\\1'`)
        .join("\n");
      const said = execFileSync("sh", ["-c", `set -f\n${script}`], { encoding: "utf8" });
      return said
        .split("\u0001")
        .slice(0, -1)
        .map((words) => words.split("\0").slice(0, -1));
    };
    const lines = fc
      .sample(line, { seed: 7, numRuns: 300 })
      .filter((one) => one.trim() !== "" && !one.includes("\u0001"));
    expect(lines.length).toBeGreaterThan(200);
    expect(lines.map(splitWords)).toEqual(ask(lines));
  });
});
