/** `renew doctor --kubeconfig` of a user that gets its certificate from our own plugin: what the plugin would meet is foretold. */
import { rmSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { kubeconfig } from "../support/kubeconfig.ts";
import { type Scene, scene } from "../support/scene.ts";

let current: Scene | undefined;
afterEach(() => current?.end());

const usages = ["serverAuth" as const, "clientAuth" as const];

async function examined(change: {
  args?(s: Scene): string[];
  more?: string;
  script?: string;
  flags?: string;
  spec?: Parameters<Scene["issue"]>[1];
  lost?: string;
}) {
  const s = await scene({ intermediate: true });
  current = s;
  await s.issue("dave", { subject: "dave", usages, from: -2, to: 22, ...change.spec });
  await s.ca();
  const args = change.args?.(s) ?? ["--ca-url", s.url(), "--root", "root.crt"];
  const words = [
    change.script ?? process.execPath,
    "kubectl-credential",
    ...args,
    `${s.folder}/dave.crt`,
    `${s.folder}/dave.key`,
  ];
  const stanza = `exec: {command: ${process.execPath}, args: ${JSON.stringify(words)}${change.more ?? ""}}`;
  s.write("config", kubeconfig("dave", [stanza]));
  if (change.lost !== undefined) rmSync(change.lost);
  const { exit, stdout, stderr } = await s.renew(`doctor --kubeconfig config --json ${change.flags ?? ""}`);
  const report = stdout === "" ? null : JSON.parse(stdout);
  const checks: { name: string; status: string; says: string }[] = report?.checks ?? [];
  return { exit, stderr, code: report?.error?.code, of: (name: string) => checks.find((one) => one.name === name) };
}

test("its pair, by its CA and its root", async () => {
  const { exit, of } = await examined({});
  expect([exit, of("plugin")?.status, of("CA")?.status]).toEqual([0, "ok", "ok"]);
});

test("a pair that it would not renew any more is no good state", async () => {
  const { exit, of } = await examined({ spec: { from: -30, to: -6 }, flags: "--rehearse" });
  expect([exit, of("lifetime")?.status]).toEqual([1, "warning"]);
});

test("a key that is not there", async () => {
  expect(await examined({ lost: "dave.key" })).toMatchObject({ exit: 66, code: "FILE_MISSING" });
});

test("a program that is not there", async () => {
  expect((await examined({ more: ", installHint: x" })).of("plugin")?.status).toBe("ok");
  await current?.end();
  expect((await examined({ script: "/nowhere/renew.js" })).of("plugin")).toMatchObject({
    status: "warning",
    says: expect.stringContaining('"/nowhere/renew.js" is not there'),
  });
  await current?.end();
  const gone = await scene();
  current = gone;
  await gone.issue("dave", { subject: "dave", usages, from: -2, to: 22 });
  await gone.ca();
  const args = ["kubectl-credential", "--ca-url", gone.url(), "--root", "root.crt", "dave.crt", "dave.key"];
  gone.write("config", kubeconfig("dave", [`exec: {command: bin/renew, args: ${JSON.stringify(args)}}`]));
  const { exit, stdout } = await gone.renew("doctor --kubeconfig config");
  expect([exit, stdout.replaceAll(/\s+/g, " ")]).toEqual([1, expect.stringContaining('"bin/renew" is not there')]);
});

test("what its stanza puts into the environment counts, and a flag of the one who asks counts more", async () => {
  const env = (url: string) => `, env: [{name: STEP_CA_URL, value: "${url}"}, {name: STEP_ROOT, value: root.crt}]`;
  expect((await examined({ args: () => [], more: env("https://localhost:1") })).exit).toBe(75);
  await current?.end();
  const { exit } = await examined({ args: () => [], more: env("https://localhost:1"), flags: "--ca-url CA" });
  expect(exit).toBe(0);
});

test("its command line is wrong: that is said of it", async () => {
  expect(await examined({ args: () => ["--rot", "root.crt"] })).toMatchObject({ exit: 64, code: "BAD_FLAG" });
});
