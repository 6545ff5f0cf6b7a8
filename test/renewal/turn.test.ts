/** Runs that meet: who waits, for how long, and what each makes of what the other has done or left. */
import { X509Certificate } from "node:crypto";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DevCa } from "../../src/dev-ca/server.ts";
import { type Holder, lockFile } from "../../src/files/lock.ts";
import { realFileSystem } from "../../src/files/system.ts";
import { systemError } from "../support/disk.ts";
import { Crash, interposed, odd, putAt } from "../support/faults.ts";
import { certificatesIn } from "../support/issued.ts";
import { type Scene, scene } from "../support/scene.ts";
import { byChance, type WorldOptions } from "../support/world.ts";

const reach = "--ca-url CA --root root.crt";
const renew = `--force web.crt web.key ${reach}`;
const rekey = `rekey ${renew}`;
const notDue = `--expires-in 1h ${renew}`;
const lock = ".web.crt.renew-lock";

let s: Scene;
let ca: DevCa;
beforeEach(async () => {
  s = await scene();
  await s.issue("web", { subject: "web.internal", names: ["web.internal"], usages: ["serverAuth", "clientAuth"] });
  await s.issue("other", { subject: "web.internal", names: ["web.internal"], usages: ["serverAuth", "clientAuth"] });
  ca = await s.ca();
});
afterEach(() => s.end());

/** Another machine's: nobody here can see whether it lives. */
function heldElsewhere(change: Partial<Holder> = {}): void {
  const at = (seconds: number) => new Date(s.base.getTime() + seconds * 1000).toISOString();
  const owner = { pid: 4242, started: "1", boot: "another", space: "another", host: "node-2" };
  const holder = { version: 1, ...owner, token: "0a1b2c3d4e5f", since: at(-1), until: at(600), ...change };
  symlinkSync(JSON.stringify(holder), lock);
}

/** A process of this machine that has ended. */
const dead = { host: hostname(), boot: "before" };

const serial = () => certificatesIn(readFileSync("web.crt", "latin1"))[0].serial;
const leftovers = () => readdirSync(".").filter((name) => name.includes(".renew-"));

/** Runs; `meanwhile` is called at each look at the lock that another one holds. */
async function run(command: string, meanwhile: (look: number) => void = () => {}, options: WorldOptions = {}) {
  let looks = 0;
  const disk = options.fs ?? realFileSystem;
  const fs = odd(disk, {
    symlink: (text, file) => {
      if (file.endsWith("renew-lock")) meanwhile(++looks);
      disk.symlink(text, file);
    },
  });
  const ran = await s.renew(command, { ...options, fs });
  const requests = ca.log.filter(({ path }) => /\/re(new|key)$/.test(path)).length;
  return { ...ran, looks, requests, words: ran.stderr };
}

/** What a run that holds the lock does at its end. */
function anotherEnds(): void {
  writeFileSync("web.crt", readFileSync("other.crt"));
  writeFileSync("web.key", readFileSync("other.key"));
  unlinkSync(lock);
}

describe.each([
  ["renew", renew, "renewed"],
  ["rekey", rekey, "rekeyed"],
])("%s, while another run is at work", (_, command, did) => {
  test("waits, and is done when that one has done it", async () => {
    heldElsewhere();
    const { exit, words, looks, requests } = await run(command, (look) => look === 3 && anotherEnds());
    expect(words).toContain(`was ${did} by another run`);
    expect({ exit, looks, requests }).toEqual({ exit: 0, looks: 3, requests: 0 });
    expect(serial()).toBe(certificatesIn(readFileSync("other.crt", "latin1"))[0].serial);
    expect(leftovers()).toEqual([]);
  });

  test("need not wait for its hook", async () => {
    heldElsewhere();
    const { exit, words } = await run(command, (look) => {
      if (look !== 2) return;
      anotherEnds();
      heldElsewhere();
    });
    expect(words).toContain(`was ${did} by another run`);
    expect(exit).toBe(0);
  });

  test("does it itself when that one has failed", async () => {
    heldElsewhere();
    const before = serial();
    const { exit, words, requests } = await run(command, (look) => look === 3 && unlinkSync(lock));
    expect(words).toContain(`${did} web.crt`);
    expect({ exit, requests }).toEqual({ exit: 0, requests: 1 });
    expect(serial()).not.toBe(before);
    expect(leftovers()).toEqual([]);
  });

  test.each([
    ["", 601],
    ["--lock-timeout 1s", 21],
    ["--lock-timeout 0", 1],
  ])("waits no longer than it may: '%s'", async (flag, most) => {
    heldElsewhere();
    const before = serial();
    const { exit, words, looks, requests } = await run(`${command} ${flag}`);
    expect(words).toContain("error[LOCKED]: another run is at work on web.crt");
    expect(words).toContain("Process 4242 on node-2");
    expect({ exit, looks, requests }).toEqual({ exit: 73, looks: most, requests: 0 });
    expect(serial()).toBe(before);
    expect(leftovers()).toEqual([lock]);
  });

  test("ends at once when it is asked to", async () => {
    heldElsewhere();
    const controller = new AbortController();
    const { exit } = await run(command, (look) => look === 2 && controller.abort("SIGTERM"), {
      signal: controller.signal,
    });
    expect(exit).toBe(143);
    expect(leftovers()).toEqual([lock]);
  });

  test("does not wait where nothing is due", async () => {
    heldElsewhere();
    const { exit, looks, words } = await run(command.replace("--force", "--force --expires-in 1h"));
    expect({ exit, looks }).toEqual({ exit: 0, looks: 0 });
    expect(words).toContain("is not due");
  });

  test("with a window, looks whether what is there now is due all the same", async () => {
    heldElsewhere();
    await s.issue("other", {
      from: -12,
      to: 0.5,
      subject: "web.internal",
      names: ["web.internal"],
      usages: ["clientAuth"],
    });
    const words = command.replace("--force", "--force --expires-in 13h");
    const { exit, stderr, requests } = await run(words, (look) => look === 2 && anotherEnds());
    expect(stderr).toContain(`${did} web.crt`);
    expect({ exit, requests }).toEqual({ exit: 0, requests: 1 });
  });

  test("is done where the file was written after it was asked for", async () => {
    const at = (seconds: number) => new Date(s.base.getTime() + seconds * 1000);
    const fs = putAt(at(-2));
    const later = await run(command, undefined, { asked: at(-3), fs });
    expect(later.words).toContain("by another run");
    const sooner = await run(command, undefined, { asked: at(-1), fs });
    expect(sooner.words).toContain(`${did} web.crt`);
  });

  test("is not done by a time to come, which a clock that was set back leaves", async () => {
    const at = (seconds: number) => new Date(s.base.getTime() + seconds * 1000);
    const fs = putAt(at(3600));
    expect((await run(command, undefined, { asked: at(-3), fs })).words).toContain(`${did} web.crt`);
  });
});

test("a file that was written before, and came to its place after it was asked for, is by another run", async () => {
  const at = (seconds: number) => new Date(s.base.getTime() + seconds * 1000);
  const stat = (file: string) =>
    Object.assign(realFileSystem.stat(file), { mtimeMs: at(-3).getTime(), ctimeMs: at(-1).getTime() });
  const ran = await run(renew, undefined, { asked: at(-2), fs: odd(realFileSystem, { stat }) });
  expect(ran.words).toContain("was renewed by another run");
});

describe("a rekey that another run's renewal comes before", () => {
  const key = () => readFileSync("web.key", "utf8");
  /** For the old key. */
  async function anotherRenews(): Promise<void> {
    const spki = new X509Certificate(readFileSync("web.crt")).publicKey.export({ type: "spki", format: "pem" });
    await s.issue("renewed", { subject: "web.internal", usages: ["clientAuth"], publicKeyPem: spki.toString() });
  }
  const itEnds = () => {
    writeFileSync("web.crt", readFileSync("renewed.crt"));
    unlinkSync(lock);
  };

  test("makes its new key all the same, of what is there now", async () => {
    heldElsewhere();
    await anotherRenews();
    const before = key();
    const { exit, words, requests } = await run(rekey, (look) => look === 2 && itEnds());
    expect({ exit, requests }).toEqual({ exit: 0, requests: 1 });
    expect(words).toContain("rekeyed web.crt");
    expect(key()).not.toBe(before);
  });

  test("also where it is the key of its own choice", async () => {
    heldElsewhere();
    await anotherRenews();
    const { exit, words, requests } = await run(`${rekey} --private-key other.key`, (look) => look === 2 && itEnds());
    expect({ exit, requests }).toEqual({ exit: 0, requests: 1 });
    expect(words).toContain("rekeyed web.crt");
  });

  test("also where it has ended before this one looked", async () => {
    const at = (seconds: number) => new Date(s.base.getTime() + seconds * 1000);
    const stat = (file: string) => {
      const time = file.endsWith(".crt") ? at(-1).getTime() : at(-60).getTime();
      return Object.assign(realFileSystem.stat(file), { mtimeMs: time, ctimeMs: time });
    };
    const { words, requests } = await run(rekey, undefined, { asked: at(-2), fs: odd(realFileSystem, { stat }) });
    expect(words).toContain("rekeyed web.crt");
    expect(requests).toBe(1);
  });
});

test("a key of one's own choice that another run has put there already is not put there again", async () => {
  heldElsewhere();
  const words = `${rekey} --private-key other.key`;
  const ran = await run(words, (look) => {
    if (look !== 2) return;
    writeFileSync("web.crt", readFileSync("other.crt"));
    unlinkSync(lock);
  });
  expect(ran.words).toContain("was rekeyed by another run");
  expect({ exit: ran.exit, requests: ran.requests }).toEqual({ exit: 0, requests: 0 });
});

describe("what a dead run has left", () => {
  const token = "0a1b2c3d4e5f";
  const leave = () => {
    heldElsewhere({ ...dead, token });
    writeFileSync(`.web.crt.renew-${token}`, "torn");
    writeFileSync(".web.crt.renew-journal.new", "torn");
    writeFileSync(".web.crt.renew-ffffffffffff", "kept by a run that told of it");
  };

  test("is taken away by the next one, also one that has nothing to renew", async () => {
    leave();
    const { exit, words } = await run(notDue);
    expect(exit).toBe(0);
    expect(words).toContain(`removed what it had prepared: ${process.cwd()}/.web.crt.renew-${token}`);
    expect(leftovers()).toEqual([".web.crt.renew-ffffffffffff"]);
  });

  test("and what an earlier one had kept goes with the next success", async () => {
    leave();
    expect((await run(renew)).exit).toBe(0);
    expect(leftovers()).toEqual([]);
  });

  test("stays where this user may not write, and nothing is said of it", async () => {
    leave();
    const refuse = () => {
      throw systemError("EACCES");
    };
    const { exit, words } = await run(notDue, undefined, {
      fs: odd(realFileSystem, { symlink: refuse, rename: refuse }),
    });
    expect(exit).toBe(0);
    expect(words).not.toContain("error");
  });
});

describe("a rekey that died between its two renames", () => {
  /** The new key is in its place, and the old certificate. */
  async function halfWay(): Promise<void> {
    let renames = 0;
    const { fs } = interposed(realFileSystem, (_, method) => {
      if (method === "rename" && ++renames > 3) throw new Crash();
      if (renames > 3) throw new Crash();
    });
    await s.renew(rekey, { fs, random: byChance });
    expect(leftovers()).toHaveLength(5);
  }

  test("is finished where the folder is another one by then", async () => {
    await halfWay();
    mkdirSync("moved");
    for (const name of readdirSync(".")) if (name !== "moved") renameSync(name, join("moved", name));
    const moved = renew.replace("web.crt web.key", "moved/web.crt moved/web.key").replace("root.crt", "moved/root.crt");
    const { exit, words } = await run(moved, undefined, { random: byChance });
    expect(words).toContain("finished, both are the new ones");
    expect(exit).toBe(0);
  });

  test.each([
    ["the key was changed by hand", () => writeFileSync("web.key", "junk")],
    ["the journal was taken away", () => unlinkSync(".web.crt.renew-journal")],
  ])("loses nothing where %s", async (_, change) => {
    await halfWay();
    const before = leftovers().filter((name) => /[0-9a-f]{12}/.test(name));
    change();
    const { exit } = await run(renew, undefined, { random: byChance });
    expect(exit).not.toBe(0);
    expect(leftovers()).toEqual(expect.arrayContaining(before));
  });

  test("needs a renewal, and the check-up says that the next one makes it whole", async () => {
    await halfWay();
    expect((await s.renew("needs-renewal -v web.crt")).exit).toBe(0);
    const { exit, screen } = await s.renew(`doctor web.crt web.key ${reach}`);
    expect(exit).toBe(1);
    expect(screen).not.toContain("KEY_MISMATCH");
    const { words } = await run(notDue, undefined, { random: byChance });
    expect(words).toContain("finished, both are the new ones");
    expect((await s.renew("needs-renewal web.crt")).exit).toBe(1);
  });
});

test("a key that somebody replaces while the CA is asked ends it with nothing replaced", async () => {
  const before = serial();
  const { fs } = interposed(realFileSystem, (number, method) => {
    if (method === "symlink" && number > 0) writeFileSync("web.key", readFileSync("other.key"));
  });
  const { exit, words } = await run(renew, undefined, { fs });
  expect(words).toContain("error[TARGET_CHANGED]: web.key was changed by somebody else meanwhile");
  expect(exit).toBe(73);
  expect(serial()).toBe(before);
});

test("the lock is there while the CA is asked and while the hook runs, and goes whatever happens", async () => {
  let seen: string[] = [];
  await run(`${renew} --exec x`, undefined, {
    run: async () => {
      seen = leftovers();
      return { how: "exit", status: 1 };
    },
  });
  expect(seen).toContain(lock);
  expect(leftovers()).toEqual([".web.crt.renew-owed"]);
});

test("a hook that is owed is left to the run that is at it", async () => {
  writeFileSync(".web.crt.renew-owed", "{}");
  heldElsewhere();
  const ran: unknown[] = [];
  const { exit, looks } = await run(`${notDue} --exec x`, undefined, {
    run: async (spec) => {
      ran.push(spec);
      return { how: "exit", status: 0 };
    },
  });
  expect({ exit, looks, ran }).toEqual({ exit: 0, looks: 1, ran: [] });
});

test("behind a link, the lock is that of the file itself", async () => {
  symlinkSync("web.crt", "link.crt");
  heldElsewhere();
  const { exit } = await run(`--lock-timeout 0 --force link.crt web.key ${reach}`);
  expect(exit).toBe(73);
  expect(lockFile(`${process.cwd()}/web.crt`)).toBe(`${process.cwd()}/${lock}`);
});

test("where the file system has no links, that is said, and it is renewed all the same", async () => {
  const symlink = () => {
    throw systemError("EPERM");
  };
  const { exit, words } = await run(renew, undefined, { fs: odd(realFileSystem, { symlink }) });
  expect(exit).toBe(0);
  expect(words).toContain("two runs at once are not kept apart there");
});

test.each(["ENOSPC", "EDQUOT", "EIO", "EROFS"])(
  "a lock that cannot be made (%s) ends it before the CA is asked",
  async (errno) => {
    const symlink = () => {
      throw systemError(errno);
    };
    const { exit, words, requests } = await run(renew, undefined, { fs: odd(realFileSystem, { symlink }) });
    expect({ exit, requests }).toEqual({ exit: 73, requests: 0 });
    expect(words).toContain("make its lock");
  },
);

test("says nothing secret, and everybody may read whose it is", async () => {
  let held = "";
  await run(`${renew} --exec x`, undefined, {
    run: async () => {
      held = readlinkSync(lock);
      return { how: "exit", status: 0 };
    },
  });
  expect(Object.keys(JSON.parse(held)).sort()).toEqual(
    ["boot", "host", "pid", "since", "space", "started", "token", "until", "version"].sort(),
  );
});
