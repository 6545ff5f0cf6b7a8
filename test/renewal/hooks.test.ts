/** What follows a renewal, and what of it is owed: on a real disk, with the embedded CA; programs and signals are doubles. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { realFileSystem } from "../../src/files/system.ts";
import type { Ended, RunSpec } from "../../src/world.ts";
import { systemError } from "../support/disk.ts";
import { Crash, interposed, odd } from "../support/faults.ts";
import { certificatesIn } from "../support/issued.ts";
import { type Scene, scene } from "../support/scene.ts";
import type { WorldOptions } from "../support/world.ts";

const note = ".web.crt.renew-owed";
const reach = "--ca-url CA --root root.crt";
const force = `--force web.crt web.key ${reach}`;
const notDue = `--expires-in 1h ${force}`;
const text = (file: string) => readFileSync(file, "utf8");
const serialIn = (file: string) => certificatesIn(text(file))[0].serial;
const isOwed = () => existsSync(note);

let current: Scene;
beforeEach(async () => {
  current = await scene();
  await current.issue("web", {
    subject: "web.internal",
    names: ["web.internal", "localhost"],
    usages: ["serverAuth", "clientAuth"],
  });
  await current.ca();
});
afterEach(() => current.end());

const well: Ended = { how: "exit", status: 0 };
const badly: Ended = { how: "exit", status: 3 };

/** Runs with doubles that keep what they were given; the hook ends as it is told, one after the other. */
async function renew(command: string, ends: readonly Ended[] = [well], options: WorldOptions = {}) {
  const ran: (RunSpec & { owed: boolean })[] = [];
  const sent: [number, number][] = [];
  const result = await current.renew(command, {
    run: async (spec) => {
      ran.push({ ...spec, owed: isOwed() });
      return ends[ran.length - 1] ?? well;
    },
    kill: (pid, signal) => void sent.push([pid, signal]),
    ...options,
  });
  return { ...result, ran, sent, told: ran.map(({ env }) => env) };
}

describe("a hook", () => {
  test("is told of the renewal, and of no secret, and is owed while it runs", async () => {
    const before = serialIn("web.crt");
    const { exit, ran } = await renew(`--exec './hook x' --exec-timeout 7s ${force}`);
    expect(exit).toBe(0);
    expect(ran).toEqual([
      {
        words: ["./hook", "x"],
        timeoutMs: 7000,
        owed: true,
        env: {
          RENEW_CERT: `${process.cwd()}/web.crt`,
          RENEW_KEY: `${process.cwd()}/web.key`,
          RENEW_SERIAL: serialIn("web.crt"),
          RENEW_PREVIOUS_SERIAL: before,
          RENEW_NOT_AFTER: certificatesIn(text("web.crt"))[0].notAfter.toISOString(),
          RENEW_NAMES: "web.internal,localhost",
          RENEW_METHOD: "mtls",
        },
      },
    ]);
    expect(isOwed()).toBe(false);
  });

  test("is told the method, and the file that was written", async () => {
    const { told } = await renew(`--exec x --mtls=false --out new.crt web.crt web.key ${reach}`);
    expect(told).toMatchObject([{ RENEW_METHOD: "token", RENEW_CERT: `${process.cwd()}/new.crt` }]);
    expect(told[0]?.["RENEW_SERIAL"]).toBe(serialIn("new.crt"));
    expect(readdirSync(".").filter((name) => name.includes("renew-owed"))).toEqual([]);
  });

  test("of a rekey is told where the new key is", async () => {
    const { told } = await renew(`rekey --exec x --out-key new.key ${force}`);
    expect(told).toMatchObject([{ RENEW_METHOD: "mtls", RENEW_KEY: `${process.cwd()}/new.key` }]);
  });

  test.each<[string, string]>([
    ["is not due", notDue],
    ["is refused", `--force other.crt other.key ${reach}`],
    ["was not to be", `web.crt web.key ${reach}`],
  ])("does not run where a renewal %s, and nothing is owed", async (_, command) => {
    await current.issue("other", { provisioner: { name: "no-renewal" } });
    const { ran, sent } = await renew(`--exec x --pid 7 ${command}`);
    expect([ran, sent, isOwed(), existsSync(".other.crt.renew-owed")]).toEqual([[], [], false, false]);
  });

  test.each<[Ended, string]>([
    [{ how: "exit", status: 3 }, "exit status 3"],
    [{ how: "signal", signal: "SIGSEGV" }, "ended by SIGSEGV"],
    [{ how: "timeout" }, "timed out after 60 s"],
    [{ how: "interrupted" }, "interrupted"],
    [{ how: "not-started", errno: "ENOENT" }, "no such program"],
    [{ how: "not-started", errno: "EAGAIN" }, "it cannot be started (EAGAIN)"],
  ])("that ends as %j fails after the renewal, which is told first, and is owed", async (ended, said) => {
    const before = text("web.crt");
    const { exit, stderr } = await renew(`--exec './hook x' ${force}`, [ended]);
    expect([exit, isOwed(), text("web.crt") === before]).toEqual([69, true, false]);
    expect(stderr).toContain(`error[HOOK_FAILED]: renewed web.crt, but hook ./hook failed: ${said}`);
    expect(stderr).toContain("state: web.crt is the new one; it is good until");
  });
});

describe("a signal", () => {
  test("is sent before the hook, to a pid that is read when it is needed", async () => {
    const order: string[] = [];
    writeFileSync("pid", "1\n");
    const { exit } = await renew(`--pid-file pid --signal USR1 --exec x ${force}`, [], {
      fs: odd(realFileSystem, {
        rename: (from, to) => {
          realFileSystem.rename(from, to);
          if (to.endsWith("/web.crt")) writeFileSync("pid", "4711\n"); // the service was started again meanwhile
        },
      }),
      kill: (pid, signal) => void order.push(`${signal} to ${pid}`),
      run: async () => {
        order.push("hook");
        return well;
      },
    });
    expect([exit, order, isOwed()]).toEqual([0, ["10 to 4711", "hook"], false]);
  });

  test.each<[string, string]>([
    ["4711", "4711"],
    ["a newline", "4711\n"],
    ["spaces", "  4711 \r\n"],
    ["a NUL", "4711\0"],
    ["more lines, as PostgreSQL has them", "4711\n/var/lib/postgresql\n1700000000\n"],
  ])("to a pid file with %s", async (_, contents) => {
    writeFileSync("pid", contents);
    const { exit, sent } = await renew(`--pid-file pid ${force}`);
    expect([exit, sent]).toEqual([0, [[4711, 1]]]);
  });

  test.each<[string, string | null, string]>([
    ["none", null, "no such pid file"],
    ["an empty one", "", "the pid file is empty"],
    ["a blank one", " \n\n", "the pid file is empty"],
    ["words", "nginx\n", "the pid file holds no pid"],
    ["a pid with words", "4711 nginx\n", "the pid file holds no pid"],
    ["two of them", "4711 4712\n", "the pid file holds no pid"],
    ["everybody", "-1\n", "the pid file holds no pid"],
    ["our own group", "0\n", "the pid file holds no pid"],
    ["no process at all", "99999999999\n", "the pid file holds no pid"],
    ["more than any process", "4294967296\n", "the pid file holds no pid"],
    ["a binary", "\x7fELF\x02\x01", "the pid file holds no pid"],
  ])("with %s in the pid file is sent to nobody, and the hook runs all the same", async (_, contents, said) => {
    if (contents !== null) writeFileSync("pid", contents);
    const { exit, sent, ran, stderr } = await renew(`--pid-file pid --exec x ${force}`);
    expect([exit, sent, ran.length, isOwed()]).toEqual([69, [], 1, true]);
    expect(stderr).toContain(`renewed web.crt, but SIGHUP failed: ${said}\n`);
  });

  test("with a folder as the pid file", async () => {
    mkdirSync("pid");
    expect((await renew(`--pid-file pid ${force}`)).stderr).toContain("the pid file is a folder");
  });

  test.each([
    ["ESRCH", "no process 4711"],
    ["EPERM", "process 4711 is another user's"],
    ["EINVAL", "EINVAL"],
  ])("that the system refuses (%s) is owed", async (errno, said) => {
    const kill = () => {
      throw systemError(errno);
    };
    const { exit, stderr } = await renew(`--pid 4711 ${force}`, [], { kill });
    expect([exit, isOwed()]).toEqual([69, true]);
    expect(stderr).toContain(`renewed web.crt, but SIGHUP failed: ${said}\n`);
  });

  test("to a process that is really gone", async () => {
    const { exit, stderr } = await renew(`--pid 2147483647 ${force}`, [], { kill: (pid) => void process.kill(pid, 0) });
    expect([exit, stderr.includes("no process 2147483647")]).toEqual([69, true]);
  });
});

describe("what is owed", () => {
  beforeEach(async () => {
    expect(await renew(`--exec x ${force}`, [badly])).toMatchObject({ exit: 69 });
  });

  test("is run by the next run, also when nothing is due, and said once", async () => {
    const again = await renew(`--exec y ${notDue}`);
    expect(again).toMatchObject({ exit: 0, told: [{ RENEW_SERIAL: serialIn("web.crt"), RENEW_METHOD: "mtls" }] });
    expect(again.stderr).toMatch(/^what an earlier run owed[^\n]*\nweb\.crt is not due[^\n]*\n$/);
    expect(isOwed()).toBe(false);
    expect(await renew(`--exec y ${notDue}`)).toMatchObject({ exit: 0, ran: [] });
  });

  test("is told in no other words under -q and --json, and --exit-code still says what was done", async () => {
    expect(await renew(`-q --exit-code --exec y ${notDue}`)).toMatchObject({ exit: 10, stderr: "" });
  });

  test("that fails again when nothing is due is a failure, told as what it is", async () => {
    const { exit, stderr, ran } = await renew(`--exec y ${notDue}`, [badly]);
    expect([exit, ran.length, isOwed()]).toEqual([69, 1, true]);
    expect(stderr).toContain("error[HOOK_FAILED]: owed hook y of web.crt failed again: exit status 3");
    expect(stderr).toContain("state: web.crt is unchanged; it is good until");
    const json = JSON.parse((await renew(`--json --exec y ${notDue}`, [badly])).stdout) as Record<string, unknown>;
    expect(json).toMatchObject({ ok: false, outcome: "failed", file: null, error: { state: { changed: false } } });
  });

  test("comes before the next renewal, whose own hook runs once and settles both", async () => {
    const owed = serialIn("web.crt");
    const { exit, told } = await renew(`--exec y ${force}`, [badly, well]);
    expect(exit).toBe(0);
    expect(told.map((env) => env["RENEW_SERIAL"])).toEqual([owed, serialIn("web.crt")]);
    expect(isOwed()).toBe(false);
  });

  test("stays owed where the next renewal fails, whatever stands in its way", async () => {
    const owed = text(note);
    await current.ca({ faults: ["html-502"] });
    expect(await renew(`--exec y ${force}`, [badly])).toMatchObject({ exit: 75 });
    expect(text(note)).toBe(owed);
    await current.ca();
    const fs = odd(realFileSystem, {
      rename: (from, to) => {
        if (to.endsWith("/web.crt")) throw systemError("EIO");
        realFileSystem.rename(from, to);
      },
    });
    expect(await renew(`--exec y ${force}`, [badly], { fs })).toMatchObject({ exit: 73 });
    expect(text(note)).toBe(owed);
    expect(await renew(`rekey --exec y ${force}`, [badly], { fs })).toMatchObject({ exit: 73 });
    expect(text(note)).toBe(owed);
  });

  test("is left by a run without a hook, which says so in one line", async () => {
    const owed = text(note);
    for (const command of [notDue, force, `rekey ${force}`]) {
      const { exit, stderr, ran } = await renew(command);
      expect([exit, ran]).toEqual([0, []]);
      expect(stderr.split("\n").filter((line) => line.includes("still owes"))).toHaveLength(1);
    }
    expect((await renew(`-q ${notDue}`)).stderr).toBe("");
    const { stdout, stderr } = await renew(`--json ${notDue}`);
    expect([JSON.parse(stdout), stderr]).toMatchObject([{ outcome: "not-due" }, ""]);
    expect(text(note)).toBe(owed);
  });

  test("is told of the certificate that is there, where that was replaced since", async () => {
    expect(await renew(force)).toMatchObject({ exit: 0 });
    const { told } = await renew(`--exec y ${notDue}`);
    expect(told).toMatchObject([{ RENEW_SERIAL: serialIn("web.crt"), RENEW_PREVIOUS_SERIAL: "", RENEW_METHOD: "" }]);
  });

  test.each(["", "{", "null", JSON.stringify({ version: 1, serial: "$(reboot)", previousSerial: "1", method: "x" })])(
    "by a note that reads %j runs the hook with what the certificate says",
    async (contents) => {
      writeFileSync(note, contents);
      const { exit, told } = await renew(`--exec y ${notDue}`);
      expect(exit).toBe(0);
      expect(told).toMatchObject([
        { RENEW_SERIAL: serialIn("web.crt"), RENEW_METHOD: "", RENEW_NAMES: "web.internal,localhost" },
      ]);
      expect(isOwed()).toBe(false);
    },
  );

  test("by a note that cannot be taken away is run every time, and that is said", async () => {
    const remove = () => {
      throw systemError("EROFS");
    };
    const { exit, stderr } = await renew(`--exec y ${notDue}`, [well], { fs: odd(realFileSystem, { remove }) });
    expect(exit).toBe(0);
    expect(stderr).toContain("cannot be taken away: the hook will be run again each time");
  });

  test("needs no folder to write in while it fails", async () => {
    const checkWritable = () => {
      throw systemError("EACCES");
    };
    const fs = odd(realFileSystem, { checkWritable });
    expect(await renew(`--exec y ${notDue}`, [badly], { fs })).toMatchObject({ exit: 69 });
    rmSync(note);
    expect(await renew(`--exec y ${notDue}`, [], { fs })).toMatchObject({ exit: 0, ran: [] });
  });

  test("by a certificate that is gone is not run", async () => {
    renameSync("web.crt", "old.crt");
    expect(await renew(`--exec y ${notDue}`)).toMatchObject({ exit: 66, ran: [] });
  });
});

describe("where the note stands", () => {
  test("beside the file itself, not the link; a hook that moves the link settles what it was run for", async () => {
    mkdirSync("live");
    renameSync("web.crt", "live/1.crt");
    symlinkSync("live/1.crt", "web.crt");
    expect(await renew(`--exec x ${force}`, [badly])).toMatchObject({ exit: 69 });
    expect(readdirSync("live").sort()).toEqual([".1.crt.renew-owed", "1.crt"]);
    const { exit } = await renew(`--exec x ${notDue}`, [], {
      run: async () => {
        rmSync("web.crt");
        symlinkSync("root.crt", "web.crt");
        return well;
      },
    });
    expect(exit).not.toBe(69);
    expect(readdirSync("live")).toEqual(["1.crt"]);
  });

  test("beside --out, and nowhere else", async () => {
    mkdirSync("out");
    const command = `--exec x --out out/new.crt ${force}`;
    expect(await renew(command, [badly])).toMatchObject({ exit: 69 });
    expect([readdirSync("out").sort(), isOwed()]).toEqual([[".new.crt.renew-owed", "new.crt"], false]);
    expect(await renew(`--exec x ${notDue}`)).toMatchObject({ ran: [] });
    const { told } = await renew(`--expires-in 1h ${command}`);
    expect(told).toMatchObject([
      { RENEW_SERIAL: serialIn("out/new.crt"), RENEW_CERT: expect.stringMatching(/out\/new\.crt$/) },
    ]);
    expect(readdirSync("out")).toEqual(["new.crt"]);
  });

  test("a rekey that is left unfinished still owes its hook to the run that finishes it", async () => {
    let isSwitching = false;
    const fs = odd(realFileSystem, {
      rename: (from, to) => {
        if (to.endsWith("/web.crt")) isSwitching = true;
        if (isSwitching && /\/web\.(crt|key)$/.test(to)) throw systemError("EIO"); // and it cannot be taken back
        realFileSystem.rename(from, to);
      },
    });
    const ran = await renew(`rekey --exec x ${force}`, [], { fs });
    expect(ran).toMatchObject({ exit: 73, ran: [], stderr: expect.stringContaining("one may be new and one old") });
    expect(isOwed()).toBe(true);
    const { exit, told } = await renew(`--exec x ${notDue}`);
    expect(exit).toBe(0);
    expect(told).toMatchObject([{ RENEW_SERIAL: serialIn("web.crt"), RENEW_METHOD: "mtls" }]);
  });

  test("a disk that takes no note takes the certificate, and the hook runs", async () => {
    const fs = odd(realFileSystem, {
      open: (file, how, mode) => {
        if (file.includes("renew-owed")) throw systemError("ENOSPC");
        return realFileSystem.open(file, how, mode);
      },
    });
    expect(await renew(`--exec x ${force}`, [well], { fs })).toMatchObject({ exit: 0, told: [{}] });
    expect(isOwed()).toBe(false);
  });

  test("one that may not be read by us owes as well", async () => {
    writeFileSync(note, "secret");
    chmodSync(note, 0);
    expect(await renew(`--exec x ${notDue}`)).toMatchObject({ exit: 0, told: [{ RENEW_METHOD: "" }] });
  });
});

describe.each([
  ["renewal", `--exec x ${force}`],
  ["rekey", `rekey --exec x ${force}`],
])("a %s that dies at any call", (_, command) => {
  /** Dead at its n-th call that can change something. The certificates whose hook was run. */
  async function dyingAt(n: number) {
    let count = 0;
    let isDead = false;
    const changing = ["open", "write", "truncate", "sync", "rename", "remove", "chmod", "chown"];
    const { fs } = interposed(realFileSystem, (_number, method) => {
      if (changing.includes(method)) count++;
      isDead ||= count >= n;
      if (isDead) throw new Crash();
    });
    const { told, exit } = await renew(command, [], { fs });
    return { isDead, told, exit };
  }

  test("has its hook run for what it has installed, at the latest by the next run, and nothing stays owed", async () => {
    const owedAfter: number[] = [];
    for (let n = 1; ; n++) {
      const before = serialIn("web.crt");
      const dead = await dyingAt(n);
      if (isOwed()) owedAfter.push(n);
      const next = await renew(`--exec y ${notDue}`);
      const after = serialIn("web.crt");
      const ranFor = [...dead.told, ...next.told].map((env) => env["RENEW_SERIAL"]);
      expect([next.exit, isOwed()], `call ${n}`).toEqual([0, false]);
      expect(ranFor.includes(after) || before === after, `call ${n}`).toBe(true);
      // A world for tests makes the same names each time.
      for (const name of readdirSync(".")) if (/\.renew-[0-9a-f]+$/.test(name)) rmSync(name);
      if (dead.isDead) continue;
      expect(dead.exit).toBe(0);
      break;
    }
    expect(owedAfter.length).toBeGreaterThan(5);
    expect(readdirSync(".").filter((name) => name.includes("renew-owed"))).toEqual([]);
  });
});
