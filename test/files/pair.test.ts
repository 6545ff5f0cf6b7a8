import { describe, expect, test } from "vitest";
import { type Failure, isFailure } from "../../src/failure/failure.ts";
import { type Repaired, repair, sweep } from "../../src/files/repair.ts";
import type { FileSystem } from "../../src/files/system.ts";
import type { MemoryDisk } from "../support/disk.ts";
import { Crash, dyingAt, failingAt, recorded } from "../support/faults.ts";
import {
  afterCrash,
  diskOf,
  foldersOf,
  isKept,
  type Layout,
  layouts,
  mount,
  pairOf,
  real,
  renewed,
  switchPair,
} from "../support/pairs.ts";

/** Runs until the process dies. */
function until(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Crash || (isFailure(error) && error.cause instanceof Crash))) throw error;
  }
}

function callsOf(layout: Layout): readonly string[] {
  const { fs, calls } = recorded(mount(layout, diskOf(layout)));
  switchPair(layout, fs);
  return calls;
}

/** What the next run does first, when it has taken a dead one's lock over. */
function nextRun({ crt, key }: Layout, fs: FileSystem): Repaired[] {
  const repaired = repair([crt, key], () => () => undefined, fs);
  sweep([crt, key], fs);
  return repaired;
}

describe.each(Object.entries(layouts))("a pair %s", (_, layout) => {
  const calls = callsOf(layout);
  const everyCall = calls.map((call, index) => ({ n: index + 1, at: `${call}, call ${index + 1}` }));

  test("is replaced as one, with modes and owners, and nothing is left over", () => {
    const disk = diskOf(layout);
    switchPair(layout, mount(layout, disk));
    expect(pairOf(layout, disk)).toEqual({ pair: "new", beside: [] });
    expect(isKept(layout, disk)).toBe(true);
    for (const again of afterCrash(layout, disk)) {
      nextRun(layout, mount(layout, again));
      expect(pairOf(layout, again)).toEqual({ pair: "new", beside: [] });
    }
  });

  test("has its new key on the disk for certain before the CA is asked", () => {
    const disk = diskOf(layout);
    switchPair(layout, mount(layout, disk), () => {
      for (const again of afterCrash(layout, disk)) {
        const files = foldersOf(layout).flatMap((folder) => again.list(folder).map((name) => `${folder}/${name}`));
        expect(files.filter((file) => again.read(file).toString() === renewed.key)).toHaveLength(1);
        expect(pairOf(layout, again).pair).toBe("old");
      }
    });
  });

  test("is the old one or the new one after the next run, whichever call the process died at", () => {
    for (const { n, at } of everyCall) {
      const disk = diskOf(layout);
      until(() => switchPair(layout, dyingAt(n, mount(layout, disk)).fs));
      nextRun(layout, mount(layout, disk));
      const { pair, beside } = pairOf(layout, disk);
      expect(["old", "new"], at).toContain(pair);
      expect(beside, at).toEqual([]);
      if (pair === "new") expect(isKept(layout, disk), at).toBe(true);
    }
  });

  test("is so, too, when the machine died, whatever of the last calls has reached the disk", () => {
    for (const { n, at } of everyCall) {
      const disk = diskOf(layout);
      until(() => switchPair(layout, dyingAt(n, mount(layout, disk)).fs));
      for (const again of afterCrash(layout, disk)) {
        nextRun(layout, mount(layout, again));
        const { pair, beside } = pairOf(layout, again);
        expect(["old", "new"], at).toContain(pair);
        expect(beside, at).toEqual([]);
      }
    }
  });

  test("is so when the repair dies as well, at any call", () => {
    const seen = new Set<string>();
    for (const { n, at } of everyCall) {
      const first = diskOf(layout);
      until(() => switchPair(layout, dyingAt(n, mount(layout, first)).fs));
      const state = textOf(layout, first);
      if (seen.has(state)) continue;
      seen.add(state);
      const length = recordedRepair(layout, copied(layout, first));
      for (let second = 1; second <= length; second++) {
        const disk = copied(layout, first);
        until(() => nextRun(layout, dyingAt(second, mount(layout, disk)).fs));
        for (const again of afterCrash(layout, disk)) {
          nextRun(layout, mount(layout, again));
          const { pair, beside } = pairOf(layout, again);
          expect(["old", "new"], `${at}, then ${second}`).toContain(pair);
          expect(beside, `${at}, then ${second}`).toEqual([]);
        }
      }
    }
  });

  test.each(["EIO", "ENOSPC"])(
    "an %s of any one call leaves the old pair or the new one, and nothing unnamed",
    (errno) => {
      for (const { n, at } of everyCall) {
        const disk = diskOf(layout);
        const failure = attempt(layout, failingAt(n, errno, mount(layout, disk)).fs);
        const { pair, beside } = pairOf(layout, disk);
        if (failure === null) expect(pair, at).toBe("new");
        else if (!isUnfinished(failure)) expect(pair, at).toBe("old");
        const named = namedBy(failure).map((file) => file.replace(/.*\//, ""));
        const isLeft = beside.some((name) => name.endsWith("-journal"));
        if (!isLeft && !at.startsWith("remove")) expect(beside.sort(), at).toEqual(named.sort());
        nextRun(layout, mount(layout, disk));
        expect(["old", "new"], at).toContain(pairOf(layout, disk).pair);
      }
    },
  );

  test("a disk that fails for good, from any call on, leaves what the next run repairs", () => {
    for (const { n, at } of everyCall) {
      const disk = diskOf(layout);
      const failure = attempt(layout, failingAt(n, "EIO", mount(layout, disk), true).fs);
      if (failure !== null && !isUnfinished(failure)) expect(pairOf(layout, disk).pair, at).toBe("old");
      nextRun(layout, mount(layout, disk));
      expect(["old", "new"], at).toContain(pairOf(layout, disk).pair);
    }
  });

  test.each(["crt", "key"] as const)("a %s that somebody else replaces meanwhile is not written over", (one) => {
    const disk = diskOf(layout);
    const path = real(layout, layout[one]);
    const failure = attempt(layout, mount(layout, disk), () => disk.put(path, "another's work"));
    expect(failure).toMatchObject({ code: "TARGET_CHANGED", facts: { file: layout[one] } });
    expect(disk.read(path).toString()).toBe("another's work");
    expect(
      namedBy(failure)
        .map((file) => disk.read(file).toString())
        .sort(),
    ).toEqual([renewed.crt, renewed.key].sort());
    expect(nextRun(layout, mount(layout, disk))).toEqual([]);
  });
});

function attempt(layout: Layout, fs: FileSystem, meanwhile?: () => void): Failure | null {
  try {
    switchPair(layout, fs, meanwhile);
    return null;
  } catch (error) {
    if (isFailure(error)) return error;
    throw error;
  }
}

function isUnfinished({ facts }: Failure): boolean {
  return "unfinished" in facts && facts.unfinished === true;
}

function namedBy(failure: Failure | null): string[] {
  if (isFailure(failure, "TARGET_CHANGED")) return [...failure.facts.kept];
  if (!isFailure(failure, "CANNOT_WRITE")) return [];
  const { kept, keptKey } = failure.facts;
  return [kept, keptKey].filter((file) => file !== undefined);
}

/** The disk as a process finds it that comes after. */
function copied(layout: Layout, disk: MemoryDisk): MemoryDisk {
  const again = diskOf(layout);
  for (const folder of foldersOf(layout)) {
    for (const name of again.list(folder)) if (!disk.list(folder).includes(name)) again.remove(`${folder}/${name}`);
    for (const name of disk.list(folder)) {
      const file = `${folder}/${name}`;
      if (disk.lstat(file).isSymbolicLink()) continue;
      const { mode, uid, gid } = disk.stat(file);
      again.put(file, disk.read(file), { mode, uid, gid });
    }
  }
  return again;
}

function textOf(layout: Layout, disk: MemoryDisk): string {
  const files = foldersOf(layout).flatMap((folder) => disk.list(folder).map((name) => `${folder}/${name}`));
  return files.map((file) => `${file}: ${disk.stat(file).mode} ${disk.read(file).toString("latin1")}`).join("\n");
}

function recordedRepair(layout: Layout, disk: MemoryDisk): number {
  const { fs, calls } = recorded(mount(layout, disk));
  nextRun(layout, fs);
  return calls.length;
}
