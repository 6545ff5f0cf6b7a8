/** What is kept beside a file, on a disk that fails and dies: the newest is never lost, and what was kept stays in its order. */
import { describe, expect, test } from "vitest";
import {
  isKept,
  keepCertificate,
  keepKey,
  keptKey,
  keySlotOf,
  slotOf,
  slotsIn,
  slotsOf,
  tidyCertificates,
  tidyKeys,
} from "../../src/files/backup.ts";
import { goalOf } from "../../src/files/goal.ts";
import { install } from "../../src/files/install.ts";
import { isBeside, mostBackups } from "../../src/files/names.ts";
import { repair, sweep } from "../../src/files/repair.ts";
import type { FileSystem } from "../../src/files/system.ts";
import { type DiskOptions, MemoryDisk } from "../support/disk.ts";
import { Crash, dyingAt, failingAt, interposed, recorded } from "../support/faults.ts";

const [crt, key] = ["/etc/web.crt", "/etc/web.key"];
const token = "0123456789ab";
const [id, otherId] = ["00112233445566aa", "ffeeddccbbaa9988"];
const meta = { mode: 0o640, uid: 12, gid: 34 };

/** `count` are kept already: chain-1 is the oldest; the file holds the one after them. */
function diskOf(count: number, options: DiskOptions = {}): MemoryDisk {
  const disk = new MemoryDisk(options).put(crt, `chain-${count + 1}`, meta).put(key, "the key", meta);
  for (let number = 1; number <= count; number++) disk.put(slotOf(crt, number), `chain-${count + 1 - number}`, meta);
  return disk;
}

const goal = (fs: FileSystem, file = crt) => goalOf(file, token, fs);
const held = (fs: FileSystem) => slotsOf(crt, fs).map(({ file }) => fs.read(file).toString());
const left = (fs: FileSystem) => fs.list("/etc").filter((name) => /renew-[0-9a-f]{12}/.test(name));

/** All that a renewal to `chain` does to the disk, with two backups. */
function renew(chain: string, fs: FileSystem): void {
  const one = goal(fs);
  keepCertificate(one, fs);
  install(one, Buffer.from(chain), fs);
  tidyCertificates(crt, 2, fs);
}

function until(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Crash || (error as Error).cause instanceof Crash)) throw error;
  }
}

function nextRun(fs: FileSystem): void {
  repair([crt], () => () => undefined, fs);
  sweep([crt], fs);
}

function again(
  files: Iterable<[string, { data: Buffer; mode: number; uid: number; gid: number }]>,
  options: DiskOptions,
) {
  const disk = new MemoryDisk(options);
  for (const [name, { data, ...rest }] of files) disk.put(`/etc/${name}`, data, rest);
  return disk;
}

describe("the names", () => {
  test("are fixed, hidden, and no names of what is there for a while", () => {
    expect(slotOf(crt, 1)).toBe("/etc/.web.crt.renew-backup-1");
    expect(keySlotOf(key, id)).toBe(`/etc/.web.key.renew-backup-${id}`);
    expect(isBeside(crt, ".web.crt.renew-backup-1")).toBe(false);
    expect(isBeside(key, `.web.key.renew-backup-${id}`)).toBe(false);
    expect(isBeside(crt, `.web.crt.renew-${token}.kept`)).toBe(true);
  });

  test.each(["x".repeat(255), "é".repeat(127)])("fit, however long the file's is", (name) => {
    for (const file of [slotOf(`/etc/${name}`, 999), keySlotOf(`/etc/${name}`, id)])
      expect(Buffer.byteLength(file.slice("/etc/".length))).toBeLessThan(256);
  });

  test("are those of files only, and in the order of their numbers", () => {
    const disk = diskOf(0).put("/etc/other", "x");
    for (const number of [10, 9, 1, 2]) disk.put(slotOf(crt, number), `${number}`);
    disk
      .put(slotOf(crt, 3), { link: "/etc/other" })
      .put(slotOf(crt, 4), "device")
      .put("/etc/.web.crt.renew-backup-01", "x");
    expect(held(disk)).toEqual(["1", "2", "9", "10"]);
    expect(slotsIn("/etc", disk)).toHaveLength(4);
  });

  test("are found in a folder that may be entered and not listed", () => {
    const disk = diskOf(3);
    const { fs } = interposed(disk, (_, method) => {
      if (method === "list") throw Object.assign(new Error("EACCES"), { code: "EACCES" });
    });
    expect(held(fs)).toEqual(["chain-3", "chain-2", "chain-1"]);
  });
});

const variants: Record<string, DiskOptions> = {
  "by a link": {},
  "by a copy": { withoutLinks: true },
  "of a file that is a mount": { mounted: { path: crt, errno: "EBUSY" } },
  "by a copy, in pieces": { withoutLinks: true, writeLimit: 4 },
};

describe.each(Object.entries(variants))("keeping what is replaced %s", (_, options) => {
  test("leaves the last two, with owner and mode, and nothing else", () => {
    const disk = diskOf(0, options);
    for (let number = 2; number <= 5; number++) {
      renew(`chain-${number}`, disk);
      const kept = [number - 1, number - 2].filter((one) => one > 0).map((one) => `chain-${one}`);
      expect(held(disk)).toEqual(kept);
      expect(disk.read(crt).toString()).toBe(`chain-${number}`);
    }
    for (const { file } of slotsOf(crt, disk)) expect(disk.stat(file)).toMatchObject(meta);
    expect(left(disk)).toEqual([]);
  });

  test.each([0, 1, 2])("a death at any call loses neither the file nor the newest of %i that are kept", (count) => {
    const { fs, calls } = recorded(diskOf(count, options));
    renew("new", fs);
    for (let n = 1; n <= calls.length + 1; n++) {
      const disk = diskOf(count, options);
      until(() => renew("new", dyingAt(n, disk).fs));
      const seen = new Set<string>();
      for (const files of disk.afterCrash("/etc")) {
        const found = again(files, options);
        const state = JSON.stringify([...files].map(([name, { data }]) => [name, data.toString()]));
        if (seen.has(state)) continue;
        seen.add(state);
        nextRun(found);
        const at = `${calls[n - 1]}, call ${n}`;
        const now = found.read(crt).toString();
        expect([`chain-${count + 1}`, "new"], at).toContain(now);
        const kept = held(found).filter((chain) => chain !== now);
        const newest = now === "new" ? count + 1 : count;
        if (newest > 0) expect(kept[0], at).toBe(`chain-${newest}`);
        // What is kept is whole, each once, in its order; at most what the next one pushes out is gone.
        const due = Array.from({ length: newest }, (_, index) => `chain-${newest - index}`);
        expect(kept, at).toEqual(due.slice(0, kept.length));
        expect(kept.length, at).toBeGreaterThanOrEqual(Math.min(newest, 2));
        expect(left(found), at).toEqual([]);
        renew("newer", found);
        expect(held(found), at).toEqual([now, ...kept].slice(0, 2));
      }
    }
  });

  test.each(["EIO", "ENOSPC"])("an %s of any one call loses nothing that is kept, and leaves nothing", (errno) => {
    const whole = diskOf(2, options);
    const { fs, calls } = recorded(whole);
    keepCertificate(goal(whole), fs);
    for (let n = 1; n <= calls.length; n++) {
      const disk = diskOf(2, options);
      const one = goal(disk);
      try {
        keepCertificate(one, failingAt(n, errno, disk).fs);
      } catch (error) {
        expect((error as { code?: string }).code).toBe(errno);
      }
      const at = `${calls[n - 1]}, call ${n}`;
      expect(
        held(disk).filter((chain) => chain !== "chain-3"),
        at,
      ).toEqual(["chain-2", "chain-1"]);
      if (calls[n - 1] !== "remove") expect(left(disk), at).toEqual([]);
      keepCertificate(one, disk);
      expect(held(disk), at).toEqual(["chain-3", "chain-2", "chain-1"]);
      expect(isKept(one, disk)).toBe(true);
    }
  });
});

describe("a certificate", () => {
  test("is kept once, however often that is tried", () => {
    const disk = diskOf(2);
    for (let times = 0; times < 3; times++) keepCertificate(goal(disk), disk);
    expect(held(disk)).toEqual(["chain-3", "chain-2", "chain-1"]);
  });

  test("moves up to the first gap alone", () => {
    const disk = diskOf(0).put(slotOf(crt, 1), "a").put(slotOf(crt, 3), "b");
    keepCertificate(goal(disk), disk);
    expect(slotsOf(crt, disk).map(({ number, file }) => [number, disk.read(file).toString()])).toEqual([
      [1, "chain-1"],
      [2, "a"],
      [3, "b"],
    ]);
  });

  test("that somebody else has put there meanwhile is not kept for the one that was loaded", () => {
    const disk = diskOf(1);
    const one = goal(disk);
    disk.put(crt, "another's");
    expect(() => keepCertificate(one, disk)).toThrow();
    expect([held(disk), left(disk)]).toEqual([["chain-1"], []]);
  });

  test("is not kept by a link that leads elsewhere, and what it led to is left alone", () => {
    const disk = diskOf(0).put("/etc/passwd", "root").put(slotOf(crt, 1), { link: "/etc/passwd" });
    keepCertificate(goal(disk), disk);
    expect([held(disk), disk.read("/etc/passwd").toString()]).toEqual([["chain-1"], "root"]);
  });

  test("has its numbers in order again afterwards, without what the file holds now and without what is there twice", () => {
    const disk = diskOf(0)
      .put(slotOf(crt, 2), "chain-1")
      .put(slotOf(crt, 4), "a")
      .put(slotOf(crt, 5), "a")
      .put(slotOf(crt, 9), "b");
    tidyCertificates(crt, mostBackups, disk);
    expect(slotsOf(crt, disk).map(({ number }) => number)).toEqual([1, 2]);
    expect(held(disk)).toEqual(["a", "b"]);
  });

  test("of the greatest number that can be asked for pushes the oldest out, not the newest", () => {
    const disk = diskOf(mostBackups);
    keepCertificate(goal(disk), disk);
    tidyCertificates(crt, mostBackups, disk.put(crt, "new"));
    expect(held(disk)).toHaveLength(mostBackups);
    expect(held(disk)[0]).toBe(`chain-${mostBackups + 1}`);
  });
});

describe("a key", () => {
  const keyGoal = (fs: FileSystem) => goalOf(key, token, fs);

  test.each([
    ["by a link", {}, meta],
    ["by a copy, by root", { withoutLinks: true }, meta],
    ["by a copy, by its owner", { withoutLinks: true, user: 12 }, meta],
    ["by a copy, by another user", { withoutLinks: true, user: 1000 }, { mode: 0o600, uid: 1000 }],
  ])("is kept %s, and lets in nobody whom it did not let in", (_, options, wanted) => {
    const disk = diskOf(0, options);
    keepKey(keyGoal(disk), id, disk);
    expect(disk.stat(keySlotOf(key, id))).toMatchObject(wanted);
    expect(keptKey(key, id, disk)).toBe(keySlotOf(key, id));
    expect(keptKey(key, otherId, disk)).toBeNull();
  });

  test.each([{}, { withoutLinks: true }])("is readable by others at no moment (%j)", (options) => {
    const length = recorded(diskOf(0, options));
    keepKey(keyGoal(length.fs), id, length.fs);
    for (let n = 1; n <= length.calls.length + 1; n++) {
      const disk = diskOf(0, options);
      until(() => keepKey(keyGoal(disk), id, dyingAt(n, disk).fs));
      for (const name of disk.list("/etc").filter((one) => one.includes("web.key"))) {
        const { mode, uid, gid } = disk.stat(`/etc/${name}`);
        expect(mode === 0o600 || (mode === meta.mode && uid === meta.uid && gid === meta.gid), name).toBe(true);
      }
    }
  });

  test("goes when nothing needs it", () => {
    const disk = diskOf(0);
    for (const one of [id, otherId]) keepKey(keyGoal(disk), one, disk);
    tidyKeys(key, new Set([otherId]), disk);
    expect([keptKey(key, id, disk), keptKey(key, otherId, disk)]).toEqual([null, keySlotOf(key, otherId)]);
    expect(disk.read(key).toString()).toBe("the key");
  });
});
