/** What is kept of a renewal and the way back, as a user meets them: on a real disk, with the embedded CA. */
import { X509Certificate } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FileSystem, realFileSystem } from "../../src/files/system.ts";
import { Crash, interposed, odd } from "../support/faults.ts";
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
const certified = (crt: string) => certifiedBy(text(crt));
const isPair = (crt = "web.crt", key = "web.key", passphrase?: string) =>
  certified(crt) === publicOf(text(key), passphrase);
const backupsAt = (folder = ".") =>
  readdirSync(folder)
    .filter((name) => name.includes(".renew-"))
    .sort();
const slot = (number: number) => text(`.web.crt.renew-backup-${number}`);
const keysKept = () => backupsAt().filter((name) => name.startsWith(".web.key."));

async function renewed(words = "--backup 2", options?: WorldOptions): Promise<string> {
  const ran = await current.renew(`--force web.crt web.key ${reach} ${words}`, options);
  expect(ran.exit, ran.stderr).toBe(0);
  return text("web.crt");
}

async function rekeyed(words = "--backup 2", options?: WorldOptions) {
  const ran = await current.renew(`rekey --force web.crt web.key ${reach} ${words}`, options);
  expect(ran.exit, ran.stderr).toBe(0);
  return { crt: text("web.crt"), key: text("web.key"), stderr: ran.stderr };
}

describe("other forms", () => {
  const also = "--also combined=as.pem --also p12=as.p12 --p12-password-file p12.pass --also leaf=as.leaf";
  const files = ["as.pem", "as.p12", "as.leaf"];
  const all = () => ["web.crt", "web.key", ...files].map((file) => readFileSync(file, "latin1"));
  beforeEach(() => current.write("p12.pass", "secret"));

  test("go back as one with the pair, before the hook", async () => {
    await rekeyed(`--backup 2 ${also}`);
    const first = all();
    await rekeyed(`--backup 2 ${also}`);
    expect(all().filter((contents, index) => contents === first[index])).toEqual([]);
    const seen: string[][] = [];
    const run = async () => {
      seen.push(all());
      return { how: "exit" as const, status: 0 };
    };
    const dry = await current.renew(`rollback --dry-run web.crt web.key ${also}`);
    expect(dry.stderr).toContain("; also writes as.pem, as.p12, as.leaf");
    const { exit, stderr } = await current.renew(`rollback --force web.crt web.key ${also} --exec ./reload`, { run });
    expect(exit, stderr).toBe(0);
    expect(stderr).toContain("; also written: as.pem, as.p12, as.leaf");
    expect(stderr).not.toContain("what was replaced");
    expect(seen).toEqual([first]);
    expect(all()).toEqual(first);
    expect(backupsAt().filter((name) => !name.includes("-backup-"))).toEqual([]);
  });

  test("that hold what is replaced, and are not named, are told of in every manner, with what writes them anew", async () => {
    await rekeyed(`--backup 2 ${also} --also der=as.der --also fullchain=as.full`);
    await rekeyed(`--backup 2 ${also} --also der=as.der --also fullchain=as.full`);
    const dry = await current.renew("rollback --dry-run web.crt web.key");
    expect(dry.stderr).toContain(
      "as.pem would hold what is replaced: with `--also combined=as.pem` it is written anew",
    );
    const { exit, stderr } = await current.renew("rollback -q --force web.crt web.key --also leaf=as.leaf");
    expect(exit).toBe(0);
    const told = [
      ...stderr.matchAll(/^(\S+) holds what was replaced: its next renewal with `(--also \S+)` writes it/gm),
    ];
    expect(told.map(([, file]) => file)).toEqual(["as.der", "as.full", "as.pem"]);
    for (const [, , flag] of told) {
      const ran = await current.renew(`--force --expires-in 1s ${flag} web.crt web.key ${reach}`);
      expect(ran.stderr).toMatch(/missing or stale/);
    }
    expect(text("as.pem")).toBe(text("web.crt") + text("web.key"));
    expect(text("as.full")).toBe(text("web.crt"));
    const { stdout } = await current.renew("rollback --json --force --to 1 web.crt web.key --also combined=as.pem");
    expect(JSON.parse(stdout)).toMatchObject({ forms: ["as.pem"], stale: ["as.der", "as.full", "as.leaf"] });
  });

  test("are refused as a renewal would refuse them, before anything changes", async () => {
    await renewed();
    const before = text("web.crt");
    for (const [flags, code] of [
      ["--also leaf=web.key", "FLAG_CONFLICT"],
      ["--also p12=a.p12", "NO_PASSPHRASE_FILE"],
      ["--root root.crt", "BAD_FLAG"],
      ["--also leaf=nowhere/a.pem", "CANNOT_WRITE"],
    ]) {
      const { stderr } = await current.renew(`rollback --force web.crt web.key ${flags}`);
      expect(stderr).toContain(`error[${code}]`);
      expect(stderr).not.toContain("--out");
    }
    expect(text("web.crt")).toBe(before);
  });
});

interface Said {
  ok: boolean;
  outcome: string;
  file: string | null;
  keyFile: string | null;
  error: { code: string } | null;
  backups: { number: number; key: string; certificate: { serial: string }; expired: boolean }[];
}

async function rollback(words = "--force", options?: WorldOptions) {
  const ran = await current.renew(`rollback --json web.crt web.key ${words}`, options);
  const said = JSON.parse(ran.stdout) as Said;
  return { exit: ran.exit, stderr: ran.stderr, ...said, code: said.error?.code };
}

const list = async () => (await rollback("--list")).backups;

describe("a renewal with --backup", () => {
  test("keeps the last ones that it has replaced, the newest first, and the key stays alone", async () => {
    const chains = [text("web.crt")];
    for (let times = 0; times < 3; times++) chains.push(await renewed());
    expect(chains.slice(1, 3).toReversed()).toEqual([slot(1), slot(2)]);
    expect(backupsAt()).toEqual([".web.crt.renew-backup-1", ".web.crt.renew-backup-2"]);
    expect((await list()).map(({ number, key }) => [number, key])).toEqual([
      [1, "file"],
      [2, "file"],
    ]);
  });

  test("without it keeps nothing, and leaves alone what is kept", async () => {
    const first = text("web.crt");
    await renewed();
    await renewed("");
    expect([slot(1), backupsAt().length]).toEqual([first, 1]);
  });

  test("keeps nothing of a file that is new", async () => {
    await renewed("--backup 2 --out new.crt");
    expect(backupsAt()).toEqual([]);
  });

  test("is about the file that is replaced", async () => {
    await renewed("--out new.crt");
    const before = text("new.crt");
    await renewed("--backup 1 --out new.crt");
    expect(backupsAt()).toEqual([".new.crt.renew-backup-1"]);
    expect(text(".new.crt.renew-backup-1")).toBe(before);
  });

  test.each([
    ["is no certificate", () => current.write("new.crt", "words")],
    ["is another key's", () => current.issue("new")],
  ])("keeps nothing that %s, and says so", async (_, set) => {
    await set();
    const ran = await current.renew(`-q --force web.crt web.key ${reach} --backup 1 --out new.crt`);
    expect([ran.exit, backupsAt()]).toEqual([0, []]);
    expect(ran.stderr).toBe("what new.crt was is not kept: it was no certificate with the key that belongs to it\n");
  });

  test("keeps one that has expired: it can still be renewed by token", async () => {
    await current.issue("web", { from: -30, to: -6, usages: ["serverAuth", "clientAuth"] });
    const before = text("web.crt");
    await renewed("--backup 1");
    expect(slot(1)).toBe(before);
    expect(await rollback("")).toMatchObject({ exit: 65, code: "BACKUP_UNUSABLE" });
    expect(await rollback("--force")).toMatchObject({ exit: 0, outcome: "rolled-back" });
    expect(text("web.crt")).toBe(before);
  });

  test("installs what the CA has issued also where nothing can be kept, and says so", async () => {
    const before = text("web.crt");
    mkdirSync(".web.crt.renew-backup-1"); // a rename onto a folder fails
    const ran = await current.renew(`-q --force web.crt web.key ${reach} --backup 1`);
    expect([ran.exit, text("web.crt") === before]).toEqual([0, false]);
    expect(ran.stderr).toBe("what web.crt was could not be kept (EISDIR): there is no backup of it\n");
    expect(backupsAt()).toEqual([".web.crt.renew-backup-1"]);
  });

  test("behind a link keeps it where the file itself is", async () => {
    mkdirSync("live");
    renameSync("web.crt", "live/now.crt");
    symlinkSync("live/now.crt", "web.crt");
    await renewed("--backup 1");
    expect([backupsAt(), backupsAt("live")]).toEqual([[], [".now.crt.renew-backup-1"]]);
    expect(await rollback()).toMatchObject({ exit: 0 });
  });

  test("keeps a copy where a file has one name only", async () => {
    const before = text("web.crt");
    const link = () => {
      throw Object.assign(new Error("EPERM"), { code: "EPERM" });
    };
    await renewed("--backup 1", { fs: odd(realFileSystem, { link }) });
    expect([slot(1), statSync(".web.crt.renew-backup-1").mode]).toEqual([before, statSync("web.crt").mode]);
  });

  test.each(["0", "100", "two", "-1", "1.5", "''"])("of %s is refused before a file is opened", async (count) => {
    const ran = await current.renew(`--force no.crt no.key ${reach} --backup ${count}`);
    expect([ran.exit, ran.stderr]).toEqual([64, expect.stringContaining("BAD_FLAG")]);
    const other = await current.renew(`rekey --force no.crt no.key ${reach} --backup ${count}`);
    expect([other.exit, other.stderr]).toEqual([64, expect.stringContaining("BAD_FLAG")]);
  });
});

describe("a rekey with --backup", () => {
  test("keeps the old key beside the key, with its mode, and until no kept certificate needs it", async () => {
    mkdirSync("keys");
    renameSync("web.key", "keys/now.key");
    symlinkSync("keys/now.key", "web.key");
    chmodSync("keys/now.key", 0o440);
    const first = text("web.key");
    await rekeyed("--backup 1");
    expect([backupsAt(), backupsAt("keys").length]).toEqual([[".web.crt.renew-backup-1"], 1]);
    const [kept = ""] = backupsAt("keys");
    expect(text(`keys/${kept}`)).toBe(first);
    expect(statSync(`keys/${kept}`).mode & 0o7777).toBe(0o440);
    expect((await list()).map(({ key }) => key)).toEqual(["kept"]);
    await rekeyed("--backup 1");
    expect(backupsAt("keys")).toHaveLength(1);
    expect(backupsAt("keys")).not.toContain(kept);
    await renewed("--backup 1");
    expect(backupsAt("keys")).toEqual([]);
    expect((await list()).map(({ key }) => key)).toEqual(["file"]);
  });

  test.each([0o000, 0o077])("has the key's mode at every moment, whatever the umask (%i)", async (mask) => {
    const before = process.umask(mask);
    const modes = new Set<number>();
    const { fs } = interposed(
      odd(realFileSystem, {
        link: () => {
          throw Object.assign(new Error("EXDEV"), { code: "EXDEV" });
        },
      }),
      () => {
        for (const name of readdirSync(".")) if (name.includes("web.key")) modes.add(statSync(name).mode & 0o7777);
      },
    );
    try {
      await rekeyed("--backup 1", { fs });
    } finally {
      process.umask(before);
    }
    expect(keysKept()).toHaveLength(1);
    expect([...modes]).toEqual([0o600]);
  });

  test("keeps the pair that --out-cert and --out-key name, and no key that belongs to something else", async () => {
    await rekeyed("--out-cert n.crt --out-key n.key --backup 1");
    expect(backupsAt()).toEqual([]);
    const [crt, key] = [text("n.crt"), text("n.key")];
    await rekeyed("--out-cert n.crt --out-key n.key --backup 1");
    const [keptCrt = "", keptKey = ""] = backupsAt();
    expect([text(keptCrt), text(keptKey)]).toEqual([crt, key]);
    await current.issue("other");
    rmSync(keptCrt);
    rmSync(keptKey);
    copyFileSync("other.key", "n.key");
    const { stderr } = await rekeyed("--out-cert n.crt --out-key n.key --backup 1");
    expect([backupsAt(), stderr]).toEqual([[], expect.stringContaining("is not kept")]);
  });

  test("keeps what certificates of other files need", async () => {
    await renewed("--backup 1 --out web2.crt");
    await renewed("--backup 1 --out web2.crt"); // its backup needs web.key
    await rekeyed("--backup 1");
    const kept = keysKept();
    await rekeyed("--backup 1");
    expect(keysKept()).toHaveLength(2);
    expect(keysKept()).toEqual(expect.arrayContaining(kept));
  });

  test("keeps a key encrypted, and goes back to it with the passphrase", async () => {
    current.write("web.key", exported(text("web.key"), "pkcs8", "pem", "secret"));
    current.write("pass", "secret\n");
    const before = { crt: text("web.crt"), key: text("web.key") };
    await rekeyed("--backup 1 --password-file pass");
    expect(text(keysKept()[0] ?? "")).toBe(before.key);
    expect((await list()).map(({ key }) => key)).toEqual(["kept"]);
    expect(await rollback()).toMatchObject({ exit: 65, code: "KEY_ENCRYPTED" });
    current.write("wrong", "secrets\n");
    expect(await rollback("--force --password-file wrong")).toMatchObject({ code: "WRONG_PASSPHRASE" });
    expect(await rollback("--force --password-file pass")).toMatchObject({ exit: 0 });
    expect({ crt: text("web.crt"), key: text("web.key") }).toEqual(before);
    await renewed("--backup 2 --password-file pass");
    expect((await list()).map(({ key }) => key)).toEqual(["unknown", "kept"]);
  });
});

describe("a rollback", () => {
  test("goes back to the newest, and twice is where it began", async () => {
    await renewed();
    const [first, second] = [slot(1), await renewed()];
    const newest = await renewed();
    expect(await rollback()).toMatchObject({ exit: 0, outcome: "rolled-back", file: "web.crt", keyFile: "web.key" });
    expect([text("web.crt"), slot(1)]).toEqual([second, newest]);
    expect(await rollback()).toMatchObject({ exit: 0 });
    expect([text("web.crt"), slot(1)]).toEqual([newest, second]);
    expect(first).not.toBe(second);
    await renewed();
    expect(slot(1)).toBe(newest);
  });

  test("takes the key with it, both ways, and what it comes back to renews and rekeys", async () => {
    chmodSync("web.crt", 0o644);
    chmodSync("web.key", 0o440);
    const old = { crt: text("web.crt"), key: text("web.key") };
    const { crt, key } = await rekeyed();
    expect(await rollback()).toMatchObject({ exit: 0, backups: [{ number: 1, key: "kept" }] });
    expect({ crt: text("web.crt"), key: text("web.key") }).toEqual(old);
    expect([statSync("web.crt").mode & 0o777, statSync("web.key").mode & 0o777]).toEqual([0o644, 0o440]);
    expect(await rollback()).toMatchObject({ exit: 0 });
    expect({ crt: text("web.crt"), key: text("web.key") }).toEqual({ crt, key });
    expect(backupsAt()).toHaveLength(2);
    await rollback();
    await renewed();
    await rekeyed();
    expect(isPair()).toBe(true);
  });

  test("by number, and by serial number in either form", async () => {
    const oldest = text("web.crt");
    const serial = new X509Certificate(oldest).serialNumber;
    for (const name of ["2", BigInt(`0x${serial}`).toString(), serial, serial.toLowerCase().replace(/..\B/g, "$&:")]) {
      writeFileSync("web.crt", oldest);
      for (const file of backupsAt()) rmSync(file);
      await renewed();
      await renewed();
      expect(await rollback(`--force --to ${name}`), name).toMatchObject({ exit: 0 });
      expect(text("web.crt"), name).toBe(oldest);
    }
  });

  test.each([
    ["the key is gone", () => rmSync("web.key")],
    ["the key is empty", () => writeFileSync("web.key", "")],
    ["the certificate is gone", () => rmSync("web.crt")],
    ["the certificate is cut short", () => writeFileSync("web.crt", text("web.crt").slice(0, 300))],
    ["both are gone", () => [rmSync("web.key"), rmSync("web.crt")]],
  ])("works where %s, and keeps nothing of that", async (_, spoil) => {
    const old = { crt: text("web.crt"), key: text("web.key") };
    await rekeyed();
    const kept = backupsAt();
    spoil();
    const ran = await current.renew("rollback --force web.crt web.key");
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.stderr).toContain("is not kept");
    expect({ crt: text("web.crt"), key: text("web.key") }).toEqual(old);
    expect(statSync("web.key").mode & 0o777).toBe(0o600);
    expect([kept.length, backupsAt()]).toEqual([2, []]);
  });

  test("passes over one whose key is not found, unless that is the one that is named", async () => {
    const first = text("web.crt");
    await renewed();
    copyFileSync(".web.crt.renew-backup-1", "first");
    await rekeyed("");
    await rekeyed();
    rmSync(keysKept()[0] ?? "");
    expect((await list()).map(({ key }) => key)).toEqual(["nowhere", "nowhere"]);
    expect(await rollback()).toMatchObject({ exit: 65, code: "BACKUP_UNUSABLE" });
    await renewed("--backup 3");
    expect(first).toBe(text("first"));
    expect((await list()).map(({ key }) => key)).toEqual(["file", "nowhere", "nowhere"]);
    expect(await rollback("--force --to 2")).toMatchObject({ code: "BACKUP_UNUSABLE" });
    expect(await rollback()).toMatchObject({ exit: 0 });
  });

  test("to a key that only has the right name is refused", async () => {
    await rekeyed();
    await current.issue("other");
    copyFileSync("other.key", keysKept()[0] ?? "");
    const before = [text("web.crt"), text("web.key")];
    expect(await rollback()).toMatchObject({ code: "BACKUP_UNUSABLE" });
    expect([text("web.crt"), text("web.key")]).toEqual(before);
  });

  test.each([
    ["nothing is kept", "", 66, "NO_BACKUP"],
    ["no such number", "--to 7", 66, "NO_BACKUP"],
    ["no such serial", "--to 7777777", 66, "NO_BACKUP"],
    ["no number", "--to x", 64, "BAD_FLAG"],
    ["two wishes", "--list --to 1", 64, "FLAG_CONFLICT"],
    ["a flag of a renewal", "--ca-url CA", 64, "BAD_FLAG"],
  ])("%s", async (name, words, exit, code) => {
    if (name !== "nothing is kept") await renewed();
    const before = text("web.crt");
    expect(await rollback(`${words}`)).toMatchObject({ exit, code, ok: false, backups: [], keyFile: null });
    expect(text("web.crt")).toBe(before);
  });

  test("of a backup that cannot be read says which", async () => {
    await renewed();
    current.write(".web.crt.renew-backup-1", "words");
    const ran = await current.renew("rollback --force web.crt web.key");
    expect(ran.stderr).toContain(".web.crt.renew-backup-1");
    expect(ran.stderr).toContain("error[BACKUP_UNUSABLE]");
    expect((await current.renew("rollback --list web.crt web.key")).stdout).toBe(" 1  cannot be read: NOT_PEM\n");
  });

  test.each<[string, string, readonly (string | null)[] | undefined, string | undefined]>([
    ["yes", "", ["y"], undefined],
    ["no", "", ["n"], "WOULD_OVERWRITE"],
    ["nobody to ask", "", undefined, "WOULD_OVERWRITE"],
    ["--force, and nobody is asked", "--force", [], undefined],
  ])("consent: %s", async (_, words, answers, code) => {
    await rekeyed();
    const before = [text("web.crt"), text("web.key")];
    const ran = await rollback(words, answers && { answers });
    expect(ran.code).toBe(code);
    expect([text("web.crt"), text("web.key")].join() === before.join()).toBe(code !== undefined);
    expect(ran.stderr.split("overwrite web.crt and web.key").length - 1).toBe(answers?.length ? 1 : 0);
  });

  test("--dry-run says what would be done, without consent and without a change", async () => {
    await rekeyed();
    const before = readdirSync(".").map((name) => [name, text(name)]);
    expect(await rollback("--dry-run")).toMatchObject({ exit: 0, outcome: "would-roll-back", file: null });
    const ran = await current.renew("rollback --dry-run web.crt web.key");
    expect(ran.stderr).toContain("would roll back web.crt and web.key");
    expect(readdirSync(".").map((name) => [name, text(name)])).toEqual(before);
  });

  test("runs hooks, and owes what fails", async () => {
    await renewed();
    const words: string[] = [];
    const run: WorldOptions["run"] = async ({ env }) => {
      words.push(`${env["RENEW_METHOD"]} ${env["RENEW_SERIAL"]} after ${env["RENEW_PREVIOUS_SERIAL"]}`);
      return { how: "exit", status: 1 };
    };
    const [now, then] = [text("web.crt"), slot(1)].map((pem) => BigInt(`0x${new X509Certificate(pem).serialNumber}`));
    const ran = await rollback("--force --exec x", { run });
    expect(ran).toMatchObject({ exit: 69, outcome: "hook-failed", file: "web.crt", keyFile: "web.key" });
    expect(words).toEqual([`rollback ${then} after ${now}`]);
    expect(text("web.crt")).not.toBe("");
    const next = await current.renew(`--force --expires-in 1h --exec x web.crt web.key ${reach}`, { run });
    expect([next.exit, words[1]]).toEqual([69, words[0]]);
  });

  test("waits for another run, and goes on where a dead one left its lock", async () => {
    await renewed();
    symlinkSync("{}", ".web.crt.renew-lock");
    expect(await rollback()).toMatchObject({ exit: 0 });
    expect(readdirSync(".")).not.toContain(".web.crt.renew-lock");
  });

  test("writes over nothing that somebody else puts there meanwhile", async () => {
    await renewed();
    const ask = { answers: ["y"] };
    const { fs } = interposed(realFileSystem, (_, method) => {
      if (method === "symlink") writeFileSync("web.crt", "another's work");
    });
    expect(await rollback("", { ...ask, fs })).toMatchObject({ code: "TARGET_CHANGED" });
    expect(text("web.crt")).toBe("another's work");
  });

  test("a combined file is not torn apart", async () => {
    await renewed();
    current.write("web.crt", text("web.crt") + text("web.key"));
    expect(await rollback()).toMatchObject({ code: "WOULD_LOSE_KEY" });
  });

  test("to a key that was its owner's alone does not widen it", async () => {
    await rekeyed();
    chmodSync("web.key", 0o644);
    expect(await rollback()).toMatchObject({ exit: 0 });
    expect(statSync("web.key").mode & 0o777).toBe(0o600);
  });
});

/** The files of the scene, to begin again from. */
function saved(): () => void {
  const files = readdirSync(".").map((name) => ({ name, data: readFileSync(name), mode: statSync(name).mode }));
  return () => {
    for (const name of readdirSync(".")) rmSync(name, { recursive: true });
    for (const { name, data, mode } of files) writeFileSync(name, data, { mode });
  };
}

const changing = ["open", "write", "truncate", "sync", "rename", "remove", "chmod", "chown", "link", "symlink"];

/** The program, dead at its n-th call that can change something. */
async function diesAt(n: number, command: string): Promise<boolean> {
  let count = 0;
  let isDead = false;
  const { fs } = interposed(realFileSystem, (_, method) => {
    if (changing.includes(method)) count++;
    isDead ||= count >= n;
    if (isDead) throw new Crash();
  });
  await current.renew(command, { random: byChance, fs: fs satisfies FileSystem });
  return isDead;
}

describe("a run that dies", () => {
  test.each([
    ["renewal", `--force web.crt web.key ${reach} --backup 2`],
    ["rekey", `rekey --force web.crt web.key ${reach} --backup 2`],
  ])(
    "(a %s) leaves a pair that works, the newest backup, and nothing else once the next has ended",
    async (_, command) => {
      await rekeyed();
      const [old, kept] = [text("web.crt"), slot(1)];
      const start = saved();
      let deaths = 0;
      // Each call is looked at on a disk in memory, where that takes no time.
      for (let n = 3; await diesAt(n, command); n += 4) {
        deaths++;
        const ran = await current.renew("rollback --force web.crt web.key", { random: byChance });
        expect(ran.exit, `call ${n}: ${ran.stderr}`).toBe(0);
        expect(isPair(), `call ${n}`).toBe(true);
        const all = ["web.crt", ...backupsAt().filter((name) => name.startsWith(".web.crt."))].map(text);
        expect(all, `call ${n}`).toEqual(expect.arrayContaining([old, kept]));
        expect(new Set(all).size, `call ${n}`).toBe(all.length);
        const left = backupsAt().filter((name) => !/renew-backup-([1-9]|[0-9a-f]{16})$/.test(name));
        expect(left, `call ${n}`).toEqual([]);
        start();
      }
      expect(deaths).toBeGreaterThan(3);
    },
  );
});

test("a file with a second name is kept as it was, and the other name too", async () => {
  linkSync("web.crt", "second.crt");
  const before = text("web.crt");
  await renewed("--backup 1");
  expect([slot(1), text("second.crt")]).toEqual([before, before]);
});
