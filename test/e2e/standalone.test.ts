/** The standalone executable, as it is used on a machine that has no Node. `npm run build:standalone` makes it. */

import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandNames } from "../../src/cli/command-names.ts";
import { type Authority, createAuthority } from "../../src/dev-ca/authority.ts";
import { type DevCa, startDevCa } from "../../src/dev-ca/server.ts";
import { root, run } from "../support/program.ts";

const made = resolve(root, "dist-standalone");
const executable = join(made, "renew");
const isBuilt = existsSync(executable);
if (!isBuilt) console.log("the standalone executable is not tested: `npm run build:standalone` makes it");

describe.skipIf(!isBuilt)("the standalone executable", () => {
  // What is skipped takes nothing away afterwards.
  const folder = isBuilt ? mkdtempSync(join(tmpdir(), "renew-standalone-")) : "";
  const nowhere = join(folder, "empty");
  let authority: Authority;
  let ca: DevCa;

  beforeAll(async () => {
    mkdirSync(nowhere);
    authority = await createAuthority();
    ca = await startDevCa({ authority });
    writeFileSync(join(folder, "root.crt"), authority.root);
  });

  afterAll(async () => {
    await ca.close();
    rmSync(folder, { recursive: true });
  });

  /** Its PATH leads to no Node. */
  const alone = { cwd: folder, env: { PATH: nowhere, HOME: folder }, program: executable };

  test("says which version it is, as the other does", async () => {
    expect(await run(["--version"], alone)).toEqual(await run(["--version"]));
  });

  test.each(commandNames)("%s --help says the same", async (name) => {
    expect(await run([name, "--help"], alone)).toEqual(await run([name, "--help"]));
  });

  test.each([
    ["over mTLS", 60],
    ["by token, what has expired", -10],
  ])("renews %s", async (_, minutes) => {
    const { chain, key } = await authority.issue({
      provisioner: { name: "after-expiry" },
      notBefore: new Date(Date.now() - 30 * 60_000),
      notAfter: new Date(Date.now() + minutes * 60_000),
    });
    writeFileSync(join(folder, "web.crt"), chain);
    writeFileSync(join(folder, "web.key"), key, { mode: 0o600 });
    const ran = await run(["--force", "web.crt", "web.key", "--ca-url", ca.url, "--root", "root.crt"], alone);
    expect(ran.exit, ran.stderr).toBe(0);
    const after = new X509Certificate(readFileSync(join(folder, "web.crt")));
    expect(after.serialNumber).not.toBe(new X509Certificate(chain).serialNumber);
  });

  test("a failure has its code and its exit status", async () => {
    const words = ["--force", "none.crt", "none.key", "--ca-url", ca.url, "--root", "root.crt"];
    expect(await run(words, alone)).toEqual(await run(words, { cwd: folder }));
  });

  test("runs itself for the demo, also when it is found by a link on PATH", () => {
    symlinkSync(executable, join(nowhere, "renew"));
    const { status, stdout } = spawnSync("renew", ["demo"], { env: { PATH: nowhere, HOME: folder }, encoding: "utf8" });
    expect(status, stdout).toBe(0);
  });

  test("comes with the licences of all that is in it", () => {
    const licences = readFileSync(join(made, "LICENCES.txt"), "utf8");
    const parts = ["Apache License", "\njose ", "\nundici ", "Node.js is licensed", "- V8, ", "- OpenSSL, ", "- ICU, "];
    expect(parts.filter((part) => !licences.includes(part))).toEqual([]);
  });
});
