/** One look for all who ask in one go; and never an answer from before something was changed, or waited for. */
import { describe, expect, test } from "vitest";
import { oneLook } from "../../src/files/one-look.ts";
import type { FileSystem } from "../../src/files/system.ts";
import { MemoryDisk } from "../support/disk.ts";
import { odd, recorded } from "../support/faults.ts";

function stage() {
  const disk = new MemoryDisk();
  disk.put("/d/a", "1");
  const { fs: below, calls } = recorded(disk);
  const turns: (() => void)[] = [];
  const { fs, forget } = oneLook(below, (turn) => void turns.push(turn));
  const turn = () => {
    for (const one of turns.splice(0)) one();
  };
  return { disk, calls, fs, forget, turn, turns };
}

const looks: Record<string, (fs: FileSystem) => unknown> = {
  stat: (fs) => fs.stat("/d/a").size,
  lstat: (fs) => fs.lstat("/d/a").size,
  exists: (fs) => fs.exists("/d/a"),
  read: (fs) => fs.read("/d/a", 100).toString(),
};

describe.each(Object.keys(looks))("%s", (name) => {
  const look = looks[name] as (fs: FileSystem) => unknown;

  test("is asked once in one turn, and again in the next", () => {
    const { calls, fs, turn } = stage();
    const first = look(fs);
    expect(look(fs)).toEqual(first);
    expect(calls).toEqual([name]);
    turn();
    look(fs);
    expect(calls).toEqual([name, name]);
  });

  const changes: Record<string, (fs: FileSystem) => unknown> = {
    create: (fs) => fs.close(fs.open("/d/b", "create")),
    write: (fs) => fs.write(fs.open("/d/a", "overwrite"), Buffer.from("2"), 0),
    rename: (fs) => fs.rename("/d/a", "/d/b"),
    link: (fs) => fs.link("/d/a", "/d/b"),
    symlink: (fs) => fs.symlink("text", "/d/b"),
    remove: (fs) => fs.remove("/d/a"),
  };
  test.each(Object.keys(changes))("is asked again after this process has changed something: %s", (change) => {
    const { calls, fs } = stage();
    look(fs);
    calls.length = 0;
    changes[change]?.(fs);
    try {
      look(fs);
    } catch {
      // it is gone
    }
    expect(calls).toContain(name);
  });

  test("is asked again after a wait", () => {
    const { calls, fs, forget } = stage();
    look(fs);
    forget();
    look(fs);
    expect(calls).toEqual([name, name]);
  });

  test("is asked again where it failed", () => {
    const { disk, fs } = stage();
    disk.remove("/d/a");
    const said = () => {
      try {
        return look(fs);
      } catch {
        return "failed";
      }
    };
    const before = said();
    fs.close(fs.open("/d/a", "create"));
    expect(said()).not.toEqual(before);
  });
});

test("a wait for the disk may end within the turn, and ends what was seen all the same", async () => {
  const { disk, calls, fs } = stage();
  const handle = fs.open("/d/a", "overwrite");
  fs.stat("/d/a");
  const synced = fs.syncMeanwhile(handle);
  disk.remove("/d/a");
  await synced;
  expect(() => fs.stat("/d/a")).toThrow();
  expect(calls.filter((name) => name === "stat").length).toBe(2);
});

test("a file's name and a limit are two things", () => {
  const said = odd(new MemoryDisk(), { read: (file, limit) => Buffer.from(`${limit} of ${file}`) });
  const { fs } = oneLook(said, () => undefined);
  expect([fs.read("/d/a", 10), fs.read("10 /d/a")].map(String)).toEqual(["10 of /d/a", "undefined of 10 /d/a"]);
});

test("one turn is waited for, however much is asked in it", () => {
  const { fs, turns, turn } = stage();
  for (const look of Object.values(looks)) look(fs);
  expect(turns.length).toBe(1);
  turn();
  looks["stat"]?.(fs);
  expect(turns.length).toBe(1);
});
