/** Which command a line is for, and what is printed where. The rest is in the transcripts. */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { main } from "../../src/cli/main.ts";
import { MemoryDisk } from "../support/disk.ts";
import { testWorld } from "../support/world.ts";

async function run(...argv: string[]) {
  const world = testWorld({ fs: new MemoryDisk().put("/empty", "") });
  const exit = await main(argv, world);
  return { exit, out: world.out.text, err: world.err.text };
}

test.each(["demo", "dev-ca", "run"])("renew %s takes no files", async (command) => {
  const { exit, err } = await run(command, "web.crt");
  expect(exit).toBe(64);
  expect(err).toContain(`error[BAD_FLAG]: renew ${command} takes no files, and 'web.crt' was given`);
});

describe("help", () => {
  test.each([
    ["--help", "Usage: renew [flags] CRT KEY"],
    ["-h", "Usage: renew [flags] CRT KEY"],
    ["renew --help", "Usage: renew [flags] CRT KEY"],
    ["a.crt --help", "Usage: renew [flags] CRT KEY"],
    ["help", "Usage: renew [flags] CRT KEY"],
    ["help renew", "Usage: renew [flags] CRT KEY"],
    ["help explain", "Usage: renew explain"],
    ["help --help", "Usage: renew [flags] CRT KEY"],
    ["help help", "Usage: renew [flags] CRT KEY"],
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

test.each<[string, RegExp]>([
  ["nothing", /there is no command 'nothing' to help with/],
  ["constructor", /no command 'constructor'/],
  ["__proto__", /no command '__proto__'/],
  ["doktor", /did you mean `renew help doctor`\?/],
  ["doktor --help", /did you mean `renew help doctor`\?/],
  ["doctor web.crt", /help is about one command/],
])("renew help %s is no help that there is", async (line, said) => {
  const { exit, out, err } = await run("help", ...line.split(" "));
  expect([exit, out]).toEqual([64, ""]);
  expect(err).toMatch(said);
});

test.each([
  ["-q rekey --force web.crt web.key", "renew rekey -q --force web.crt web.key"],
  ["-q run --config l.yaml", "renew run -q --config l.yaml"],
  ["--json status web.crt", "renew status --json web.crt"],
])("renew %s: the command comes first", async (line, meant) => {
  const { exit, out, err } = await run(...line.split(" "));
  expect(exit).toBe(64);
  expect(out + err).toContain(meant);
});

test("one word alone that is nearly a command", async () => {
  expect((await run("kubconfig", "--force")).err).toContain("did you mean `renew kubeconfig`?");
  expect((await run("web.crt")).err).not.toContain("did you mean");
});

describe("a dev-ca that cannot be", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "renew-main-"));
    writeFileSync(join(folder, "file"), "");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test.each(["file", "file/deeper", "file/deeper/still"])("in %s", async (dir) => {
    const { exit, err } = await run("dev-ca", "--dir", join(folder, dir));
    expect([exit, err]).toEqual([73, expect.stringContaining("error[CANNOT_WRITE]")]);
  });

  test("at a port that somebody has", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const { exit, err } = await run("dev-ca", "--dir", join(folder, "a/b"), "--port", String(port));
    expect([exit, err]).toEqual([64, expect.stringContaining(`--port ${port} cannot be had: somebody listens there`)]);
    server.close();
  });
});

describe("a switch with a space before its value is told in one line on stderr", () => {
  const hint = "--mtls false was taken as --mtls=false: step wants the =\n";
  test.each<[string, string]>([
    ["--mtls false", hint],
    ["-v --mtls false", hint],
    ["--json --mtls false", hint],
    ["-q --mtls false", ""],
    ["--mtls=false", ""],
    ["-f TRUE", "-f TRUE was taken as -f=TRUE: step wants the =\n"],
    ["rekey --force true", "--force true was taken as --force=true: step wants the =\n"],
    ["doctor -v true", "-v true was taken as -v=true: step wants the =\n"],
    ["needs-renewal --bundle true", "--bundle true was taken as --bundle=true: step wants the =\n"],
  ])("renew %s", async (line, expected) => {
    const told = await run(...line.split(" "), "web.crt");
    expect(told.out).not.toContain("was taken as");
    expect(/^.*was taken as.*\n/m.exec(told.err)?.[0] ?? "").toBe(expected);
    if (line.includes("--json")) expect(JSON.parse(told.out)).toMatchObject({ ok: false });
  });
});

describe("a signal that is for nobody is told in one line on stderr, as step takes it", () => {
  const hint = "--signal 10 does nothing: no --pid or --pid-file says to whom\n";
  test.each<[string, string]>([
    ["--signal 10", hint],
    ["rekey --signal 10", hint],
    ["--exec true --signal 10", hint],
    ["-q --signal 10", ""],
    ["--signal 10 --pid 1", ""],
    ["--signal 10 --pid-file x", ""],
    ["", ""],
  ])("renew %s", async (line, expected) => {
    const told = await run(...line.split(" ").filter((word) => word !== ""), "no.crt", "no.key");
    expect(/^.*does nothing.*\n/m.exec(told.err)?.[0] ?? "").toBe(expected);
  });
});

describe("a daemon that cannot start, under --json, is one line like its events", () => {
  test.each<[string, Record<string, unknown>]>([
    ["--daemon --json web.crt web.key --ca-url ca", { file: "web.crt", error: { code: "FILE_MISSING" } }],
    ["--daemon --json web.crt", { file: "web.crt", error: { code: "BAD_FLAG" } }],
    ["--daemon --json", { file: null, error: { code: "BAD_FLAG" } }],
    ["-daemon=TRUE --json --forse web.crt web.key", { file: null, error: { code: "BAD_FLAG" } }],
    ["--json --daemon web.crt web.key --exit-code --ca-url ca", { file: "web.crt", error: { code: "FLAG_CONFLICT" } }],
    ["rekey --daemon --json web.crt web.key", { command: "rekey", error: { code: "CA_URL_MISSING" } }],
  ])("renew %s", async (line, expected) => {
    const { out, err } = await run(...line.split(" "));
    expect([out.indexOf("\n"), err]).toEqual([out.length - 1, ""]);
    expect(JSON.parse(out)).toMatchObject({ command: "renew", event: "failed", next: null, failures: 1, ...expected });
  });

  test.each([
    "--json web.crt web.key --ca-url ca",
    "--daemon=false --json web.crt web.key --ca-url ca",
    "--daemon=0 --json --forse web.crt web.key",
    "--daemon=maybe --json web.crt web.key",
    "doctor --daemon --json web.crt web.key",
  ])("no daemon: renew %s", async (line) => {
    expect(JSON.parse((await run(...line.split(" "))).out)).toMatchObject({ ok: false });
  });

  test("nor without --json", async () => {
    const { out, err } = await run("--daemon", "web.crt", "web.key", "--ca-url", "ca");
    expect(out).toBe("");
    expect(err).toMatch(/^error\[FILE_MISSING\]/);
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
