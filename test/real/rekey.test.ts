/** Rekeyed on real step-ca: every kind of key, what keeps its form, and real `step ca rekey` beside it. */
import { spawnSync } from "node:child_process";
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { run } from "../support/program.ts";
import { realBinary, type StepCa, startStepCa } from "../support/step-ca.ts";
import { connectsAs, servesAs } from "../support/tls-pair.ts";

const versions = ["v0.26.1", "v0.30.2"] as const;
const step = realBinary("step-v0.30.6");
const isThere = (version: (typeof versions)[number]) => realBinary(`step-ca-${version}`) !== undefined;
const hour = 3_600_000;

const kinds: Record<string, { make(): KeyObject; flags: string[]; is: Record<string, unknown> }> = {
  "RSA-2048": {
    make: () => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
    flags: ["--kty", "RSA", "--size", "2048"],
    is: { type: "rsa", modulusLength: 2048 },
  },
  "P-256": {
    make: () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
    flags: ["--kty", "EC", "--curve", "P-256"],
    is: { type: "ec", namedCurve: "prime256v1" },
  },
  "P-384": {
    make: () => generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey,
    flags: ["--kty", "EC", "--crv", "P-384"],
    is: { type: "ec", namedCurve: "secp384r1" },
  },
  "P-521": {
    make: () => generateKeyPairSync("ec", { namedCurve: "P-521" }).privateKey,
    flags: ["--kty", "EC", "--curve", "P-521"],
    is: { type: "ec", namedCurve: "secp521r1" },
  },
  Ed25519: {
    make: () => generateKeyPairSync("ed25519").privateKey,
    flags: ["--kty", "OKP"],
    is: { type: "ed25519" },
  },
};
const kindNames = Object.keys(kinds);

function kindOf(key: KeyObject): Record<string, unknown> {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  return { type: key.asymmetricKeyType, ...(namedCurve && { namedCurve }), ...(modulusLength && { modulusLength }) };
}

const spki = (key: KeyObject) => createPublicKey(key).export({ type: "spki", format: "der" }).toString("hex");

describe.skipIf(versions.some((version) => !isThere(version)))("the real thing is there", () => {
  test("in every version", () => expect(versions.every(isThere)).toBe(true));
});

describe.each(versions.filter(isThere))("step-ca %s", (version) => {
  const folder = mkdtempSync(join(tmpdir(), "renew-rekey-"));
  let ca: StepCa;
  let count = 0;
  beforeAll(async () => {
    ca = await startStepCa({ version, authority: await createAuthority({ intermediate: true }) });
  });
  afterAll(async () => {
    await ca.close();
    rmSync(folder, { recursive: true });
  });

  /** A pair in a folder of its own. */
  async function pair(kind: string, form: (key: KeyObject) => string | Buffer = pkcs8) {
    const key = kinds[kind]?.make();
    if (key === undefined) throw new Error(kind);
    const issued = await ca.authority.issue({
      subject: "web.internal",
      names: ["web.internal", "10.0.0.1", "ops@web.internal", "spiffe://web/internal"],
      usages: ["serverAuth", "clientAuth"],
      provisioner: { name: "admin" },
      publicKeyPem: createPublicKey(key).export({ type: "spki", format: "pem" }).toString(),
      notBefore: new Date(Date.now() - hour),
      notAfter: new Date(Date.now() + hour),
    });
    const own = join(folder, String(++count));
    const [crt, keyFile] = [join(own, "web.crt"), join(own, "web.key")];
    mkdirSync(own);
    writeFileSync(crt, issued.chain, { mode: 0o644 });
    writeFileSync(keyFile, form(key), { mode: 0o640 });
    chmodSync(keyFile, 0o640);
    return { own, crt, keyFile, key, chain: issued.chain };
  }

  const reach = () => ["--ca-url", ca.url, "--root", ca.rootFile];
  const rekey = (...args: string[]) => run(["rekey", "--force", ...reach(), ...args]);

  /** The pair is good for both ends of a connection. */
  async function isOfUse(crt: string, key: KeyObject): Promise<void> {
    const whole = { cert: readFileSync(crt, "utf8"), key: pkcs8(key) };
    const { serialNumber: serial, publicKey } = new X509Certificate(whole.cert);
    expect(spki(createPrivateKey(whole.key))).toBe(publicKey.export({ type: "spki", format: "der" }).toString("hex"));
    expect(await servesAs(whole, { root: ca.authority.root, name: "web.internal" })).toEqual({ serial });
    expect(await connectsAs(whole, ca.authority)).toEqual({ serial });
  }

  test.each(kindNames)("%s stays what it was, with the modes of both files, and works", async (kind) => {
    const { own, crt, keyFile, key, chain } = await pair(kind);
    const ran = await rekey(crt, keyFile);
    expect(ran.exit, ran.stderr).toBe(0);
    const renewed = createPrivateKey(readFileSync(keyFile));
    expect(kindOf(renewed)).toEqual(kinds[kind]?.is);
    expect(spki(renewed)).not.toBe(spki(key));
    expect(readFileSync(crt, "utf8")).not.toBe(chain);
    expect([crt, keyFile].map((file) => statSync(file).mode & 0o7777)).toEqual([0o644, 0o640]);
    expect(readdirSync(own).sort()).toEqual(["web.crt", "web.key"]);
    await isOfUse(crt, renewed);
    // The new pair is one that renews, and rekeys again.
    expect((await run(["--force", ...reach(), crt, keyFile])).exit).toBe(0);
    expect((await rekey(crt, keyFile)).exit).toBe(0);
  });

  test.each(kindNames.map((from, index) => [from, kindNames[(index + 1) % kindNames.length] ?? from] as const))(
    "%s becomes %s where that is asked for",
    async (from, to) => {
      const { crt, keyFile } = await pair(from);
      const ran = await rekey(...(kinds[to]?.flags ?? []), crt, keyFile);
      expect(ran.exit, ran.stderr).toBe(0);
      const renewed = createPrivateKey(readFileSync(keyFile));
      expect(kindOf(renewed)).toEqual(kinds[to]?.is);
      await isOfUse(crt, renewed);
    },
  );

  test.each(kindNames)("%s stays encrypted, under the same passphrase", async (kind) => {
    const secret = "correct horse ünd so";
    const { own, crt, keyFile, key } = await pair(kind, (clear) =>
      clear.export({ type: "pkcs8", format: "pem", cipher: "aes-128-cbc", passphrase: secret }).toString(),
    );
    const passphraseFile = join(own, "pass.txt");
    writeFileSync(passphraseFile, `${secret}\n`);
    const ran = await rekey("--password-file", passphraseFile, crt, keyFile);
    expect(ran.exit, ran.stderr).toBe(0);
    const text = readFileSync(keyFile, "utf8");
    expect(text).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    const renewed = createPrivateKey({ key: text, passphrase: secret });
    expect(spki(renewed)).not.toBe(spki(key));
    await isOfUse(crt, renewed);
    const openssl = spawnSync("openssl", ["pkey", "-in", keyFile, "-passin", `file:${passphraseFile}`, "-pubout"]);
    expect(openssl.stdout.toString(), openssl.stderr.toString()).toBe(
      createPublicKey(renewed).export({ type: "spki", format: "pem" }).toString(),
    );
    if (step === undefined) return;
    const words = ["crypto", "key", "public", keyFile, "--password-file", passphraseFile];
    const real = spawnSync(step, words, { env: { HOME: own, STEPPATH: own }, encoding: "utf8" });
    const told = createPublicKey(real.stdout).export({ type: "spki", format: "der" }).toString("hex");
    expect(told, real.stderr).toBe(spki(renewed));
  });

  test("is gone back from, and what was there before renews, and rekeys again", async () => {
    const { own, crt, keyFile, key, chain } = await pair("P-256");
    const keeping = ["--backup", "2", crt, keyFile];
    expect((await rekey(...keeping)).exit).toBe(0);
    const rekeyed = readFileSync(keyFile, "utf8");
    const back = await run(["rollback", "--force", crt, keyFile]);
    expect(back.exit, back.stderr).toBe(0);
    expect([readFileSync(crt, "utf8"), spki(createPrivateKey(readFileSync(keyFile)))]).toEqual([chain, spki(key)]);
    expect([crt, keyFile].map((file) => statSync(file).mode & 0o7777)).toEqual([0o644, 0o640]);
    expect((await run(["--force", ...reach(), ...keeping])).exit).toBe(0);
    await isOfUse(crt, key);
    // The first of its kind, and the one that was gone back from, with its key.
    expect((await run(["rollback", "--force", "--to", "2", crt, keyFile])).exit).toBe(0);
    expect(readFileSync(keyFile, "utf8")).toBe(rekeyed);
    await isOfUse(crt, createPrivateKey(rekeyed));
    expect((await rekey(...keeping)).exit).toBe(0);
    const left = readdirSync(own).filter((name) => name.includes(".renew-") && !name.includes(".renew-backup-"));
    expect(left).toEqual([]);
  });

  const words: [name: string, args: string[]][] = [
    ["in place", []],
    ["--out-key alone", ["--out-key", "n.key"]],
    ["--out-cert and --out-key", ["--out-cert", "n.crt", "--out-key", "n.key"]],
    ["--private-key", ["--private-key", "mine.key"]],
    ["--private-key and --out-cert", ["--private-key", "mine.key", "--out-cert", "n.crt"]],
    ["--private-key and --out-key", ["--private-key", "mine.key", "--out-key", "n.key"]],
    ["--private-key and --kty", ["--private-key", "mine.key", "--kty", "RSA"]],
    ["--private-key of the old key", ["--private-key", "web.key"]],
    ["--kty RSA", ["--kty", "RSA"]],
    ["--kty EC --crv P-384", ["--kty", "EC", "--crv", "P-384"]],
    ["--kty OKP", ["--kty", "OKP"]],
    ["--curve without --kty", ["--curve", "P-384"]],
    ["--size without --kty", ["--size", "2048"]],
    ["--kty EC --size", ["--kty", "EC", "--size", "2048"]],
    ["--kty RSA --size 1024", ["--kty", "RSA", "--size", "1024"]],
    ["--kty RSA --curve", ["--kty", "RSA", "--curve", "P-256"]],
    ["--kty EC --curve Ed25519", ["--kty", "EC", "--curve", "Ed25519"]],
    ["--kty OKP --curve P-256", ["--kty", "OKP", "--curve", "P-256"]],
    ["--kty rsa", ["--kty", "rsa"]],
    ["not due", ["--expires-in", "10m"]],
  ];
  test.skipIf(step === undefined).each(words)("does to a P-256 pair what step does: %s", async (_, args) => {
    const outcomes = [];
    for (const program of ["step", "renew"] as const) {
      const { own } = await pair("P-256");
      writeFileSync(join(own, "mine.key"), pkcs8(generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey));
      const given = ["--force", ...args, ...reach(), "web.crt", "web.key"];
      const before = contents(own);
      const exit =
        program === "renew"
          ? (await run(["rekey", ...given], { cwd: own })).exit
          : spawnSync(step ?? "", ["ca", "rekey", ...given], { cwd: own, env: { HOME: own, STEPPATH: own } }).status;
      const after = contents(own);
      const changed = Object.keys(after).filter((file) => after[file]?.text !== before[file]?.text);
      const facts = changed.map((file) => [file, after[file]?.mode, kindIn(after[file]?.text ?? "")]);
      outcomes.push({ isWell: exit === 0, facts });
    }
    expect(outcomes[1]).toEqual(outcomes[0]);
  });
});

function contents(folder: string): Record<string, { text: string; mode: number }> {
  const files = readdirSync(folder).filter((file) => /\.(crt|key)$/.test(file));
  return Object.fromEntries(
    files.sort().map((file) => {
      const path = join(folder, file);
      return [file, { text: readFileSync(path, "utf8"), mode: statSync(path).mode & 0o7777 }];
    }),
  );
}

/** Of a key, or of the key that a certificate is for. */
function kindIn(pem: string): Record<string, unknown> {
  return kindOf(pem.includes("CERTIFICATE") ? new X509Certificate(pem).publicKey : createPrivateKey(pem));
}

function pkcs8(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}
