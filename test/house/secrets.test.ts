/**
 * No key, passphrase or token where it should not be. What all tests print and leave is looked through at each file's end
 * (support/secrets); here the search itself is tested, and what no other test runs.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { Failure } from "../../src/failure/failure.ts";
import { realFileSystem } from "../../src/files/system.ts";
import { run } from "../support/program.ts";
import { type Scene, scene } from "../support/scene.ts";
import { textOf, Watch, watch, watched, withoutHandedOut } from "../support/secrets.ts";
import { exported } from "../support/user-files.ts";

const pem = (key: KeyObject) => key.export({ type: "pkcs8", format: "pem" }).toString();
const keys = {
  "P-256": generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
  "P-521": generateKeyPairSync("ec", { namedCurve: "P-521" }).privateKey,
  Ed25519: generateKeyPairSync("ed25519").privateKey,
  RSA: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
};
const der = (key: KeyObject) => key.export({ type: "pkcs8", format: "der" });
const d = (key: KeyObject) => Buffer.from(key.export({ format: "jwk" }).d ?? "", "base64url");

/** What a watch that knows this key finds in a text. */
function foundIn(text: string, key: KeyObject): string[] {
  const own = new Watch();
  own.learnKeys(Buffer.from(pem(key)));
  own.saw("screen", text);
  return own.found();
}

describe.each(Object.entries(keys))("a planted %s key is found", (_, key) => {
  test.each<[string, () => string]>([
    ["as PEM", () => pem(key)],
    ["as PEM without its first and last line", () => pem(key).split("\n").slice(1, -2).join("\n")],
    ["as DER in base64", () => der(key).toString("base64")],
    ["as DER in base64url", () => der(key).toString("base64url")],
    ["as DER in hexadecimal", () => der(key).toString("hex")],
    ["its number in hexadecimal", () => d(key).toString("hex")],
    ["its number in large hexadecimal", () => d(key).toString("hex").toUpperCase()],
    ["as PEM in base64, as a kubeconfig has it", () => Buffer.from(pem(key)).toString("base64")],
    ["the same behind a byte", () => Buffer.from(`x${pem(key)}`).toString("base64")],
    ["as JWK", () => JSON.stringify(key.export({ format: "jwk" }))],
    ["in JSON", () => JSON.stringify({ rendered: pem(key) })],
    [
      "broken into lines by a layout",
      () =>
        d(key)
          .toString("base64url")
          .replace(/(.{13})/g, "$1\n            "),
    ],
    ["behind a byte", () => Buffer.concat([Buffer.of(7), d(key)]).toString("base64")],
    ["behind two bytes", () => Buffer.concat([Buffer.of(7, 7), d(key)]).toString("base64")],
  ])("%s", (_, text) => {
    expect(foundIn(`words ${text()} words`, key)).not.toEqual([]);
  });

  test("and its public half is not", () => {
    const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    const publicHalf = { format: "pem", type: "spki" } as const;
    expect(foundIn(createPrivateKey(pem(other)).asymmetricKeyType ?? "", key)).toEqual([]);
    expect(foundIn(String(keys["P-256"].export({ format: "jwk" }).x), key)).toEqual([]);
    expect(foundIn(generateKeyPairSync("ed25519").publicKey.export(publicHalf).toString(), key)).toEqual([]);
  });
});

describe("also found", () => {
  const token = `${Buffer.from('{"alg":"ES256","x":1}').toString("base64url")}.${Buffer.from('{"aud":"x","sub":"y"}').toString("base64url")}.${"A".repeat(86)}`;
  test.each([
    ["a token", token, "a token in a screen "],
    ["a token that a layout has broken", token.replace(/(.{20})/g, "$1\n   "), "a token in a screen "],
    ["a passphrase", "is: correct horse 7!", "a passphrase in a screen "],
    ["a passphrase that a layout has broken", "is: correct\n       horse 7!", "a passphrase in a screen "],
  ])("%s", (_, text, expected) => {
    const own = new Watch();
    own.learnPhrase("correct horse 7!\n");
    own.saw("screen", text);
    expect(own.found()).toEqual([expected]);
    expect(own.found(), "once looked at, gone").toEqual([]);
  });

  test("what hangs on a failure", () => {
    const facts = { file: "a", problem: "b", role: "key" as const };
    const text = pem(keys["P-256"]);
    const causes = [
      new Error(text),
      Object.assign(new Error("x"), { deep: [{ text }] }),
      { buffer: Buffer.from(text) },
      keys.RSA,
    ];
    for (const cause of causes) {
      expect(foundIn(textOf(new Failure("BAD_KEY", facts, new Error("y", { cause }))), keys["P-256"])).not.toEqual([]);
    }
    expect(foundIn(textOf(new Failure("BAD_KEY", { ...facts, problem: text })), keys["P-256"])).not.toEqual([]);
    expect(foundIn(textOf(new Failure("BAD_KEY", facts)), keys["P-256"])).toEqual([]);
  });

  test("what is printed besides a key that kubectl asked for, which is no find itself", () => {
    const text = pem(keys["P-256"]);
    const credential = (more: object) =>
      `${JSON.stringify({ kind: "ExecCredential", status: { clientKeyData: text, ...more } })}\n`;
    expect(foundIn(withoutHandedOut(credential({})), keys["P-256"])).toEqual([]);
    expect(foundIn(withoutHandedOut(credential({ clientCertificateData: text })), keys["P-256"])).not.toEqual([]);
    expect(foundIn(withoutHandedOut(`${text}${credential({})}`), keys["P-256"])).not.toEqual([]);
  });

  test("what a run writes beside its key", () => {
    const before = watch.count.file;
    const fs = watched({ ...realFileSystem, open: () => 7, write: (_, bytes) => bytes.length });
    fs.write(fs.open("/x/.web.crt.renew-journal", "create"), Buffer.from("{}"), 0);
    fs.write(fs.open("/x/web.key", "create"), Buffer.from("{}"), 0);
    expect(watch.count.file - before).toBe(1);
  });
});

describe("runs with a passphrase, hooks and tokens", () => {
  const phrase = "staple battery 7f3a!";
  let current: Scene | undefined;
  afterEach(() => current?.end());

  async function stage(): Promise<Scene> {
    const s = await scene({ intermediate: true });
    current = s;
    await s.issue("web", { subject: "web.internal", usages: ["serverAuth", "clientAuth"] });
    const locked = exported(readFileSync("web.key", "utf8"), "pkcs8", "pem", phrase);
    writeFileSync("web.key", locked, { mode: 0o600 });
    s.write("phrase", `${phrase}\n`);
    s.write("wrong", "another phrase 9c\n");
    await s.ca();
    return s;
  }
  const reach = "web.crt web.key --ca-url CA --root root.crt";
  test.each([
    ["a renewal", `--force -v --password-file phrase ${reach} --exec 'systemctl reload x'`, 0],
    ["a renewal by token", `--force --mtls=false -v --password-file phrase ${reach} --exec 'systemctl reload x'`, 0],
    ["a rekey", `rekey --force -v --password-file phrase ${reach} --exec 'systemctl reload x'`, 0],
    ["the wrong passphrase", `--force -v --password-file wrong ${reach}`, 65],
    ["a check-up", `doctor -v --password-file phrase ${reach}`, undefined],
    ["a rehearsal", `doctor --rehearse --json --password-file phrase ${reach}`, undefined],
  ])("%s", async (_, command, exit) => {
    const s = await stage();
    const before = { ...watch.count };
    // a token is taken once, and this world's chance is no chance
    const manners = command.includes("--mtls=false") ? [""] : ["", " --json"];
    for (const manner of manners) {
      const ran = await s.renew(command + manner);
      if (exit !== undefined) expect(ran.exit, ran.screen).toBe(exit);
      expect(ran.screen).not.toContain(phrase);
    }
    expect(watch.count.screen).toBeGreaterThan(before.screen);
    if (command.includes("--exec")) expect(watch.count.child).toBe(before.child + manners.length);
  });

  test("a passphrase that is typed", async () => {
    const s = await stage();
    const { exit, screen } = await s.renew(`--force -v ${reach}`, { answers: [phrase] });
    expect([exit, screen.includes(phrase)]).toEqual([0, false]);
    expect(watch.count.secrets).toBeGreaterThan(1);
  });

  test("a hook's whole environment, as a process of its own", async () => {
    const s = await stage();
    const words = [
      "--force",
      "web.crt",
      "web.key",
      "--password-file",
      "phrase",
      "--ca-url",
      s.url(),
      "--root",
      "root.crt",
    ];
    const { exit, stderr } = await run([...words, "--exec", "env"], { cwd: s.folder });
    expect([exit, /^RENEW_KEY=.*web\.key$/m.test(stderr)]).toEqual([0, true]);
    expect(stderr).not.toContain(phrase);
  });
});

describe("a new key is its owner's alone from its first byte to its last, whatever the umask", () => {
  let current: Scene | undefined;
  const umask = process.umask();
  afterEach(() => {
    process.umask(umask);
    return current?.end();
  });

  test.each([
    ["in place", 0o000, "rekey --force web.crt web.key"],
    ["in place", 0o077, "rekey --force web.crt web.key"],
    ["in a new place", 0o000, "rekey --force web.crt web.key --out-cert new.crt --out-key new.key"],
    ["in place, which a renewal leaves", 0o000, "--force web.crt web.key"],
  ])("%s, umask %i", async (_, mask, command) => {
    const s = await scene({ intermediate: true });
    current = s;
    await s.issue("web", { subject: "web.internal", usages: ["serverAuth", "clientAuth"] });
    chmodSync("web.crt", 0o644);
    await s.ca();
    process.umask(mask);
    let looks = 0;
    /** After each call: what is there, and who may read it. */
    const fs = new Proxy(realFileSystem, {
      get: (target, name) => {
        const call: unknown = Reflect.get(target, name);
        if (typeof call !== "function") return call;
        return (...args: unknown[]) => {
          const result: unknown = call.apply(target, args);
          looks += lookAround(s.folder);
          return result;
        };
      },
    });
    const { exit, screen } = await s.renew(`${command} --ca-url CA --root root.crt`, { fs });
    expect(exit, screen).toBe(0);
    expect(looks).toBeGreaterThan(20);
  });

  /** How many keys there are; each is checked. An empty new file counts: it is a key in a moment. */
  function lookAround(folder: string): number {
    const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile()); // a lock is a link
    const files = entries.map(({ name }) => name).filter((name) => /key/.test(name) || isKey(join(folder, name)));
    for (const name of files) expect((statSync(join(folder, name)).mode & 0o077).toString(8), name).toBe("0");
    return files.length;
  }

  const isKey = (file: string) => readFileSync(file, "latin1").includes("PRIVATE KEY");
});
