import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { brief, plain } from "../../../src/cli/print/plain.ts";

/** Said once more, in another way than in the code: what a terminal would act on, or not show. */
function isUnseen(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  const ranges: readonly (readonly [number, number])[] = [
    [0x00, 0x1f], // C0
    [0x7f, 0x9f], // DEL, C1
    [0xad, 0xad], // soft hyphen
    [0x34f, 0x34f], // grapheme joiner
    [0x61c, 0x61c], // Arabic letter mark
    [0x115f, 0x1160], // Hangul fillers
    [0x180b, 0x180f], // Mongolian selectors
    [0x200b, 0x200f], // zero width, marks of direction
    [0x2028, 0x202e], // line and paragraph, embeddings, overrides
    [0x2060, 0x206f], // joiners, isolates
    [0x3164, 0x3164], // Hangul filler
    [0xd800, 0xdfff], // halves of a character
    [0xfe00, 0xfe0f], // variation selectors
    [0xfeff, 0xfeff], // byte order mark
    [0xffa0, 0xffa0],
    [0xfff9, 0xfffb], // annotations
    [0xe0000, 0xe0fff], // tags: invisible ASCII
  ];
  return ranges.some(([first, last]) => code >= first && code <= last);
}

const anything = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit))).map((units) => units.join("")),
  fc
    .array(
      fc.constantFrom(
        "\u001b",
        "[",
        "31",
        "m",
        "\udb40",
        "\udc41",
        "\u200b",
        "\ud83d",
        "\u202e",
        "\u0007",
        "a",
        " ",
        "\n",
      ),
    )
    .map((parts) => parts.join("")),
);

describe("foreign text on a terminal", () => {
  test("has no control, no override of direction and nothing invisible in it, whatever goes in", () => {
    fc.assert(
      fc.property(anything, (text) => {
        expect([...plain(text)].filter(isUnseen)).toEqual([]);
        expect([...brief(text)].filter(isUnseen)).toEqual([]);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  test("every single code point that is not to be seen goes", () => {
    for (let code = 0; code <= 0x10ffff; code++) {
      const character = String.fromCodePoint(code);
      if (isUnseen(character) && !["", " ", "\ufffd"].includes(plain(character))) expect.fail(`U+${code.toString(16)}`);
    }
  });

  test("honest text stays as it is", () => {
    const honest = fc.string({ unit: "grapheme" }).filter((text) => ![...text].some(isUnseen));
    fc.assert(
      fc.property(honest, (text) => {
        expect(plain(text)).toBe(text);
      }),
      { seed: 2, numRuns: 1000 },
    );
  });

  test.each([
    ["words on two lines", "one\r\ntwo", "one two"],
    ["tabs", "one\t\ttwo", "one two"],
    ["colour", "\u001b[1;31mred\u001b[0m", "red"],
    ["a title", "\u001b]0;owned\u0007", "]0;owned"],
    ["the other CSI", "\u009b31mred", "31mred"],
    ["a reversed name", "web\u202etxt.crt", "webtxt.crt"],
    ["hidden ASCII", "web\u{e0041}\u{e0042}.crt", "web.crt"],
    ["a tag made of two halves", "\udb40\u200b\udc41", "\ufffd\ufffd"],
    ["names of the world", "Zürich, 東京, Αθήνα, القاهرة", "Zürich, 東京, Αθήνα, القاهرة"],
    ["an emoji", "🔑", "🔑"],
  ])("%s", (_, text, expected) => {
    expect(plain(text)).toBe(expected);
  });

  test("a long text is cut, and says how long it was", () => {
    expect(brief("x".repeat(300))).toBe("x".repeat(300));
    expect(brief("x".repeat(301))).toBe(`${"x".repeat(300)}… (301 characters)`);
    expect(brief(`${"x".repeat(299)}🔑🔑`)).toBe(`${"x".repeat(299)}\ufffd… (303 characters)`);
    fc.assert(
      fc.property(fc.string({ maxLength: 5000, size: "max" }), (text) => {
        expect(brief(text).length).toBeLessThan(330);
      }),
      { seed: 3 },
    );
  });
});
