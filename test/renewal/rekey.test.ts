/** A rekey as its user meets it: what is replaced and what is not, on a real disk, with the embedded CA. */
import { generateKeyPairSync } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FileSystem, realFileSystem } from "../../src/files/system.ts";
import { Crash, interposed } from "../support/faults.ts";
import { certifiedBy, publicOf } from "../support/public-keys.ts";
import { type Scene, scene } from "../support/scene.ts";
import { exported } from "../support/user-files.ts";
import { byChance, type WorldOptions } from "../support/world.ts";

let current: Scene;
beforeEach(async () => {
  current = await scene({ intermediate: true });
  await current.issue("web", {
    subject: "web.internal",
    names: ["web.internal"],
    usages: ["serverAuth", "clientAuth"],
  });
  await current.ca();
});
afterEach(() => current.end());

const reach = "--ca-url CA --root root.crt";
const text = (file: string) => readFileSync(file, "utf8");
const certified = (file: string) => certifiedBy(text(file));

/** The two belong together. */
function expectPair(crt: string, key: string, passphrase?: string): void {
  expect(certified(crt)).toBe(publicOf(text(key), passphrase));
}

async function rekey(words: string, options?: WorldOptions) {
  const ran = await current.renew(`rekey --json web.crt web.key ${reach} ${words}`, options);
  const said = JSON.parse(ran.stdout) as {
    outcome: string;
    keyFile: string | null;
    file: string | null;
    error: { code: string } | null;
  };
  return { exit: ran.exit, stderr: ran.stderr, ...said, code: said.error?.code };
}

describe("where the new pair goes", () => {
  test("in place: both are new, and nothing else is there", async () => {
    const [crt, key] = [text("web.crt"), text("web.key")];
    expect(await rekey("--force")).toMatchObject({ exit: 0, outcome: "rekeyed", file: "web.crt", keyFile: "web.key" });
    expect([text("web.crt"), text("web.key")]).not.toEqual([crt, key]);
    expect(publicOf(text("web.key"))).not.toBe(publicOf(key));
    expectPair("web.crt", "web.key");
    expect(readdirSync(".").sort()).toEqual(["root.crt", "web.crt", "web.key"]);
  });

  test("elsewhere: the old pair stays, and a new key is its owner's alone, whatever the umask", async () => {
    const [crt, key] = [text("web.crt"), text("web.key")];
    for (const mask of [0o000, 0o022, 0o077]) {
      const before = process.umask(mask);
      const modes: number[] = [];
      // Looked at after each call that can change a file: never wider, not for a moment.
      const watch = interposed(realFileSystem, () => {
        for (const file of readdirSync(".", { recursive: true, encoding: "utf8" }))
          if (file.includes(`n${mask}.key`)) modes.push(statSync(file).mode & 0o7777);
      });
      try {
        const ran = await rekey(`--out-cert n${mask}.crt --out-key n${mask}.key`, { fs: watch.fs });
        expect(ran).toMatchObject({ exit: 0, file: `n${mask}.crt`, keyFile: `n${mask}.key` });
      } finally {
        process.umask(before);
      }
      expect(new Set(modes)).toEqual(new Set([0o600]));
      expect(statSync(`n${mask}.key`).mode & 0o7777).toBe(0o600);
      expectPair(`n${mask}.crt`, `n${mask}.key`);
    }
    expect([text("web.crt"), text("web.key")]).toEqual([crt, key]);
  });

  test("behind links, in another folder: the links stay", async () => {
    mkdirSync("live");
    renameSync("web.crt", "live/now.crt");
    renameSync("web.key", "live/now.key");
    symlinkSync("live/now.crt", "web.crt");
    symlinkSync("live/now.key", "web.key");
    expect(await rekey("--force")).toMatchObject({ exit: 0 });
    expect(["web.crt", "web.key"].map((file) => lstatSync(file).isSymbolicLink())).toEqual([true, true]);
    expectPair("live/now.crt", "live/now.key");
    expect(readdirSync("live").sort()).toEqual(["now.crt", "now.key"]);
  });

  test("modes are kept", async () => {
    chmodSync("web.crt", 0o664);
    chmodSync("web.key", 0o440);
    expect(await rekey("--force")).toMatchObject({ exit: 0 });
    expect(["web.crt", "web.key"].map((file) => statSync(file).mode & 0o7777)).toEqual([0o664, 0o440]);
  });
});

describe("a key that is given", () => {
  const mine = exported(
    generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    "sec1",
    "pem",
    "secret",
  );
  test("stays in its file, and the old key in its own", async () => {
    current.write("mine.key", mine);
    current.write("pass.txt", "secret\n");
    const key = text("web.key");
    const ran = await rekey("--force --private-key mine.key --password-file pass.txt");
    expect(ran).toMatchObject({ exit: 0, keyFile: "mine.key" });
    expect([text("web.key"), text("mine.key")]).toEqual([key, mine]);
    expectPair("web.crt", "mine.key", "secret");
  });

  test("is written elsewhere where that is asked for, encrypted as it was", async () => {
    current.write("mine.key", mine);
    current.write("pass.txt", "secret\n");
    const ran = await rekey("--force --private-key mine.key --out-key n.key --password-file pass.txt");
    expect(ran).toMatchObject({ exit: 0, keyFile: "n.key" });
    expect(text("n.key")).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY/);
    expectPair("web.crt", "n.key", "secret");
  });

  test.each([
    ["missing", undefined, "FILE_MISSING"],
    ["encrypted, and nobody to ask", mine, "KEY_ENCRYPTED"],
    ["no key", "hello", "NOT_PEM"],
  ])("that is %s is said before the CA is asked", async (_, contents, code) => {
    if (contents !== undefined) current.write("mine.key", contents);
    expect(await rekey("--force --private-key mine.key")).toMatchObject({ code });
  });
});

describe("who is asked, and what is refused, before the CA is", () => {
  test.each<[string, string, readonly (string | null)[] | undefined, string | undefined]>([
    ["yes, once for both", "", ["y"], undefined],
    ["no", "", ["n"], "WOULD_OVERWRITE"],
    ["the end of input", "", [null], "WOULD_OVERWRITE"],
    ["nobody there", "", undefined, "WOULD_OVERWRITE"],
    ["two new files", "--out-cert n.crt --out-key n.key", undefined, undefined],
    ["one that is there", "--out-cert n.crt", undefined, "WOULD_OVERWRITE"],
    ["the key over the certificate", "--force --out-key web.crt", undefined, "WOULD_LOSE_CERTIFICATE"],
    ["the key over another certificate", "--force --out-key root.crt", undefined, "WOULD_LOSE_CERTIFICATE"],
    ["both into one new file", "--force --out-cert n.pem --out-key n.pem", undefined, "WOULD_LOSE_CERTIFICATE"],
    ["the certificate over the key", "--force --out-cert web.key --out-key n.key", undefined, "WOULD_LOSE_KEY"],
    ["a folder", "--force --out-key .", undefined, "FILE_IS_FOLDER"],
    ["no folder for the key", "--force --out-key none/n.key", undefined, "CANNOT_WRITE"],
  ])("%s", async (_, words, answers, code) => {
    const before = ["web.crt", "web.key", "root.crt"].map(text);
    const ran = await rekey(words, answers && { answers });
    expect(ran.code).toBe(code);
    if (code !== undefined) expect(["web.crt", "web.key", "root.crt"].map(text)).toEqual(before);
    expect(readdirSync(".").filter((name) => name.includes(".renew-"))).toEqual([]);
    expect(ran.stderr.split("overwrite").length - 1).toBe(answers ? 1 : 0);
  });

  test("a combined file is not torn apart", async () => {
    current.write("web.pem", text("web.crt") + text("web.key"));
    const before = text("web.pem");
    expect((await current.renew(`rekey --force web.pem web.pem ${reach}`)).stderr).toContain("WOULD_LOSE_KEY");
    expect((await current.renew(`rekey --force web.crt web.pem ${reach}`)).stderr).toContain("WOULD_LOSE_CERTIFICATE");
    expect(text("web.pem")).toBe(before);
  });
});

describe("when the answer is not what was asked for, nothing is left of the new key", () => {
  test.each([
    ["other-key", "WRONG_CERTIFICATE"],
    ["other-names", "WRONG_CERTIFICATE"],
    ["other-usages", "WRONG_CERTIFICATE"],
    ["other-root", "WRONG_CERTIFICATE"],
    ["no-provisioner-extension", "WRONG_CERTIFICATE"],
    ["older", "WRONG_CERTIFICATE"],
    ["garbage-json", "BAD_RESPONSE"],
    ["html-502", "CA_UNREACHABLE"],
    ["close", "CA_CLOSED"],
    ["too-many-requests", "CA_BUSY"],
    ["broken-store", "CA_FAILED"],
  ] as const)("%s: %s", async (fault, code) => {
    await current.ca({ faults: [fault] });
    const before = ["web.crt", "web.key"].map(text);
    expect(await rekey("--force")).toMatchObject({ code, keyFile: null });
    expect(["web.crt", "web.key"].map(text)).toEqual(before);
    expect(readdirSync(".").sort()).toEqual(["root.crt", "web.crt", "web.key"]);
  });

  test("interrupted while the CA is asked", async () => {
    await current.ca({ faults: ["hang"] });
    const end = new AbortController();
    const { fs } = interposed(realFileSystem, (_, method) => {
      // The new key is on the disk by then: the journal is renamed, and then the key's folder is synced.
      if (method === "close" && readdirSync(".").some((name) => name.startsWith(".web.key.renew-")))
        setTimeout(() => end.abort("SIGTERM"), 50);
    });
    expect(await rekey("--force", { fs, signal: end.signal })).toMatchObject({ exit: 143, code: "INTERRUPTED" });
    expect(readdirSync(".").sort()).toEqual(["root.crt", "web.crt", "web.key"]);
  });
});

/** The program, dead at its n-th call that can change something; a next run is another program. */
async function diesAt(n: number): Promise<boolean> {
  let count = 0;
  let isDead = false;
  const changing = ["open", "write", "truncate", "sync", "rename", "remove", "chmod", "chown"];
  const { fs } = interposed(realFileSystem, (_, method) => {
    if (changing.includes(method)) count++;
    isDead ||= count >= n;
    if (isDead) throw new Crash();
  });
  await current.renew(`rekey --force web.crt web.key ${reach}`, { fs: fs satisfies FileSystem, random: byChance });
  return isDead;
}

describe("a run that dies", () => {
  test("is told of by the check-up, which changes nothing", async () => {
    for (let n = 1; !existsSync(".web.crt.renew-journal"); n++) expect(await diesAt(n)).toBe(true);
    const before = readdirSync(".").sort();
    const ran = await current.renew(`doctor web.crt web.key ${reach}`);
    expect(ran.stdout + ran.stderr).toMatch(/pair .*an interrupted run/);
    expect(readdirSync(".").sort()).toEqual(before);
  });
});
