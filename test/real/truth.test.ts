/**
 * The truth table: for each refusal there is, what the CA's own log proves, what the built program named first and how sure
 * it was, and what the real step printed for the same files.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { causes } from "../../src/failure/diagnosis/causes.ts";
import { realBinary } from "../support/step-ca.ts";
import { type Authorities, createAuthorities } from "../support/truth/authorities.ts";
import { open, ownAuthority, type Place, type Standing } from "../support/truth/places.ts";
import { type Played, play } from "../support/truth/play.ts";
import { exits, type Outcome, type Refused, type Row } from "../support/truth/row.ts";
import { rows } from "../support/truth/rows.ts";
import { isFalselySure, type Line, print } from "../support/truth/table.ts";
import type { CaVersion } from "./binaries.ts";

const usual: readonly CaVersion[] = ["v0.26.1", "v0.26.2", "v0.30.2"];
const places = [...new Set(rows.map(placeOf))];
/** The rows of one place together, and of those each version in turn, so that several CAs are at work at once. */
const cases = places
  .flatMap((place) => rows.filter((row) => placeOf(row) === place))
  .flatMap((row) => (row.on ?? usual).map((version) => ({ row, version, name: row.name })))
  .filter(({ version }) => realBinary(`step-ca-${version}`) !== undefined);

function placeOf({ at = "intermediate" }: Row): Place {
  return at;
}

describe.skipIf(cases.length === 0)("the first cause is the one that the CA's log proves", () => {
  const folder = mkdtempSync(join(tmpdir(), "renew-truth-"));
  const lines: Line[] = [];
  let authorities: Authorities;

  /** A CA is asked one thing at a time, so that its log tells what belongs to it, and ends with its last row. */
  interface Desk {
    standing: Promise<Standing>;
    turn: Promise<unknown>;
    left: number;
  }
  const desks = new Map<string, Desk>();

  beforeAll(async () => {
    authorities = await createAuthorities();
  });
  afterAll(async () => {
    for (const { standing } of desks.values()) await (await standing).close();
    rmSync(folder, { recursive: true, force: true });
    const order = cases.map(({ row, version }) => lines.find((line) => line.row === row && line.version === version));
    console.log(print(order.filter((line) => line !== undefined)));
  });

  test.concurrent.each(cases)("$name, $version", async ({ row, version }) => {
    const place = placeOf(row);
    const played = await inTurn(version, place, async (standing) => {
      const at = join(folder, `${cases.findIndex((one) => one.row === row)}-${version}`);
      return play(row, version, { standing, authorities, own: ownAuthority(place), folder: at });
    });
    const expected = typeof row.expect === "function" ? row.expect(version) : row.expect;
    const line = { row, version, expected, played };
    lines.push(line);
    check(expected, played);
    expect(isFalselySure(line), "said to be certain, and wrong").toBe(false);
  });

  async function inTurn<T>(version: CaVersion, place: Place, work: (standing: Standing) => Promise<T>): Promise<T> {
    const key = `${place} ${version}`;
    const count = cases.filter(({ row, version: its }) => placeOf(row) === place && its === version).length;
    const desk = desks.get(key) ?? {
      standing: open(version, place, authorities),
      turn: Promise.resolve(),
      left: count,
    };
    desks.set(key, desk);
    const mine = desk.turn.then(async () => work(await desk.standing));
    desk.turn = mine.catch(() => undefined);
    try {
      return await mine;
    } finally {
      desk.left--;
      if (desk.left === 0) {
        desks.delete(key);
        await (await desk.standing).close();
      }
    }
  }
});

const certainties = ["certain", "likely", "possible"];

function check(expected: Outcome, played: Played): void {
  const { said, exit } = played;
  const shown = said.error?.rendered;
  if ("renewed" in expected) {
    expect({ exit, method: said.method, isRenewed: played.isRenewed }, shown).toEqual({
      exit: 0,
      method: expected.renewed,
      isRenewed: true,
    });
    return;
  }
  const { error } = said;
  expect(error, "an error").not.toBeNull();
  expect(played.after, "nothing on disk has changed").toEqual(played.before);
  expect(error?.state.changed).toBe(false);
  expect({ code: error?.code, exit }, shown).toEqual({ code: expected.code, exit: exits[expected.code] });
  expect(error?.exit).toBe(exit);
  if (!("cause" in expected)) return;
  const named = error?.causes ?? [];
  const at = named.findIndex(({ id }) => id === expected.cause);
  const first = expected.after ?? expected.cause;
  expect({ method: said.method, cause: named[0]?.id }, shown).toEqual({ method: expected.method, cause: first });
  if (expected.after !== undefined) expect(named[0]?.certainty, shown).not.toBe("certain");
  const enough = certainties.slice(0, certainties.indexOf(expected.certainty) + 1);
  expect(enough, shown).toContain(named[at]?.certainty);
  for (const [index, wanted] of (expected.help ?? []).entries()) expect(error?.help[index], shown).toMatch(wanted);
  if (expected.log !== null) checkLog(expected, expected.log, played);
}

/** The CA's own words are those of the case, those of the cause's page, and those that the advice says to look for. */
function checkLog({ cause, after }: Refused, sentence: string, { log, lines, said }: Played): void {
  expect(log).toContain(sentence);
  expect(causes[cause].logs.filter((one) => log.includes(one)).length, `${cause}.logs: ${log}`).toBeGreaterThan(0);
  if (after !== undefined) return; // the advice is that of another cause
  for (const help of said.error?.help ?? []) {
    const wanted =
      /the CA's log (?:shows it|proves it with "(.*?)"(?:, and else has [^`]*)?): `journalctl -u step-ca \| grep -F (.*)`/.exec(
        help,
      );
    if (wanted === null) continue;
    const [, words, word = ""] = wanted;
    const found = lines.filter((line) => line.includes(word.replace(/^'(.*)'$/, "$1")));
    expect(found.length, `grep -F ${word}`).toBeGreaterThan(0);
    if (words !== undefined)
      expect(
        found.some((line) => line.includes(words)),
        `${words} in ${found.join("\n")}`,
      ).toBe(true);
    return; // of the first cause: the others' are for when it is not the one
  }
}
