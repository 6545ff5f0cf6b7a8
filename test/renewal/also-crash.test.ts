/** A run with other forms dies at each change of the disk: what the next run makes of it is one certificate in all of them. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { main } from "../../src/cli/main.ts";
import { type Authority, createAuthority } from "../../src/dev-ca/authority.ts";
import { type DevCa, startDevCa } from "../../src/dev-ca/server.ts";
import type { FileSystem } from "../../src/files/system.ts";
import { MemoryDisk, systemError } from "../support/disk.ts";
import { Crash, interposed, odd } from "../support/faults.ts";
import { byChance, testWorld } from "../support/world.ts";

const [crt, key, combined, full] = ["/etc/web.crt", "/etc/web.key", "/etc/web.pem", "/srv/full.pem"];

let authority: Authority;
let ca: DevCa;
let issued: { chain: string; key: string };
beforeAll(async () => {
  authority = await createAuthority();
  ca = await startDevCa({ authority });
  const names = { subject: "web.internal", names: ["web.internal"], usages: ["serverAuth", "clientAuth"] as const };
  issued = await authority.issue({ ...names, usages: [...names.usages], provisioner: { name: "after-expiry" } });
});
afterAll(() => ca.close());

function fresh(): MemoryDisk {
  return new MemoryDisk()
    .put(crt, issued.chain, { mode: 0o644, uid: 12, gid: 34 })
    .put(key, issued.key, { mode: 0o600, uid: 12, gid: 34 })
    .put(combined, issued.chain + issued.key, { mode: 0o640, uid: 12, gid: 56 })
    .put(full, issued.chain, { mode: 0o644, uid: 12, gid: 34 })
    .put("/root.crt", authority.root);
}

const also = ["--also", `combined=${combined}`, "--also", `fullchain=${full}`];

async function run(command: readonly string[], fs: FileSystem): Promise<{ exit: number; words: string }> {
  const world = testWorld({ fs, random: byChance });
  const exit = await main([...command, "--force", crt, key, "--ca-url", ca.url, "--root", "/root.crt"], world);
  return { exit, words: world.err.text };
}

const isChange = (method: string) =>
  ["symlink", "open", "write", "chmod", "chown", "sync", "rename", "remove", "truncate"].includes(method);

async function dying(n: number, command: readonly string[], disk: MemoryDisk): Promise<boolean> {
  let changes = 0;
  const { fs } = interposed(disk, (_, method) => {
    if (isChange(method)) changes++;
    if (changes >= n) throw new Crash();
  });
  await run([...command, ...also], fs).catch((error: unknown) => {
    if (!(error instanceof Crash)) throw error;
  });
  return changes >= n;
}

const leftovers = (disk: FileSystem) =>
  ["/etc", "/srv"].flatMap((folder) => disk.list(folder)).filter((name) => name.includes(".renew-"));

function expectOne(disk: FileSystem, when: string): void {
  const [chain, own] = [disk.read(crt).toString(), disk.read(key).toString()];
  expect(new X509Certificate(chain).checkPrivateKey(createPrivateKey(own)), when).toBe(true);
  expect(disk.read(combined).toString(), when).toBe(chain + own);
  expect(disk.read(full).toString(), when).toBe(chain);
}

describe.each([[[]], [["rekey"]]])("renew %j with other forms", (command) => {
  test("that dies at any change leaves what the next run makes one, also if it knows of no forms", async () => {
    let n = 1;
    for (; ; n++) {
      const disk = fresh();
      if (!(await dying(n, command, disk))) break;
      const next = await run([...command, "--expires-in", "1h"], disk);
      expect(next, `change ${n}`).toMatchObject({ exit: 0 });
      expectOne(disk, `change ${n}: ${next.words}`);
      const { exit, words } = await run([...command, ...also], disk);
      expect(exit, `change ${n}: ${words}`).toBe(0);
      expectOne(disk, `change ${n}: ${words}`);
      expect(leftovers(disk), `change ${n}: ${words}`).toEqual([]);
      expect(disk.stat(combined)).toMatchObject({ mode: 0o640, uid: 12, gid: 56 });
    }
    expect(n).toBeGreaterThan(30);
  }, 120_000);

  test("whose disk refuses any one change is all old, all new, or finished by the next run", async () => {
    for (let n = 1; ; n++) {
      const disk = fresh();
      let changes = 0;
      const { fs } = interposed(disk, (_, method) => {
        if (isChange(method) && ++changes === n) throw systemError("EIO");
      });
      await run([...command, ...also], fs);
      if (changes < n) break;
      const { exit, words } = await run([...command, "--expires-in", "1h"], disk);
      expect(exit, `change ${n}: ${words}`).toBe(0);
      expectOne(disk, `change ${n}: ${words}`);
    }
  }, 120_000);

  test("finds a form that is a mount of its own", async () => {
    const disk = fresh();
    const fs = odd(disk, {
      rename: (from, to) => {
        if (to === full || from === full) throw systemError("EBUSY");
        disk.rename(from, to);
      },
    });
    const { exit, words } = await run([...command, ...also], fs);
    expect(exit, words).toBe(0);
    expectOne(disk, words);
    expect(leftovers(disk)).toEqual([]);
  });
});
