/** Whole runs that die at each change of the disk, and the next run on what is left of it. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { main } from "../../src/cli/main.ts";
import { type Authority, createAuthority } from "../../src/dev-ca/authority.ts";
import { type DevCa, startDevCa } from "../../src/dev-ca/server.ts";
import type { FileSystem } from "../../src/files/system.ts";
import { type Contents, MemoryDisk } from "../support/disk.ts";
import { Crash, interposed } from "../support/faults.ts";
import { byChance, testWorld } from "../support/world.ts";

const [crt, key] = ["/etc/web.crt", "/etc/web.key"];

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

const mounted = { mounted: { path: crt, errno: "EBUSY" } } as const;
const stories: Record<string, { command: string; options?: typeof mounted }> = {
  renew: { command: "" },
  "renew a mounted file": { command: "", options: mounted },
  rekey: { command: "rekey" },
};

function fresh({ options }: { options?: typeof mounted }): MemoryDisk {
  return new MemoryDisk(options)
    .put(crt, issued.chain, { mode: 0o644, uid: 12, gid: 34 })
    .put(key, issued.key, { mode: 0o600, uid: 12, gid: 34 })
    .put("/root.crt", authority.root);
}

/** Runs with a hook; what the hook was told last. */
async function run(command: string, fs: FileSystem): Promise<{ exit: number; words: string; hooked: string | null }> {
  let hooked: string | null = null;
  const world = testWorld({
    fs,
    random: byChance,
    run: async ({ env }) => {
      hooked = env["RENEW_SERIAL"] ?? null;
      return { how: "exit", status: 0 };
    },
  });
  const reach = ["--ca-url", ca.url, "--root", "/root.crt", "--exec", "reload"];
  const exit = await main([...command.split(" ").filter(Boolean), "--force", crt, key, ...reach], world);
  return { exit, words: world.err.text, hooked };
}

const isChange = (method: string) =>
  ["symlink", "open", "write", "chmod", "chown", "sync", "rename", "remove", "truncate"].includes(method);

/** Dies before the n-th change: nothing after that has any effect. Whether it came so far. */
async function dying(n: number, command: string, disk: MemoryDisk): Promise<boolean> {
  let changes = 0;
  const { fs } = interposed(disk, (_, method) => {
    if (isChange(method)) changes++;
    if (changes >= n) throw new Crash();
  });
  await run(command, fs).catch((error: unknown) => {
    if (!(error instanceof Crash)) throw error;
  });
  return changes >= n;
}

function serialOf(disk: FileSystem): string {
  const leaf = new X509Certificate(disk.read(crt));
  expect(leaf.checkPrivateKey(createPrivateKey(disk.read(key).toString())), "belong together").toBe(true);
  return BigInt(`0x${leaf.serialNumber}`).toString();
}

const leftovers = (disk: FileSystem) => disk.list("/etc").filter((name) => name.includes(".renew-"));

function copied(files: ReadonlyMap<string, Contents>, options: (typeof mounted)[] | []): MemoryDisk {
  const again = new MemoryDisk(options[0]).put("/root.crt", authority.root);
  for (const [name, { data, ...rest }] of files) again.put(`/etc/${name}`, data, rest);
  return again;
}

/** Each once, and a few of many: `files` is tried with all of them. */
function someOf(states: Iterable<ReadonlyMap<string, Contents>>): ReadonlyMap<string, Contents>[] {
  const known = new Map<string, ReadonlyMap<string, Contents>>();
  for (const files of states)
    known.set([...files].map(([name, { data }]) => `${name} ${data.toString("latin1")}`).join(), files);
  const all = [...known.values()];
  const stride = Math.max(1, Math.ceil(all.length / 2));
  return all.filter((_, index) => index % stride === 0);
}

describe.each(Object.entries(stories))("%s", (_, { command, ...how }) => {
  test("that dies at any change of the disk leaves what the next run repairs, and its hook is owed", async () => {
    let n = 1;
    for (; ; n++) {
      const disk = fresh(how);
      if (!(await dying(n, command, disk))) break;
      const notDue = await run(`${command} --expires-in 1h`, disk);
      expect(notDue, `change ${n}`).toMatchObject({ exit: 0 });
      const serial = serialOf(disk);
      const isNew = serial !== BigInt(`0x${new X509Certificate(issued.chain).serialNumber}`).toString();
      if (isNew) expect([serial, null], `change ${n}`).toContain(notDue.hooked);
      expect(leftovers(disk), `change ${n}: ${notDue.words}`).toEqual([]);
      const { exit, hooked, words } = await run(command, disk);
      expect(exit, `change ${n}: ${words}`).toBe(0);
      expect(hooked).toBe(serialOf(disk));
      expect(leftovers(disk), `change ${n}: ${words}`).toEqual([]);
      expect(disk.stat(crt)).toMatchObject({ mode: 0o644, uid: 12, gid: 34 });
      expect(disk.stat(key)).toMatchObject({ mode: 0o600, uid: 12, gid: 34 });
    }
    expect(n).toBeGreaterThan(15);
  }, 60_000);

  test("on a machine that dies, too, whatever of the last changes has reached the disk", async () => {
    for (let n = 1; ; n++) {
      const disk = fresh(how);
      if (!(await dying(n, command, disk))) break;
      for (const files of someOf(disk.afterCrash("/etc"))) {
        const again = copied(files, how.options ? [how.options] : []);
        const { exit, words } = await run(command, again);
        expect(exit, `change ${n}: ${words}`).toBe(0);
        serialOf(again);
        expect(leftovers(again), `change ${n}: ${words}`).toEqual([]);
      }
    }
  }, 120_000);
});
