/** A rekey that keeps what it replaces, and the way back, on a disk that fails and dies at any call. */
import { beforeAll, describe, expect, test } from "vitest";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { isFailure } from "../../src/failure/failure.ts";
import { slotsOf } from "../../src/files/backup.ts";
import { goalOf } from "../../src/files/goal.ts";
import { complete, prepare } from "../../src/files/pair.ts";
import { repair, sweep } from "../../src/files/repair.ts";
import type { FileSystem } from "../../src/files/system.ts";
import { readCertificate } from "../../src/pki/certificate.ts";
import { keepPair, tidy } from "../../src/renewal/keep.ts";
import { rollBack } from "../../src/renewal/rollback.ts";
import { listBackups } from "../../src/renewal/way-back.ts";
import { type DiskOptions, MemoryDisk } from "../support/disk.ts";
import { Crash, dyingAt, failingAt, recorded } from "../support/faults.ts";
import { certificatesIn } from "../support/issued.ts";
import { byChance, testWorld } from "../support/world.ts";

const [crt, key] = ["/etc/web.crt", "/etc/web.key"];
const meta = { crt: { mode: 0o644, uid: 12, gid: 34 }, key: { mode: 0o640, uid: 12, gid: 56 } };

interface Held {
  crt: string;
  key: string;
}
/** Three pairs of three keys: what was, what is, and what comes. */
const pairs: [Held, Held, Held] = [
  { crt: "", key: "" },
  { crt: "", key: "" },
  { crt: "", key: "" },
];
const [first, second, third] = pairs;

beforeAll(async () => {
  const authority = await createAuthority();
  for (const pair of pairs) {
    const issued = await authority.issue({ names: ["web.internal"] });
    Object.assign(pair, { crt: issued.chain, key: issued.key });
  }
});

const world = (fs: FileSystem) => testWorld({ fs, random: byChance });
const paths = { certificate: crt, key };

/** The second pair is there, and the first one is kept. */
function diskOf(options: DiskOptions = {}): MemoryDisk {
  if (start === null) {
    start = new MemoryDisk().put(crt, first.crt, meta.crt).put(key, first.key, meta.key);
    rekey(second, start);
  }
  return copied(start, options);
}
let start: MemoryDisk | null = null;

/** The same, all of it safe. */
function copied(disk: MemoryDisk, options: DiskOptions): MemoryDisk {
  const again = new MemoryDisk(options);
  for (const name of disk.list("/etc")) {
    const file = `/etc/${name}`;
    if (disk.lstat(file).isSymbolicLink()) again.put(file, { link: disk.readlink(file) });
    else {
      const { mode, uid, gid } = disk.stat(file);
      again.put(file, disk.read(file), { mode, uid, gid });
    }
  }
  return again;
}

/** All that a rekey with --backup 2 does to the disk. */
function rekey(to: Held, fs: FileSystem): void {
  const [leaf] = certificatesIn(fs.read(crt).toString());
  const goals = { certificate: goalOf(crt, "c1c1c1c1c1c1", fs), key: goalOf(key, "c1c1c1c1c1c1", fs) };
  const prepared = prepare(goals, Buffer.from(to.key), fs);
  keepPair(goals, true, readCertificate(Buffer.from(leaf.der)), fs);
  complete(prepared, Buffer.from(to.crt), fs);
  tidy(crt, key, 2, fs);
}

const back = async (fs: FileSystem, to: string | null = null) =>
  void (await rollBack({ paths, to, force: true, isDry: false, lockTimeoutMs: 0, hooks: null }, world(fs)));

const stories: Record<string, { tell(fs: FileSystem): Promise<void>; from: Held[]; to: Held[] }> = {
  "a rekey": { tell: async (fs) => rekey(third, fs), from: [second, first], to: [third, second] },
  "a rollback": { tell: back, from: [second, first], to: [first, second] },
};

/** Runs until the process dies. */
async function until(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Crash || (error as Error).cause instanceof Crash)) throw error;
  }
}

function nextRun(fs: FileSystem): void {
  repair([crt, key], () => () => undefined, fs);
  sweep([crt, key], fs);
}

/** The disk as it is found after the machine has died: some of the states, each once. What `files` does alone is tried in all. */
function* found(disk: MemoryDisk, options: DiskOptions): Generator<MemoryDisk> {
  const seen = new Set<string>();
  let count = 0;
  for (const files of disk.afterCrash("/etc")) {
    if (seen.size >= 3) return;
    if (count++ % 11 !== 0) continue;
    const state = JSON.stringify([...files].map(([name, { data, mode }]) => [name, data.toString(), mode]).sort());
    if (seen.has(state)) continue;
    seen.add(state);
    const again = new MemoryDisk(options);
    for (const [name, { data, ...rest }] of files) again.put(`/etc/${name}`, data, rest);
    yield again;
  }
}

/** Old or new, a pair that works; the other of the two pairs can be gone back to. */
async function expectSafe(
  disk: MemoryDisk,
  [before = first, newest = first]: Held[],
  [after = first]: Held[],
  at: string,
) {
  const now = { crt: disk.read(crt).toString(), key: disk.read(key).toString() };
  const isNew = now.crt === after.crt;
  expect(now, at).toEqual(isNew ? after : before);
  const kept = (await listBackups(paths, world(disk))).map(({ bytes }) => bytes.toString());
  expect(kept[0], at).toBe(isNew ? before.crt : newest.crt);
  const keys = disk.list("/etc").filter((name) => /^\.web\.key\.renew-backup-/.test(name));
  for (const name of keys) expect(disk.stat(`/etc/${name}`), at).toMatchObject(meta.key);
  expect(disk.stat(key), at).toMatchObject(meta.key);
  await back(disk);
  const went = isNew ? before : newest;
  expect({ crt: disk.read(crt).toString(), key: disk.read(key).toString() }, at).toEqual(went);
  const odd = disk.list("/etc").filter((name) => name.includes(".renew-") && !name.includes(".renew-backup-"));
  expect(odd, at).toEqual([]);
  expect(slotsOf(crt, disk).length, at).toBeGreaterThan(0);
}

describe.each(Object.entries(stories))("%s", (_, { tell, from, to }) => {
  test("leaves what it is to leave, and nothing else", async () => {
    const disk = diskOf();
    await tell(disk);
    await expectSafe(disk, from, to, "the end");
    await back(disk);
    expect(disk.read(crt).toString()).toBe(to[0]?.crt);
    expect(disk.list("/etc").filter((name) => name.includes(".renew-backup-"))).toHaveLength(
      slotsOf(crt, disk).length * 2,
    );
  });

  const variants: DiskOptions[] = [
    { withoutLinks: true },
    { mounted: { path: crt, errno: "EBUSY" } },
    { mounted: { path: key, errno: "EXDEV" } },
  ];
  test.each(variants)("may die at any call: %j", async (options) => {
    const { fs, calls } = recorded(diskOf(options));
    await tell(fs);
    for (let n = 1; n <= calls.length + 1; n++) {
      const disk = diskOf(options);
      await until(() => tell(dyingAt(n, disk).fs));
      nextRun(disk);
      await expectSafe(copied(disk, options), from, to, `${calls[n - 1]}, call ${n}`);
    }
  });

  test("may die at any call with its machine, whatever has reached the disk", async () => {
    const { fs, calls } = recorded(diskOf());
    await tell(fs);
    for (let n = 1; n <= calls.length + 1; n++) {
      const disk = diskOf();
      await until(() => tell(dyingAt(n, disk).fs));
      for (const again of found(disk, {})) {
        nextRun(again);
        await expectSafe(copied(again, {}), from, to, `${calls[n - 1]}, call ${n}`);
      }
    }
  }, 60_000);

  test.each(["EIO", "ENOSPC"])("may meet %s at any call", async (errno) => {
    const { fs, calls } = recorded(diskOf());
    await tell(fs);
    for (let n = 1; n <= calls.length; n++) {
      const disk = diskOf();
      try {
        await tell(failingAt(n, errno, disk).fs);
      } catch (error) {
        const isTold = isFailure(error) || (error as { code?: string }).code === errno;
        expect(isTold, `${calls[n - 1]}, call ${n}: ${String(error)}`).toBe(true);
      }
      nextRun(disk);
      await expectSafe(copied(disk, {}), from, to, `${calls[n - 1]}, call ${n}`);
    }
  });
});

test("a rollback whose file is an older one than the newest is found again, after any death", async () => {
  const begun = diskOf();
  rekey(third, begun);
  const { fs, calls } = recorded(copied(begun, {}));
  await back(fs, "2");
  for (let n = 1; n <= calls.length + 1; n++) {
    const disk = copied(begun, {});
    await until(() => back(dyingAt(n, disk).fs, "2"));
    nextRun(disk);
    const at = `${calls[n - 1]}, call ${n}`;
    const now = { crt: disk.read(crt).toString(), key: disk.read(key).toString() };
    expect(now, at).toEqual(now.crt === first.crt ? first : third);
    const kept = (await listBackups(paths, world(disk))).map(({ bytes }) => bytes.toString());
    expect(kept, at).toEqual(now.crt === first.crt ? [third.crt, second.crt] : [second.crt, first.crt]);
  }
});
