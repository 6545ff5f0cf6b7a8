/** Which command a line is for, and what is printed where. The rest is in the transcripts. */
import { describe, expect, test } from "vitest";
import { main } from "../../src/cli/main.ts";
import { MemoryDisk } from "../support/disk.ts";
import { testWorld } from "../support/world.ts";

async function run(...argv: string[]) {
  const world = testWorld({ fs: new MemoryDisk().put("/empty", "") });
  const exit = await main(argv, world);
  return { exit, out: world.out.text, err: world.err.text };
}

describe("help", () => {
  test.each([
    ["--help", "Usage: renew [flags] CRT KEY"],
    ["-h", "Usage: renew [flags] CRT KEY"],
    ["renew --help", "Usage: renew [flags] CRT KEY"],
    ["a.crt --help", "Usage: renew [flags] CRT KEY"],
    ["help", "Usage: renew [flags] CRT KEY"],
    ["help renew", "Usage: renew [flags] CRT KEY"],
    ["help explain", "Usage: renew explain"],
    ["help nothing", "Usage: renew [flags] CRT KEY"],
    ["help constructor", "Usage: renew [flags] CRT KEY"],
    ["help __proto__", "Usage: renew [flags] CRT KEY"],
    ["explain --help", "Usage: renew explain"],
    ["demo --help", "Usage: renew demo"],
    ["rekey --help", "Usage: renew rekey [flags] CRT KEY"],
    ["rollback --help", "Usage: renew rollback [flags] CRT KEY"],
    ["dev-ca --help", "Usage: renew dev-ca"],
  ])("renew %s", async (line, usage) => {
    const { exit, out, err } = await run(...line.split(" "));
    expect([exit, err]).toEqual([0, ""]);
    expect(out).toContain(usage);
    const tooWide = out.split("\n").filter((text) => text.length > 80 && !text.includes("Usage"));
    expect(tooWide).toEqual([]);
  });
});

describe("the first word", () => {
  test.each([
    ["constructor", ["constructor"]],
    ["an empty word", ["", "web.key"]],
    ["nothing", []],
    ["a command's name as a file", ["renew", "demo"]],
  ])("%s is no command, so it is a file of renew's", async (_, argv) => {
    const { exit, out, err } = await run(...argv);
    expect([exit, out]).toEqual([64, ""]);
    expect(err).toMatch(/^error\[BAD_FLAG\]/);
  });
});

describe("a command of step's, pasted whole", () => {
  test.each([
    ["renew web.crt web.key", "renew renew", "renew web.crt web.key"],
    ["renew", "renew renew", "renew"],
    ["ca renew web.crt web.key --force", "renew ca renew", "renew web.crt web.key --force"],
    ["step ca renew web.crt web.key", "renew step ca renew", "renew web.crt web.key"],
    ["renew ca renew web.crt", "renew renew ca renew", "renew web.crt"],
    ["ca rekey web.crt web.key", "renew ca rekey", "renew rekey web.crt web.key"],
    ["renew rekey web.crt web.key", "renew renew rekey", "renew rekey web.crt web.key"],
    ["certificate needs-renewal web.crt", "renew certificate needs-renewal", "renew needs-renewal web.crt"],
    [
      "step certificate needs-renewal web.crt -v",
      "renew step certificate needs-renewal",
      "renew needs-renewal web.crt -v",
    ],
  ])("renew %s", async (line, taken, meant) => {
    const { exit, out, err } = await run(...line.split(" "));
    expect([exit, out]).toEqual([64, ""]);
    expect(err).toContain(`error[BAD_FLAG]: '${taken}' is not a command`);
    expect(err.replace(/\s+/g, " ")).toContain(`did you mean \`${meant}\`?`);
  });

  test("files may have such names", async () => {
    for (const argv of [
      ["ca", "key"],
      ["step", "ca"],
      ["certificate", "renew"],
      ["rekeyed", "key"],
    ]) {
      expect((await run(...argv, "--ca-url", "ca")).err).not.toContain("is not a command");
    }
  });
});

test("--version is one line", async () => {
  expect(await run("--version")).toMatchObject({
    exit: 0,
    out: expect.stringMatching(/^renew \d+\.\d+\.\d+\n$/),
    err: "",
  });
});

test("with --json a failure is one document on stdout, also when the flags are wrong", async () => {
  const { exit, out, err } = await run("--json", "--forse");
  expect([exit, err]).toEqual([64, ""]);
  expect(JSON.parse(out)).toMatchObject({
    schema: 1,
    command: "renew",
    ok: false,
    outcome: "failed",
    error: { code: "BAD_FLAG" },
  });
});
