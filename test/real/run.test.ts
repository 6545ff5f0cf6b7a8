/** Many certificates in one run against a real step-ca. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Authority, createAuthority } from "../../src/dev-ca/authority.ts";
import type { Plan } from "../../src/renewal/many/plan.ts";
import { runMany } from "../../src/renewal/many/run.ts";
import type { RunSpec } from "../../src/world.ts";
import { certificatesIn } from "../support/issued.ts";
import { Folder, hook, usual } from "../support/many.ts";
import { realBinary, type StepCa, startStepCa } from "../support/step-ca.ts";
import { servesAs } from "../support/tls-pair.ts";
import { byChance, testWorld } from "../support/world.ts";

const spec = { provisioner: { name: "admin" } };

describe.skipIf(realBinary("step-ca-v0.30.2") === undefined)("a real step-ca renews", () => {
  let ca: StepCa;
  let authority: Authority;
  let folder: Folder;
  beforeAll(async () => {
    authority = await createAuthority({ intermediate: true });
    ca = await startStepCa({ version: "v0.30.2", authority });
  });
  afterAll(() => ca.close());
  beforeEach(async () => {
    folder = await Folder.make(authority);
  });
  afterEach(() => folder.end());

  const world = (runs: RunSpec[] = []) =>
    testWorld({
      random: byChance,
      run: async (one) => {
        runs.push(one);
        return { how: "exit", status: 0 };
      },
    });
  const leafOf = (name: string) => certificatesIn(readFileSync(folder.file(`${name}.crt`), "latin1"))[0];
  const leftovers = () => readdirSync(folder.path).filter((name) => name.includes(".renew-"));

  test.each(["mtls", "token"] as const)("two hundred, by %s, with one hook for all", async (method) => {
    await folder.fill(200, spec);
    const before = new Set(Array.from({ length: 200 }, (_, index) => leafOf(`c${index}`).serial));
    const runs: RunSpec[] = [];
    const plan = folder.plan(200, { url: ca.url, method, hooks: hook("reload") });
    const { results, hookFailures } = await runMany(plan, { ...usual, concurrency: null }, world(runs));
    expect(results.filter((one) => one.result === "failed")).toEqual([]);
    expect(results.every((one) => one.result === "renewed" && one.method === method)).toBe(true);
    const after = new Set(Array.from({ length: 200 }, (_, index) => leafOf(`c${index}`).serial));
    expect([after.size, [...after].filter((serial) => before.has(serial))]).toEqual([200, []]);
    expect({ hooks: runs.map(({ env }) => env["RENEW_COUNT"]), hookFailures, left: leftovers() }).toEqual({
      hooks: ["200"],
      hookFailures: [],
      left: [],
    });
    const [cert, key] = [readFileSync(folder.file("c7.crt"), "latin1"), readFileSync(folder.file("c7.key"), "latin1")];
    await servesAs({ cert, key }, { root: authority.root, name: "c7.example" });
  });

  test("the others of one that is broken, where that is asked for, and of one that is refused", async () => {
    await folder.fill(10, spec);
    writeFileSync(folder.file("c3.key"), readFileSync(folder.file("c4.key")));
    await folder.issue("c5", { provisioner: { name: "nobody" } });
    const plan = folder.plan(10, { url: ca.url });
    const before = leafOf("c0").serial;
    const refused = await runMany(plan, usual, world());
    expect(refused.results.map(({ result }) => result)).toEqual(
      Array.from({ length: 10 }, (_, index) => (index === 3 ? "failed" : "untouched")),
    );
    expect(refused.results[3]).toMatchObject({ failure: { code: "KEY_MISMATCH" } });
    expect(leafOf("c0").serial).toBe(before);
    const { results } = await runMany(plan, { ...usual, keepGoing: true }, world());
    const failures = results.flatMap((one) => (one.result === "failed" ? [one.failure.code] : []));
    expect(failures).toEqual(["KEY_MISMATCH", "CA_REFUSED"]);
    expect(results.filter(({ result }) => result === "renewed").length).toBe(8);
  });

  test.each(["mtls", "token"] as const)("what a run by %s had left that was killed", async (method) => {
    const count = 60;
    await folder.fill(count, spec);
    const plan = folder.plan(count, { url: ca.url, method, hooks: hook("reload") });
    const before = plan.entries.map((_, index) => leafOf(`c${index}`).serial);
    const child = await start(plan);
    await untilRenewed(child, 7);
    child.kill("SIGKILL");
    await once(child, "exit");
    const halfway = plan.entries.filter((_, index) => leafOf(`c${index}`).serial !== before[index]).length;
    expect(halfway).toBeGreaterThanOrEqual(7);
    expect(halfway).toBeLessThan(count);
    const runs: RunSpec[] = [];
    const { results } = await runMany(plan, { ...usual, force: false }, world(runs));
    expect(results.filter(({ result }) => result === "failed")).toEqual([]);
    // What was renewed owed its hook, and nothing else was due: one hook for all of those, and for what was just to be installed.
    expect(runs.length).toBe(1);
    expect(Number(runs[0]?.env["RENEW_COUNT"])).toBeGreaterThanOrEqual(halfway);
    expect(Number(runs[0]?.env["RENEW_COUNT"])).toBeLessThanOrEqual(halfway + 4);
    const { results: all } = await runMany(plan, usual, world(runs));
    expect(all.filter(({ result }) => result !== "renewed")).toEqual([]);
    expect(leftovers()).toEqual([]);
  });

  /** A process of its own, which says a line for each that is done. */
  async function start(plan: Plan): Promise<ChildProcess> {
    const driver = folder.file("driver.mjs");
    const sources = resolve(import.meta.dirname, "../../src");
    await build({
      stdin: { contents: driving, resolveDir: sources, loader: "ts" },
      outdir: folder.path,
      entryNames: "driver",
      outExtension: { ".js": ".mjs" },
      bundle: true,
      platform: "node",
      format: "esm",
      logLevel: "error",
      banner: { js: 'import{createRequire as r}from"node:module";const require=r(import.meta.url);' },
    });
    expect(existsSync(driver)).toBe(true);
    writeFileSync(join(folder.path, "plan.json"), JSON.stringify(plan));
    return spawn(process.execPath, [driver], { cwd: folder.path, stdio: ["ignore", "pipe", "inherit"] });
  }
});

const driving = `
import { readFileSync } from "node:fs";
import { runMany } from "./renewal/many/run.ts";
import { realWorld } from "./world.ts";
const world = realWorld(new AbortController().signal, { end: () => {}, take: () => () => {} });
const options = { force: true, keepGoing: false, dryRun: false, concurrency: 4 };
await runMany(JSON.parse(readFileSync("plan.json", "utf8")), options, world, { done: ({ result }) => console.log(result) });
`;

async function untilRenewed(child: ChildProcess, count: number): Promise<void> {
  let text = "";
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (text.split("renewed\n").length > count) return;
  }
  throw new Error(`it ended too early: ${text}`);
}
