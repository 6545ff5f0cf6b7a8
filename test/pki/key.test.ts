import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createAuthority, type KeyKind } from "../../src/dev-ca/authority.ts";
import { isFailure } from "../../src/failure/failure.ts";
import { isIssuedBy } from "../../src/pki/certificate.ts";
import { identity, keyFingerprint } from "../../src/pki/identity.ts";
import { findKey, openKey, publicKeyOf } from "../../src/pki/key.ts";
import { issued } from "../support/issued.ts";

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const source = (bytes: Buffer) => ({ file: "web.key", role: "key" as const, bytes });

function outcome(bytes: Buffer): string {
  try {
    return openKey(findKey(source(bytes)), source(bytes)).asymmetricKeyType ?? "";
  } catch (error) {
    if (isFailure(error)) return error.code;
    throw error;
  }
}

describe("a key file", () => {
  const codes = [
    "ec",
    "BAD_KEY",
    "NOT_PEM",
    "FILE_EMPTY",
    "KEY_ENCRYPTED",
    "NO_KEY",
    "PUBLIC_KEY",
    "CERTIFICATE_REQUEST",
  ];

  test.each(["pem", "der"] as const)("in %s with any byte changed is a key or has a code", (format) => {
    const whole = Buffer.from(privateKey.export({ type: "pkcs8", format: format as "pem" }));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
        const broken = Buffer.from(whole);
        broken[at] = byte;
        expect(codes).toContain(outcome(broken));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test("of any bytes at all has a code", () => {
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.uint8Array().map((rest) => Uint8Array.from([0x30, ...rest])),
    );
    fc.assert(
      fc.property(bytes, (given) => {
        expect(codes).toContain(outcome(Buffer.from(given)));
      }),
      { seed: 2, numRuns: 500 },
    );
  });
});

test("a failure says nothing of the key or its passphrase", () => {
  const locked = Buffer.from(
    privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "right" }),
  );
  try {
    openKey(findKey(source(locked)), source(locked), { text: "a wrong secret", from: "pw" });
    expect.unreachable();
  } catch (error) {
    const said = JSON.stringify([error, isFailure(error) ? error.facts : null, String(error)]);
    expect(said).toContain("WRONG_PASSPHRASE");
    expect(said).not.toMatch(/a wrong secret|BEGIN/);
  }
});

describe("a key and its certificate", () => {
  const kinds: KeyKind[] = ["P-256", "P-384", "P-521", "RSA-2048", "Ed25519"];

  test.each(kinds)("%s: the public half is the certificate's", async (kind) => {
    const { leaf, chain, key } = await issued({ key: kind });
    const opened = createPrivateKey(key);
    expect(publicKeyOf(opened)).toEqual(Buffer.from(leaf.spki));
    expect(publicKeyOf(opened)).toEqual(
      new X509Certificate(leaf.der).publicKey.export({ type: "spki", format: "der" }),
    );
    expect(identity({ certificateFile: "web.crt", keyFile: "web.key", chain, key: opened }).leaf).toBe(leaf);
  });

  test("a comparison leaves nothing behind in OpenSSL that breaks the next key", async () => {
    const [one, two] = await Promise.all(["P-256", "RSA-2048"].map((key) => issued({ key: key as KeyKind })));
    if (one === undefined || two === undefined) throw new Error("nothing issued");
    const keys = { certificateFile: "web.crt", keyFile: "web.key", chain: one.chain, key: createPrivateKey(two.key) };
    expect(() => identity(keys)).toThrow("KEY_MISMATCH");
    expect(isIssuedBy(one.leaf, { ...two.leaf, subject: one.leaf.issuer })).toBe(false);
    expect(createPrivateKey(one.key).asymmetricKeyType).toBe("ec");
    expect(createPublicKey(two.key).asymmetricKeyType).toBe("rsa");
  });

  test("the place of the one that fits is named", async () => {
    const authority = await createAuthority({ intermediate: true });
    const [{ chain, key }, other] = [await issued({}, authority), await issued({}, authority)];
    const join = (order: typeof chain) => () =>
      identity({ certificateFile: "web.crt", keyFile: "web.key", chain: order, key: createPrivateKey(key) });
    const [leaf, intermediate] = chain;
    if (intermediate === undefined) throw new Error("no intermediate");
    expect(join([intermediate, leaf])).toThrow(
      expect.objectContaining({ code: "CA_CERTIFICATE", facts: expect.objectContaining({ leafAt: 2 }) }),
    );
    expect(join([other.leaf, leaf])).toThrow(
      expect.objectContaining({ code: "KEY_MISMATCH", facts: expect.objectContaining({ matchesAt: 2 }) }),
    );
  });
});

test("a fingerprint is the SHA-256 of the public key, as sha256sum gives it", () => {
  expect(keyFingerprint(Buffer.from("abc"))).toBe(
    "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});
