import { spawnSync } from "node:child_process";
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { children, oid, readDer } from "../../src/pki/der.ts";
import { element, integer, objectId } from "../../src/pki/der-writing.ts";
import { encryptKey } from "../../src/pki/encrypted-key.ts";
import { findKey, openKey } from "../../src/pki/key.ts";
import {
  createKey,
  formOf,
  type KeyForm,
  type KeyKind,
  type KeyWish,
  keyFile,
  kindFor,
  kindOf,
  kindText,
} from "../../src/pki/new-key.ts";
import { exported } from "../support/user-files.ts";

const keys = {
  rsa: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
  ec: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
  ed25519: generateKeyPairSync("ed25519").privateKey,
};
const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
const source = (bytes: Buffer) => ({ file: "web.key", role: "key" as const, bytes });
const spki = (key: KeyObject) => createPublicKey(key).export({ type: "spki", format: "der" });
const pem = (key: KeyObject) => key.export({ type: "pkcs8", format: "pem" }).toString();

describe("DER is written as it is read", () => {
  test("elements of every length", () => {
    for (const size of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
      expect(readDer(element(0x04, Buffer.alloc(size, 7))).value).toHaveLength(size);
    }
  });

  test("numbers and object identifiers", () => {
    const arc = fc.integer({ min: 0, max: 2 ** 31 });
    const id = fc.tuple(fc.constantFrom("1.2", "0.9", "1.39", "2.5", "2.47", "2.16"), fc.array(arc, { maxLength: 8 }));
    fc.assert(
      fc.property(id, fc.integer({ min: 0, max: 2 ** 32 }), ([root, arcs], number) => {
        const dotted = [root, ...arcs].join(".");
        expect(oid(readDer(objectId(dotted)))).toBe(dotted);
        const { value } = readDer(integer(number));
        expect(Number(BigInt(`0x${Buffer.from(value).toString("hex")}`))).toBe(number);
        expect((value[0] ?? 0) & 0x80).toBe(0);
      }),
    );
  });
});

describe("an encrypted key", () => {
  test.each(Object.entries(keys))(
    "of type %s opens with its passphrase, whatever it is, and with no other",
    (_, key) => {
      fc.assert(
        fc.property(fc.string({ minLength: 1, maxLength: 80, unit: "grapheme" }), (passphrase) => {
          const bytes = keyFile(
            key,
            { encoding: "pem", type: "pkcs8", isEncrypted: true },
            { text: passphrase, from: "" },
          );
          const text = bytes.toString();
          expect(text).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
          expect(spki(createPrivateKey({ key: text, passphrase }))).toEqual(spki(key));
          expect(() => createPrivateKey({ key: text, passphrase: `${passphrase}x` })).toThrow();
        }),
        { seed: 2, numRuns: 4 },
      );
    },
  );

  test("is derived with 600,000 rounds of PBKDF2-HMAC-SHA256, a salt of its own, and AES-256-CBC", () => {
    const parts = () => {
      const [algorithm] = children(readDer(encryptKey(keys.ec, "secret")));
      const [scheme, parameters] = children(algorithm);
      const [derivation, encryption] = children(parameters);
      const [kdf, how] = children(derivation);
      const [salt, rounds, prf] = children(how);
      const [cipher, iv] = children(encryption);
      const ids = [scheme, kdf, children(prf)[0], cipher].map((one) => oid(one));
      return {
        ids,
        rounds: Number(`0x${Buffer.from(rounds?.value ?? []).toString("hex")}`),
        salt: salt?.value,
        iv: iv?.value,
      };
    };
    const [one, other] = [parts(), parts()];
    expect(one.rounds).toBe(600_000);
    expect(one.ids).toEqual([
      "1.2.840.113549.1.5.13",
      "1.2.840.113549.1.5.12",
      "1.2.840.113549.2.9",
      "2.16.840.1.101.3.4.1.42",
    ]);
    expect([one.salt, one.iv].map((bytes) => bytes?.length)).toEqual([16, 16]);
    expect(one.salt).not.toEqual(other.salt);
    expect(one.iv).not.toEqual(other.iv);
  });

  test.runIf(hasOpenssl).each(Object.entries(keys))("of type %s opens in OpenSSL", (_, key) => {
    const input = keyFile(key, { encoding: "pem", type: "pkcs8", isEncrypted: true }, { text: "sécret", from: "" });
    const openssl = spawnSync("openssl", ["pkey", "-passin", "pass:sécret", "-pubout"], { input });
    expect(openssl.stdout.toString()).toBe(createPublicKey(key).export({ type: "spki", format: "pem" }).toString());
  });

  test("is never written in the clear for want of a passphrase", () => {
    expect(() => keyFile(keys.ec, { encoding: "pem", type: "pkcs8", isEncrypted: true })).toThrow("in the clear");
  });
});

describe("a key keeps the form of the file that it was in, where it can", () => {
  const forms: [old: Buffer | string, form: KeyForm][] = [
    [exported(pem(keys.ec), "pkcs8", "pem"), { encoding: "pem", type: "pkcs8", isEncrypted: false }],
    [exported(pem(keys.ec), "sec1", "pem"), { encoding: "pem", type: "sec1", isEncrypted: false }],
    [exported(pem(keys.rsa), "pkcs1", "pem"), { encoding: "pem", type: "pkcs1", isEncrypted: false }],
    [exported(pem(keys.ec), "pkcs8", "der"), { encoding: "der", type: "pkcs8", isEncrypted: false }],
    [exported(pem(keys.ec), "sec1", "der"), { encoding: "der", type: "sec1", isEncrypted: false }],
    [exported(pem(keys.rsa), "pkcs1", "der"), { encoding: "der", type: "pkcs1", isEncrypted: false }],
    [exported(pem(keys.ed25519), "pkcs8", "der"), { encoding: "der", type: "pkcs8", isEncrypted: false }],
    [exported(pem(keys.ec), "pkcs8", "pem", "s"), { encoding: "pem", type: "pkcs8", isEncrypted: true }],
    [exported(pem(keys.ec), "sec1", "pem", "s"), { encoding: "pem", type: "sec1", isEncrypted: true }],
    [exported(pem(keys.ec), "pkcs8", "der", "s"), { encoding: "der", type: "pkcs8", isEncrypted: true }],
  ];
  test.each(forms)("form %#", (old, form) => {
    const material = findKey(source(Buffer.from(old)));
    expect(formOf(material)).toEqual(form);
    const passphrase = { text: "s", from: "" };
    for (const key of Object.values(keys)) {
      const bytes = keyFile(key, form, passphrase);
      const again = findKey(source(bytes));
      expect(spki(openKey(again, source(bytes), passphrase))).toEqual(spki(key));
      const fits = { sec1: "ec", pkcs1: "rsa", pkcs8: key.asymmetricKeyType }[form.type] === key.asymmetricKeyType;
      const type = form.isEncrypted || !fits ? "pkcs8" : form.type;
      expect(formOf(again)).toEqual({ ...form, type });
    }
  });
});

describe("the kind of a new key", () => {
  const [p256, p384]: KeyKind[] = [
    { type: "EC", curve: "P-256" },
    { type: "EC", curve: "P-384" },
  ];
  const rsa4096: KeyKind = { type: "RSA", bits: 4096 };
  test.each<[string, KeyWish | null, KeyKind | undefined, KeyKind | undefined]>([
    ["stays what it was", null, p384, p384],
    ["and its size, too", null, rsa4096, rsa4096],
    ["type asked for, and it was that", { type: "RSA" }, rsa4096, rsa4096],
    ["another type, with step's size", { type: "RSA" }, p384, { type: "RSA", bits: 2048 }],
    ["another type, with step's curve", { type: "EC" }, rsa4096, p256],
    ["the curve kept", { type: "EC" }, p384, p384],
    ["another curve", { type: "EC", curve: "P-521" }, p384, { type: "EC", curve: "P-521" }],
    ["Ed25519", { type: "OKP" }, rsa4096, { type: "OKP" }],
  ])("%s", (_, wish, old, expected) => {
    if (old === undefined) throw new Error("no kind");
    expect(kindFor(wish, old)).toEqual(expected);
  });

  test.each<[KeyKind, string]>([
    [{ type: "RSA", bits: 2048 }, "RSA 2048"],
    [{ type: "EC", curve: "P-256" }, "ECDSA P-256"],
    [{ type: "EC", curve: "P-384" }, "ECDSA P-384"],
    [{ type: "EC", curve: "P-521" }, "ECDSA P-521"],
    [{ type: "OKP" }, "Ed25519"],
  ])("%o is what is made", async (kind, text) => {
    const key = await createKey(kind);
    expect(kindOf(key)).toEqual(kind);
    expect(kindText(kind)).toBe(text);
  });
});
