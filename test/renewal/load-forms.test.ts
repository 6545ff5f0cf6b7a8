/** Every form in which people have a certificate and a key. */
import { beforeAll, describe, expect, test } from "vitest";
import { createAuthority, type KeyKind } from "../../src/dev-ca/authority.ts";
import { toPem } from "../../src/pki/pem.ts";
import { der, exported, issuedFiles, loading } from "../support/user-files.ts";

let files: Awaited<ReturnType<typeof issuedFiles>>;
beforeAll(async () => {
  files = await issuedFiles();
});

const windows = (text: string | Buffer) => text.toString().replaceAll("\n", "\r\n");
const parameters = toPem("EC PARAMETERS", Buffer.from("06082a8648ce3d030107", "hex"));

describe("a key is taken as", () => {
  test.each<[string, () => string | Buffer, string?]>([
    ["PKCS#8", () => files.key],
    ["SEC1", () => exported(files.key, "sec1", "pem")],
    [
      "SEC1 behind its parameters, as openssl ecparam -genkey writes it",
      () => parameters + exported(files.key, "sec1", "pem"),
    ],
    ["PKCS#8 in DER", () => exported(files.key, "pkcs8", "der")],
    ["SEC1 in DER", () => exported(files.key, "sec1", "der")],
    ["PKCS#8 encrypted (PBES2)", () => exported(files.key, "pkcs8", "pem", "secret"), "secret"],
    ["the same in DER", () => exported(files.key, "pkcs8", "der", "secret"), "secret"],
    ["SEC1 encrypted (RFC 1421)", () => exported(files.key, "sec1", "pem", "secret"), "secret"],
    ["encrypted, with Windows line ends", () => windows(exported(files.key, "sec1", "pem", "secret")), "secret"],
    ["encrypted with an empty passphrase", () => exported(files.key, "pkcs8", "pem", ""), ""],
    ["encrypted with words of the world", () => exported(files.key, "pkcs8", "pem", "pässwörd 東京"), "pässwörd 東京"],
    ["Windows line ends", () => windows(files.key)],
    ["a byte order mark", () => `\ufeff${files.key}`],
    [
      "words around it",
      () => `Bag Attributes\n  friendlyName: web\nKey Attributes: <No Attributes>\n${files.key}more\n`,
    ],
    ["no line end at its end", () => files.key.trimEnd()],
    ["behind the certificate", () => files.crt + files.key],
    ["before the certificate", () => files.key + files.crt],
    ["two keys, of which the first one counts", () => files.key + files.other],
  ])("%s", async (_, form, passphrase) => {
    const { crt, serial } = files;
    const loaded = await loading({ crt, key: form(), ...(passphrase !== undefined && { pw: `${passphrase}\n` }) });
    expect(loaded).toMatchObject({ chain: [serial, expect.any(String)], kind: "ec" });
  });

  test.each<KeyKind>(["P-256", "P-384", "P-521", "RSA-2048", "Ed25519"])("%s", async (kind) => {
    const { chain, key } = await (await createAuthority()).issue({ key: kind });
    expect(await loading({ crt: chain, key })).toMatchObject({ chain: [expect.any(String)] });
  });

  test("PKCS#1, in PEM, in DER, and encrypted (RFC 1421)", async () => {
    const { chain, key } = await (await createAuthority()).issue({ key: "RSA-2048" });
    expect(await loading({ crt: chain, key: exported(key, "pkcs1", "pem") })).toMatchObject({ kind: "rsa" });
    expect(await loading({ crt: chain, key: exported(key, "pkcs1", "der") })).toMatchObject({ kind: "rsa" });
    expect(await loading({ crt: chain, key: exported(key, "pkcs1", "pem", "x"), pw: "x" })).toMatchObject({
      kind: "rsa",
    });
  });
});

describe("a certificate is taken", () => {
  test.each<[string, () => string | Buffer, number]>([
    ["with its intermediate", () => files.crt, 2],
    ["alone", () => files.leaf, 1],
    ["as DER", () => der(files.leaf), 1],
    ["with Windows line ends", () => windows(files.crt), 2],
    ["with a byte order mark", () => `\ufeff${files.crt}`, 2],
    ["with words before each block", () => `subject=CN=dave\n${files.leaf}issuer=x\n${files.intermediate}`, 2],
    ["with words that begin as DER does", () => `0 s:CN = dave\n   i:CN = x\n${files.crt}`, 2],
    ["with its key", () => files.key + files.crt, 2],
    ["with the root", () => files.crt + files.root, 3],
    ["with the old label", () => files.leaf.replaceAll("CERTIFICATE", "X509 CERTIFICATE"), 1],
    [
      "with OpenSSL's notes behind it",
      () => toPem("TRUSTED CERTIFICATE", Buffer.concat([der(files.leaf), Buffer.from("300a", "hex")])),
      1,
    ],
    ["with indented lines", () => files.leaf.replace(/\n(?=[A-Za-z0-9+/])/g, "\n  "), 1],
    ["in one long line", () => files.leaf.replace(/(?<=[A-Za-z0-9+/=])\n(?=[A-Za-z0-9+/=])/g, ""), 1],
  ])("%s", async (_, form, count) => {
    const { key, serial } = files;
    expect(await loading({ crt: form(), key })).toMatchObject({ chain: { length: count, 0: serial } });
  });
});
