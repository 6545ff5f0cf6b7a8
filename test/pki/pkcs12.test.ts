/** Key and chain in one file, as OpenSSL and Java read them. */
import { spawnSync } from "node:child_process";
import { createPrivateKey, type KeyObject } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { readBundle } from "../../src/pki/bundle.ts";
import { type Contents, pkcs12 } from "../../src/pki/pkcs12.ts";

const folder = mkdtempSync(join(tmpdir(), "pkcs12-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let contents: Contents;
let key: KeyObject;
beforeAll(async () => {
  const authority = await createAuthority({ intermediate: true });
  const issued = await authority.issue({ subject: "web.internal", names: ["web.internal"], usages: ["serverAuth"] });
  key = createPrivateKey(issued.key);
  contents = { key, chain: readBundle({ file: "web.crt", role: "certificate", bytes: Buffer.from(issued.chain) }) };
});

function written(passphrase: string): { file: string; passphraseFile: string } {
  const [file, passphraseFile] = [join(folder, "web.p12"), join(folder, "passphrase")];
  writeFileSync(file, pkcs12(contents, passphrase));
  writeFileSync(passphraseFile, `${passphrase}\n`);
  return { file, passphraseFile };
}

const has = (program: string, word: string) => spawnSync(program, [word]).error === undefined;

describe.skipIf(!has("openssl", "version"))("OpenSSL", () => {
  const read = (passphrase: string, ...words: string[]) => {
    const { file, passphraseFile } = written(passphrase);
    return spawnSync("openssl", ["pkcs12", "-in", file, "-passin", `file:${passphraseFile}`, ...words], {
      encoding: "utf8",
    });
  };

  test.each(["secret", "with a space", "pässwörd", "ключ", "𝔘nicode", "a".repeat(200)])(
    "opens it by '%s'",
    (passphrase) => {
      const { status, stdout, stderr } = read(passphrase, "-nodes");
      expect(stderr).toBe("");
      expect(status).toBe(0);
      expect(createPrivateKey(stdout).equals(key)).toBe(true);
      expect(stdout.match(/BEGIN CERTIFICATE/g)).toHaveLength(contents.chain.length);
      expect(stdout).toMatch(/friendlyName: web\.internal/);
      expect(stdout.match(/localKeyID: .*/g)).toHaveLength(2);
    },
  );

  test("says of it what it is encrypted by", () => {
    const { stderr } = read("secret", "-info", "-noout");
    expect(stderr).toMatch(/MAC: sha256, Iteration 100000/);
    const ways = stderr.match(/PBES2, PBKDF2, AES-256-CBC, Iteration 100000, PRF hmacWithSHA256/g);
    expect(ways, "the certificates' and the key's").toHaveLength(2);
  });

  test("refuses another passphrase", () => {
    const { file } = written("secret");
    const words = ["pkcs12", "-in", file, "-noout", "-passin", "pass:other"];
    expect(spawnSync("openssl", words, { encoding: "utf8" }).stderr).toMatch(/invalid password/);
  });
});

describe.skipIf(!has("keytool", "-help"))("Java", () => {
  test("lists the key with its chain", () => {
    const { file, passphraseFile } = written("secret word");
    writeFileSync(passphraseFile, "secret word");
    const words = ["-list", "-v", "-keystore", file, "-storetype", "PKCS12", "-storepass:file", passphraseFile];
    const { status, stdout } = spawnSync("keytool", words, { encoding: "utf8", env: { ...process.env, LC_ALL: "C" } });
    expect(status, stdout).toBe(0);
    expect(stdout).toMatch(/Alias name: web\.internal/);
    expect(stdout).toMatch(/Entry type: PrivateKeyEntry/);
    expect(stdout).toMatch(/Certificate chain length: 2/);
  }, 60_000);
});

describe("the bytes", () => {
  test("are the same for the same contents, and others for another passphrase", () => {
    const first = pkcs12(contents, "secret");
    expect(pkcs12(contents, "secret").equals(first)).toBe(true);
    expect(pkcs12(contents, "secret.").equals(first)).toBe(false);
    expect(pkcs12({ ...contents, chain: [contents.chain[0]] }, "secret").equals(first)).toBe(false);
  });
});
