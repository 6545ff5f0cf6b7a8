/**
 * step and `renew` side by side: the same words, in copies of the same folder, at the same real CA. Exit status, files, modes,
 * links, signals, hooks, the number of requests and their way must be the same, or better for a reason that the row gives.
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Authority, createAuthority } from "../../src/dev-ca/authority.ts";
import { type Lane, openLane } from "../support/beside/lane.ts";
import { type Played, play } from "../support/beside/play.ts";
import { differs, doesOf, exitsOf, type Row } from "../support/beside/row.ts";
import { rows } from "../support/beside/rows.ts";
import { type Line, print } from "../support/beside/table.ts";
import { hasTerminal } from "../support/beside/terminal.ts";
import { asOwner } from "../support/beside/user.ts";
import { realBinary } from "../support/step-ca.ts";
import type { CaVersion } from "./binaries.ts";

/** A CA of its own for each row that is being played. */
const lanes: Partial<Record<CaVersion, number>> = { "v0.30.2": 4, "v0.26.1": 1 };
const step = realBinary("step-v0.30.6");
const versionOf = ({ on = "v0.30.2" }: Row) => on;
const played = rows.filter(
  (row) =>
    step !== undefined &&
    realBinary(`step-ca-${versionOf(row)}`) !== undefined &&
    (row.types === undefined || hasTerminal) &&
    (!row.isFolderForeign || asOwner !== null),
);

test("each row has a name of its own, and a reason where the two differ", () => {
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  expect(rows.filter((row) => differs(row) && row.why === undefined).map(({ id }) => id)).toEqual([]);
});

describe.skipIf(played.length === 0)("beside the real step", () => {
  const folder = mkdtempSync(join(tmpdir(), "renew-beside-"));
  const lines = new Map<Row, Line>();
  const free = new Map<CaVersion, Lane[]>();
  const waiting: (() => void)[] = [];
  const all: Lane[] = [];
  let authority: Authority;
  let stranger: Authority;

  beforeAll(async () => {
    chmodSync(folder, 0o755);
    [authority, stranger] = await Promise.all([
      createAuthority({ intermediate: true, notBefore: new Date(Date.now() - 7 * 24 * 3_600_000) }),
      createAuthority({ subject: "another" }),
    ]);
    const versions = [...new Set(played.map(versionOf))];
    const wanted = versions.flatMap((version) => Array.from({ length: lanes[version] ?? 1 }, () => version));
    for (const version of wanted) {
      const lane = await openLane(version, authority);
      all.push(lane);
      free.set(version, [...(free.get(version) ?? []), lane]);
    }
  });
  afterAll(async () => {
    await Promise.all(all.map((lane) => lane.close()));
    rmSync(folder, { recursive: true, force: true });
    console.log(print(played.flatMap((row) => lines.get(row) ?? [])));
  });

  test.concurrent.each(played)("$id: $about", async (row) => {
    const lane = await take(versionOf(row));
    try {
      const stage = { lane, step: step ?? "", authority, stranger, folder: join(folder, String(rows.indexOf(row))) };
      const both = await play(row, stage);
      const line = { row, ...both, isRight: false };
      lines.set(row, line);
      check(row, both);
      line.isRight = true;
    } finally {
      free.get(versionOf(row))?.push(lane);
      waiting.splice(0).forEach((wake) => {
        wake();
      });
    }
  });

  async function take(version: CaVersion): Promise<Lane> {
    for (;;) {
      const lane = free.get(version)?.pop();
      if (lane !== undefined) return lane;
      await new Promise<void>((wake) => waiting.push(wake));
    }
  }
});

function check(row: Row, { step: theirs, renew: ours }: { step: Played; renew: Played }): void {
  const said = `step: ${theirs.stderr}\nrenew: ${ours.stderr}`;
  const does = doesOf(row);
  const [exit, ourExit] = exitsOf(row);
  expect({ exit: theirs.exit, does: theirs.does }, said).toEqual({ exit, does: does.step });
  expect({ exit: ours.exit, does: ours.does }, said).toEqual({ exit: ourExit, does: does.renew });
  const isHelp = row.words === "stdout" && row.args === "--help";
  if (isHelp) {
    expect([theirs, ours].map(({ stdout, stderr }) => [stdout !== "", stderr])).toEqual([
      [true, ""],
      [true, ""],
    ]);
  } else if (row.program === "needs-renewal") {
    const wordsOf = ({ stdout, stderr }: Played) => (stdout ? "stdout" : stderr ? "stderr" : "silent");
    expect([theirs, ours].map(wordsOf)).toEqual([row.words ?? "silent", row.words ?? "silent"]);
  } else expect(ours.stdout, "stdout is for data").toBe("");
}
