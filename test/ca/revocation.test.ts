import { describe, expect, test } from "vitest";
import { readRevocation } from "../../src/ca/revocation.ts";
import { type Authority, createAuthority, issuerOf } from "../../src/dev-ca/authority.ts";
import { Extension, X509CrlGenerator } from "../../src/dev-ca/x509.ts";
import { certificatesIn, issued } from "../support/issued.ts";

const now = new Date("2026-03-02T12:00:00Z");
const hour = 3_600_000;
const at = (hours: number) => new Date(now.getTime() + hours * hour);

const authority = await createAuthority({ subject: "ours" });
const namesake = await createAuthority({ subject: "ours" });
const { leaf, root } = await issued({}, authority);

interface Shape {
  by?: Authority;
  /** The name that the list bears, instead of its signer's. */
  name?: Authority;
  holds?: boolean;
  from?: number;
  to?: number | null;
  extensions?: Extension[];
}

async function list({
  by = authority,
  name = by,
  holds = false,
  from = -1,
  to = 23,
  extensions = [],
}: Shape): Promise<Buffer> {
  const { signer } = await issuerOf({ certificate: by.issuerCertificate, key: by.issuerKey });
  const { certificate } = await issuerOf({ certificate: name.issuerCertificate, key: name.issuerKey });
  const serial = BigInt(leaf.serial).toString(16).padStart(32, "0");
  const made = await X509CrlGenerator.create({
    issuer: certificate.subjectName,
    thisUpdate: at(from),
    ...(to !== null && { nextUpdate: at(to) }),
    entries: [{ serialNumber: holds ? serial : "01", revocationDate: at(-2) }],
    signingKey: signer.key,
    signingAlgorithm: signer.algorithm,
    extensions,
  });
  return Buffer.from(made.rawData);
}

const read = (der: Buffer) => readRevocation(der, { leaf, signers: [root], now });
const flipped = (der: Buffer) => Buffer.from(der.map((octet, index) => (index === der.length - 3 ? octet ^ 1 : octet)));

const delta = new Extension("2.5.29.27", true, Buffer.from("020101", "hex"));
const foreign = new Extension("1.2.3.4", true, Buffer.from("0500", "hex"));
const elsewhere = await createAuthority({
  subject: "elsewhere",
  root: { certificate: authority.root, key: authority.rootKey },
});

describe("a revocation list", () => {
  test.each<[string, Shape, boolean]>([
    ["of today", {}, true],
    ["without an end", { to: null }, true],
    ["of a clock that is half a minute ahead of the date it was asked for", { from: 1 / 120 }, true],
    ["that is out of date", { from: -48, to: -24 }, false],
    ["that ends this second", { from: -24, to: 0 }, false],
    ["from the future", { from: 1 }, false],
    ["of changes only", { extensions: [delta] }, false],
    ["with a critical extension that is not known", { extensions: [foreign] }, false],
  ])("%s: absence counts as far as the list is whole, presence always", async (_, shape, counts) => {
    expect(read(await list(shape))).toMatchObject({ lists: false, usable: counts });
    expect(read(await list({ ...shape, holds: true }))).toMatchObject({ lists: true, usable: true });
  });

  test.each<[string, () => Promise<Buffer>]>([
    ["with a signature that is wrong", async () => flipped(await list({ holds: true }))],
    ["of a namesake", () => list({ by: namesake, holds: true })],
    [
      "of our key under another name",
      async () => list({ holds: true, name: await createAuthority({ subject: "else" }) }),
    ],
  ])("%s is not this CA's, whatever it holds", async (_, make) => {
    const { issued: made, ...said } = read(await make()) ?? {};
    expect(said).toEqual({ lists: false, usable: false, why: "no issuer of this CA signed it" });
    expect(made).toEqual(at(-1));
  });

  test.each([Buffer.alloc(0), Buffer.from("<html>"), Buffer.from("3003020101", "hex"), Buffer.alloc(100, 0x30)])(
    "what is none says nothing",
    (bytes) => {
      expect(read(bytes)).toBeUndefined();
    },
  );

  test("is checked against a few keys of its issuer's name, not against a thousand", async () => {
    const others = Array.from({ length: 1000 }, () => root);
    const started = performance.now();
    readRevocation(flipped(await list({})), { leaf, signers: others, now });
    expect(performance.now() - started).toBeLessThan(500);
  });

  test("may be signed by any issuer in use", async () => {
    const signers = [certificatesIn(namesake.root)[0], ...certificatesIn(elsewhere.root)];
    expect(readRevocation(await list({ holds: true }), { leaf, signers, now })).toMatchObject({ lists: true });
  });
});
