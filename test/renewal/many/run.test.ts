/** Many certificates in one run, against the embedded CA: what is shared, what is not, and what one failure means for the others. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type DevCa, startDevCa } from "../../../src/dev-ca/server.ts";
import { Failure } from "../../../src/failure/failure.ts";
import { realFileSystem } from "../../../src/files/system.ts";
import type { EntryResult, Plan } from "../../../src/renewal/many/plan.ts";
import { runMany } from "../../../src/renewal/many/run.ts";
import type { RunSpec } from "../../../src/world.ts";
import { certificatesIn } from "../../support/issued.ts";
import { Folder, hook, usual } from "../../support/many.ts";
import { byChance, testWorld, type WorldOptions } from "../../support/world.ts";

let folder: Folder;
let ca: DevCa;
beforeEach(async () => {
  folder = await Folder.make();
  ca = await startDevCa({ authority: folder.authority });
});
afterEach(async () => {
  await ca.close();
  folder.end();
});

const world = (options: WorldOptions = {}) => testWorld({ random: byChance, ...options });
const serials = (count: number) =>
  Array.from(
    { length: count },
    (_, index) => certificatesIn(readFileSync(folder.file(`c${index}.crt`), "latin1"))[0].serial,
  );
const leftovers = () => readdirSync(folder.path).filter((name) => name.includes(".renew-"));
const renewals = () => ca.log.filter(({ path }) => path.endsWith("/renew")).length;
const kinds = (results: readonly EntryResult[]) => results.map(({ result }) => result);
const codes = (results: readonly EntryResult[]) =>
  results.flatMap((one) => (one.result === "failed" ? [one.failure.code] : []));

describe("all of them", () => {
  test.each(["auto", "mtls", "token"] as const)("are renewed: %s", async (method) => {
    await folder.fill(12);
    const before = serials(12);
    const done: string[] = [];
    const { results, hookFailures } = await runMany(folder.plan(12, { url: ca.url, method }), usual, world(), {
      done: (_, { done: count, of, failed }) => done.push(`${count}/${of}/${failed}`),
    });
    expect(kinds(results)).toEqual(Array(12).fill("renewed"));
    expect(results.map((one) => one.result === "renewed" && one.method)).toEqual(
      Array(12).fill(method === "token" ? "token" : "mtls"),
    );
    expect(serials(12).some((serial) => before.includes(serial))).toBe(false);
    expect({ hookFailures, left: leftovers(), last: done.at(-1) }).toEqual({
      hookFailures: [],
      left: [],
      last: "12/12/0",
    });
    expect(renewals()).toBe(12);
  });

  test("but only what is due, unless it is forced", async () => {
    await folder.fill(4);
    await folder.issue("c2", { notAfter: new Date(Date.now() + 60_000) });
    const plan = folder.plan(4, { url: ca.url });
    const { results } = await runMany(plan, { ...usual, force: false }, world());
    expect(kinds(results)).toEqual(["not-due", "not-due", "renewed", "not-due"]);
    expect(renewals()).toBe(1);
  });

  test("of what is not due key and root have to be there; a dry run reads them", async () => {
    await folder.fill(4);
    const [first, second, third, fourth] = folder.plan(4, { url: ca.url }).entries.map((entry) => entry.policy.paths);
    if (!first || !second || !third || !fourth) throw new Error("four entries");
    const look = async (paths: (typeof first)[], dryRun: boolean, root?: string) => {
      const entries = folder.plan(paths.length, { url: ca.url }).entries.map((entry, index) => {
        const own = { ...entry.policy, paths: paths[index] ?? first };
        return { ...entry, policy: root === undefined ? own : { ...own, root: { value: root, from: "root" } } };
      });
      return runMany({ entries, broken: [], concurrency: null }, { ...usual, force: false, dryRun }, world());
    };
    const missing = { ...first, key: folder.file("no.key") };
    for (const dryRun of [false, true])
      expect((await look([missing, second], dryRun)).results).toMatchObject([
        { result: "failed", failure: { code: "FILE_MISSING", facts: { role: "key" } } },
        { result: "not-due" },
      ]);
    const foreign = [{ ...third, key: fourth.key }, first];
    expect(kinds((await look(foreign, false)).results)).toEqual(["not-due", "not-due"]);
    expect(codes((await look(foreign, true)).results)).toEqual(["KEY_MISMATCH"]);
    expect(codes((await look([first], false, folder.file("no-root.crt"))).results)).toEqual(["ROOT_MISSING"]);
    expect(renewals()).toBe(0);
  });

  test("without a window of their own after two thirds of the lifetime", async () => {
    await folder.fill(2);
    await folder.issue("c1", {
      notBefore: new Date(Date.now() - 17 * 3_600_000),
      notAfter: new Date(Date.now() + 7 * 3_600_000),
    });
    const plan = folder.plan(2, { url: ca.url, policy: { window: null } });
    expect(kinds((await runMany(plan, { ...usual, force: false }, world())).results)).toEqual(["not-due", "renewed"]);
  });

  test("an expired one by token; over mTLS alone it is told so, and is not asked for", async () => {
    await folder.fill(2, { notAfter: new Date(Date.now() - 1000) });
    const [first, second] = folder.plan(2, { url: ca.url }).entries;
    if (first === undefined || second === undefined) throw new Error("two entries");
    const plan: Plan = { entries: [first, { ...second, method: "mtls" }], broken: [], concurrency: null };
    const { results } = await runMany(plan, usual, world());
    expect(results[0]).toMatchObject({ result: "renewed", method: "token", because: "expired" });
    expect(codes(results)).toEqual(["EXPIRED_NEEDS_FORCE"]);
    expect(renewals()).toBe(1);
  });

  test("but the one that meets a mistake of ours, which is told like a failure of its own", async () => {
    await folder.fill(3);
    const broken: WorldOptions["fs"] = {
      ...realFileSystem,
      symlink: (text, file) => {
        if (file.includes("c1.crt")) throw new TypeError("no such thing was expected");
        realFileSystem.symlink(text, file);
      },
    };
    const specs: RunSpec[] = [];
    const run: WorldOptions["run"] = async (spec) => {
      specs.push(spec);
      return { how: "exit", status: 0 };
    };
    const plan = folder.plan(3, { url: ca.url, hooks: hook("true") });
    const { results } = await runMany(plan, usual, world({ fs: broken, run }));
    expect(kinds(results)).toEqual(["renewed", "failed", "renewed"]);
    expect(codes(results)).toEqual(["BUG"]);
    expect(specs).toHaveLength(1);
  });

  test("a dry run says so, and does nothing", async () => {
    await folder.fill(3);
    await folder.issue("c1", { usages: ["serverAuth"] });
    writeFileSync(folder.file("c2.crt"), "nothing");
    const before = serials(2);
    const { results } = await runMany(
      folder.plan(3, { url: ca.url }),
      { ...usual, keepGoing: true, dryRun: true },
      world(),
    );
    expect(results[0]).toMatchObject({
      result: "would-renew",
      because: "asked",
      method: "mtls",
      methodBecause: "valid",
    });
    expect(results[1]).toMatchObject({ result: "would-renew", method: "token", methodBecause: "not-a-client" });
    expect(codes(results)).toEqual(["NOT_PEM"]);
    const over = await runMany(folder.plan(3, { url: ca.url }), { ...usual, keepGoing: false, dryRun: true }, world());
    expect(kinds(over.results)).toEqual(["untouched", "untouched", "failed"]);
    expect({ asked: ca.log.length, serials: serials(2), left: leftovers() }).toEqual({
      asked: 0,
      serials: before,
      left: [],
    });
  });
});

describe("one that is broken", () => {
  const kindsOfBreak: [string, (at: string) => void, string][] = [
    ["no certificate", () => writeFileSync(folder.file("c3.crt"), "nothing"), "NOT_PEM"],
    ["another's key", () => writeFileSync(folder.file("c3.key"), readFileSync(folder.file("c2.key"))), "KEY_MISMATCH"],
    ["no root", () => writeFileSync(folder.file("root.crt"), "nothing"), "ROOT_NOT_PEM"],
  ];
  test.each(kindsOfBreak)("%s: nothing is asked", async (_, spoil, code) => {
    await folder.fill(5);
    spoil("c3");
    const { results } = await runMany(folder.plan(5, { url: ca.url }), usual, world());
    expect(new Set(codes(results))).toEqual(new Set([code]));
    expect(results.length).toBe(5);
    expect(kinds(results).every((kind) => kind === "failed" || kind === "untouched")).toBe(true);
    expect({ asked: ca.log.length, left: leftovers() }).toEqual({ asked: 0, left: [] });
  });

  test("the others are renewed where that is asked for", async () => {
    await folder.fill(5);
    writeFileSync(folder.file("c3.key"), readFileSync(folder.file("c2.key")));
    const plan = folder.plan(5, { url: ca.url });
    const failure = new Failure("BAD_FLAG", { said: "x", command: "run" });
    const origin = { file: "renew.json", line: 9, entry: 6 };
    const more = { ...plan, broken: [{ origin, failure }] };
    const { results } = await runMany(more, { ...usual, keepGoing: true }, world());
    expect(results[0]).toMatchObject({ entry: null, origin, failure });
    expect(kinds(results.slice(1))).toEqual(["renewed", "renewed", "renewed", "failed", "renewed"]);
    const over = [...Array(3).fill("untouched"), "failed", "untouched"];
    expect(kinds((await runMany(more, usual, world())).results)).toEqual(["failed", ...over]);
  });

  test("a refusal says nothing of the others", async () => {
    await folder.fill(12);
    await folder.issue("c0", { provisioner: { name: "no-renewal" } });
    const { results } = await runMany(folder.plan(12, { url: ca.url }), usual, world());
    expect(kinds(results)).toEqual(["failed", ...Array(11).fill("renewed")]);
    expect(codes(results)).toEqual(["CA_REFUSED"]);
  });

  test("where the CA cannot be reached, the rest is not waited for", async () => {
    await folder.fill(1);
    for (let index = 1; index < 30; index++)
      for (const kind of ["crt", "key"])
        writeFileSync(folder.file(`c${index}.${kind}`), readFileSync(folder.file(`c0.${kind}`)));
    const { url } = ca;
    await ca.close();
    const { results } = await runMany(folder.plan(30, { url }), usual, world());
    expect(codes(results)).toEqual(Array(30).fill("CA_UNREACHABLE"));
    const tried = results.filter((one) => one.result === "failed" && !one.untried).length;
    expect(tried).toBeGreaterThanOrEqual(8);
    expect(tried).toBeLessThan(8 + 4);
    expect(leftovers()).toEqual([]);
  });
});

test("once the end is asked for, what runs ends and nothing else begins", async () => {
  await folder.fill(12);
  const end = new AbortController();
  let done = 0;
  const { results } = await runMany(
    folder.plan(12, { url: ca.url }),
    { ...usual, concurrency: 2 },
    world({ signal: end.signal }),
    {
      done: () => ++done === 3 && end.abort("SIGTERM"),
    },
  );
  expect(results.length).toBe(12);
  expect(kinds(results).filter((kind) => kind === "renewed").length).toBeLessThan(6);
  expect(new Set(codes(results))).toEqual(new Set(["INTERRUPTED"]));
  expect(renewals()).toBeLessThan(6);
  expect(leftovers()).toEqual([]);
});

describe("hooks", () => {
  const runs: RunSpec[] = [];
  let status = 0;
  const hooking = () =>
    world({
      run: async (spec) => {
        runs.push(spec);
        return { how: "exit", status };
      },
    });
  beforeEach(() => {
    runs.length = 0;
    status = 0;
  });

  test("that several share run once, after all of them", async () => {
    await folder.fill(5);
    const plan = folder.plan(5, { url: ca.url, hooks: hook("reload", "nginx") });
    const before = serials(5);
    let settled: string[] = [];
    await runMany(plan, usual, {
      ...hooking(),
      run: async (spec) => {
        runs.push(spec);
        settled = serials(5).filter((serial) => !before.includes(serial));
        return { how: "exit", status: 0 };
      },
    });
    expect(runs.map(({ words }) => words)).toEqual([["reload", "nginx"]]);
    expect(settled.length).toBe(5);
    const { RENEW_CERT, RENEW_CERTS = "", RENEW_COUNT } = runs[0]?.env ?? {};
    const files = plan.entries.map(({ policy }) => policy.paths.certificate);
    expect(RENEW_CERTS.split("\n").sort()).toEqual([...files].sort());
    expect([RENEW_CERTS.split("\n")[0], RENEW_COUNT]).toEqual([RENEW_CERT, "5"]);
    expect(leftovers()).toEqual([]);
  });

  test("are not run once the end is asked for, nor said to be, and stay owed", async () => {
    await folder.fill(2);
    const end = new AbortController();
    let said = 0;
    const { hookFailures } = await runMany(
      folder.plan(2, { url: ca.url, hooks: hook("reload") }),
      { ...usual, concurrency: 1 },
      { ...hooking(), signal: end.signal },
      { done: () => end.abort("SIGINT"), hooks: () => said++ },
    );
    expect({ said, runs }).toEqual({ said: 0, runs: [] });
    expect(hookFailures).toMatchObject([{ facts: { isNew: true, problems: [{ ended: "unbegun" }] } }]);
    expect(leftovers()).toEqual([".c0.crt.renew-owed"]);
  });

  test("of one alone run after it, and know nothing of others", async () => {
    await folder.fill(3);
    const plan = folder.plan(3, { url: ca.url });
    const own = folder.entry("c1", 2, { url: ca.url, hooks: hook("only") });
    await runMany({ ...plan, entries: plan.entries.with(1, own) }, usual, hooking());
    expect(runs.map(({ words }) => words)).toEqual([["only"]]);
    expect(runs[0]?.env["RENEW_CERT"]).toBe(folder.file("c1.crt"));
    expect(runs[0]?.env).not.toHaveProperty("RENEW_COUNT");
    expect(leftovers()).toEqual([]);
  });

  test("that fail are owed by each, and settled by the next run, also when nothing is due", async () => {
    await folder.fill(4);
    const plan = folder.plan(4, { url: ca.url, hooks: hook("reload") });
    status = 3;
    const first = await runMany(plan, usual, hooking());
    expect(kinds(first.results)).toEqual(Array(4).fill("renewed"));
    expect(first.hookFailures).toMatchObject([{ code: "HOOK_FAILED", facts: { isNew: true, files: { length: 4 } } }]);
    expect(leftovers().sort()).toEqual([0, 1, 2, 3].map((index) => `.c${index}.crt.renew-owed`));
    status = 0;
    const second = await runMany(plan, { ...usual, force: false }, hooking());
    expect(kinds(second.results)).toEqual(Array(4).fill("not-due"));
    expect(second.hookFailures).toEqual([]);
    expect(runs.map(({ env }) => env["RENEW_COUNT"])).toEqual(["4", "4"]);
    expect(leftovers()).toEqual([]);
    await runMany(plan, { ...usual, force: false }, hooking());
    expect(runs.length).toBe(2);
  });

  test("a list that no variable holds is left out", async () => {
    await folder.fill(2);
    const long = "x".repeat(60_000);
    const plan = folder.plan(2, { url: ca.url, hooks: hook("reload") });
    const { executed } = await import("../../../src/renewal/hook-steps.ts");
    const hooked = { hooks: hook("reload"), certificateFile: "a.crt", keyFile: "a.key" };
    const facts = { serial: "1", previousSerial: "", method: "mtls", notAfter: "", names: [] };
    await executed(hooked, facts, hooking(), [`/${long}`, `/${long}2`]);
    expect(runs[0]?.env).toMatchObject({ RENEW_COUNT: "2", RENEW_CERT: expect.stringMatching(/\/a\.crt$/) });
    expect(runs[0]?.env).not.toHaveProperty("RENEW_CERTS");
    expect(plan.entries.length).toBe(2);
  });
});
