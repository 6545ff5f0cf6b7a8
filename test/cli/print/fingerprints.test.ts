/** Two fingerprints on a screen are as short as they can be told apart by, and never the same when they are not. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { shortened } from "../../../src/cli/print/fingerprints.ts";

const of = (digits: string) => `sha256:${digits.padEnd(64, "0")}`;

describe("fingerprints", () => {
  test.each<[string, string[], string[]]>([
    ["one", [of("ab")], ["sha256:ab00000000000000…"]],
    ["two that differ at once", [of("a"), of("b")], ["sha256:a000000000000000…", "sha256:b000000000000000…"]],
    [
      "two that differ late",
      [of("0"), of(`${"0".repeat(20)}1`)],
      [`sha256:${"0".repeat(32)}…`, `sha256:${"0".repeat(20)}1${"0".repeat(11)}…`],
    ],
    ["two that differ at the very end", [of("0"), of(`${"0".repeat(63)}1`)], [of("0"), of(`${"0".repeat(63)}1`)]],
    ["the same twice", [of("a"), of("a")], ["sha256:a000000000000000…", "sha256:a000000000000000…"]],
    ["other words", ["no fingerprint", "sha256:short"], ["no fingerprint", "sha256:short"]],
  ])("%s", (_, texts, wanted) => {
    expect(shortened(texts)).toEqual(wanted);
  });

  test("are told apart whatever they are", () => {
    const digits = fc.string({ unit: fc.constantFrom("0", "1"), minLength: 64, maxLength: 64 });
    fc.assert(
      fc.property(digits, digits, (a, b) => {
        const [one, other] = shortened([of(a), of(b)]);
        expect(one === other).toBe(a === b);
      }),
    );
  });
});
