/**
 * step's daemon and ours side by side: the same words, in copies of the same folder, each at a real CA of the same kind, and the
 * same things happen to both. What they do must be the same, or better for a reason that the row gives.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Authority, createAuthority } from "../../src/dev-ca/authority.ts";
import { type DaemonRow, playDaemon } from "../support/beside/daemon.ts";
import { type Lane, openLane } from "../support/beside/lane.ts";
import { differs, doesOf, exitsOf } from "../support/beside/row.ts";
import { daemonRows } from "../support/beside/rows/daemons.ts";
import { type Line, print } from "../support/beside/table.ts";
import { realBinary } from "../support/step-ca.ts";

const step = realBinary("step-v0.30.6");
const isMissing = step === undefined || realBinary("step-ca-v0.30.2") === undefined;
/** Rows at the same time: most of what they do is to wait. */
const desks = 3;
/** Of the machine's, beside the second that a daemon has to end in. */
const slackMs = 1_000;

test("a row gives its reason where the two differ", () => {
  expect(daemonRows.filter((row) => differs(row) && row.why === undefined).map(({ id }) => id)).toEqual([]);
});

describe.skipIf(isMissing)("beside the real step", () => {
  const folder = mkdtempSync(join(tmpdir(), "renew-beside-daemon-"));
  const lines = new Map<DaemonRow, Line>();
  const free: (readonly [Lane, Lane])[] = [];
  const waiting: (() => void)[] = [];
  let authority: Authority;

  beforeAll(async () => {
    authority = await createAuthority({ intermediate: true, notBefore: new Date(Date.now() - 7 * 24 * 3_600_000) });
    for (let desk = 0; desk < desks; desk++) {
      free.push(await Promise.all([openLane("v0.30.2", authority), openLane("v0.30.2", authority)]));
    }
  });
  afterAll(async () => {
    await Promise.all(free.flat().map((lane) => lane.close()));
    rmSync(folder, { recursive: true, force: true });
    console.log(print(daemonRows.flatMap((row) => lines.get(row) ?? [])));
  });

  test.concurrent.each(daemonRows)("$id: $about", async (row) => {
    const lanes = await take();
    try {
      const at = join(folder, row.id);
      const both = await playDaemon(row, { lanes, step: step ?? "", authority, stranger: authority, folder: at });
      const line = { row, ...both, isRight: false };
      lines.set(row, line);
      const said = `step: ${both.step.stderr}\nrenew: ${both.renew.stderr}`;
      const [exit, ourExit] = exitsOf(row);
      const does = doesOf(row);
      expect({ exit: both.step.exit, does: both.step.does }, said).toEqual({ exit, does: does.step });
      expect({ exit: both.renew.exit, does: both.renew.does }, said).toEqual({ exit: ourExit, does: does.renew });
      expect(both.renew.stdout, "stdout is for data").toBe("");
      expect(both.renew.stderr, "a daemon says what it does").not.toBe("");
      if (row.isError) for (const { stderr } of [both.step, both.renew]) expect(stderr).toMatch(/error/i);
      expect(both.renew.endedInMs).toBeLessThan(1_000 + slackMs);
      line.isRight = true;
    } finally {
      free.push(lanes);
      for (const wake of waiting.splice(0)) wake();
    }
  });

  async function take(): Promise<readonly [Lane, Lane]> {
    for (;;) {
      const lanes = free.pop();
      if (lanes !== undefined) return lanes;
      await new Promise<void>((wake) => waiting.push(wake));
    }
  }
});
