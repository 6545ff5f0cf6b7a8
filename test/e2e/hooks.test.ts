/** Hooks and signals as real processes: what only the built program shows. */
import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { type DevCa, startDevCa } from "../../src/dev-ca/server.ts";
import { program, type RunOptions, run } from "../support/program.ts";

const folder = mkdtempSync(join(tmpdir(), "renew-hooks-"));
const at = (name: string) => join(folder, name);
const text = (name: string) => readFileSync(at(name), "utf8");
const isOwed = () => existsSync(at(".web.crt.renew-owed"));
const started: number[] = [];
let ca: DevCa;
let chain: string;

beforeAll(async () => {
  const authority = await createAuthority();
  ca = await startDevCa({ authority });
  const issued = await authority.issue({ provisioner: { name: "after-expiry" }, names: ["web.internal", "localhost"] });
  chain = issued.chain;
  writeFileSync(at("web.key"), issued.key, { mode: 0o600 });
  writeFileSync(at("root.crt"), authority.root);
  script("not-executable", "#!/bin/sh\n", 0o644);
  script("no-interpreter", "#!/nowhere/interpreter\n");
  script("no-first-line", "exit 4\n");
});
beforeEach(() => {
  writeFileSync(at("web.crt"), chain);
  rmSync(at(".web.crt.renew-owed"), { force: true });
});
afterAll(async () => {
  await ca.close();
  for (const pid of started) if (isRunning(pid)) process.kill(pid, "SIGKILL");
  rmSync(folder, { recursive: true });
});

function script(name: string, contents: string, mode = 0o755): void {
  writeFileSync(at(name), contents);
  chmodSync(at(name), mode);
}

const words = (...more: string[]) => [
  ...["--force", "web.crt", "web.key", "--ca-url", ca.url, "--root", "root.crt"],
  ...more,
];
const renew = (more: readonly string[], options: RunOptions = {}) => run(words(...more), { cwd: folder, ...options });
const shell = (line: string, ...more: string[]) => renew(["--exec-shell", line, ...more]);

/** What is ending, its files closed already, does not run; nor what has ended and was not yet waited for by init. proc(5). */
function isRunning(pid: number): boolean {
  try {
    const [, state, numbers = ""] = /^\d+ \(.*\) (\w) (.*)/s.exec(readFileSync(`/proc/${pid}/stat`, "latin1")) ?? [];
    const flags = Number(numbers.split(" ")[5]);
    return state !== "Z" && (flags & isExiting) === 0;
  } catch {
    return false;
  }
}

/** The kernel's PF_EXITING. */
const isExiting = 4;

function pidOf(name: string): number {
  const pid = Number(text(name));
  expect(pid).toBeGreaterThan(1);
  started.push(pid);
  return pid;
}

/** Says its pid, does this at SIGTERM, and stays. */
const stubborn = (name: string, atTerm = "") =>
  `trap "${atTerm}" TERM; echo $$ > ${name}; echo ready; while :; do sleep 1; done`;

describe.skipIf(process.platform !== "linux")("a hook", () => {
  test("writes to stderr whatever it writes, so that --json stays clean", async () => {
    const ran = await shell("echo to stdout; echo to stderr >&2", "--json");
    expect(ran).toMatchObject({ exit: 0, stderr: "to stdout\nto stderr\n" });
    expect(JSON.parse(ran.stdout)).toMatchObject({ outcome: "renewed", error: null });
    expect(isOwed()).toBe(false);
  });

  test("is told of the renewal, and gets no input", async () => {
    const ran = await shell("env | grep ^RENEW_ | sort; cat", "-q");
    const told = Object.fromEntries(
      ran.stderr
        .trimEnd()
        .split("\n")
        .map((line) => line.split("=", 2)),
    );
    expect(told).toEqual({
      RENEW_CERT: at("web.crt"),
      RENEW_KEY: at("web.key"),
      RENEW_METHOD: "mtls",
      RENEW_NAMES: "web.internal,localhost",
      RENEW_NOT_AFTER: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/),
      RENEW_PREVIOUS_SERIAL: expect.stringMatching(/^\d+$/),
      RENEW_SERIAL: expect.stringMatching(/^\d+$/),
    });
    expect(told["RENEW_SERIAL"]).not.toBe(told["RENEW_PREVIOUS_SERIAL"]);
  });

  test("gets its words as a shell would split them, and no shell", async () => {
    script("args", '#!/bin/sh\nfor arg; do echo "[$arg]"; done\n');
    const ran = await renew(["-q", "--exec", `./args 'a b' "c  d" e\\ f $HOME *`]);
    expect(ran).toMatchObject({ exit: 0, stderr: "[a b]\n[c  d]\n[e f]\n[$HOME]\n[*]\n" });
  });

  test("of --exec-shell may have pipes", async () => {
    expect(await shell("printf 'b\\na\\n' | sort && echo $((1 + 1)) > sum", "-q")).toMatchObject({
      exit: 0,
      stderr: "a\nb\n",
    });
    expect(text("sum")).toBe("2\n");
  });

  test.each([
    ["exit 3", "exit status 3"],
    ["exit 69", "exit status 69"],
    ["kill -9 $$", "ended by SIGKILL"],
    ["no-such-command-here", "exit status 127"],
    ["if", "exit status 2"],
  ])("that ends with `%s` is told of after the renewal, and owed", async (line, said) => {
    const ran = await shell(line);
    expect(ran).toMatchObject({ exit: 69, stdout: "" });
    expect(ran.stderr).toContain(`error[HOOK_FAILED]: renewed web.crt, but shell hook failed: ${said}\n`);
    expect(text("web.crt")).not.toBe(chain);
    expect(isOwed()).toBe(true);
  });

  test.each([
    ["./nowhere", "no such program"],
    ["no-such-command-here", "no such program"],
    ["./root.crt/x", "no such program"],
    ["./not-executable", "it may not be run"],
    [".", "it may not be run"],
    ["./no-interpreter", "its interpreter is missing"],
    ["./no-first-line", "exit status 4"],
  ])("%s: %s", async (command, said) => {
    const ran = await renew(["--exec", command]);
    expect(ran.exit).toBe(69);
    expect(ran.stderr).toContain("error[HOOK_FAILED]: renewed web.crt, but");
    expect(ran.stderr.replace(/\s+/g, " ")).toContain(said);
    expect(isOwed()).toBe(true);
  });

  test("that fails is a document of its own in --json", async () => {
    const ran = await shell("echo words; exit 3", "--json");
    expect(ran).toMatchObject({ exit: 69, stderr: "words\n" });
    expect(JSON.parse(ran.stdout)).toMatchObject({
      ok: false,
      outcome: "hook-failed",
      file: "web.crt",
      method: "mtls",
      error: { code: "HOOK_FAILED", exit: 69, retry: "after-fix", state: { file: "web.crt", changed: true } },
    });
  });

  test("may write more than any pipe holds", async () => {
    const ran = await shell("head -c 3000000 /dev/zero | tr '\\0' x", "-q");
    expect(ran.exit).toBe(0);
    expect(ran.stderr).toMatch(/^x{3000000}$/);
  });

  test("that leaves a program behind keeps nobody waiting, and the program is left alone", async () => {
    const ran = await shell("sleep 60 > /dev/null 2>&1 & echo $! > behind");
    expect(ran.exit).toBe(0);
    expect(isRunning(pidOf("behind"))).toBe(true);
  });

  test.each([
    ["closed", "2>&-"],
    ["full", "2>/dev/full"],
  ])("runs where stderr is %s", async (_, redirection) => {
    const command = `exec "$0" "$@" ${redirection}`;
    const args = ["-c", command, ...program, ...words("--exec-shell", "echo word; echo done > witness")];
    rmSync(at("witness"), { force: true });
    const exit = await new Promise((done) => {
      execFile("/bin/sh", args, { cwd: folder }, (error) => done(error === null ? 0 : error.code));
    });
    expect([exit, text("witness"), isOwed()]).toEqual([0, "done\n", false]);
  });
});

describe.skipIf(process.platform !== "linux")("a hook that hangs", () => {
  test("is ended after --exec-timeout with all that it has started, also what ignores SIGTERM", async () => {
    script("parent", `#!/bin/sh\nsh -c '${stubborn("grandchild")}' &\n${stubborn("child")}\n`);
    const begin = performance.now();
    const ran = await renew(["--exec", "./parent", "--exec-timeout", "700ms"]);
    expect(ran).toMatchObject({ exit: 69, stderr: expect.stringContaining("timed out after 0.7 s") });
    expect(performance.now() - begin).toBeLessThan(8000);
    expect([pidOf("child"), pidOf("grandchild")].map(isRunning)).toEqual([false, false]);
    expect(isOwed()).toBe(true);
  });

  test("so is what a hook has started that goes at SIGTERM itself", async () => {
    const ran = await shell(`sh -c '${stubborn("stays")}' & sleep 60`, "--exec-timeout", "700ms");
    expect(ran.exit).toBe(69);
    expect(isRunning(pidOf("stays"))).toBe(false);
  });

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "%s ends it and us within a second: the certificate is in place, and the hook is owed",
    async (name) => {
      let asked = 0;
      const ran = await renew(["--exec-shell", stubborn("hanging")], {
        onWords: (said, kill) => {
          if (asked > 0 || !said.includes("ready\n")) return;
          asked = performance.now();
          kill(name);
        },
      });
      expect(performance.now() - asked).toBeLessThan(1500); // a second, and a busy machine
      expect(ran).toMatchObject({ exit: 69, signal: null });
      expect(ran.stderr).toMatch(/renewed web\.crt, but .* failed: interrupted/);
      expect(isRunning(pidOf("hanging"))).toBe(false);
      expect(text("web.crt")).not.toBe(chain);
      expect(isOwed()).toBe(true);
      const again = await shell("true", "--expires-in", "1s");
      expect(again).toMatchObject({
        exit: 0,
        stderr: expect.stringMatching(/^what an earlier run owed.*\n.* is not due/),
      });
      expect(isOwed()).toBe(false);
    },
  );

  test("a second Ctrl-C ends us at once, and does not leave it behind", async () => {
    let isAsked = false;
    const ran = await renew(["--exec-shell", stubborn("last", "echo again")], {
      onWords: (said, kill) => {
        if (said.includes("again\n")) kill("SIGINT");
        else if (!isAsked && said.includes("ready\n")) {
          isAsked = true;
          kill("SIGINT");
        }
      },
    });
    expect(ran.exit).not.toBe(0);
    expect(isRunning(pidOf("last"))).toBe(false);
    expect(isOwed()).toBe(true);
  });

  test("that is owed: an interruption while it is made good ends the run before the CA is asked", async () => {
    expect(await shell("exit 1")).toMatchObject({ exit: 69 });
    const before = text("web.crt");
    const ran = await renew(["--exec-shell", stubborn("owed")], {
      onWords: (said, kill) => said.endsWith("ready\n") && kill("SIGTERM"),
    });
    expect(ran).toMatchObject({ exit: 143, stderr: expect.stringContaining("error[INTERRUPTED]") });
    expect(isRunning(pidOf("owed"))).toBe(false);
    expect([text("web.crt") === before, isOwed()]).toEqual([true, true]);
  });
});

describe.skipIf(process.platform !== "linux")("a signal", () => {
  test("reaches the process that the pid file names", async () => {
    const line = `trap 'echo hup > caught; exit' HUP; echo $$ > pid; echo up; while :; do sleep 0.05; done`;
    await new Promise<void>((ended, fail) => {
      const service = execFile("/bin/sh", ["-c", line], { cwd: folder }, () => ended());
      service.stdout?.once(
        "data",
        () =>
          void renew(["--pid-file", "pid"])
            .then(({ exit }) => expect(exit).toBe(0))
            .catch(fail),
      );
      started.push(service.pid ?? 0);
    });
    expect(text("caught")).toBe("hup\n");
    expect(isOwed()).toBe(false);
    // The service has ended: its pid file has stayed.
    const ran = await renew(["--pid-file", "pid", "--signal", "usr1"]);
    expect(ran.exit).toBe(69);
    expect(ran.stderr).toMatch(/^error\[HOOK_FAILED\]: renewed web\.crt, but SIGUSR1 failed: no process \d+\n/);
  });
});
