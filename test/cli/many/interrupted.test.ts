/** A run of many that is to end in its middle: what it says of all of them, and with which status. */
import { existsSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import type { Ended } from "../../../src/world.ts";
import { type Scene, scene } from "../../support/scene.ts";

let current: Scene | undefined;
afterEach(() => current?.end());

const usages = ["serverAuth" as const, "clientAuth" as const];

/** Two share a hook, and the one between them has its own, in which the end is asked for. */
async function interrupted(names: readonly string[], flags: string, ended: Ended = { how: "exit", status: 0 }) {
  const s = await scene();
  current = s;
  await s.ca();
  for (const name of names) await s.issue(name, { usages, from: -20, to: 4 });
  const certificates = names.map((name) => ({
    crt: `${name}.crt`,
    key: `${name}.key`,
    exec: name === "api" ? "true" : "kick",
  }));
  s.write("renew.json", JSON.stringify({ "ca-url": s.url(), root: "root.crt", certificates }));
  const run = (end: AbortController) => async () => {
    end.abort("SIGTERM");
    return ended;
  };
  const again = (more: string) => {
    const end = new AbortController();
    return s.renew(`run --config renew.json ${more}`, { run: run(end), signal: end.signal });
  };
  return { again, ...(await again(`--json --concurrency 1 ${flags}`)) };
}

test("what was renewed is said to be in its place, the others not to be tried, and a hook that was not run to be owed", async () => {
  const { stdout, exit } = await interrupted(["web", "api", "mail"], "");
  const { error, summary, results, hookFailures } = JSON.parse(stdout);
  expect(exit).toBe(143);
  expect(summary).toMatchObject({ renewed: 2, untried: 1, hookOwed: 1 });
  expect(error).toMatchObject({ code: "INTERRUPTED", exit: 143, state: { file: null, changed: true, notAfter: null } });
  expect(error.why).toContain("2 certificates were renewed by then");
  expect(error.rendered).toContain("state: what was renewed is in its place; nothing else was changed");
  expect(results.map(({ hookOwed }: { hookOwed: boolean }) => hookOwed)).toEqual([true, false, false]);
  expect(results[2].error).toMatchObject({ code: "INTERRUPTED", state: { file: "mail.crt", changed: false } });
  expect(hookFailures[0].what).toBe("renewed web.crt, but hook kick was not run: interrupted");
  expect(hookFailures[0].help).toEqual([expect.stringMatching(/^run the same command again/)]);
  expect(existsSync(".web.crt.renew-owed")).toBe(true);
});

test("in the hook that all share: they are renewed, and the next run makes it good", async () => {
  const { stdout, exit, again } = await interrupted(["web", "mail"], "", { how: "interrupted" });
  expect([exit, JSON.parse(stdout).error.code]).toEqual([69, "HOOK_FAILED"]);
  expect(JSON.parse(stdout).error.help).toEqual([expect.stringMatching(/^run the same command again/)]);
  // As of one alone: nothing was renewed, so that this is no more than an end.
  const owed = await again("--json");
  const { error, summary } = JSON.parse(owed.stdout);
  expect([owed.exit, error.code, error.state.changed]).toEqual([143, "INTERRUPTED", false]);
  expect(summary).toMatchObject({ notDue: 2, hookOwed: 2 });
});
