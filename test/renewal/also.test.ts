/** `--also`: the other forms of a certificate, through the whole program. */
import { spawnSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { quickAnswer } from "../../src/cli/quick.ts";
import { attempt } from "../../src/failure/failure.ts";
import { realFileSystem } from "../../src/files/system.ts";
import { passphraseIn } from "../../src/renewal/also/passphrase.ts";
import type { World } from "../../src/world.ts";
import { type Scene, scene } from "../support/scene.ts";

let s: Scene;
beforeEach(async () => {
  s = await scene({ intermediate: true });
  await s.issue("web", { subject: "web.internal", names: ["web.internal"], usages: ["serverAuth", "clientAuth"] });
});
afterEach(() => s.end());

const reach = "--ca-url CA --root root.crt";
const text = (file: string) => readFileSync(file, "utf8");
const blocks = (file: string) => text(file).match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----\n/g) ?? [];
const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8);
const leftovers = () => readdirSync(".").filter((name) => name.includes(".renew-"));

/** Keys of somebody else, in each form that a file may have. */
async function foreign(): Promise<void> {
  await s.issue("other", { subject: "other.internal", names: ["other.internal"] });
  writeFileSync("pass", "secret\n");
  writeFileSync("other.pem", text("other.crt") + text("other.key"));
  writeFileSync("other.der", createPrivateKey(text("other.key")).export({ type: "pkcs8", format: "der" }));
  const words = "pkcs12 -export -in other.crt -inkey other.key -passout file:pass -out other.p12";
  expect(spawnSync("openssl", words.split(" ")).status).toBe(0);
  // Of another CA, for the very name.
  const made =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=web.internal -addext subjectAltName=DNS:web.internal";
  expect(spawnSync("openssl", [...made.split(" "), "-keyout", "e.key", "-out", "e.crt"]).status).toBe(0);
  writeFileSync("elsewhere.pem", text("e.crt") + text("e.key"));
  for (const [name, contents] of Object.entries(stores)) writeFileSync(name, contents);
}

/** What holds keys and is neither PEM nor PKCS#12: as they begin, or what tells them. */
const stores = {
  "my.jks": Buffer.from("feedfeed0000000200000001", "hex"),
  "my.jceks": Buffer.from("cececece0000000200000001", "hex"),
  "my.asc": "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlFgEZQ==\n=abcd\n-----END PGP PRIVATE KEY BLOCK-----\n",
  "my.ppk": "PuTTY-User-Key-File-3: ecdsa-sha2-nistp256\nEncryption: none\n",
  "my.conf": "users:\n- name: web\n  user:\n    client-key-data: LS0t\n",
  "my.jwk": '{"kty":"EC","crv":"P-256","x":"x","y":"y","d":"d"}',
};
const kept = () =>
  ["other.key", "other.pem", "other.der", "other.p12", "elsewhere.pem", ...Object.keys(stores)].map((file) =>
    readFileSync(file, "latin1"),
  );

describe.each(["", "rekey "])("renew %s", (command) => {
  test("writes each form with the pair", async () => {
    await s.ca();
    writeFileSync("web.crt", text("web.crt"), { mode: 0o644 });
    writeFileSync("p12.pass", "secret\n");
    const forms = ["leaf", "chain", "fullchain", "combined", "der", "p12", "root"];
    const also = forms.map((form) => `--also ${form}=as.${form}`).join(" ");
    const before = text("web.crt");
    const { exit, screen } = await s.renew(
      `${command}--force web.crt web.key ${also} --p12-password-file p12.pass ${reach}`,
    );
    expect(exit, screen).toBe(0);
    expect(text("web.crt")).not.toBe(before);
    const [leaf = "", ...above] = blocks("web.crt");
    expect(above).toHaveLength(1);
    expect(text("as.leaf")).toBe(leaf);
    expect(text("as.chain")).toBe(above.join(""));
    expect(text("as.fullchain")).toBe(text("web.crt"));
    expect(text("as.combined")).toBe(text("web.crt") + text("web.key"));
    expect(readFileSync("as.der").equals(new X509Certificate(leaf).raw)).toBe(true);
    expect(new X509Certificate(text("as.root")).raw.equals(new X509Certificate(text("root.crt")).raw)).toBe(true);
    const key = createPrivateKey(text("as.combined"));
    expect(new X509Certificate(text("as.combined")).checkPrivateKey(key)).toBe(true);
    const modes = Object.fromEntries(forms.map((form) => [form, modeOf(`as.${form}`)]));
    const open = modeOf("web.crt");
    expect(modes).toEqual({
      leaf: open,
      chain: open,
      fullchain: open,
      combined: "600",
      der: open,
      p12: "600",
      root: open,
    });
    expect(leftovers()).toEqual([]);
  });

  test("keeps the mode of a file that is there", async () => {
    await s.ca();
    writeFileSync("as.pem", "old", { mode: 0o640 });
    const { exit } = await s.renew(`${command}--force web.crt web.key --also combined=as.pem ${reach}`);
    expect(exit).toBe(0);
    expect(modeOf("as.pem")).toBe("640");
    expect(text("as.pem")).toBe(text("web.crt") + text("web.key"));
  });

  test("writes what is missing or stale while nothing is due, and asks no CA", async () => {
    writeFileSync("p12.pass", "secret\n");
    const line = `${command}--force web.crt web.key --expires-in 1h --also leaf=as.leaf --also p12=as.p12 --p12-password-file p12.pass ${reach}`;
    const first = await s.renew(line);
    expect(first.exit, first.screen).toBe(0);
    expect(first.stderr).toMatch(/missing or stale: as\.leaf, as\.p12/);
    expect(text("as.leaf")).toBe(blocks("web.crt")[0]);
    expect((await s.renew(line)).stderr, "nothing is stale").not.toMatch(/stale/);
    writeFileSync("p12.pass", "another\n");
    writeFileSync("as.leaf", "stale");
    expect((await s.renew(line)).stderr).toMatch(/missing or stale: as\.leaf, as\.p12/);
    expect(leftovers()).toEqual([]);
  });

  test("writes what is missing before it runs the hook that is owed, which may need it", async () => {
    s.write(".web.crt.renew-owed", "{}");
    const seen: string[] = [];
    const run: World["run"] = async () => {
      seen.push(existsSync("as.pem") ? text("as.pem") : "missing");
      return { how: "exit", status: 0 };
    };
    const flags = "--also combined=as.pem --expires-in 1h --exec ./hook.sh";
    const { exit, screen } = await s.renew(`${command}--force web.crt web.key ${flags} ${reach}`, { run });
    expect(exit, screen).toBe(0);
    expect(seen).toEqual([text("web.crt") + text("web.key")]);
    expect(leftovers()).toEqual([]);
  });

  test("leaves all as it was where the CA refuses", async () => {
    await s.ca();
    writeFileSync("as.leaf", "old");
    const before = readdirSync(".").map((name) => [name, text(name)]);
    const { exit } = await s.renew(
      `${command}--force web.crt web.key --also leaf=as.leaf --also combined=new.pem --ca-url https://localhost:1 --root root.crt`,
    );
    expect(exit).toBe(75);
    expect(readdirSync(".").map((name) => [name, text(name)])).toEqual(before);
  });

  test.each([
    ["--also leaf=web.crt", 64, "FLAG_CONFLICT"],
    ["--also leaf=./web.key", 64, "FLAG_CONFLICT"],
    ["--also leaf=a.pem --also chain=./a.pem", 64, "FLAG_CONFLICT"],
    ["--also leaf=linked.pem", 64, "FLAG_CONFLICT"],
    ["--also root=root.crt", 64, "FLAG_CONFLICT"],
    ["--also p12=a.p12 --p12-password-file a.p12", 64, "FLAG_CONFLICT"],
    ["--also p12=a.p12", 64, "NO_PASSPHRASE_FILE"],
    ["--also p12=a.p12 --p12-password-file empty", 65, "FILE_EMPTY"],
    ["--also p12=a.p12 --p12-password-file nowhere", 66, "FILE_MISSING"],
    ["--also p12=a.p12 --p12-password-file latin1", 65, "BAD_PASSPHRASE"],
    ["--also p12=a.p12 --p12-password-file nul", 65, "BAD_PASSPHRASE"],
    ["--also p12=a.p12 --p12-password-file long", 65, "BAD_PASSPHRASE"],
    ["--also haproxy=a.pem", 64, "BAD_FLAG"],
    ["--also leaf", 64, "BAD_FLAG"],
    ["--also leaf=", 64, "BAD_FLAG"],
    ["--also leaf=nowhere/a.pem", 73, "CANNOT_WRITE"],
    ["--also leaf=other.key", 64, "WOULD_LOSE_KEY"],
    ["--also combined=other.key", 64, "WOULD_LOSE_KEY"],
    ["--also combined=.web.crt.renew-lock", 73, "CANNOT_WRITE"],
    ["--also combined=.web.crt.renew-owed", 73, "CANNOT_WRITE"],
    ["--also combined=.web.crt.renew-backup-1", 73, "CANNOT_WRITE"],
    ["--also combined=to-a-note", 73, "CANNOT_WRITE"],
    ["--p12-password-file pass", 64, "BAD_FLAG"],
    ["--also leaf=a.pem --p12-password-file pass", 64, "BAD_FLAG"],
    ["--also combined=other.pem", 64, "WOULD_LOSE_KEY"],
    ["--also leaf=other.p12", 64, "WOULD_LOSE_KEY"],
    ["--also root=other.p12", 64, "WOULD_LOSE_KEY"],
    ["--also combined=other.p12", 64, "WOULD_LOSE_KEY"],
    ["--also p12=other.p12 --p12-password-file pass", 64, "WOULD_LOSE_KEY"],
    ["--also p12=other.key --p12-password-file pass", 64, "WOULD_LOSE_KEY"],
    ["--also p12=other.pem --p12-password-file pass", 64, "WOULD_LOSE_KEY"],
    ["--also der=other.der", 64, "WOULD_LOSE_KEY"],
    ["--also combined=elsewhere.pem", 64, "WOULD_LOSE_KEY"],
    ["--also p12=my.jks --p12-password-file pass", 64, "WOULD_LOSE_KEY"],
    ["--also p12=my.jceks --p12-password-file pass", 64, "WOULD_LOSE_KEY"],
    ["--also leaf=my.asc", 64, "WOULD_LOSE_KEY"],
    ["--also leaf=my.ppk", 64, "WOULD_LOSE_KEY"],
    ["--also leaf=my.conf", 64, "WOULD_LOSE_KEY"],
    ["--also leaf=my.jwk", 64, "WOULD_LOSE_KEY"],
    ["--also combined=other.der", 64, "WOULD_LOSE_KEY"],
  ])("%s is %i %s, before the CA is asked", async (also, status, code) => {
    writeFileSync("empty", "\n");
    s.write("latin1", Buffer.from("gr\u00fcn\n", "latin1"));
    s.write("nul", "a\0b\n");
    s.write("long", "a".repeat(1024));
    writeFileSync("other.key", text("web.key"));
    await foreign();
    symlinkSync("web.crt", "linked.pem");
    symlinkSync(".web.crt.renew-journal", "to-a-note");
    const before = kept();
    const { exit, stderr } = await s.renew(`${command}--force web.crt web.key ${also} ${reach}`);
    expect(stderr).toContain(`error[${code}]`);
    expect(exit).toBe(status);
    expect(kept()).toEqual(before);
    expect(existsSync("a.pem")).toBe(false);
    expect(leftovers()).toEqual([]);
  });

  test("names the folder that is missing, and not that of the link into it", async () => {
    mkdirSync("here");
    symlinkSync("../gone/a.pem", "here/a.pem");
    const { exit, stderr } = await s.renew(`${command}--force web.crt web.key --also leaf=here/a.pem ${reach}`);
    expect(exit).toBe(73);
    expect(stderr).toMatch(new RegExp(`evidence +folder +${s.folder}/gone\\n`));
    expect(stderr).toContain(`mkdir -p ${s.folder}/gone`);
  });

  test.each([
    ["--also leaf=a.pem --also leaf=a.pem", "--also leaf=a.pem is said twice"],
    ["--also leaf=a.pem --also leaf=./a.pem", "--also leaf=a.pem and --also leaf=./a.pem mean one file"],
    ["--also der=a.pem --also leaf=a.pem", "--also der=a.pem and --also leaf=a.pem mean one file"],
    ["--also leaf=./web.crt", "CRT and --also leaf=./web.crt mean one file"],
  ])("%s: says what is the matter", async (also, what) => {
    const { stderr } = await s.renew(`${command}--force web.crt web.key ${also} ${reach}`);
    expect(stderr).toContain(`error[FLAG_CONFLICT]: ${what}\n`);
    expect(stderr).not.toContain("leave out CRT");
  });

  test("asks before it replaces a file", async () => {
    writeFileSync("as.pem", "old");
    const { exit, stderr } = await s.renew(`${command}web.crt web.key --also leaf=as.pem ${reach}`);
    expect(exit).toBe(64);
    expect(stderr).toMatch(/error\[WOULD_OVERWRITE\]: .*as\.pem/);
    expect(stderr).toMatch(/write them\s+elsewhere:\s+`--out.* --also leaf=NEW`/);
    const fresh = await s.renew(`${command}web.crt web.key --also leaf=as.pem --expires-in 1h ${reach}`);
    expect(fresh.stderr).toContain("elsewhere: `--also leaf=NEW`");
  });

  test("replaces what is its own of old, also where the passphrase or the certificate was another one", async () => {
    await s.ca();
    s.write("pass", "secret\n");
    const forms = "--also combined=as.pem --also p12=as.p12 --p12-password-file pass";
    expect((await s.renew(`${command}--force web.crt web.key ${forms} ${reach}`)).exit).toBe(0);
    s.write("pass", "another\n");
    await s.issue("web", { names: ["web.internal", "www.internal"], usages: ["serverAuth", "clientAuth"] });
    const { exit, screen } = await s.renew(`${command}--force web.crt web.key ${forms} ${reach}`);
    expect(exit, screen).toBe(0);
    expect(text("as.pem")).toBe(text("web.crt") + text("web.key"));
  });

  test("takes an empty file, with its mode, for any form", async () => {
    await s.ca();
    writeFileSync("as.p12", "", { mode: 0o640 });
    s.write("pass", "secret\n");
    const { exit } = await s.renew(
      `${command}--force web.crt web.key --also p12=as.p12 --p12-password-file pass ${reach}`,
    );
    expect([exit, modeOf("as.p12")]).toEqual([0, "640"]);
  });
});

describe("the passphrase of a p12", () => {
  const read = (contents: string | Buffer) => {
    writeFileSync("p12.pass", contents);
    const { failure, value } = { value: undefined, ...attempt(() => passphraseIn("p12.pass", realFileSystem)) };
    return failure === undefined ? value : { code: failure.code, ...failure.facts };
  };

  test.each([
    ["secret", "secret"],
    ["secret\r\nmore", "secret"],
    ["\ufeffgr\u00fcn \ufffd\n\0\xff", "gr\u00fcn \ufffd"],
    [" \n", " "],
    ["a".repeat(1023), "a".repeat(1023)],
  ])("of %j is its first line", (contents, passphrase) => {
    expect(read(contents)).toBe(passphrase);
  });

  test.each([
    ["", { code: "FILE_EMPTY", role: "p12-passphrase" }],
    ["\ufeff\n", { code: "FILE_EMPTY", role: "p12-passphrase" }],
    [Buffer.from("gr\u00fcn", "latin1"), { problem: "not-utf8", at: 3 }],
    [Buffer.concat([Buffer.from("\ufffd"), Buffer.of(0xe2, 0x82)]), { problem: "not-utf8", at: 4 }],
    [
      Buffer.from("\ufeffsecret", "utf16le"),
      { problem: "not-utf8", at: 1, looksLike: expect.stringContaining("UTF-16") },
    ],
    [Buffer.from("secret", "utf16le"), { problem: "nul", at: 2 }],
    ["\u00fc".repeat(512), { problem: "long", length: 1024, limit: 1023 }],
  ])("is none in %j, with evidence", (contents, facts) => {
    expect(read(contents)).toMatchObject({ file: "p12.pass", ...facts });
  });

  test("that is empty is told of by its own flag", async () => {
    writeFileSync("p12.pass", "\n");
    const flags = "--also p12=a.p12 --p12-password-file p12.pass";
    const { stderr } = await s.renew(`--force web.crt web.key ${flags} ${reach}`);
    expect(stderr).toContain("error[FILE_EMPTY]: p12.pass is empty: it holds no passphrase");
    expect(stderr).not.toMatch(/ --password-file|The key is encrypted/);
  });
});

describe("the files that were written are told of", () => {
  const forms = (screen: { stdout: string }) => JSON.parse(screen.stdout)["forms"];

  test.each(["", "rekey "])("by `renew %s`, in words and as data", async (command) => {
    await s.ca();
    const line = `${command}--force web.crt web.key --also leaf=as.leaf --also combined=as.pem ${reach}`;
    expect((await s.renew(line)).stderr).toMatch(/; also written: as\.leaf, as\.pem\n$/);
    expect(forms(await s.renew(`${line} --json`))).toEqual(["as.leaf", "as.pem"]);
    writeFileSync("as.leaf", "stale");
    expect(forms(await s.renew(`${line} --json --expires-in 1h`))).toEqual(["as.leaf"]);
    expect(forms(await s.renew(`${line} --json --expires-in 1h`))).toEqual([]);
    const run: World["run"] = async () => ({ how: "exit", status: 1 });
    expect(forms(await s.renew(`${line} --json --exec ./hook`, { run }))).toEqual(["as.leaf", "as.pem"]);
    expect(forms(await s.renew(`${command}--json --force web.crt web.key --also leaf=web.key ${reach}`))).toEqual([]);
  });

  test("by `renew run`, in words and as data, and beforehand", async () => {
    await s.ca();
    await s.issue("mail", { usages: ["serverAuth", "clientAuth"], from: -1, to: 23 });
    const certificates = [
      { crt: "web.crt", key: "web.key", also: { combined: "as.pem" } },
      { crt: "mail.crt", key: "mail.key", also: { leaf: "mail.leaf", der: "mail.der" } },
    ];
    const top = { "ca-url": s.url(), root: "root.crt", "expires-in": "20h" };
    s.write("renew.json", JSON.stringify({ ...top, certificates }));
    s.write("mail.leaf", blocks("mail.crt")[0] ?? "");
    const of = ({ stdout }: { stdout: string }) =>
      JSON.parse(stdout).results.map((one: { forms: readonly string[] }) => one.forms);
    const dry = await s.renew("run --config renew.json --dry-run", { columns: 100 });
    expect(dry.stderr).toMatch(/^web\.crt +would renew [\s\S]*; also writes as\.pem$/m);
    expect(dry.stderr).toMatch(/^mail\.crt +not due [\s\S]*and would be\s+written:\s+mail\.der$/m);
    expect(of(await s.renew("run --config renew.json --dry-run --json"))).toEqual([["as.pem"], ["mail.der"]]);
    expect(existsSync("mail.der")).toBe(false);
    const ran = await s.renew("run --config renew.json", { columns: 100 });
    expect(ran.stderr).toMatch(/^web\.crt +renewed [\s\S]*; also written: as\.pem$/m);
    expect(ran.stderr).toMatch(/^mail\.crt +not due [\s\S]*missing or stale, and written:\s+mail\.der$/m);
    expect(of(await s.renew("run --config renew.json --json"))).toEqual([[], []]);
    const forced = await s.renew("run --config renew.json --json --force");
    expect(of(forced), forced.screen).toEqual([["as.pem"], ["mail.leaf", "mail.der"]]);
  });
});

test("no chain is written over a key, whatever its form", async () => {
  await foreign();
  const before = kept();
  for (const file of ["other.key", "other.pem", "other.der", "other.p12", ...Object.keys(stores)])
    for (const command of ["--out", "rekey --out-cert"]) {
      const { exit, stderr } = await s.renew(`${command} ${file} --force web.crt web.key ${reach}`);
      expect([file, exit, stderr]).toEqual([file, 64, expect.stringContaining("error[WOULD_LOSE_KEY]")]);
    }
  expect(kept()).toEqual(before);
});

test("the quick path leaves it to the whole program", () => {
  const argv = ["--expires-in", "1h", "web.crt", "web.key", "--ca-url", "localhost:1"];
  const around = { env: { HOME: "/nowhere" }, now: s.base, fs: realFileSystem };
  expect(quickAnswer(argv, around)).toMatchObject({ exit: 0 });
  expect(quickAnswer([...argv, "--also", "leaf=a.pem"], around)).toBeNull();
  expect(quickAnswer(["status", "web.crt"], around)).toBeNull();
});

describe("renew run", () => {
  const list = (more: object, top: object = {}) =>
    s.write(
      "renew.json",
      JSON.stringify({
        "ca-url": s.url(),
        root: "root.crt",
        ...top,
        certificates: [{ crt: "web.crt", key: "web.key", ...more }],
      }),
    );

  test("writes the forms of what is due, and those that are missing or stale", async () => {
    await s.ca();
    s.write("p12.pass", "secret");
    const also = { combined: "as.pem", p12: ["a.p12", "b.p12"] };
    list({ also }, { "p12-password-file": "p12.pass", "expires-in": "20h" });
    const first = await s.renew("run --config renew.json");
    expect(first.exit, first.screen).toBe(0);
    expect(text("as.pem")).toBe(text("web.crt") + text("web.key"));
    expect(readFileSync("a.p12").equals(readFileSync("b.p12"))).toBe(true);
    s.write("as.pem", "stale");
    const chain = text("web.crt");
    const second = await s.renew("run --config renew.json");
    expect(second.exit, second.screen).toBe(0);
    expect(text("web.crt"), "was not due").toBe(chain);
    expect(text("as.pem")).toBe(chain + text("web.key"));
    expect(leftovers()).toEqual([]);
  });

  test("what stands in `out` is judged, once it is there: nothing is renewed again and again", async () => {
    await s.ca();
    list({ out: "new.crt" }, { "expires-in": "20h" });
    expect((await s.renew("run --config renew.json")).stderr).toContain("renewed");
    const chain = text("new.crt");
    for (const flags of ["", " --dry-run"]) {
      const { exit, stderr } = await s.renew(`run --config renew.json${flags}`);
      expect([exit, stderr, text("new.crt")]).toEqual([0, expect.stringContaining("not due"), chain]);
    }
    expect((await s.renew("run --config renew.json --force")).exit).toBe(0);
    expect(text("new.crt")).not.toBe(chain);
    await s.issue("other", { usages: ["serverAuth", "clientAuth"], from: -1, to: 23 });
    s.write("new.crt", text("other.crt"));
    expect((await s.renew("run --config renew.json")).exit, "another pair's is not").toBe(0);
    expect(text("new.crt")).not.toBe(text("other.crt"));
  });

  describe.each([["due"], ["not due"], ["owing"]])(
    "stops before any request where a form is broken of one that is %s",
    (state) => {
      test.each([
        [{ also: { p12: "a.p12" }, "p12-password-file": "nowhere" }, "FILE_MISSING"],
        [{ also: { p12: "a.p12" }, "p12-password-file": "empty" }, "FILE_EMPTY"],
        [{ also: { p12: "a.p12" }, "p12-password-file": "binary" }, "BAD_PASSPHRASE"],
        [{ also: { leaf: "nowhere/a.pem" } }, "CANNOT_WRITE"],
        [{ also: { leaf: "other.key" } }, "WOULD_LOSE_KEY"],
        ...(state === "due" ? [[{ out: "nowhere/new.crt" }, "CANNOT_WRITE"] as [object, string]] : []),
      ])("%j", async (more, code) => {
        await s.ca();
        await s.issue("mail", {
          usages: ["serverAuth", "clientAuth"],
          ...(state === "due" ? {} : { from: -1, to: 23 }),
        });
        s.write("empty", "\n");
        s.write("binary", Buffer.of(0xff, 0x0a));
        s.write("other.key", text("web.key"));
        if (state === "owing") s.write(".mail.crt.renew-owed", "{}");
        const top = { "ca-url": s.url(), root: "root.crt", "expires-in": "20h" };
        const certificates = [
          { crt: "web.crt", key: "web.key" },
          { crt: "mail.crt", key: "mail.key", ...more },
        ];
        s.write("renew.json", JSON.stringify({ ...top, certificates }, null, 1));
        const before = text("web.crt");
        const one = await s.renew("run --config renew.json");
        expect(one.exit, one.screen).toBeGreaterThan(0);
        expect(one.stderr).toContain(`error[${code}]`);
        expect(one.stderr).toMatch(/listed: entry 2, renew\.json:\d+\n/);
        expect(text("web.crt"), "nothing is renewed").toBe(before);
        expect((await s.renew("run --config renew.json --dry-run")).stderr).toContain(`error[${code}]`);
        const kept = await s.renew("run --config renew.json --keep-going");
        expect(kept.stderr).toContain(`error[${code}]`);
        expect(text("web.crt"), "the others are").not.toBe(before);
        expect(text("other.key")).toBe(text("web.key"));
      });
    },
  );

  test.each([
    [{ also: { p12: "a.p12" } }, "BAD_RUN_CONFIG"],
    [{ also: { fulchain: "a.pem" } }, "BAD_RUN_CONFIG"],
    [{ also: ["leaf=a.pem", "chain=a.pem"] }, "BAD_RUN_CONFIG"],
    [{ also: { leaf: "web.key" } }, "SAME_FILE_TWICE"],
    [{ also: { leaf: "web.crt" } }, "SAME_FILE_TWICE"],
    [{ also: { leaf: "root.crt" } }, "SAME_FILE_TWICE"],
    [{ also: { leaf: "renew.json" } }, "SAME_FILE_TWICE"],
    [{ also: { leaf: "p12.pass" }, "password-file": "p12.pass" }, "SAME_FILE_TWICE"],
  ])("refuses %j", async (more, code) => {
    list(more);
    s.write("p12.pass", "secret");
    const before = text("web.crt");
    const { exit, stderr } = await s.renew("run --config renew.json");
    expect(stderr).toContain(`error[${code}]`);
    expect(exit).toBe(78);
    expect(text("web.crt")).toBe(before);
  });
});
