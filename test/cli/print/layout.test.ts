import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { table, wrap } from "../../../src/cli/print/layout.ts";
import { shell } from "../../../src/failure/shell.ts";
import { splitWords } from "../../../src/renewal/command-line.ts";

const word = fc.stringMatching(/^[a-z]{1,12}$/);
/** Short enough for every line, so that it never has to be broken. */
const command = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => `\`${words.join(" ").slice(0, 3)}\``);
const text = fc.array(fc.oneof(word, command), { maxLength: 30 });
const width = fc.integer({ min: 20, max: 100 });
const indent = fc.integer({ min: 0, max: 15 });

describe("wrapped text", () => {
  test("has no line wider than the terminal, unless one word or one command is", () => {
    fc.assert(
      fc.property(text, width, indent, (words, columns, margin) => {
        const lines = wrap(words.join(" "), columns, margin).split("\n");
        const tooWide = lines.filter((line, index) => (index === 0 ? margin : 0) + line.length > columns);
        expect(tooWide.map((line) => line.trim()).filter((line) => !words.includes(line))).toEqual([]);
      }),
      { seed: 1 },
    );
  });

  test("keeps every word, in its order, and breaks no command", () => {
    fc.assert(
      fc.property(text, width, indent, (words, columns, margin) => {
        const lines = wrap(words.join(" "), columns, margin).split("\n");
        expect(lines.map((line) => line.trim()).join(" ")).toBe(words.join(" "));
        for (const line of lines) expect(line.split("`").length % 2).toBe(1);
      }),
      { seed: 2 },
    );
  });

  test("has every line but the first indented", () => {
    fc.assert(
      fc.property(text, width, indent, (words, columns, margin) => {
        const [, ...rest] = wrap(words.join(" "), columns, margin).split("\n");
        for (const line of rest) expect(line).toMatch(new RegExp(`^ {${margin}}\\S`));
      }),
      { seed: 3 },
    );
  });

  test.each([
    ["nothing", "", ""],
    ["one long word", "x".repeat(50), "x".repeat(50)],
    ["a command in brackets", "aaaaaaaaaaaaaaaa (`renew a.crt b.key`).", "aaaaaaaaaaaaaaaa\n(`renew a.crt b.key`)."],
    ["a backtick alone", "a ` b", "a ` b"],
    [
      "a command that is too long",
      "so: `renew --force a.crt a.key --root root.crt`",
      "so:\n`renew --force a.crt a.key \\\n  --root root.crt`",
    ],
    [
      "a quoted word in it",
      "`step ca x 'one word of it' 'and another'`",
      "`step ca x 'one word of it' \\\n  'and another'`",
    ],
    [
      "what is no command",
      '`"claims": {"allowRenewalAfterExpiry": true}`',
      '`"claims": {"allowRenewalAfterExpiry": true}`',
    ],
  ])("%s", (_, before, after) => {
    expect(wrap(before, 30, 0)).toBe(after);
  });
});

describe("a command that is broken", () => {
  const shellish = fc.string({
    unit: fc.constantFrom("a", "b", " ", "'", '"', "\\", "-", "|", "&", ";", "$", "=", "é"),
    maxLength: 40,
  });
  /** Words as we quote them, and as others may. */
  const given = fc.oneof(
    shellish.map((one) => shell(one, "NAME")),
    shellish.map((one) => `"${one.replace(/["$\\]/g, "\\$&")}"`),
    shellish.map((one) => `x'${one.replaceAll("'", "'\\''")}'`),
  );

  test("is the same command for a shell, which joins its lines", () => {
    fc.assert(
      fc.property(fc.array(given, { maxLength: 12 }), width, indent, (words, columns, margin) => {
        const command = `renew ${words.join(" ")}`.trimEnd();
        const shown = wrap(`\`${command}\``, columns, margin).slice(1, -1);
        expect(splitWords(shown.replaceAll("\\\n", ""))).toEqual(splitWords(command));
      }),
      { seed: 5, numRuns: 2000 },
    );
  });

  test.each([
    ["`step ca x 'O'\\''Brien; rm -rf ~' y`", "`step ca x \\\n  'O'\\''Brien; rm -rf ~' y`"],
    ["`step ca x 'a'\\'''\\''b c d e f g' y`", "`step ca x \\\n  'a'\\'''\\''b c d e f g' y`"],
    ['`step ca x "a \\" b c d e f g h i" y`', '`step ca x \\\n  "a \\" b c d e f g h i" y`'],
  ])("%s", (before, after) => {
    expect(wrap(before, 30, 0)).toBe(after);
  });
});

test("a table's values stand under each other", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          word,
          fc.array(word, { minLength: 1 }).map((words) => words.join(" ")),
        ),
      ),
      width,
      (rows, columns) => {
        const column = Math.max(0, ...rows.map(([label]) => label.length)) + 2;
        for (const [index, row] of table(rows, columns, 4).entries()) {
          const [first = "", ...rest] = row.split("\n");
          expect(first.slice(0, column).trim()).toBe(rows[index]?.[0]);
          expect(first[column]).not.toBe(" ");
          for (const line of rest) expect(line).toMatch(new RegExp(`^ {${column + 4}}\\S`));
        }
      },
    ),
    { seed: 4 },
  );
});
