/** Few, through bin: what only a real process shows. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Authority, createAuthority } from "../../src/dev-ca/authority.ts";
import { type DevCa, startDevCa } from "../../src/dev-ca/server.ts";
import { atOnce, commandOf, run } from "../support/program.ts";

const folder = mkdtempSync(join(tmpdir(), "renew-program-"));
let ca: DevCa;
let authority: Authority;
const args = (...more: string[]) => [
  ...more,
  "--force",
  "web.crt",
  "web.key",
  "--ca-url",
  ca.url,
  "--root",
  "root.crt",
];

beforeAll(async () => {
  authority = await createAuthority();
  ca = await startDevCa({ authority });
  const { chain, key } = await authority.issue({ provisioner: { name: "after-expiry" } });
  writeFileSync(join(folder, "web.crt"), chain, { mode: 0o640 });
  writeFileSync(join(folder, "web.key"), key, { mode: 0o600 });
  writeFileSync(join(folder, "root.crt"), authority.root);
});

afterAll(async () => {
  await ca.close();
  rmSync(folder, { recursive: true });
});

describe("the program", () => {
  test("renews, says so in one line on stderr, and leaves stdout to data", async () => {
    const before = readFileSync(join(folder, "web.crt"), "utf8");
    const ran = await run(args(), { cwd: folder });
    expect(ran).toMatchObject({ exit: 0, stdout: "" });
    expect(ran.stderr).toMatch(/^renewed web\.crt for dave over mTLS: [^\n]*\n$/);
    expect(readFileSync(join(folder, "web.crt"), "utf8")).not.toBe(before);
    expect(statSync(join(folder, "web.crt")).mode & 0o777).toBe(0o640);
  });

  describe.skipIf(process.platform !== "linux")("reads a pipe once", () => {
    /** In a pipeline of a shell, where `renew` is this one. Killed where it would wait for ever. */
    const inShell = (line: string) => {
      const [node, words] = commandOf(["--force", "--ca-url", ca.url, "--root", "root.crt"]);
      const whole = ["timeout", "-s", "KILL", "20", node, ...words].map((word) => `'${word}'`).join(" ");
      return run(["-c", line.replace("renew", whole)], { cwd: folder, program: "/bin/sh" });
    };

    test("and not at all where it would write into it", async () => {
      const ran = await inShell("renew --out /dev/stdout web.crt web.key | cat");
      expect(ran.stderr).toMatch(/^error\[CANNOT_WRITE\]: \/dev\/stdout cannot be written\n.*\n +socket, not a file/);
    });

    test("for its key", async () => {
      const ran = await inShell("cat web.key | renew web.crt /dev/stdin");
      expect(ran.stderr).toMatch(/^renewed /);
    });
  });

  test("prints one JSON document on stdout, and nothing beside it", async () => {
    const ran = await run(args("--json"), { cwd: folder });
    expect(ran).toMatchObject({ exit: 0, stderr: "" });
    expect(JSON.parse(ran.stdout)).toMatchObject({
      schema: 1,
      ok: true,
      outcome: "renewed",
      method: "mtls",
      error: null,
    });
  });

  test("a refusal, with all that is asked for it, and a check-up leave nothing of Node's on the screen", async () => {
    const { chain, key } = await authority.issue({ provisioner: { name: "retired" } });
    writeFileSync(join(folder, "gone.crt"), chain);
    writeFileSync(join(folder, "gone.key"), key, { mode: 0o600 });
    const words = ["gone.crt", "gone.key", "--ca-url", ca.url, "--root", "root.crt"];
    const refused = await run(["--force", ...words], { cwd: folder });
    expect(refused).toMatchObject({ exit: 77, stdout: "", stderr: expect.stringMatching(/^error\[CA_REFUSED\]/) });
    expect(refused.stderr).not.toMatch(/Warning|node:/);
    expect(await run(["doctor", ...words], { cwd: folder })).toMatchObject({ exit: 77, stderr: "" });
  });

  test("colours nothing but on a terminal, or when it is told to", async () => {
    const sequence = "\u001b[";
    expect((await run(["--nonsense"])).stderr).not.toContain(sequence);
    expect((await run(["--nonsense"], { env: { FORCE_COLOR: "1" } })).stderr).toContain(sequence);
    expect((await run(["--nonsense"], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } })).stderr).not.toContain(sequence);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s before the switch changes nothing and ends with %i", async (signal, exit) => {
    ca.faults.add("hang");
    const before = readFileSync(join(folder, "web.crt"), "utf8");
    const ran = await run(args("-v"), {
      cwd: folder,
      onWords: (words, kill) => words.includes("asking") && kill(signal),
    });
    ca.faults.delete("hang");
    expect(ran.exit).toBe(exit);
    expect(ran.stderr).toContain("error[INTERRUPTED]");
    expect(readFileSync(join(folder, "web.crt"), "utf8")).toBe(before);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s before anything is loaded changes nothing and ends with %i", async (signal, exit) => {
    const [before, asked] = [readFileSync(join(folder, "web.crt"), "utf8"), ca.log.length];
    const ran = await run(args(), { cwd: folder, node: atOnce([signal]) });
    expect(ran).toMatchObject({ exit, stdout: "", stderr: expect.stringMatching(/^error\[INTERRUPTED\]/) });
    expect(readFileSync(join(folder, "web.crt"), "utf8")).toBe(before);
    expect(ca.log.length).toBe(asked);
  });

  test("SIGUSR1 before anything is loaded is nothing to a run that ends by itself, and opens no debugger", async () => {
    const ran = await run(args(), { cwd: folder, node: atOnce(["SIGUSR1"]) });
    expect(ran).toMatchObject({ exit: 0, stderr: expect.stringMatching(/^renewed [^\n]*\n$/) });
  });

  test("SIGTERM before anything is loaded ends a run that would read its standard input", async () => {
    const open = new PassThrough(); // nothing comes, and no end
    const ran = await run(["explain", "--from", "-"], { input: open, node: atOnce(["SIGTERM"]) });
    expect(ran.exit).toBe(143);
  });

  test.each(["SIGTERM", "SIGHUP"] as const)("%s before anything is loaded ends the embedded CA", async (signal) => {
    const ran = await run(["dev-ca", "--dir", join(folder, "ca")], { cwd: folder, node: atOnce([signal]) });
    expect(ran.exit).toBe(0);
  });

  test("the demo plays its story to the end", { timeout: 60_000 }, async () => {
    const { exit, stdout, stderr } = await run(["demo"]);
    expect(exit, stdout + stderr).toBe(0);
    expect(stdout).toContain("error[EXPIRED_NEEDS_FORCE]");
    expect(stdout).toContain("NO_SERVER_AUTH_OLD_CA");
    expect(stdout).toMatch(/renewed dave\.crt for dave by token/);
    rmSync(/in (\S*renew-demo-\w+)/.exec(stdout)?.[1] ?? "", { recursive: true });
  });
});
