/** One holder at a time: who has a lock, who is dead, and what happens where several find a dead one. */
import { hostname } from "node:os";
import { describe, expect, test } from "vitest";
import { type Holder, isLeft, lockFile, release, seize } from "../../src/files/lock.ts";
import type { FileSystem } from "../../src/files/system.ts";
import { MemoryDisk, systemError } from "../support/disk.ts";
import { Crash, dyingAt, odd, recorded } from "../support/faults.ts";

const crt = "/etc/web.crt";
const file = "/etc/.web.crt.renew-lock";
const now = new Date("2026-03-02T12:00:00Z");
const later = "2026-03-02T12:02:00.000Z";
const [stat, boot, space] = ["/proc/4242/stat", "/proc/sys/kernel/random/boot_id", "/proc/self/ns/pid"];
const statOf = (state: string, started: string) => `4242 (a (b) c) ${state} ${"0 ".repeat(18)}${started} 0`;

/** A process of this machine that lives. */
const living = { pid: 4242, started: "77", boot: "b1", space: "pid:[1]", host: hostname() };
const machine = () =>
  new MemoryDisk().put(crt, "").put(stat, statOf("S", "77")).put(boot, "b1\n").put(space, { link: "pid:[1]" });

let count = 0;
const take = (fs: FileSystem, at = now) => {
  const token = String(++count).padStart(12, "0");
  return { token, seized: seize(crt, { token, until: later }, at, fs) };
};

const lockOf = (holder: Partial<Holder>) =>
  JSON.stringify({ version: 1, ...living, token: "ab", since: now.toISOString(), until: later, ...holder });
const locked = (holder: Partial<Holder> | string) =>
  machine().put(file, { link: typeof holder === "string" ? holder : lockOf(holder) });
const locksIn = (fs: FileSystem) => fs.list("/etc").filter((name) => name.includes("renew-lock"));

test("is one link beside the file, which says whose it is, and goes when it is given back", () => {
  const fs = machine();
  const { seized, token } = take(fs);
  if (seized.is !== "ours") throw new Error(seized.is);
  expect(locksIn(fs)).toEqual([".web.crt.renew-lock"]);
  expect(JSON.parse(fs.readlink(file))).toMatchObject({ version: 1, pid: process.pid, token, until: later });
  release(seized.lock, token, fs);
  expect(locksIn(fs)).toEqual([]);
});

test("costs two changes of the disk, one to take it and one to give it back", () => {
  const { fs, calls } = recorded(machine());
  const { seized, token } = take(fs);
  if (seized.is === "ours") release(seized.lock, token, fs);
  expect(calls.filter((call) => !["exists", "read", "readlink"].includes(call))).toEqual(["symlink", "remove"]);
});

test("is not given twice, also not to the same process", () => {
  const fs = machine();
  const first = take(fs);
  expect(take(fs).seized).toMatchObject({ is: "held", holder: { token: first.token } });
  if (first.seized.is === "ours") release(first.seized.lock, first.token, fs);
  expect(take(fs).seized.is).toBe("ours");
});

describe("given back while others work", () => {
  const ours = (fs: FileSystem) => {
    const { seized, token } = take(fs);
    if (seized.is !== "ours") throw new Error(seized.is);
    return { lock: seized.lock, token };
  };

  test("one that is another's by then stays", () => {
    const fs = machine();
    const { lock, token } = ours(fs);
    fs.remove(file);
    fs.symlink(lockOf({}), file);
    release(lock, token, fs);
    expect(locksIn(fs)).toEqual([".web.crt.renew-lock"]);
  });

  test("one that cannot be taken away is a dead one", () => {
    const fs = odd(machine(), {
      remove: () => {
        throw systemError("EROFS");
      },
    });
    const { lock, token } = ours(fs);
    release(lock, token, fs);
    expect(isLeft(crt, now, fs)).toBe(true);
    expect(take(fs).seized).toMatchObject({ is: "ours", lock: { leftBy: token } });
  });
});

describe("the lock of another process", () => {
  test.each<[string, Partial<Holder>, "held" | "ours", Record<string, string>?]>([
    ["that lives", {}, "held"],
    ["that has ended", { pid: 4243 }, "ours"],
    ["that has ended and nobody has noticed", {}, "ours", { [stat]: statOf("Z", "77") }],
    ["whose number another one has now", { started: "76" }, "ours"],
    ["from before the machine's start", { boot: "b0" }, "ours"],
    ["of another machine, in its time", { boot: "b2", host: "elsewhere" }, "held"],
    ["of another machine, after its time", { boot: "b2", host: "elsewhere", until: now.toISOString() }, "ours"],
    ["of another container, in its time", { space: "pid:[2]", host: "pod-1" }, "held"],
    ["of another container, after its time", { space: "pid:[2]", until: now.toISOString() }, "ours"],
    ["that lives, long after its time: it is seen", { until: "2020-01-01T00:00:00Z" }, "held"],
    ["with our own number, from before a restart", { pid: process.pid, started: "1" }, "ours"],
  ])("%s", (_, holder, is, files = {}) => {
    const fs = locked(holder);
    for (const [path, text] of Object.entries(files)) fs.put(path, text);
    expect(isLeft(crt, now, fs)).toBe(is === "ours");
    const { seized } = take(fs);
    expect(seized).toMatchObject(is === "ours" ? { is, lock: { leftBy: "ab" } } : { is, holder: { token: "ab" } });
    expect(locksIn(fs)).toEqual([".web.crt.renew-lock"]);
  });

  test.each(["", "{", "[]", "4242", lockOf({ pid: -1 }), lockOf({ token: "../x" }), lockOf({ until: "soon" })])(
    "that no run has written is nobody's: %s",
    (text) => {
      expect(take(locked(text)).seized).toMatchObject({ is: "ours", lock: { leftBy: null } });
    },
  );

  test("and a file in its place is nobody's either", () => {
    const fs = machine().put(file, "");
    expect(isLeft(crt, now, fs)).toBe(true);
    expect(take(fs).seized.is).toBe("ours");
    expect(JSON.parse(fs.readlink(file))).toMatchObject({ pid: process.pid });
  });
});

describe("a dead lock that several find", () => {
  const dead = { pid: 4243 };
  const calls = () => {
    const { fs, calls } = recorded(locked(dead));
    take(fs);
    return calls;
  };

  test("is taken over by one of them, whatever the other does in between", () => {
    for (let n = 1; n <= calls().length; n++) {
      const disk = locked(dead);
      let other: ReturnType<typeof take> | undefined;
      let number = 0;
      const fs = new Proxy(disk as FileSystem, {
        get(target, name: keyof FileSystem) {
          return (...given: unknown[]): unknown => {
            if (++number === n) other = take(disk);
            return Reflect.apply(target[name] as (...all: unknown[]) => unknown, target, given);
          };
        },
      });
      const mine = take(fs);
      const winners = [mine, other].filter((one) => one?.seized.is === "ours");
      expect(winners, `call ${n}`).toHaveLength(1);
      expect(JSON.parse(disk.readlink(file)), `call ${n}`).toMatchObject({ token: winners[0]?.token });
      expect(locksIn(disk), `call ${n}`).toEqual([".web.crt.renew-lock"]);
    }
  });

  test("is taken over by the next one where the first dies at any call", () => {
    for (let n = 1; n <= calls().length; n++) {
      const disk = locked(dead);
      try {
        // As another process would: what it leaves is no lock of ours.
        seize(crt, { token: "cc", until: later }, now, dyingAt(n, disk).fs);
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
      }
      const { seized } = take(disk);
      if (seized.is === "held") continue; // it died with the lock in its hand
      expect(seized.is, `call ${n}`).toBe("ours");
      expect(locksIn(disk), `call ${n}`).toEqual([".web.crt.renew-lock"]);
    }
  });
});

test.each(["EPERM", "ENOTSUP", "ENOSYS", "EINVAL"])("a file system without links (%s) says so", (errno) => {
  const symlink = () => {
    throw systemError(errno);
  };
  expect(take(odd(machine(), { symlink })).seized).toEqual({ is: "impossible", errno });
});

test.each([`/etc/${"x".repeat(251)}.crt`, `/etc/${"ü".repeat(125)}.crt`])("its name fits: %s", (path) => {
  expect(Buffer.byteLength(`${lockFile(path)}.taking.taking.new`.replace("/etc/", ""))).toBeLessThanOrEqual(255);
});
