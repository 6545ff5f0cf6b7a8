/** Every word about hooks and signals is judged before the first file is opened. */
import { constants } from "node:os";
import { describe, expect, test } from "vitest";
import { words as rekeyWords } from "../../src/cli/commands/rekey.ts";
import { words as renewWords } from "../../src/cli/commands/renew.ts";
import { parseFlags } from "../../src/cli/flags.ts";
import { policyOf } from "../../src/cli/policy.ts";
import { isFailure } from "../../src/failure/failure.ts";
import { MemoryDisk } from "../support/disk.ts";
import { recorded } from "../support/faults.ts";
import { testWorld } from "../support/world.ts";

function parsed(argv: readonly string[], env: Record<string, string> = {}, words = renewWords) {
  const { fs, calls } = recorded(new MemoryDisk());
  const world = testWorld({ fs, env });
  try {
    const found = parseFlags(words, ["web.crt", "web.key", "--ca-url", "ca.internal", ...argv], world);
    if ("help" in found) throw new Error("help");
    return policyOf(found.said, words.name).hooks;
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { code: error.code, ...error.facts };
  } finally {
    // defaults.json alone is looked for: no flag says everything.
    expect(calls.filter((call) => call !== "read")).toEqual([]);
  }
}

const { SIGHUP, SIGUSR1, SIGTERM } = constants.signals;

describe("what is to follow", () => {
  test("nothing, unless it is asked for", () => {
    for (const argv of [[], ["--exec", ""], ["--exec=", "--pid-file="]]) expect(parsed(argv)).toBeNull();
  });

  test("nothing, where what goes with it is from a variable that is empty, or for all commands", () => {
    expect(parsed(["--exec=", "--exec-timeout", "5s"])).toBeNull();
    expect(parsed(["--pid-file=", "--signal", "TERM"])).toBeNull();
    expect(parsed([], { STEP_SIGNAL: "TERM", STEP_EXEC_TIMEOUT: "5s", STEP_P12_PASSWORD_FILE: "p12.pass" })).toBeNull();
  });

  test.each([
    [["--exec-timeout", "5s"], "--exec-timeout is of no use without --exec or --exec-shell"],
    [["--pid", "1", "--exec-timeout", "5s"], "--exec-timeout is of no use without --exec or --exec-shell"],
    [["--p12-password-file", "x"], "--p12-password-file is of no use without --also p12=FILE"],
  ])("%j is refused: what it is for may have been forgotten", (argv, said) => {
    for (const words of [renewWords, rekeyWords])
      expect(parsed(argv, {}, words)).toMatchObject({ code: "BAD_FLAG", said });
  });

  test.each<[string[], Record<string, unknown>]>([
    [
      ["--exec", "systemctl reload nginx"],
      { exec: { words: ["systemctl", "reload", "nginx"] }, execTimeoutMs: 60_000 },
    ],
    [["--exec=./hook 'a b' c"], { exec: { words: ["./hook", "a b", "c"] } }],
    [["-exec", `"/opt/my hook" -x`], { exec: { words: ["/opt/my hook", "-x"] } }],
    [["--exec", "$HOME/x *"], { exec: { words: ["$HOME/x", "*"] } }],
    [["--exec-shell", "a | b 'c"], { exec: { line: "a | b 'c" } }],
    [["--exec", "x", "--exec-timeout", "1.5m"], { execTimeoutMs: 90_000 }],
    [["--exec", "x", "--exec-timeout", "365d"], { execTimeoutMs: 2 ** 31 - 1 }],
    [["--pid", "12"], { pid: 12, pidFile: null, exec: null, signal: { name: "SIGHUP", number: SIGHUP } }],
    [["--pid", "+12"], { pid: 12 }],
    [["--pid-file", "/run/nginx.pid"], { pid: null, pidFile: "/run/nginx.pid" }],
    [["--pid", "1", "--exec", "x"], { pid: 1, exec: { words: ["x"] } }],
  ])("%j", (argv, hooks) => expect(parsed(argv)).toMatchObject(hooks));

  test.each<[string, string, number]>([
    ["1", "SIGHUP", SIGHUP],
    ["+15", "SIGTERM", SIGTERM],
    ["HUP", "SIGHUP", SIGHUP],
    ["hup", "SIGHUP", SIGHUP],
    ["SIGUSR1", "SIGUSR1", SIGUSR1],
    ["SigUsr1", "SIGUSR1", SIGUSR1],
    [String(SIGUSR1), "SIGUSR1", SIGUSR1],
    ["40", "40", 40],
    ["64", "64", 64],
  ])("--signal %s", (text, name, number) => {
    expect(parsed(["--pid", "9", "--signal", text])).toMatchObject({ signal: { name, number } });
  });

  test("from the environment, as step reads it; a flag wins", () => {
    const env = { STEP_EXEC: "./hook x", STEP_PID: "7", STEP_SIGNAL: "10" };
    expect(parsed([], env)).toMatchObject({ exec: { words: ["./hook", "x"] }, pid: 7, signal: { number: 10 } });
    expect(parsed(["--pid", "8"], env)).toMatchObject({ pid: 8 });
    expect(parsed([], { STEP_PID: "x" })).toMatchObject({ code: "BAD_FLAG", said: "STEP_PID is no process: 'x'" });
  });
});

describe("what is wrong with it", () => {
  test.each<[string[], Record<string, unknown>]>([
    [["--exec", "a 'b"], { code: "BAD_FLAG", said: expect.stringContaining("quote") }],
    [["--exec", "  "], { code: "BAD_FLAG", said: expect.stringContaining("no program") }],
    [["--exec", "''"], { code: "BAD_FLAG", said: expect.stringContaining("no program") }],
    [["--pid", ""], { code: "BAD_FLAG" }],
    [["--pid", "0"], { code: "BAD_FLAG" }],
    [["--pid", "-1"], { code: "BAD_FLAG" }],
    [["--pid", "1.5"], { code: "BAD_FLAG" }],
    [["--pid", "2147483648"], { code: "BAD_FLAG" }],
    [["--pid", "/run/nginx.pid"], { code: "BAD_FLAG", nearest: "--pid-file" }],
    [["--pid", "nginx"], { code: "BAD_FLAG", nearest: "--pid-file" }],
    [["--signal", "0"], { code: "BAD_FLAG" }],
    [["--signal", "-1"], { code: "BAD_FLAG" }],
    [["--signal", "65"], { code: "BAD_FLAG" }],
    [["--signal", "HPU"], { code: "BAD_FLAG", nearest: "--signal HUP" }],
    [["--signal", "sigusr"], { code: "BAD_FLAG", nearest: "--signal USR1" }],
    [["--signal", "kil"], { code: "BAD_FLAG", nearest: "--signal KILL" }],
    [["--exec-timeout", "0"], { code: "BAD_DURATION", flag: "--exec-timeout" }],
    [["--exec-timeout", "-1s"], { code: "BAD_DURATION" }],
    [["--exec-timeout", "soon"], { code: "BAD_DURATION" }],
    [["--pid", "1", "--pid-file", "x"], { code: "FLAG_CONFLICT", flags: ["--pid", "--pid-file"] }],
    [["--exec", "a", "--exec-shell", "b"], { code: "FLAG_CONFLICT", flags: ["--exec", "--exec-shell"] }],
    [["--exce", "x"], { code: "BAD_FLAG", nearest: "--exec" }],
  ])("%j", (argv, failure) => {
    expect(parsed(argv)).toMatchObject(failure);
    expect(parsed(argv, {}, rekeyWords)).toMatchObject({
      ...failure,
      ...(failure["code"] === "BAD_FLAG" && { command: "rekey" }),
    });
  });

  test.each(["FOO", "SIGFOO", "reload", "99", "0", "-1", "SIG", "HUP,TERM"])(
    "--signal %s is near to none, so the usual ones are listed",
    (text) => {
      const failure = parsed(["--pid", "1", "--signal", text]);
      expect(failure).toMatchObject({ code: "BAD_FLAG", because: expect.stringContaining("HUP, INT, QUIT") });
      expect(failure).not.toHaveProperty("nearest");
    },
  );

  test("is said even where the CA's address is missing as well", () => {
    const { fs } = recorded(new MemoryDisk());
    const found = parseFlags(renewWords, ["a", "b", "--pid", "1", "--pid-file", "x"], testWorld({ fs }));
    expect(() => "said" in found && policyOf(found.said, "renew")).toThrow("FLAG_CONFLICT");
  });
});
