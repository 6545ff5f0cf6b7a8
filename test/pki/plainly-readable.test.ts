/** A yes is never one that OpenSSL would not give; and what a step-ca issues is plain. */
import { X509Certificate } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isIssuedBy } from "../../src/pki/certificate.ts";
import { toPem } from "../../src/pki/pem.ts";
import { isPlainlyReadable } from "../../src/pki/plainly-readable.ts";
import { isSignedWith, publicKeyIn } from "../../src/pki/signed.ts";
import { authority, make, makeDer } from "../support/gochain/certificates.ts";

const rootIs = { subject: "Root", key: "root" };
const issued = { subject: "web", key: "leaf", issuer: rootIs, usages: ["serverAuth", "clientAuth"], keyUsages: [0] };
const plain = [
  authority(rootIs),
  make({ ...issued, names: [{ dns: "web.internal" }] }),
  make({ ...issued, subject: "" }),
  make({ ...issued, subjectKeyId: "of the key", authorityKeyId: "of the key" }),
  authority({ subject: "RSA", key: "rsa" }),
  authority({ subject: "Ed25519", key: "ed25519" }),
].map(({ der }) => Buffer.from(der));

function isRead(der: Uint8Array): boolean {
  try {
    return new X509Certificate(der).raw.length === der.length;
  } catch {
    return false;
  }
}

test.each(plain.map((der, index) => [index, der]))("what a CA issues is plain: %i", (_, der) => {
  expect(isPlainlyReadable(der)).toBe(true);
  expect(isRead(der)).toBe(true);
});

describe("says nothing of", () => {
  const [, der = Buffer.alloc(0)] = plain;
  const changed = (from: string, to: string) => Buffer.from(der.toString("hex").replace(from, to), "hex");
  test.each([
    ["nothing", Buffer.alloc(0)],
    ["a certificate that something follows", Buffer.concat([der, Buffer.from([0])])],
    ["one that is cut short", der.subarray(0, -1)],
    ["a version that has no extensions", changed("a003020102", "a003020101")],
    ["a name that is no text", changed("0c03776562", "0c0377ff62")],
    ["an object identifier without its end", changed("0603551d0f", "0603551d8f")],
    ["an algorithm that is not usual", changed("06082a8648ce3d040302", "06082a8648ce3d040301")],
  ])("%s", (_, other) => {
    expect(other.equals(der)).toBe(false);
    expect(isPlainlyReadable(other)).toBe(false);
  });
});

/** Node looks for PEM first: of these octets it reads the certificate that stands in one of their extensions. */
describe("a certificate with another inside of it, as PEM", () => {
  const forger = authority({ subject: "Sub", key: "forger" });
  const pem = `\n${toPem("CERTIFICATE", forger.der)}`;
  const sub = authority({
    subject: "Sub",
    key: "sub",
    issuer: rootIs,
    more: [["1.3.6.1.5.5.7.1.1", Buffer.from(pem)]],
  });
  const byItself = make({ ...issued, issuer: { subject: "Sub", key: "sub" } });
  const byForger = make({ ...issued, issuer: { subject: "Sub", key: "forger" } });

  test("is not what Node reads", () => {
    expect(new X509Certificate(sub.der).raw.equals(sub.der)).toBe(false);
  });

  test("signs with its own key, and not with that one", () => {
    expect(isIssuedBy(byItself, sub)).toBe(true);
    expect(isIssuedBy(byForger, sub)).toBe(false);
  });

  test("has no say in whose signature it bears, however that was made", () => {
    const odd = make({ ...issued, digest: "sha1", more: [["1.3.6.1.5.5.7.1.1", Buffer.from(pem)]] });
    expect(isSignedWith(odd.der, publicKeyIn(forger))).toBe(false);
  });
});

const some = fc.constantFrom(...plain);
const octets = fc.uint8Array({ minLength: 0, maxLength: 4 });

/** Something is put in the place of a few octets. */
const mutated = fc
  .tuple(some, fc.nat(), fc.nat({ max: 4 }), octets)
  .map(([der, at, gone, fresh]) =>
    Buffer.concat([der.subarray(0, at % der.length), fresh, der.subarray((at % der.length) + gone)]),
  );

/** One octet is another, mostly one that matters to DER. */
const flipped = fc
  .tuple(some, fc.nat(), fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0, 1, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xff)))
  .map(([der, at, octet]) => {
    const other = Buffer.from(der);
    other[at % der.length] = octet;
    return other;
  });

/** Every extension that a certificate may have, with anything in it, and names of anything. */
const odd = fc
  .tuple(fc.string({ maxLength: 8, unit: "binary" }), fc.uint8Array({ maxLength: 12 }))
  .map(([subject, value]) => Buffer.from(makeDer({ ...issued, subject, more: [["2.5.29.31", Buffer.from(value)]] })));

test.each([
  ["mutated", mutated],
  ["flipped", flipped],
  ["odd", odd],
])("where it says yes, OpenSSL reads it: %s", (_, drafts) => {
  fc.assert(
    fc.property(drafts, (der) => {
      if (isPlainlyReadable(der)) expect(isRead(der)).toBe(true);
    }),
    { numRuns: 5000 },
  );
});
