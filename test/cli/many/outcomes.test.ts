/** How a run of many is summed up: the table, the counts, the line of progress, and one exit status for all. */
import { beforeAll, describe, expect, test } from "vitest";
import { parseCaUrl } from "../../../src/ca/url.ts";
import { alike, nameOf } from "../../../src/cli/many/alike.ts";
import { countLine, outcomeLines } from "../../../src/cli/many/outcomes.ts";
import { lineOf, Ticker } from "../../../src/cli/many/ticker.ts";
import { worst } from "../../../src/cli/many/worst.ts";
import { createAuthority } from "../../../src/dev-ca/authority.ts";
import { catalogue, codes } from "../../../src/failure/catalogue/catalogue.ts";
import { Failure } from "../../../src/failure/failure.ts";
import { readBundle } from "../../../src/pki/bundle.ts";
import type { Certificate } from "../../../src/pki/certificate.ts";
import type { Entry, EntryResult } from "../../../src/renewal/many/plan.ts";
import { Captured } from "../../support/world.ts";

const now = new Date("2026-03-02T12:00:00Z");
const hour = 3_600_000;
let leaf: Certificate;
beforeAll(async () => {
  const authority = await createAuthority();
  const [from, to] = [new Date(now.getTime() - hour), new Date(now.getTime() + 23 * hour)];
  const { chain } = await authority.issue({ notBefore: from, notAfter: to });
  leaf = readBundle({ file: "a.crt", role: "certificate", bytes: Buffer.from(chain) })[0];
});

function entryOf(name: string, entry = 1): Entry {
  return {
    origin: { file: "renew.json", line: entry * 3, entry },
    method: "auto",
    policy: {
      paths: { certificate: `${name}.crt`, key: `${name}.key` },
      force: true,
      mtls: true,
      window: null,
      ca: parseCaUrl("ca.internal", "test"),
      root: { value: "r", from: "test" },
      timeoutMs: 1,
      connectTimeoutMs: 1,
      lockTimeoutMs: 1,
      hooks: null,
    },
  };
}

type Failed = Extract<EntryResult, { result: "failed" }>;
const failed = (name: string, failure: Failure, more: Partial<Failed> = {}): Failed => {
  const entry = entryOf(name);
  return { entry, origin: entry.origin, result: "failed", failure, leaf: null, ...more };
};
const missing = (name: string) =>
  failed(name, new Failure("FILE_MISSING", { file: `${name}.crt`, role: "certificate", similar: [] }));
const renewed = (name: string): EntryResult => ({
  entry: entryOf(name),
  result: "renewed",
  leaf,
  previous: leaf,
  method: "mtls",
  because: "valid",
  tookMs: 5,
  file: `${name}.crt`,
  forms: [],
});
const notDue = (name: string): EntryResult => ({ entry: entryOf(name), result: "not-due", forms: [], leaf, from: now });
const many = (count: number, of: (name: string) => EntryResult) =>
  Array.from({ length: count }, (_, index) => of(`n${index}`));

const page = { now, columns: 80, isDryRun: false };

describe("the table", () => {
  test("has a row for each of twenty, and of more only those that are no plain success", () => {
    expect(outcomeLines(many(20, renewed), page).length).toBe(20);
    expect(outcomeLines(many(21, renewed), page)).toEqual([]);
    const mixed = [...many(30, notDue), missing("lost"), ...many(30, renewed)];
    expect(outcomeLines(mixed, page)).toEqual(["lost.crt  failed  FILE_MISSING"]);
  });

  test("has a row for one of many that is not due, and whose other forms were written", () => {
    const one: EntryResult = { entry: entryOf("web"), result: "not-due", leaf, from: now, forms: ["a.pem", "b.p12"] };
    const lines = (isDryRun: boolean) => outcomeLines([...many(30, notDue), one], { ...page, columns: 100, isDryRun });
    expect(lines(false)).toHaveLength(1);
    expect(lines(false)[0]).toMatch(/; missing or stale, and written:\s+a\.pem,\s+b\.p12$/);
    expect(lines(true).at(-1)).toMatch(/; missing or stale, and would be\s+written:\s+a\.pem,\s+b\.p12$/);
  });

  test("of a dry run has all, and of thousands of failures those that somebody reads", () => {
    expect(outcomeLines(many(300, notDue), { ...page, isDryRun: true }).length).toBe(300);
    const lines = outcomeLines(many(5000, missing), page);
    expect(lines.length).toBe(101);
    expect(lines.at(-1)).toBe("and 4,900 more: `--json` tells of each");
  });

  test.each([40, 80, 100])("is no wider than a terminal of %i columns, and keeps the end of long names", (columns) => {
    const long = "/etc/ssl/a-folder-with-a-long-name/and-another-one/certificates/web-17.internal";
    const results: EntryResult[] = [
      renewed("a"),
      notDue(long),
      missing(long),
      { entry: entryOf(long), result: "overtaken", leaf, file: "x" },
      {
        entry: entryOf(long),
        result: "would-renew",
        leaf,
        because: "inside-window",
        method: "token",
        methodBecause: "not-a-client",
        forms: ["a.pem"],
      },
    ];
    const lines = outcomeLines(results, { ...page, columns }).flatMap((text) => text.split("\n"));
    const room = Math.max(columns, 80);
    expect(lines.filter((line) => line.length > room)).toEqual([]);
    expect(lines.filter((line) => line.includes("web-17.internal.crt")).length).toBe(4);
  });

  test("says that what was not begun was not tried", () => {
    const untried = failed("a", new Failure("INTERRUPTED", { signal: "SIGINT" }), { untried: true });
    expect(outcomeLines([untried], page)).toEqual(["a.crt  not tried  INTERRUPTED"]);
  });

  test("shows a name without what a terminal would obey", () => {
    expect(outcomeLines([notDue("\u001b[2Jx")], page).join("")).not.toContain("\u001b");
  });
});

test("what was not tried is counted, and has no row among many", () => {
  const untried = (name: string) => failed(name, new Failure("INTERRUPTED", { signal: "SIGINT" }), { untried: true });
  const results = [...many(30, untried), missing("lost")];
  expect(outcomeLines(results, page)).toEqual(["lost.crt  failed  FILE_MISSING"]);
  expect(countLine(results, { file: "l", of: 31, tookMs: 0 })).toBe(
    "1 failed, 30 not tried: 31 certificates of l, in 0s",
  );
});

test("the counts", () => {
  const results = [...many(1234, renewed), missing("a"), notDue("b")];
  expect(countLine(results, { file: "renew.json", of: 1236, tookMs: 61_000 })).toBe(
    "1,234 renewed, 1 not due, 1 failed: 1,236 certificates of renew.json, in 1m1s",
  );
});

describe("failures that are one for whoever reads", () => {
  test("differ in the names of their files alone", () => {
    const mismatch = (name: string, key: string) =>
      failed(
        name,
        new Failure("KEY_MISMATCH", {
          certificate: `${name}.crt`,
          key: `${name}.key`,
          certificateKey: "x",
          ownKey: key,
        }),
      );
    const groups = alike([missing("a"), mismatch("b", "1"), missing("c"), mismatch("d", "2"), missing("a.crt")]);
    expect(groups.map((group) => group.map(nameOf))).toEqual([
      ["a.crt", "c.crt", "a.crt.crt"],
      ["b.crt", "d.crt"],
    ]);
  });

  test("or in the place of the same mistake", () => {
    const broken = (line: number, key: string): Failed => ({
      entry: null,
      origin: { file: "renew.json", line, entry: line },
      result: "failed",
      failure: new Failure("BAD_RUN_CONFIG", { file: "renew.json", line, problem: { kind: "twice-key", key } }),
      leaf: null,
    });
    const groups = alike([broken(1, "a"), broken(2, "b"), broken(3, "a")]);
    expect(groups.map((group) => group.map(nameOf))).toEqual([["renew.json:1", "renew.json:3"], ["renew.json:2"]]);
  });
});

describe("the worst of many", () => {
  test("is the first of those that mend themselves last", () => {
    expect(worst([75, 69, 77, 66, 77], (exit) => exit)).toBe(66);
    expect(worst([75, 69], (exit) => exit)).toBe(69);
    expect(worst([75, 130, 70], (exit) => exit)).toBe(130);
    expect(worst([], () => 0)).toBe(null);
  });

  test("is known of every exit status", () => {
    const exits = [...new Set([...codes.map((code) => catalogue[code].exit), 129, 143])];
    const unknown = 1;
    expect(exits.filter((exit) => worst([unknown, exit], (one) => one) !== exit)).toEqual([]);
  });
});

describe("the line of progress", () => {
  const counts = { done: 120, of: 1000, failed: 3 };
  const ticked = (terminal: { isTerminal: boolean; isWanted?: boolean; TERM?: string; columns?: number }) => {
    let elapsed = 0;
    const stderr = new Captured(terminal.isTerminal, terminal.columns ?? 80);
    const env = terminal.TERM === undefined ? {} : { TERM: terminal.TERM };
    const ticker = new Ticker({ stderr, elapsed: () => elapsed, env }, terminal.isWanted ?? true);
    ticker.tick(counts);
    elapsed = 150;
    ticker.tick(counts);
    ticker.tick({ ...counts, done: 121 });
    elapsed = 300;
    ticker.tick({ ...counts, done: 122 });
    ticker.clear();
    ticker.clear();
    return stderr.text;
  };

  test("says how far it is, over itself, a few times in a second, and is gone at the end", () => {
    expect(lineOf(counts)).toBe("renewing 120 of 1,000, 3 failed");
    expect(lineOf({ ...counts, failed: 0 })).toBe("renewing 120 of 1,000");
    expect(ticked({ isTerminal: true })).toBe(
      "\r\u001b[Krenewing 120 of 1,000, 3 failed\r\u001b[Krenewing 122 of 1,000, 3 failed\r\u001b[K",
    );
  });

  test.each([
    ["without a terminal", { isTerminal: false }],
    ["with -q or --json", { isTerminal: true, isWanted: false }],
    ["on one that cannot go back", { isTerminal: true, TERM: "dumb" }],
  ])("is not shown %s", (_, terminal) => {
    expect(ticked(terminal)).toBe("");
  });

  test("does not break in a narrow terminal", () => {
    expect(
      Math.max(
        ...ticked({ isTerminal: true, columns: 12 })
          .split("\r\u001b[K")
          .map(({ length }) => length),
      ),
    ).toBe(11);
  });
});
