/** Keys that are read without OpenSSL's decoders are the very keys that it would have read; what is odd is left to it. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pemBlocks } from "../../src/pki/pem.ts";
import { quickKey } from "../../src/pki/quick-key.ts";

const kinds: [string, KeyObject, ("pkcs8" | "sec1" | "pkcs1")[]][] = [
  ["P-256", generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey, ["pkcs8", "sec1"]],
  ["P-384", generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey, ["pkcs8", "sec1"]],
  ["P-521", generateKeyPairSync("ec", { namedCurve: "P-521" }).privateKey, ["pkcs8", "sec1"]],
  ["RSA", generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey, ["pkcs8", "pkcs1"]],
];
const forms = kinds.flatMap(([name, key, types]) => types.map((type) => [name, type, key] as const));

function blockOf(key: KeyObject, type: "pkcs8" | "sec1" | "pkcs1") {
  const [block] = pemBlocks(key.export({ type: type as "pkcs8", format: "pem" }).toString());
  if (block === undefined) throw new Error("no block");
  return block;
}

test.each(forms)("%s as %s", (_, type, key) => {
  const { label, der } = blockOf(key, type);
  const quick = quickKey(label, der);
  expect(quick?.export({ type: "pkcs8", format: "der" })).toEqual(key.export({ type: "pkcs8", format: "der" }));
  expect(quick && createPublicKey(quick).export({ type: "spki", format: "der" })).toEqual(
    createPublicKey(key).export({ type: "spki", format: "der" }),
  );
});

describe("is left to OpenSSL:", () => {
  test.each([
    ["Ed25519", generateKeyPairSync("ed25519").privateKey],
    ["another curve", generateKeyPairSync("ec", { namedCurve: "secp256k1" }).privateKey],
    ["RSA-PSS", generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).privateKey],
  ])("%s", (_, key) => {
    const { label, der } = blockOf(key, "pkcs8");
    expect(quickKey(label, der)).toBeNull();
  });

  test("a key without its public half", () => {
    const short = Buffer.from(`30310201010420${"11".repeat(32)}a00a06082a8648ce3d030107`, "hex");
    expect(quickKey("EC PRIVATE KEY", short)).toBeNull();
  });
});

test("no bytes that it takes are another key to OpenSSL", () => {
  const from = fc.constantFrom(...forms);
  const change = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), to: fc.nat(255) });
  fc.assert(
    fc.property(from, fc.array(change, { minLength: 1, maxLength: 3 }), ([, type, key], changes) => {
      const { label, der } = blockOf(key, type);
      const bytes = Buffer.from(der);
      for (const { at, to } of changes) bytes[Math.min(bytes.length - 1, Math.floor(at * bytes.length))] = to;
      const quick = quickKey(label, bytes);
      const slow = opened(bytes, type);
      if (quick === null) return;
      expect(quick.export({ type: "pkcs8", format: "der" })).toEqual(slow?.export({ type: "pkcs8", format: "der" }));
    }),
    { numRuns: 1500 },
  );
});

function opened(der: Buffer, type: "pkcs8" | "sec1" | "pkcs1"): KeyObject | null {
  try {
    return createPrivateKey({ key: der, format: "der", type });
  } catch {
    return null;
  }
}
