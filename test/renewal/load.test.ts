/** Every mistake with certificate, key and passphrase is found before any network, and by a code of its own. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { toPem } from "../../src/pki/pem.ts";
import { load } from "../../src/renewal/load.ts";
import { MemoryDisk } from "../support/disk.ts";
import { der, exported, issuedFiles, loading, type UserFiles } from "../support/user-files.ts";
import { testWorld } from "../support/world.ts";

let files: Awaited<ReturnType<typeof issuedFiles>>;
beforeAll(async () => {
  files = await issuedFiles();
});

const parameters = toPem("EC PARAMETERS", Buffer.from("06082a8648ce3d030107", "hex"));
const request = toPem("CERTIFICATE REQUEST", Buffer.from("3000", "hex"));
const rsa = (bits: number) => generateKeyPairSync("rsa", { modulusLength: bits }).privateKey;
const pkcs8 = (made: KeyObject) => made.export({ type: "pkcs8", format: "pem" }).toString();
const pkcs12 = Buffer.from("300802010330030c0178", "hex");

describe("every mistake has its own code, before any network", () => {
  test.each<[string, () => UserFiles, Record<string, unknown>, (string | null)[]?]>([
    ["no certificate file", () => ({ key: files.key }), { code: "FILE_MISSING", role: "certificate" }],
    ["no key file", () => ({ crt: files.crt }), { code: "FILE_MISSING", role: "key" }],
    ["an empty certificate", () => ({ crt: "", key: files.key }), { code: "FILE_EMPTY", role: "certificate" }],
    ["an empty key", () => ({ crt: files.crt, key: "" }), { code: "FILE_EMPTY", role: "key" }],
    ["words for a certificate", () => ({ crt: "hello", key: files.key }), { code: "NOT_PEM", looksLike: "plain text" }],
    [
      "words that begin as DER does",
      () => ({ crt: "0 is where it starts", key: files.key }),
      { code: "NOT_PEM", looksLike: "plain text" },
    ],
    ["words for a key", () => ({ crt: files.crt, key: "hello" }), { code: "NOT_PEM", role: "key" }],
    [
      "PKCS#12 for a certificate",
      () => ({ crt: pkcs12, key: files.key }),
      { code: "NOT_PEM", looksLike: "a PKCS#12 file" },
    ],
    [
      "PKCS#12 for a key",
      () => ({ crt: files.crt, key: pkcs12 }),
      { code: "NOT_PEM", role: "key", looksLike: "a PKCS#12 file" },
    ],
    [
      "UTF-16",
      () => ({ crt: Buffer.from(`\ufeff${files.crt}`, "utf16le"), key: files.key }),
      { code: "NOT_PEM", looksLike: expect.stringContaining("UTF-16") },
    ],
    [
      "line ends lost",
      () => ({ crt: files.leaf.replaceAll("\n", "\\n"), key: files.key }),
      { code: "NOT_PEM", looksLike: expect.stringContaining("line ends") },
    ],
    [
      "cut short",
      () => ({ crt: files.leaf.slice(0, 300), key: files.key }),
      { code: "NOT_PEM", looksLike: expect.stringContaining("cut short") },
    ],
    [
      "DER cut short",
      () => ({ crt: der(files.leaf).subarray(0, 300), key: files.key }),
      { code: "BAD_CERTIFICATE", position: 1 },
    ],
    [
      "an SSH key",
      () => ({ crt: files.crt, key: "ssh-ed25519 AAAA" }),
      { code: "NOT_PEM", looksLike: expect.stringContaining("SSH") },
    ],
    [
      "no certificate among the blocks",
      () => ({ crt: parameters, key: files.key }),
      { code: "NO_CERTIFICATE", found: ["EC PARAMETERS"] },
    ],
    [
      "a key for a certificate",
      () => ({ crt: files.key, key: files.other }),
      { code: "NO_CERTIFICATE", found: ["PRIVATE KEY"] },
    ],
    ["a certificate for a key", () => ({ crt: files.crt, key: files.crt }), { code: "NO_KEY" }],
    [
      "both swapped",
      () => ({ crt: files.key, key: files.crt }),
      { code: "SWAPPED", certificate: "/web.crt", key: "/web.key" },
    ],
    [
      "both swapped, in DER",
      () => ({ crt: exported(files.key, "pkcs8", "der"), key: der(files.leaf) }),
      { code: "SWAPPED" },
    ],
    [
      "both swapped, encrypted",
      () => ({ crt: exported(files.key, "pkcs8", "pem", "x"), key: files.crt }),
      { code: "SWAPPED" },
    ],
    [
      "a public key for a key",
      () => ({ crt: files.crt, key: toPem("PUBLIC KEY", Buffer.from("3000", "hex")) }),
      { code: "PUBLIC_KEY" },
    ],
    [
      "a request for a certificate",
      () => ({ crt: request, key: files.key }),
      { code: "CERTIFICATE_REQUEST", role: "certificate" },
    ],
    ["a request for a key", () => ({ crt: files.crt, key: request }), { code: "CERTIFICATE_REQUEST", role: "key" }],
    [
      "a broken certificate",
      () => ({ crt: files.leaf.replace("M", "!"), key: files.key }),
      { code: "BAD_CERTIFICATE", position: 1, problem: "its base64 is broken" },
    ],
    [
      "a broken second one",
      () => ({ crt: files.leaf + toPem("CERTIFICATE", Buffer.from("3000", "hex")), key: files.key }),
      { code: "BAD_CERTIFICATE", position: 2 },
    ],
    [
      "a certificate that begins in another",
      () => ({ crt: files.leaf.slice(0, 300) + files.crt, key: files.key }),
      { code: "BAD_CERTIFICATE", position: 1 },
    ],
    [
      "a broken key",
      () => ({ crt: files.crt, key: toPem("PRIVATE KEY", Buffer.from("3000", "hex")) }),
      { code: "BAD_KEY" },
    ],
    [
      "a key of another kind",
      () => ({ crt: files.crt, key: pkcs8(generateKeyPairSync("x25519").privateKey) }),
      { code: "BAD_KEY" },
    ],
    [
      "a curve that no CA takes",
      () => ({ crt: files.crt, key: pkcs8(generateKeyPairSync("ec", { namedCurve: "secp256k1" }).privateKey) }),
      { code: "BAD_KEY" },
    ],
    ["a key that is too short", () => ({ crt: files.crt, key: pkcs8(rsa(1024)) }), { code: "BAD_KEY" }],
    [
      "another key",
      () => ({ crt: files.crt, key: files.other }),
      { code: "KEY_MISMATCH", certificate: "/web.crt", key: "/web.key" },
    ],
    [
      "a key of another kind than the certificate's",
      () => ({ crt: files.crt, key: pkcs8(rsa(2048)) }),
      { code: "KEY_MISMATCH" },
    ],
    ["a CA's certificate", () => ({ crt: files.root, key: files.key }), { code: "CA_CERTIFICATE" }],
    [
      "the wrong order",
      () => ({ crt: files.intermediate + files.leaf, key: files.key }),
      { code: "CA_CERTIFICATE", leafAt: 2 },
    ],
    [
      "encrypted, and nobody to ask",
      () => ({ crt: files.crt, key: exported(files.key, "pkcs8", "pem", "x") }),
      { code: "KEY_ENCRYPTED" },
    ],
    [
      "encrypted, and no answer",
      () => ({ crt: files.crt, key: exported(files.key, "pkcs8", "pem", "x") }),
      { code: "KEY_ENCRYPTED" },
      [null],
    ],
    [
      "the wrong answer",
      () => ({ crt: files.crt, key: exported(files.key, "sec1", "pem", "x") }),
      { code: "WRONG_PASSPHRASE", passphraseFrom: "the terminal" },
      ["y"],
    ],
    [
      "the wrong passphrase",
      () => ({ crt: files.crt, key: exported(files.key, "pkcs8", "pem", "x"), pw: "y" }),
      { code: "WRONG_PASSPHRASE", passphraseFrom: "/pw" },
    ],
    [
      "an empty passphrase file",
      () => ({ crt: files.crt, key: exported(files.key, "pkcs8", "pem", "x"), pw: "" }),
      { code: "FILE_EMPTY", role: "passphrase" },
    ],
    [
      "one with an empty line",
      () => ({ crt: files.crt, key: exported(files.key, "pkcs8", "pem", "x"), pw: "\r\n" }),
      { code: "FILE_EMPTY", role: "passphrase" },
    ],
  ])("%s", async (_, given, expected, answers) => {
    expect(await loading(given(), answers)).toMatchObject(expected);
  });

  test("a passphrase file that is not there, but only when it is needed", async () => {
    const missing = { certificate: "/web.crt", key: "/web.key", passphraseFile: "/none" };
    const fs = new MemoryDisk()
      .put("/web.crt", files.crt)
      .put("/web.key", files.key)
      .put("/locked.key", exported(files.key, "pkcs8", "pem", "x"));
    expect(await load(missing, testWorld({ fs }))).toBeDefined();
    const error = await load({ ...missing, key: "/locked.key" }, testWorld({ fs })).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "FILE_MISSING", facts: { role: "passphrase" } });
  });

  test("a wrong passphrase is always one, however well its padding looks by chance", async () => {
    const locked = exported(files.key, "pkcs8", "pem", "secret");
    for (let n = 0; n < 600; n++)
      expect(await loading({ crt: files.crt, key: locked, pw: `wrong ${n}` })).toMatchObject({
        code: "WRONG_PASSPHRASE",
      });
  }, 60_000);
});

describe("a passphrase", () => {
  test.each([
    ["with a line end", "secret\n"],
    ["with Windows' line end", "secret\r\n"],
    ["with several", "secret\n\n"],
    ["with blanks behind it, which step takes off", "secret \t\n"],
    ["with a byte order mark", "\ufeffsecret\r\n"],
  ])("%s opens the key", async (_, pw) => {
    expect(await loading({ crt: files.crt, key: exported(files.key, "pkcs8", "pem", "secret"), pw })).toMatchObject({
      kind: "ec",
    });
  });

  test("that really ends in a blank opens it as well", async () => {
    expect(
      await loading({ crt: files.crt, key: exported(files.key, "pkcs8", "pem", "secret "), pw: "secret \n" }),
    ).toMatchObject({
      kind: "ec",
    });
  });

  test("is asked for on a terminal, once, and only when it is needed", async () => {
    const locked = await loading({ crt: files.crt, key: exported(files.key, "pkcs8", "pem", "x") }, ["x"]);
    expect(locked).toMatchObject({ kind: "ec", asked: expect.stringMatching(/^passphrase for \/web\.key: /) });
    expect(await loading({ crt: files.crt, key: files.key }, ["x"])).toMatchObject({ asked: "" });
    expect(
      await loading({ crt: files.crt, key: exported(files.key, "pkcs8", "pem", "x"), pw: "x" }, ["y"]),
    ).toMatchObject({
      asked: "",
    });
  });
});
