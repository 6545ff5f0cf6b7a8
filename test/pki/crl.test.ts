import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type Authority, createAuthority, issuerOf } from "../../src/dev-ca/authority.ts";
import { X509CrlGenerator } from "../../src/dev-ca/x509.ts";
import { readCrl } from "../../src/pki/crl.ts";
import { DerError } from "../../src/pki/der.ts";
import { certificatesIn } from "../support/issued.ts";

const issued = new Date("2026-03-02T12:00:00Z");
const expires = new Date("2026-03-03T12:00:00Z");

let authority: Authority;
beforeAll(async () => {
  authority = await createAuthority();
});

async function list(serials: readonly bigint[], nextUpdate?: Date): Promise<Buffer> {
  const { certificate, signer } = await issuerOf({ certificate: authority.root, key: authority.rootKey });
  const made = await X509CrlGenerator.create({
    issuer: certificate.subjectName,
    thisUpdate: issued,
    ...(nextUpdate && { nextUpdate }),
    entries: serials.map((serial) => ({ serialNumber: serial.toString(16).padStart(2, "0"), revocationDate: issued })),
    signingKey: signer.key,
    signingAlgorithm: signer.algorithm,
  });
  return Buffer.from(made.rawData);
}

describe("a revocation list", () => {
  test("says whose serial numbers it holds, in decimal, and how long it counts", async () => {
    const wish = fc.uniqueArray(fc.bigInt({ min: 1n, max: 2n ** 127n - 1n }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(wish, async (serials) => {
        const crl = readCrl(await list(serials, expires));
        expect([...crl.serials].sort()).toEqual(serials.map(String).sort());
        expect([crl.issued, crl.expires]).toEqual([issued, expires]);
      }),
      { seed: 1, numRuns: 20 },
    );
  });

  test("may not say when the next one comes", async () => {
    expect(readCrl(await list([7n]))).toMatchObject({ expires: null, serials: new Set(["7"]) });
  });

  test("is its issuer's alone", async () => {
    const crl = readCrl(await list([7n], expires));
    const twin = await createAuthority();
    const [own] = certificatesIn(authority.root);
    expect([crl.isSignedBy(own), crl.isSignedBy(certificatesIn(twin.root)[0])]).toEqual([true, false]);
  });

  test("says nothing else in its issuer's name once a byte of it has changed", async () => {
    const whole = await list([7n, 8n], expires);
    const [own] = certificatesIn(authority.root);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const broken = Buffer.from(whole);
        broken[at] = (broken[at] ?? 0) ^ change;
        try {
          const { isSignedBy, ...crl } = readCrl(broken);
          if (isSignedBy(own)) expect(crl).toEqual({ issued, expires, serials: new Set(["7", "8"]) });
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
