/** Pages, lists, and messages from anywhere: a file, a pipe, a terminal. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { main } from "../../../src/cli/main.ts";
import { codes } from "../../../src/failure/catalogue/catalogue.ts";
import { causes } from "../../../src/failure/diagnosis/causes.ts";
import { testWorld, type WorldOptions } from "../../support/world.ts";

async function explain(argv: readonly string[], options: WorldOptions = {}) {
  const world = testWorld(options);
  const exit = await main(["explain", ...argv], world);
  return { exit, out: world.out.text, err: world.err.text };
}

const folder = mkdtempSync(join(tmpdir(), "renew-explain-"));
afterAll(() => rmSync(folder, { recursive: true }));
const message = "remote error: tls: expired certificate";

describe("pages", () => {
  test.each([...codes, ...Object.keys(causes)])("%s has one, which fits 80 columns", async (id) => {
    const { exit, out, err } = await explain([id.toLowerCase().replaceAll("_", "-")]);
    expect([exit, err]).toEqual([0, ""]);
    expect(out).toMatch(new RegExp(`^${id}: `, "m"));
    expect(out.split("\n").filter((line) => line.length > 80 && !/^ {4}|"[^"]*"$/.test(line))).toEqual([]);
  });

  test("a name that is code and cause has both", async () => {
    const { out } = await explain(["KEY_MISMATCH"]);
    expect(out.match(/^KEY_MISMATCH: /gm)).toHaveLength(2);
  });

  test("an exit status has its codes, and a code that has many causes lists them", async () => {
    const { exit, out } = await explain(["77"]);
    expect([exit, out.match(/^[A-Z_]+/gm)]).toEqual([0, ["CA_REFUSED", "CERT_EXPIRED", "CLIENT_REJECTED"]]);
    expect((await explain(["CA_REFUSED"])).out).toMatch(/^ {2}REVOKED /m);
    expect((await explain(["CLIENT_REJECTED"])).out).toMatch(/^ {2}EXPIRED /m);
  });

  test("without a name there is the list of all", async () => {
    const { exit, out } = await explain([]);
    expect(exit).toBe(0);
    for (const id of [...codes, ...Object.keys(causes)]) expect(out).toContain(`  ${id} `);
  });

  test.each(["constructor", "__proto__", "toString", "NO_SUCH", "\u001b[31m"])("%j is no name", async (name) => {
    const { exit, out, err } = await explain([name]);
    expect([exit, out]).toEqual([64, ""]);
    expect(err).toMatch(/^error\[BAD_FLAG\]: no code or cause is called/);
    expect(err).not.toContain("\u001b");
  });
});

describe("messages", () => {
  const utf16 = (text: string) => Buffer.from(text, "utf16le");
  test.each<[string, string | Buffer]>([
    ["UTF-8", message],
    ["UTF-8 with a byte order mark", `\ufeff${message}`],
    ["UTF-16 with a byte order mark", utf16(`\ufeff${message}\r\n`)],
    ["UTF-16, the other way round", Buffer.from(utf16(`\ufeff${message}`)).swap16()],
    ["UTF-16 without a mark", utf16(message)],
    ["Windows' line ends", `C:\\> step ca renew\r\n${message}\r\n`],
    ["colours", `\u001b[1;31m${message}\u001b[0m`],
    [
      "among noise",
      Buffer.concat([Buffer.from([0xff, 0x00, 0xc3, 0x28, 10]), Buffer.from(message), Buffer.from([10, 0])]),
    ],
  ])("in %s", async (_, input) => {
    const { exit, out, err } = await explain(["--from", "-"], { input });
    expect([exit, err]).toEqual([0, ""]);
    expect(out).toContain(`"${message}"`);
    expect(out).toMatch(/^ {2}EXPIRED /m);
    expect(out).not.toMatch(/[\u001b\ufeff\u0000]/);
  });

  test.each<[string, string | Buffer]>([
    ["nothing", ""],
    ["words", "all is well\n"],
    ["binary", Buffer.from(Array.from({ length: 5000 }, (_, n) => (n * 31) % 256))],
  ])("%s is not known: exit 1, as grep has it", async (_, input) => {
    const { exit, out, err } = await explain(["--from", "-"], { input });
    expect([exit, err]).toEqual([1, ""]);
    expect(out).toContain("nothing in that is a message that renew knows");
  });

  test("of a large file, the end is read", async () => {
    const file = join(folder, "ca.log");
    writeFileSync(file, `token already used\n${"x".repeat(79)}\n`.repeat(60_000));
    writeFileSync(file, `${message}\n`, { flag: "a" });
    const { exit, out } = await explain(["--from", file]);
    expect(exit).toBe(0);
    expect(out).toContain(message);
    expect(out).toMatch(/and \d{5} more lines like it/);
  });

  test("a file that is not there is said by name", async () => {
    const { exit, err } = await explain(["--from", join(folder, "none.log")]);
    expect(exit).toBe(66);
    expect(err).toContain("It should hold the message to explain.");
  });

  test("on a terminal it says how the input ends, and elsewhere nothing", async () => {
    const onTerminal = await explain(["--from", "-"], { input: message, answers: [] });
    expect(onTerminal.err).toContain("Ctrl-D");
    expect(onTerminal.out).toContain("EXPIRED");
    expect((await explain(["--from", "-"], { input: message })).err).toBe("");
  });

  test("Ctrl-C while it waits is an interruption", async () => {
    const interruption = new AbortController();
    interruption.abort("SIGINT");
    const { exit, out } = await explain(["--from", "-"], { input: message, signal: interruption.signal });
    expect([exit, out]).toEqual([130, ""]);
  });

  test.each([
    [["--from", "-", "CA_REFUSED"], "FLAG_CONFLICT"],
    [["CA_REFUSED", "BUG"], "BAD_FLAG"],
    [["--from"], "BAD_FLAG"],
  ])("%j is a %s", async (argv, code) => {
    const { exit, err } = await explain(argv);
    expect(exit).toBe(64);
    expect(err).toMatch(new RegExp(`^error\\[${code}\\]`));
  });
});
