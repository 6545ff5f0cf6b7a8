import { X509Certificate } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type Authority, createAuthority, issuerOf } from "../../src/dev-ca/authority.ts";
import { encode } from "../../src/dev-ca/issuing/der.ts";
import { Extension, X509CrlGenerator } from "../../src/dev-ca/x509.ts";
import { readCrl } from "../../src/pki/crl.ts";
import { children, DerError, readDer } from "../../src/pki/der.ts";
import { certificatesIn } from "../support/issued.ts";

const issued = new Date("2026-03-02T12:00:00Z");
const expires = new Date("2026-03-03T12:00:00Z");

let authority: Authority;
beforeAll(async () => {
  authority = await createAuthority();
});

interface Shape {
  nextUpdate?: Date;
  extensions?: Extension[];
  /** Of every entry. */
  reason?: number;
}

async function list(serials: readonly bigint[], shape: Shape = {}): Promise<Buffer> {
  const { nextUpdate, extensions, reason } = shape;
  const { certificate, signer } = await issuerOf({ certificate: authority.root, key: authority.rootKey });
  const made = await X509CrlGenerator.create({
    issuer: certificate.subjectName,
    thisUpdate: issued,
    ...(nextUpdate && { nextUpdate }),
    entries: serials.map((serial) => ({
      serialNumber: hexOf(serial),
      revocationDate: issued,
      ...(reason !== undefined && { reason }),
    })),
    ...(extensions && { extensions }),
    signingKey: signer.key,
    signingAlgorithm: signer.algorithm,
  });
  return Buffer.from(made.rawData);
}

/** The same list with other entries; its signature is none then. */
function withEntries(der: Buffer, entries: Buffer): Buffer {
  const [tbs, algorithm, signature] = children(readDer(der));
  const [version, inner, issuer, time] = children(tbs);
  const parts = [version, inner, issuer, time].map((part) => Buffer.from(part?.raw ?? []));
  const rest = [algorithm, signature].map((part) => Buffer.from(part?.raw ?? []));
  return encode(0x30, encode(0x30, ...parts, encode(0x30, entries)), ...rest);
}

function publicKeyOf(certificate: string): string {
  return new X509Certificate(certificate).publicKey.export({ type: "spki", format: "pem" }).toString();
}

function hexOf(serial: bigint): string {
  const digits = serial.toString(16);
  return digits.padStart(digits.length + (digits.length % 2), "0");
}

describe("a revocation list", () => {
  test("says whose serial numbers it holds, in decimal, and how long it counts", async () => {
    const wish = fc.uniqueArray(fc.bigInt({ min: 1n, max: 2n ** 127n - 1n }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(wish, async (serials) => {
        const crl = readCrl(await list(serials, { nextUpdate: expires }));
        for (const serial of serials) {
          expect(crl.lists(String(serial))).toBe(true);
          for (const near of [serial + 1n, serial * 256n, serial / 256n])
            expect(crl.lists(String(near))).toBe(serials.includes(near));
        }
        expect([crl.issued, crl.expires, crl.partial]).toEqual([issued, expires, null]);
      }),
      { seed: 1, numRuns: 20 },
    );
  });

  test("may not say when the next one comes", async () => {
    const crl = readCrl(await list([7n]));
    expect([crl.expires, crl.lists("7"), crl.lists("8")]).toEqual([null, true, false]);
  });

  test("is its issuer's alone", async () => {
    const crl = readCrl(await list([7n], { nextUpdate: expires }));
    const twin = await createAuthority();
    const renamed = await createAuthority({ root: { certificate: authority.root, key: authority.rootKey } });
    const [own] = certificatesIn(authority.root);
    const [sameKey] = certificatesIn((await renamed.issue({ publicKeyPem: publicKeyOf(authority.root) })).certificate);
    const all = [own, certificatesIn(twin.root)[0], sameKey];
    expect(all.map((issuer) => crl.isSignedBy(issuer))).toEqual([true, false, false]);
  });

  const point = (...parts: string[]) => {
    const inside = parts.join("");
    const whole = Buffer.from(`30${(inside.length / 2).toString(16).padStart(2, "0")}${inside}`, "hex");
    return new Extension("2.5.29.28", true, whole);
  };
  const url = "a00aa008860668747470733a";
  test.each<[string, Extension[], boolean, boolean]>([
    ["says where it is", [point(url)], true, true],
    ["is about users' certificates only", [point(url, "8101ff")], true, true],
    ["is about CAs' certificates only", [point(url, "8201ff")], false, true],
    ["is about some reasons only", [point("83020780")], false, true],
    ["holds certificates of other issuers", [point("8401ff")], false, false],
    ["says false where it could say so", [point("840100")], true, true],
    ["lists changes only", [new Extension("2.5.29.27", true, Buffer.from("020101", "hex"))], false, true],
    [
      "has a critical extension that nobody knows",
      [new Extension("1.2.3.4", true, Buffer.from("0500", "hex"))],
      false,
      true,
    ],
    ["has an uncritical one", [new Extension("1.2.3.4", false, Buffer.from("0500", "hex"))], true, true],
  ])("that %s", async (_, extensions, isWhole, counts) => {
    const crl = readCrl(await list([7n], { nextUpdate: expires, extensions }));
    expect([crl.partial === null, crl.lists("7"), crl.lists("8")]).toEqual([isWhole, counts, false]);
  });

  test.each([
    [1, true],
    [6, true],
    [8, false],
  ])("an entry for reason %i counts: %s", async (reason, counts) => {
    expect(readCrl(await list([7n], { reason })).lists("7")).toBe(counts);
  });

  test("of half a million entries is read at once", async () => {
    const entry = (n: number) =>
      `301f0210${n.toString(16).padStart(32, "5")}170b${"3236303330323132303030305a".slice(0, 22)}`;
    const entries = Buffer.from(Array.from({ length: 500_000 }, (_, n) => entry(n)).join(""), "hex");
    const whole = await list([7n]);
    const huge = withEntries(whole, entries);
    const started = performance.now();
    const crl = readCrl(huge);
    const wanted = [499_999, 500_000].map((n) => BigInt(`0x${n.toString(16).padStart(32, "5")}`).toString());
    expect(wanted.map((serial) => crl.lists(serial))).toEqual([true, false]);
    expect(performance.now() - started).toBeLessThan(500);
  });

  test("says nothing else in its issuer's name once a byte of it has changed", async () => {
    const whole = await list([7n, 8n], { nextUpdate: expires });
    const [own] = certificatesIn(authority.root);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const broken = Buffer.from(whole);
        broken[at] = (broken[at] ?? 0) ^ change;
        try {
          const crl = readCrl(broken);
          const said = [crl.issued, crl.expires, crl.partial, crl.lists("7"), crl.lists("8"), crl.lists("9")];
          if (crl.isSignedBy(own)) expect(said).toEqual([issued, expires, null, true, true, false]);
        } catch (error) {
          if (!(error instanceof DerError)) throw error;
        }
      }),
      { seed: 2, numRuns: 1000 },
    );
  });

  test.each(["", "30", "3000", "3003020101", "-----BEGIN X509 CRL-----"])("'%s' is none", (text) => {
    expect(() => readCrl(Buffer.from(text, "hex"))).toThrow(DerError);
  });
});
