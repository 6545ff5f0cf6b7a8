/** The commands in messages, given to a shell as they stand: whatever a file is called, it comes through as one word. */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tell } from "../../src/failure/catalogue/catalogue.ts";
import type { Code, Facts } from "../../src/failure/facts.ts";
import { Failure, isFailure } from "../../src/failure/failure.ts";
import { realFileSystem } from "../../src/files/system.ts";
import { load } from "../../src/renewal/load.ts";
import { issuedFiles } from "../support/user-files.ts";
import { testWorld } from "../support/world.ts";

const folder = mkdtempSync(join(tmpdir(), "renew-commands-"));
const stubs = join(folder, "bin");
const programs = ["openssl", "renew", "ls", "id", "head", "step", "node", "cp", "df", "awk", "curl", "getent"];

beforeAll(() => {
  mkdirSync(stubs);
  for (const program of programs) {
    writeFileSync(join(stubs, program), `#!/bin/sh\nprintf '<%s>' "$@" >&2\n`);
    chmodSync(join(stubs, program), 0o755);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const commandsIn = (help: readonly string[]) =>
  help.flatMap((line) => [...line.matchAll(/`([^`]+)`/g)].map(([, command = ""]) => command));

/** What the programs of a command were given, each word in angle brackets; on stderr, as stdout may go to a file. */
function given(command: string): string {
  execFileSync("/bin/sh", ["-n", "-c", command]);
  const output = execFileSync("/bin/sh", ["-c", `{ ${command}\n} 2>&1 | /bin/cat`], {
    cwd: folder,
    env: { PATH: stubs },
  });
  return output.toString();
}

const hostile = ["web server.crt", "it's.crt", "$(touch owned).crt", "a;touch owned", "a&touch owned", "-rf", "*"];
const now = new Date("2026-03-02T10:00:00Z");
const certificate = (file: string) => ({ file, role: "certificate" as const });

/** Codes whose help holds commands with a file, with that file. */
const facts: { [C in Code]?: (file: string) => Facts[C] } = {
  BAD_CERTIFICATE: (file) => ({ ...certificate(file), problem: "it is cut short", position: 1 }),
  CA_CERTIFICATE: (file) => ({ ...certificate(file), subject: "CN=CA", leafAt: 2 }),
  BAD_KEY: (file) => ({ file, role: "key", problem: "unsupported" }),
  WRONG_PASSPHRASE: (file) => ({ file, role: "key", passphraseFrom: "the terminal", cipher: "DES-CBC" }),
  KEY_MISMATCH: (file) => ({ certificate: file, key: file, certificateKey: "sha256:1", ownKey: "sha256:2" }),
  EXPIRED_NEEDS_FORCE: (file) => ({ file, key: file, notAfter: now, now }),
  FILE_UNREADABLE: (file) => ({ ...certificate(file), errno: "EACCES" }),
  FILE_IS_FOLDER: certificate,
  NOT_PEM: (file) => ({ ...certificate(file), looksLike: "a PKCS#12 file" }),
  CERTIFICATE_REQUEST: certificate,
  SWAPPED: (file) => ({ certificate: file, key: file }),
  BAD_CONFIGURATION: (file) => ({ file, problem: "it is not JSON" }),
  CANNOT_WRITE: (file) => ({
    file,
    folder: file,
    step: "rename it",
    errno: "ENOSPC",
    asked: "after-answer",
    kept: file,
  }),
};

describe.each(hostile)("a file called %j", (file) => {
  test.each(Object.keys(facts) as Code[])("in the help of %s", (code) => {
    const made = (facts[code] as (name: string) => Facts[Code])(file);
    const { help } = tell(new Failure(code, made));
    const commands = commandsIn(help).filter((command) => programs.includes(command.split(" ")[0] ?? ""));
    const shown = file.startsWith("-") ? `./${file}` : file;
    expect(commands.map(given).join("")).toContain(`<${shown}>`);
    expect(existsSync(join(folder, "owned"))).toBe(false);
  });
});

test("a name that cannot stand in a command becomes a word to fill in", () => {
  const { help } = tell(new Failure("FILE_IS_FOLDER", certificate("a`touch owned`\u001b[2J")));
  expect(commandsIn(help)).toEqual(["ls FILE"]);
});

describe("a chain in the wrong order", () => {
  test.each<[string, (files: Awaited<ReturnType<typeof issuedFiles>>) => string, Code]>([
    ["with the intermediate first", ({ intermediate, leaf }) => intermediate + leaf, "CA_CERTIFICATE"],
    ["with words between", ({ intermediate, leaf }) => `# a\n${intermediate}# b\n${leaf}`, "CA_CERTIFICATE"],
    [
      "with root and intermediate first",
      ({ root, intermediate, leaf }) => root + intermediate + leaf,
      "CA_CERTIFICATE",
    ],
  ])("%s is put right by the command that is given", async (_, arrange, code) => {
    const files = await issuedFiles();
    const place = mkdtempSync(join(folder, "order-"));
    writeFileSync(join(place, "my chain.crt"), arrange(files));
    writeFileSync(join(place, "web.key"), files.key);
    const world = testWorld({ fs: realFileSystem });
    const paths = { certificate: join(place, "my chain.crt"), key: join(place, "web.key") };
    const failure = await load(paths, world).catch((error: unknown) => error);
    if (!isFailure(failure)) throw new Error("it should have failed");
    expect(failure.code).toBe(code);
    const [command = ""] = commandsIn(tell(failure).help);
    execFileSync("/bin/sh", ["-c", command], { cwd: place });
    expect(readdirSync(place)).toContain("NEW.crt");
    const { leaf, chain } = await load({ ...paths, certificate: join(place, "NEW.crt") }, world);
    expect(leaf.serial).toBe(files.serial);
    expect(chain.length).toBeGreaterThan(1);
  });
});
