/** A short form of `npm run fuzz`, so that it cannot rot: the same every time, but for the clock of the whole commands. */
import { describe, expect, test } from "vitest";
import { readRenewal } from "../../src/ca/response.ts";
import { isFailure } from "../../src/failure/failure.ts";
import { readCertificate } from "../../src/pki/certificate.ts";
import { verify } from "../../src/renewal/verify.ts";
import { pemFor } from "./answers.ts";
import { Tally, tableOf } from "./findings.ts";
import { fuzzInProcess } from "./in-process.ts";
import { objections } from "./oracle.ts";
import { randomOf } from "./random.ts";
import { certificateOf, type Stage, stageOf } from "./stage.ts";
import { fuzzWhole } from "./whole.ts";
import { chains, type Issue, rights, wrongs } from "./wrong-certificates.ts";

const stage = stageOf(1, new Date("2026-03-02T12:00:00Z"));
const right: Issue = { plan: stage.next, by: stage.intermediate.key, others: [stage.intermediate.der] };

/** What the program and the oracle say of a chain: the codes and differences of a refusal, and every objection. */
function judged(chain: readonly Buffer[], { old, root, now }: Stage = stage) {
  const against = objections({ chain, old: old.der, roots: [root.der], spki: old.plan.spki, now });
  const body = Buffer.from(JSON.stringify({ certChain: chain.map(pemFor) }));
  const url = "https://ca.internal/renew";
  try {
    const answered = readRenewal({ url, status: 201, headers: {}, body, at: now, roundTripMs: 1 });
    verify({ old: readCertificate(old.der), answered, anchors: [readCertificate(root.der)], now, url });
    return { refused: null, against };
  } catch (error) {
    if (isFailure(error, "WRONG_CERTIFICATE"))
      return { refused: error.facts.changes.map(({ what }) => what).join(", "), against };
    if (isFailure(error, "BAD_RESPONSE")) return { refused: error.facts.problem, against };
    throw error;
  }
}

const chainOf = ({ plan, by, others }: Issue) => [certificateOf(plan, by), ...others];
const random = randomOf(1, 1);

/** Odd, and nobody's harm: as `rights`, but no honest CA does so. */
const harmless = ["the end of time", "serial zero", "a negative serial", "critical name constraints"];

/** Refused for what it costs to look at, or for what other readers make of it. */
const tooMuch = ["a serial of a megabyte", "version 1", "version 200"];

describe("each wrong certificate is refused, by the program and by the oracle", () => {
  test.each(Object.entries(wrongs).filter(([name]) => !harmless.includes(name)))("%s", (name, change) => {
    const { refused, against } = judged(chainOf(change(right, stage, random)));
    expect(refused).not.toBeNull();
    expect(tooMuch.includes(name) ? ["too much"] : against).not.toEqual([]);
  });
});

test.each(Object.entries(rights))("taken: %s", (_, change) => {
  expect(judged(chainOf(change(right, stage, random)))).toEqual({ refused: null, against: [] });
});

test.each(Object.entries(chains))("a chain is refused, or harms nobody: %s", (_, change) => {
  const { refused, against } = judged(change(chainOf(right), stage, random));
  expect(refused === null ? against : []).toEqual([]);
});

test("answers in process", () => {
  const tally = new Tally();
  fuzzInProcess({ seed: 1, from: 0, count: 800, tally });
  expect(tally.findings).toEqual([]);
  expect(tally.tried).toBe(800);
  expect(tableOf(tally)).toMatch(/^right +\d+ +\d+ +-/m);
}, 60_000);

test.each([5756, 38948, 55217, 63503, 63778])("found once, and mended: answer %i of the seed 20260302", (from) => {
  const tally = new Tally();
  fuzzInProcess({ seed: 20260302, from, count: 1, tally });
  expect([tally.tried, tally.findings]).toEqual([1, []]);
});

test("whole commands", async () => {
  const tally = new Tally();
  await fuzzWhole({ seed: 2, from: 0, count: 28, processes: 2, cutEvery: 700, lanes: 4, tally });
  expect(tally.findings).toEqual([]);
  expect(tally.tried).toBe(32);
}, 60_000);

test("the oracle sees what it is there to see: nothing passes as a finding because nothing is looked at", () => {
  const tally = new Tally();
  expect(judged(chainOf(right)).against).toEqual([]);
  expect(judged([]).against).toEqual(["no certificate"]);
  tally.count("x", { tookMs: 1, how: "y", code: null });
  tally.found({ kind: "crash", index: 0, how: "y", what: "z" });
  expect([tally.tried, tally.findings.length]).toEqual([1, 1]);
});
