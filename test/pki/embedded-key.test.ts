import { generateKeyPairSync, type KeyObject } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isFailure } from "../../src/failure/failure.ts";
import { embedsPublicKey } from "../../src/pki/embedded-key.ts";
import { findKey, openKey, publicKeyOf } from "../../src/pki/key.ts";
import { pemBlocks } from "../../src/pki/pem.ts";
import { formsOf } from "../support/key-forms.ts";

const ec = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve }).privateKey;
const keys: Record<string, KeyObject> = {
  "P-256": ec("P-256"),
  "another P-256": ec("P-256"),
  "P-384": ec("P-384"),
  "P-521": ec("P-521"),
  "RSA 2048": generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
  "RSA 3072": generateKeyPairSync("rsa", { modulusLength: 3072 }).privateKey,
  "RSA 1024": generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey,
  Ed25519: generateKeyPairSync("ed25519").privateKey,
  secp256k1: ec("secp256k1"),
};
const usual = ["P-256", "another P-256", "P-384", "P-521", "RSA 2048", "RSA 3072"];

/** What OpenSSL makes of it, by the rules for a key file; null where it refuses. */
function openedBy(bytes: Buffer): Buffer | null {
  const source = { file: "web.key", role: "key", bytes } as const;
  try {
    return publicKeyOf(openKey(findKey(source), source));
  } catch (error) {
    if (isFailure(error)) return null;
    throw error;
  }
}

const spkis = Object.values(keys).map((key) => publicKeyOf(key));

describe.each(Object.entries(keys))("a key of %s", (name, key) => {
  const all = Object.entries(formsOf(key)).flatMap(([form, bytes]) => {
    const blocks = pemBlocks(bytes.toString("latin1")).filter((block) => block.label.endsWith("PRIVATE KEY"));
    const ders: { der: Buffer; label?: string }[] = blocks.length === 0 ? [{ der: bytes }] : blocks;
    return ders.map(({ der, label }) => ({ form, bytes, der, label }));
  });

  test.each(all)("$form: a yes is what OpenSSL says too, and to nobody else's", ({ der, label, bytes }) => {
    const own = publicKeyOf(key);
    const opened = openedBy(bytes);
    for (const spki of spkis) {
      // How the lines of PEM stand is judged by whoever reads the file.
      if (!embedsPublicKey(der, spki, label)) continue;
      expect(spki.equals(own)).toBe(true);
      if (opened !== null) expect(opened.equals(own)).toBe(true);
    }
    if (label !== undefined && bytes.toString().includes("wrong label")) expect(opened).toBe(null);
  });

  test("is known by what is usual", () => {
    const forms = formsOf(key);
    const seen = Object.keys(forms)
      .filter((form) => form.endsWith(", DER"))
      .map((form) => embedsPublicKey(forms[form] ?? Buffer.alloc(0), publicKeyOf(key)));
    expect(new Set(seen)).toEqual(new Set([usual.includes(name)]));
  });
});

test("bytes that were changed never throw, and a yes is still OpenSSL's", () => {
  const pool = usual.map((name) => keys[name]).filter((key) => key !== undefined);
  const ders = pool.flatMap((key) =>
    Object.entries(formsOf(key))
      .filter(([form]) => form.endsWith(", DER"))
      .map(([, der]) => ({ der, spki: publicKeyOf(key) })),
  );
  const change = fc.record({
    of: fc.constantFrom(...ders),
    // Most of what decides stands at the beginning.
    at: fc.oneof(fc.nat(70), fc.nat(3000)),
    to: fc.oneof(fc.constantFrom(0, 1, 2, 3, 4, 48, 127, 128, 160, 161, 255), fc.nat(255)),
    cut: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(80)),
    more: fc.constantFrom(0, 0, 0, 1),
  });
  let yes = 0;
  fc.assert(
    fc.property(change, ({ of: { der, spki }, at, to, cut, more }) => {
      const changed = Buffer.concat([der.subarray(0, der.length - cut), Buffer.alloc(more)]);
      changed[at % changed.length] = to;
      if (!embedsPublicKey(changed, spki)) return;
      yes++;
      const opened = openedBy(changed);
      expect(opened === null ? "refused" : opened.equals(spki)).toBe(true);
    }),
    { numRuns: 3000 },
  );
  expect(yes).toBeGreaterThan(0);
});

test("a certificate's half that was changed never throws, and is another's", () => {
  const key = keys["P-256"] ?? ec("P-256");
  const [der, spki] = [key.export({ type: "pkcs8", format: "der" }), publicKeyOf(key)];
  for (let at = 0; at < spki.length; at++)
    for (const bit of [1, 128]) {
      const other = Buffer.from(spki);
      other.writeUInt8(other.readUInt8(at) ^ bit, at);
      expect(embedsPublicKey(der, other)).toBe(false);
    }
});

test("a scalar of 0, or above the order, is left to OpenSSL, of which not every version takes it", () => {
  for (const name of ["P-256", "P-384", "P-521"]) {
    const key = keys[name] ?? ec("P-256");
    const scalar = Buffer.from(key.export({ format: "jwk" }).d ?? "", "base64url");
    const der = key.export({ type: "sec1", format: "der" });
    const at = der.indexOf(scalar);
    for (const octet of [0, 255]) {
      const odd = Buffer.from(der);
      odd.fill(octet, at, at + scalar.length);
      expect(embedsPublicKey(odd, publicKeyOf(key))).toBe(false);
    }
  }
});
