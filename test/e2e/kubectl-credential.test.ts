/** kubectl's plugin as kubectl runs it: many processes at once, and streams that hold what they should. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { type DevCa, startDevCa } from "../../src/dev-ca/server.ts";
import { run } from "../support/program.ts";

const hour = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), "renew-plugin-"));
const file = (name: string) => readFileSync(join(folder, name), "utf8");
let ca: DevCa;

beforeAll(async () => {
  const authority = await createAuthority({ notBefore: new Date(Date.now() - 100 * hour) });
  ca = await startDevCa({ authority });
  writeFileSync(join(folder, "root.crt"), authority.root);
});

afterAll(async () => {
  await ca.close();
  rmSync(folder, { recursive: true, force: true });
});

async function issue(from: number, to: number): Promise<void> {
  const at = (hours: number) => new Date(Date.now() + hours * hour);
  const leaf = { subject: "dave", organization: "system:masters", provisioner: { name: "after-expiry" } };
  const { chain, key } = await ca.authority.issue({ ...leaf, notBefore: at(from), notAfter: at(to) });
  writeFileSync(join(folder, "dave.crt"), chain);
  writeFileSync(join(folder, "dave.key"), key, { mode: 0o600 });
}

const asked = { apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", spec: { interactive: false } };
const plugin = (...more: string[]) =>
  run(["kubectl-credential", "--ca-url", ca.url, "--root", "root.crt", ...more, "dave.crt", "dave.key"], {
    cwd: folder,
    env: { KUBERNETES_EXEC_INFO: JSON.stringify(asked) },
  });
const renewals = () => ca.log.filter(({ path, status }) => path.endsWith("/renew") && status === 201).length;
const certificateIn = (stdout: string) =>
  (JSON.parse(stdout) as { status: { clientCertificateData: string } }).status.clientCertificateData;

test("of many at once near the end one renews, and all print the new one", async () => {
  await issue(-20, 4);
  const [old, before] = [file("dave.crt"), renewals()];
  const ran = await Promise.all(Array.from({ length: 8 }, () => plugin()));
  expect(ran.map(({ exit, stderr }) => [exit, stderr])).toEqual(ran.map(() => [0, ""]));
  expect(file("dave.crt")).not.toBe(old);
  expect(new Set(ran.map(({ stdout }) => certificateIn(stdout)))).toEqual(new Set([file("dave.crt")]));
  expect(renewals() - before).toBe(1);
});

test.each<[string, number, number, string[]]>([
  ["from files alone", -1, 23, []],
  ["by the whole program", -1, 23, ["-v"]],
])("one line of JSON on stdout, and no request: %s", async (_, from, to, flags) => {
  await issue(from, to);
  const before = ca.log.length;
  const { exit, stdout, stderr } = await plugin(...flags);
  expect([exit, stdout.split("\n").length, certificateIn(stdout)]).toEqual([0, 2, file("dave.crt")]);
  expect([ca.log.length, stderr]).toEqual([before, flags.length === 0 ? "" : "dave.crt is not due\n"]);
});

test("with -v a renewal has its words on stderr, and the same line on stdout", async () => {
  await issue(-20, 4);
  const { exit, stdout, stderr } = await plugin("-v");
  expect([exit, certificateIn(stdout)]).toEqual([0, file("dave.crt")]);
  expect(stderr).toMatch(/^dave\.crt is due\nrenewed dave\.crt: good until /);
});
