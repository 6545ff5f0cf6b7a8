import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { AnsweredChain } from "../../src/ca/response.ts";
import { type Authority, createAuthority, type LeafSpec, type Usage } from "../../src/dev-ca/authority.ts";
import { isFailure } from "../../src/failure/failure.ts";
import type { Certificate } from "../../src/pki/certificate.ts";
import { clockOf, type Expectation, verify } from "../../src/renewal/verify.ts";
import { certificatesIn, issued } from "../support/issued.ts";

type KeyUse = NonNullable<LeafSpec["keyUsages"]>[number];

const now = new Date("2026-03-02T12:00:00Z");
const hours = (count: number) => new Date(now.getTime() + count * 3_600_000);
const publicKey = () =>
  generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ type: "spki", format: "pem" }).toString();
const [ownKey, otherKey] = [publicKey(), publicKey()];

const base: LeafSpec = {
  subject: "web.internal",
  organization: "ops",
  names: ["web.internal", "10.0.0.1"],
  usages: ["serverAuth", "clientAuth"],
  keyUsages: ["digitalSignature"],
  provisioner: { name: "admin" },
  publicKeyPem: ownKey,
  notBefore: hours(-12),
  notAfter: hours(12),
};
const later = { notBefore: hours(0), notAfter: hours(24) };

let authority: Authority;
let other: Authority;
let old: Certificate;
let root: Certificate;
beforeAll(async () => {
  const validity = { notBefore: hours(-100), notAfter: hours(1000) };
  authority = await createAuthority({ intermediate: true, ...validity });
  other = await createAuthority({ subject: "other", ...validity });
  const first = await issued(base, authority);
  [old, root] = [first.leaf, first.root];
});

/** What is different; nothing when it passes. */
function found(answered: AnsweredChain, more: Partial<Expectation> = {}): string[] {
  try {
    verify({ old, answered, anchors: [root], now, url: "https://ca.internal/renew", ...more });
    return [];
  } catch (error) {
    if (isFailure(error, "WRONG_CERTIFICATE")) return error.facts.changes.map(({ what }) => what);
    throw error;
  }
}

const renewed = async (spec: LeafSpec = {}) => (await issued({ ...base, ...later, ...spec }, authority)).chain;

describe("a renewal is taken", () => {
  test("with the chain that leads to the root", async () => {
    expect(found(await renewed())).toEqual([]);
  });
  test("with the root at its end", async () => {
    expect(found([...(await renewed()), root])).toEqual([]);
  });
  test("when the root file holds the intermediate", async () => {
    const [leaf, intermediate] = await renewed();
    expect(found([leaf], { anchors: intermediate ? [intermediate] : [] })).toEqual([]);
  });
  test("when the root file holds other roots besides", async () => {
    expect(found(await renewed(), { anchors: [certificatesIn(other.root)[0], root] })).toEqual([]);
  });
  test("with the same end, when two renewals fall into one second", async () => {
    expect(found(await renewed({ notAfter: hours(12) }))).toEqual([]);
  });
  test("when it is not valid yet by our clock: the CA's own is ahead", async () => {
    expect(found(await renewed({ notBefore: hours(1) }))).toEqual([]);
  });
});

describe("every difference is found, by name", () => {
  test.each<[string, LeafSpec, string[]]>([
    ["another key", { publicKeyPem: otherKey }, ["public key"]],
    ["another common name", { subject: "evil.internal" }, ["subject"]],
    ["no common name", { subject: null }, ["subject"]],
    ["another organization", { organization: "system:masters" }, ["subject"]],
    ["a name more", { names: ["web.internal", "10.0.0.1", "evil.internal"] }, ["alternative names"]],
    ["a name less", { names: ["web.internal"] }, ["alternative names"]],
    ["no names", { names: [] }, ["alternative names"]],
    ["a usage less", { usages: ["serverAuth"] }, ["extended key usage"]],
    ["a usage more", { usages: ["serverAuth", "clientAuth", "codeSigning"] }, ["extended key usage"]],
    ["any usage", { usages: [] }, ["extended key usage"]],
    ["another key usage", { keyUsages: ["digitalSignature", "keyEncipherment"] }, ["key usage"]],
    ["no key usage", { keyUsages: [] }, ["key usage"]],
    ["another provisioner", { provisioner: { name: "other" } }, ["provisioner"]],
    ["no provisioner", { provisioner: null }, ["provisioner"]],
    ["a CA", { isCa: true }, ["kind"]],
    ["an earlier end", { notAfter: hours(11) }, ["end of validity"]],
    ["an end that has passed", { notBefore: hours(-3), notAfter: hours(-1) }, ["end of validity"]],
    ["an end that is now", { notBefore: hours(-3), notAfter: hours(0) }, ["end of validity"]],
    [
      "several at once",
      { publicKeyPem: otherKey, subject: "evil", usages: [] },
      ["public key", "subject", "extended key usage"],
    ],
  ])("%s", async (_, spec, expected) => {
    expect(found(await renewed(spec))).toEqual(expected);
  });

  test.each<[string, LeafSpec, Partial<Expectation>, string[]]>([
    ["later than the CA's own clock", { notBefore: hours(1) }, clockOf(now, hours(-20)), ["begin of validity"]],
    ["a minute later than that", { notBefore: new Date(now.getTime() + 60_000) }, clockOf(now, hours(-20)), []],
    ["later than the CA's own clock, and not than ours", { notBefore: hours(1) }, clockOf(now, hours(1)), []],
    ["in a day and an hour by our clock", { notBefore: hours(25), notAfter: hours(48) }, {}, ["begin of validity"]],
    ["after its end", { notBefore: hours(14), notAfter: hours(13) }, {}, ["validity"]],
  ])("a begin %s", async (_, spec, more, expected) => {
    expect(found(await renewed(spec), more)).toEqual(expected);
  });

  test("the old serial number under another end", async () => {
    const [leaf, ...rest] = await renewed();
    expect(found([{ ...leaf, serial: old.serial }, ...rest])).toEqual(["serial number"]);
  });

  test("the old one again", () => {
    expect(found([old, ...certificatesIn(authority.issuerCertificate)])).toEqual(["serial number"]);
  });
});

describe("the chain leads to the root, in its order", () => {
  test.each<[string, (leaf: Certificate, middle: Certificate, foreign: Certificate) => AnsweredChain, string[]]>([
    ["the leaf alone", (leaf) => [leaf], ["root"]],
    [
      "turned round",
      (leaf, middle) => [middle, leaf],
      [
        "public key",
        "subject",
        "alternative names",
        "extended key usage",
        "key usage",
        "provisioner",
        "kind",
        "chain order",
      ],
    ],
    ["another CA's after it", (leaf, _, foreign) => [leaf, foreign], ["chain order"]],
    ["another CA's at its end", (leaf, middle, foreign) => [leaf, middle, foreign], ["chain order"]],
    ["the leaf twice", (leaf, middle) => [leaf, leaf, middle], ["chain order"]],
  ])("%s", async (_, chain, expected) => {
    const [leaf, middle] = await renewed();
    if (middle === undefined) throw new Error("no intermediate");
    expect(found(chain(leaf, middle, certificatesIn(other.root)[0]))).toEqual(expected);
  });

  test("another CA's root is not ours, also when it has the same name", async () => {
    const twin = await createAuthority({ notBefore: hours(-100), notAfter: hours(1000) });
    expect(found(await renewed(), { anchors: [certificatesIn(other.root)[0]] })).toEqual(["root"]);
    expect(found(await renewed(), { anchors: [certificatesIn(twin.root)[0]] })).toEqual(["root"]);
    expect(found((await issued({ ...base, ...later }, twin)).chain)).toEqual(["root"]);
  });

  test("a signature that does not hold is no chain", async () => {
    const [leaf, ...rest] = await renewed();
    const der = Buffer.from(leaf.der);
    der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
    expect(found([{ ...leaf, der }, ...rest])).toEqual(["chain order"]);
  });
});

test("no mixture of changes passes, and none is named that is not there", async () => {
  const usages = fc.subarray<Usage>(["serverAuth", "clientAuth", "codeSigning", "any"]);
  const keyUsages = fc.subarray<KeyUse>(["digitalSignature", "keyEncipherment", "keyAgreement"]);
  const names = fc.subarray(["web.internal", "10.0.0.1", "a@b.internal", "urn:x:y", "::1"]);
  const change = fc.record(
    {
      publicKeyPem: fc.constantFrom(ownKey, otherKey),
      subject: fc.constantFrom("web.internal", "Web.internal", "web.internal ", null),
      names,
      usages,
      keyUsages,
      provisioner: fc.constantFrom(null, { name: "admin" }, { name: "admin", type: 6 }),
    },
    { requiredKeys: [] },
  );
  const what: Record<string, string> = {
    publicKeyPem: "public key",
    subject: "subject",
    names: "alternative names",
    usages: "extended key usage",
    keyUsages: "key usage",
    provisioner: "provisioner",
  };
  await fc.assert(
    fc.asyncProperty(change, async (spec) => {
      const isChanged = ([key, value]: [string, unknown]) =>
        JSON.stringify(value) !== JSON.stringify(base[key as keyof LeafSpec]);
      const expected = Object.entries(spec)
        .filter(isChanged)
        .map(([key]) => what[key]);
      expect(found(await renewed(spec)).sort()).toEqual(expected.sort());
    }),
    { seed: 1, numRuns: 60 },
  );
});
