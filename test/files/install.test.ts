import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { type Failure, isFailure } from "../../src/failure/failure.ts";
import { goalOf } from "../../src/files/goal.ts";
import { install } from "../../src/files/install.ts";
import { repair } from "../../src/files/repair.ts";
import type { FileSystem } from "../../src/files/system.ts";
import { type Contents, type DiskOptions, MemoryDisk } from "../support/disk.ts";
import { Crash, dyingAt, failingAt, odd, recorded } from "../support/faults.ts";

const token = "0123456789ab";
const [crt, temporary] = ["/etc/web.crt", `/etc/.web.crt.renew-${token}`];
const old = "the old chain";
const renewed = "the new and somewhat longer chain";

const variants: Record<string, DiskOptions> = {
  "by rename": {},
  "in place (EBUSY)": { mounted: { path: crt, errno: "EBUSY" } },
  "in place (EXDEV)": { mounted: { path: crt, errno: "EXDEV" } },
  "by rename, seven bytes a write": { writeLimit: 7 },
  "in place, the journal in pieces": { writeLimit: 200, mounted: { path: crt, errno: "EBUSY" } },
};

const disk = (options: DiskOptions = {}) =>
  new MemoryDisk(options).put(crt, old, { mode: 0o640, uid: 12, gid: 34 }).put("/etc/web.key", "key");
const bytes = Buffer.from(renewed);

const replace = (fs: FileSystem, file = crt) => install(goalOf(file, token, fs), bytes, fs);

/** How many calls an installation makes. */
function callsOf(options: DiskOptions): readonly string[] {
  const { fs, calls } = recorded(disk(options));
  replace(fs);
  return calls;
}

/** Installs; the failure, or null when it worked or the machine died. */
function attempt(fs: FileSystem, file = crt): Failure<"CANNOT_WRITE"> | null {
  try {
    replace(fs, file);
    return null;
  } catch (error) {
    if (error instanceof Crash) return null;
    if (isFailure(error, "CANNOT_WRITE")) return error;
    throw error;
  }
}

/** The disk as the next run finds it, and what that makes of it. */
function repaired(files: ReadonlyMap<string, Contents>, options: DiskOptions): MemoryDisk {
  const again = new MemoryDisk(options);
  for (const [name, { data, ...rest }] of files) again.put(`/etc/${name}`, data, rest);
  repair([crt], () => () => undefined, again);
  return again;
}

function leftovers(fs: FileSystem): string[] {
  return fs
    .list("/etc")
    .filter((name) => name.includes(".renew-"))
    .map((name) => `/etc/${name}`)
    .sort();
}

describe.each(Object.entries(variants))("installing %s", (name, options) => {
  const calls = callsOf(options);
  const everyCall = calls.map((call, index) => ({ n: index + 1, at: `${call}, call ${index + 1}` }));
  const inPlace = name.startsWith("in place");

  test("gives the file the new contents, with mode and owner of the old one", () => {
    const fs = disk(options);
    const installed = replace(fs);
    expect(fs.read(crt).toString()).toBe(renewed);
    expect(fs.stat(crt)).toMatchObject({ mode: 0o640, uid: 12, gid: 34 });
    expect(installed).toBe(inPlace ? "in-place" : "renamed");
    expect(leftovers(fs)).toEqual([]);
  });

  test("is there for certain once it has returned", () => {
    const fs = disk(options);
    replace(fs);
    for (const files of fs.afterCrash("/etc")) expect(files.get("web.crt")?.data.toString()).toBe(renewed);
  });

  test("a machine that dies at any call finds a whole chain again, or has a journal to make it whole", () => {
    for (const { n, at } of everyCall) {
      const fs = disk(options);
      attempt(dyingAt(n, fs).fs);
      for (const files of fs.afterCrash("/etc")) {
        if (!inPlace) expect([old, renewed], at).toContain(files.get("web.crt")?.data.toString());
        const again = repaired(files, options);
        expect([old, renewed], at).toContain(again.read(crt).toString());
        expect(
          again.list("/etc").some((name) => name.endsWith("-journal")),
          at,
        ).toBe(false);
      }
    }
  });

  test.each(["EIO", "ENOSPC"])("an %s of any one call leaves the old file whole, and nothing unnamed", (errno) => {
    for (const { n, at } of everyCall) {
      const fs = disk(options);
      const { facts } = attempt(failingAt(n, errno, fs).fs) ?? {};
      if (facts === undefined) expect(fs.read(crt).toString(), at).toBe(renewed);
      else expect(facts, at).toMatchObject({ errno, file: crt, folder: "/etc" });
      if (facts !== undefined && !facts.unfinished) expect(fs.read(crt).toString(), at).toBe(old);
      if (facts?.kept !== undefined) expect(fs.read(facts.kept).toString(), at).toBe(renewed);
      const hasJournal = leftovers(fs).some((name) => name.endsWith("-journal"));
      if (!hasJournal && !at.startsWith("remove")) expect(leftovers(fs), at).toEqual([facts?.kept].filter(Boolean));
      repair([crt], () => () => undefined, fs);
      expect([old, renewed], at).toContain(fs.read(crt).toString());
    }
  });

  test("a disk that fails for good, from any call on, leaves what the next run makes whole", () => {
    for (const { n, at } of everyCall) {
      const fs = disk(options);
      const { facts } = attempt(failingAt(n, "EIO", fs, true).fs) ?? {};
      if (!facts?.unfinished) expect(fs.read(crt).toString(), at).toBe(facts === undefined ? renewed : old);
      repair([crt], () => () => undefined, fs);
      expect([old, renewed], at).toContain(fs.read(crt).toString());
    }
  });

  test("a file that somebody else has replaced meanwhile is not written over", () => {
    const fs = disk(options);
    const goal = goalOf(crt, token, fs);
    fs.put(crt, "another's work");
    expect(() => install(goal, bytes, fs)).toThrow(expect.objectContaining({ code: "TARGET_CHANGED" }));
    expect(fs.read(crt).toString()).toBe("another's work");
    expect(leftovers(fs)).toEqual([temporary]);
    expect(fs.read(temporary).toString()).toBe(renewed);
  });
});

describe("the temporary file", () => {
  test("is readable by its owner only, until it gets the old file's mode", () => {
    const fs = new MemoryDisk().put(crt, old, { mode: 0o644 });
    attempt(dyingAt(callsOf({}).indexOf("chown") + 1, fs).fs);
    expect(fs.stat(temporary).mode).toBe(0o600);
  });

  test("keeps that mode where there was no old file", () => {
    const fs = new MemoryDisk().put("/etc/web.key", "key");
    replace(fs);
    expect(fs.stat(crt).mode).toBe(0o600);
  });

  test("keeps the group where the user may not give files away", () => {
    const fs = disk({ user: 1000 });
    replace(fs);
    expect(fs.stat(crt)).toMatchObject({ uid: 1000, gid: 34, mode: 0o640 });
  });

  test("has a name that fits, however long the target's is", () => {
    const long = `/etc/${"x".repeat(251)}.crt`;
    const fs = new MemoryDisk().put(long, old);
    attempt(dyingAt(callsOf({}).indexOf("write") + 1, fs).fs, long);
    expect(Math.max(...leftovers(fs).map((file) => `${basename(file)}.old`.length))).toBeLessThan(255);
  });

  test.each([
    ["takes nothing", { write: () => 0 }],
    ["says that it took what it did not", { write: (_: number, all: Uint8Array) => all.length }],
  ])("is not installed when the disk %s", (_, lie) => {
    const fs = disk();
    const failure = attempt(odd(fs, lie));
    expect(failure?.code).toBe("CANNOT_WRITE");
    expect(fs.read(crt).toString()).toBe(old);
    expect(leftovers(fs)).toEqual([]);
  });
});

test.each(["EINVAL", "ENOTSUP", "EACCES", "EIO"])(
  "a folder that answers %s to being synced holds the new file all the same",
  (errno) => {
    const fs = disk();
    expect(attempt(failingAt(callsOf({}).lastIndexOf("sync") + 1, errno, fs).fs)).toBeNull();
    expect(attempt(failingAt(callsOf({}).lastIndexOf("open") + 1, errno, fs).fs)).toBeNull();
    expect(fs.read(crt).toString()).toBe(renewed);
  },
);
