/** A line that is read without commander says what commander would have read in it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { readByCommander } from "../../src/cli/commander.ts";
import { words as needsRenewal } from "../../src/cli/commands/needs-renewal.ts";
import { words as rekey } from "../../src/cli/commands/rekey.ts";
import { words as renew } from "../../src/cli/commands/renew.ts";
import { words as rollback } from "../../src/cli/commands/rollback.ts";
import { type CommandWords, goStyle, readPlain } from "../../src/cli/flags.ts";

const value = fc.oneof(
  fc.constantFrom(
    "",
    "8h",
    "-1h",
    "a=b",
    "--force",
    "--",
    "-",
    "true",
    "FALSE",
    "x y",
    "a\nb",
    "=",
    "ca.internal",
    "-h",
  ),
  fc.string({ maxLength: 5 }),
);

function lineOf({ flags }: CommandWords): fc.Arbitrary<string[]> {
  const named = fc.constantFrom(...flags.flatMap(({ names }) => names), "help", "unknown", "h");
  const letters = fc.constantFrom("-f", "-v", "-q", "-fv", "-qf", "-h", "-x", "-fx", "-1");
  const flag = fc.tuple(fc.constantFrom("--", "--", "--", "-", "--no-"), named).map((parts) => parts.join(""));
  const word = fc.oneof(
    { weight: 3, arbitrary: flag },
    { weight: 5, arbitrary: fc.tuple(flag, value).map((parts) => parts.join("=")) },
    letters,
    { weight: 2, arbitrary: value },
    fc.constantFrom("web.crt", "web.key"),
  );
  return fc.array(word, { maxLength: 6 });
}

test.each([renew, needsRenewal, rekey, rollback])("$name", (words) => {
  const seen = { plain: 0, odd: 0 };
  fc.assert(
    fc.property(lineOf(words), (argv) => {
      const meant = goStyle(argv, words.flags).words;
      const plain = readPlain(meant, words.flags);
      seen[plain === null ? "odd" : "plain"]++;
      if (plain !== null) expect(readByCommander(words, meant, argv)).toEqual(plain);
    }),
    { numRuns: 2000 },
  );
  expect(Math.min(seen.plain, seen.odd)).toBeGreaterThan(100);
});
