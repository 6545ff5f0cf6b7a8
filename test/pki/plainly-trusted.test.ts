/** A yes is never one that OpenSSL or Go would not give; and what a step-ca presents is plain. */
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Certificate } from "../../src/pki/certificate.ts";
import { verifyPath } from "../../src/pki/path.ts";
import { isPlainlyTrusted } from "../../src/pki/plainly-trusted.ts";
import {
  authority,
  type Draft,
  daysFromNow,
  integer,
  make,
  makeDer,
  now,
  oid,
  seq,
  tlv,
} from "../support/gochain/certificates.ts";
import { build, plan } from "../support/gochain/scenarios.ts";
import { verifiedByOpenSsl } from "../support/openssl-verify.ts";

const hasOpenSsl = spawnSync("openssl", ["version"]).status === 0;

const rootIs = { subject: "Root", key: "root" };
const subIs = { subject: "Sub", key: "sub" };
const server = { usages: ["serverAuth", "clientAuth"], keyUsages: [0], names: [{ dns: "ca.internal" }] };

const newRoot = (odd: Partial<Draft> = {}) => authority({ ...rootIs, ...odd });
const newSub = (odd: Partial<Draft> = {}) => authority({ ...subIs, issuer: rootIs, ...odd });
const newLeaf = (odd: Partial<Draft> = {}) => make({ subject: "CA", key: "leaf", issuer: subIs, ...server, ...odd });
const [root, sub, leaf] = [newRoot(), newSub(), newLeaf()];
const ids = { subjectKeyId: "of the key", authorityKeyId: "of the key" } as const;

interface Case {
  presented?: readonly (Certificate | Buffer)[];
  anchors?: readonly Certificate[];
  at?: Date;
}

function judged({ presented = [leaf, sub], anchors = [root], at = now }: Case) {
  const ders = presented.map((one) => ("der" in one ? one.der : one));
  return { is: isPlainlyTrusted(ders, anchors, at), ders, anchors, at };
}

/** Where we say yes, both of the others do. */
function agreed(its: Case): boolean {
  const { is, ders, anchors, at } = judged(its);
  if (!is) return false;
  const read = (its.presented ?? [leaf, sub]).filter((one) => "subject" in one);
  const [first = leaf, ...intermediates] = read;
  const question = { leaf: first, intermediates, roots: anchors, usage: "serverAuth" as const, at };
  expect(verifyPath(question)).toEqual({ ok: true });
  if (hasOpenSsl)
    expect(
      verifiedByOpenSsl(
        ders,
        anchors.map(({ der }) => der),
        at,
      ),
    ).toBe(null);
  return true;
}

const keyKinds = ["P-256", "rsa", "ed25519"];

describe("is plain", () => {
  test.each<[string, Case]>([
    ["leaf, intermediate, root", {}],
    ["with the root sent as well", { presented: [leaf, sub, root] }],
    ["a leaf right below the root", { presented: [newLeaf({ issuer: rootIs })] }],
    ["the intermediate as anchor", { anchors: [sub] }],
    ["key ids that match", { presented: [newLeaf(ids), newSub(ids)], anchors: [newRoot(ids)] }],
    ["one root of many", { anchors: [newRoot({ subject: "A" }), root, newRoot({ subject: "B", key: "b" })] }],
    ["the same root twice", { anchors: [root, root] }],
    ["path length 0", { presented: [leaf, newSub({ pathLength: 0 })] }],
    ["no usages at all", { presented: [newLeaf({ usages: null }), sub] }],
    ["SHA-384", { presented: [newLeaf({ digest: "sha384" }), sub] }],
    ["where its issuer is", { presented: [newLeaf({ more: [["1.3.6.1.5.5.7.1.1", seq()]] }), sub] }],
    ["the first second", { presented: [newLeaf({ notBefore: now }), sub] }],
    ["a long serial number", { presented: [newLeaf({ serial: [1, ...Array<number>(19).fill(7)] }), sub] }],
    ...keyKinds.map((kind): [string, Case] => {
      const [above, middle] = [
        { ...rootIs, key: `${kind} root` },
        { ...subIs, key: `${kind} sub` },
      ];
      const chain = [newLeaf({ key: `${kind} leaf`, issuer: middle }), authority({ ...middle, issuer: above })];
      return [`keys of ${kind}`, { presented: chain, anchors: [authority(above)] }];
    }),
  ])("%s", (_, its) => {
    expect(agreed(its)).toBe(true);
  });
});

const spoilt = Buffer.from(leaf.der);
spoilt.writeUInt8(spoilt.readUInt8(spoilt.length - 5) ^ 1, spoilt.length - 5);
const basic = (value: Buffer): Partial<Draft> => ({ ca: null, more: [["2.5.29.19", value, "critical"]] });
const small = { ...rootIs, key: "rsa1024 root" };
const loop = [
  authority({ subject: "Sub", key: "sub", issuer: { subject: "Loop", key: "loop" } }),
  authority({ subject: "Loop", key: "loop", issuer: subIs }),
];

describe("is not plain, and left to OpenSSL", () => {
  test.each<[string, Case]>([
    ["nothing", { presented: [] }],
    ["no root", { anchors: [] }],
    ["another root", { anchors: [newRoot({ subject: "Other" })] }],
    ["a root of the same name with another key", { anchors: [newRoot({ key: "impostor" })] }],
    ["two roots of the same name", { anchors: [newRoot({ key: "impostor" }), root] }],
    ["an intermediate that is not sent", { presented: [leaf] }],
    [
      "an intermediate of the same name with another key, besides",
      { presented: [leaf, sub, newSub({ key: "impostor" })] },
    ],
    ["the wrong order", { presented: [leaf, root, sub] }],
    ["something besides", { presented: [leaf, sub, newRoot({ subject: "Other" })] }],
    ["more than is sent by anyone", { presented: [leaf, sub, ...Array<Certificate>(4).fill(root)] }],
    ["a leaf's last second", { presented: [newLeaf({ notAfter: now }), sub] }],
    ["an expired leaf", { presented: [newLeaf({ notAfter: daysFromNow(-1) }), sub] }],
    ["an expired intermediate", { presented: [leaf, newSub({ notAfter: daysFromNow(-1) })] }],
    ["an expired root", { anchors: [newRoot({ notAfter: daysFromNow(-1) })] }],
    ["a leaf that is not yet valid", { presented: [newLeaf({ notBefore: daysFromNow(1) }), sub] }],
    ["an intermediate that is not yet valid", { presented: [leaf, newSub({ notBefore: daysFromNow(1) })] }],
    ["a root that is not yet valid", { anchors: [newRoot({ notBefore: daysFromNow(1) })] }],
    ["a leaf for clients", { presented: [newLeaf({ usages: ["clientAuth"] }), sub] }],
    ["a leaf for any usage", { presented: [newLeaf({ usages: ["anyExtendedKeyUsage"] }), sub] }],
    ["an empty list of usages", { presented: [newLeaf({ usages: [] }), sub] }],
    ["an intermediate for clients", { presented: [leaf, newSub({ usages: ["clientAuth"] })] }],
    ["a root for clients", { anchors: [newRoot({ usages: ["clientAuth"] })] }],
    ["an intermediate that is no CA", { presented: [leaf, newSub({ ca: false })] }],
    ["an intermediate that does not say", { presented: [leaf, newSub({ ca: null })] }],
    ["a leaf that is a CA", { presented: [newLeaf({ ca: true }), sub] }],
    ["a leaf with a path length", { presented: [newLeaf(basic(seq(integer(0)))), sub] }],
    ["a path length that is used up", { anchors: [newRoot({ pathLength: 0 })] }],
    [
      "a negative path length",
      { presented: [leaf, newSub(basic(seq(tlv(1, Buffer.of(255)), tlv(2, Buffer.of(255)))))] },
    ],
    ["a CA by another truth than DER's", { presented: [leaf, newSub(basic(seq(tlv(1, Buffer.of(1)))))] }],
    ["an intermediate that may not sign", { presented: [leaf, newSub({ keyUsages: [0] })] }],
    ["an intermediate that may do nothing", { presented: [leaf, newSub({ keyUsages: [] })] }],
    ["a root that may not sign", { anchors: [newRoot({ keyUsages: [6] })] }],
    ["a leaf that may not sign", { presented: [newLeaf({ keyUsages: [2] }), sub] }],
    [
      "a right to sign among bits that do not count",
      {
        presented: [
          leaf,
          authority({
            ...subIs,
            issuer: rootIs,
            keyUsages: undefined as never,
            more: [["2.5.29.15", tlv(3, Buffer.of(7, 0x84))]],
          }),
        ],
      },
    ],
    ["critical names of which there are none", { presented: [newLeaf({ subject: "", names: [] }), sub] }],
    ["an unknown critical extension", { presented: [newLeaf({ unknownExtension: "critical" }), sub] }],
    ["an unknown critical extension above", { presented: [leaf, newSub({ unknownExtension: "critical" })] }],
    ["an unknown extension", { presented: [newLeaf({ unknownExtension: "not critical" }), sub] }],
    ["constraints on names", { presented: [leaf, newSub({ permitted: [{ dns: "other.internal" }] })] }],
    ["constraints on names that are met", { presented: [leaf, newSub({ permitted: [{ dns: "internal" }] })] }],
    ["constraints on policies", { presented: [leaf, newSub({ more: [["2.5.29.36", seq(tlv(0x80, Buffer.of(0)))]] })] }],
    [
      "a proxy certificate",
      { presented: [newLeaf({ more: [["1.3.6.1.5.5.7.1.14", seq(seq(oid("1.3.6.1.5.5.7.21.1")))]] }), sub] },
    ],
    [
      "Netscape's kind of certificate",
      { presented: [newLeaf({ more: [["2.16.840.1.113730.1.1", tlv(3, Buffer.of(7, 0x80))]] }), sub] },
    ],
    ["addresses that it may not hand out", { presented: [newLeaf({ more: [["1.3.6.1.5.5.7.1.7", seq()]] }), sub] }],
    [
      "an extension twice",
      {
        presented: [
          makeDer({
            subject: "CA",
            key: "leaf",
            issuer: subIs,
            ...server,
            more: [["2.5.29.37", seq(oid("1.3.6.1.5.5.7.3.1"))]],
          }),
          sub,
        ],
      },
    ],
    [
      "more behind an extension",
      {
        presented: [
          newLeaf({
            usages: null,
            more: [["2.5.29.37", Buffer.concat([seq(oid("1.3.6.1.5.5.7.3.1")), Buffer.of(5, 0)])]],
          }),
          sub,
        ],
      },
    ],
    ["SHA-1", { presented: [newLeaf({ digest: "sha1" }), sub] }],
    ["SHA-1 above", { presented: [leaf, newSub({ digest: "sha1" })] }],
    ["SHA-1 in the root", { anchors: [newRoot({ digest: "sha1" })] }],
    [
      "MD5",
      {
        presented: [newLeaf({ issuer: { ...rootIs, key: "rsa root" }, digest: "md5" })],
        anchors: [newRoot({ key: "rsa root" })],
      },
    ],
    ["an RSA key of 1024 bits", { presented: [newLeaf({ key: "rsa1024 leaf" }), sub] }],
    ["an RSA key of 1024 bits above", { presented: [newLeaf({ issuer: small })], anchors: [authority(small)] }],
    ["a key of P-224", { presented: [newLeaf({ key: "secp224r1 leaf" }), sub] }],
    ["a key of secp256k1", { presented: [newLeaf({ key: "secp256k1 leaf" }), sub] }],
    ["a broken signature", { presented: [spoilt, sub] }],
    ["a signature by another key", { presented: [newLeaf({ issuer: { subject: "Sub", key: "impostor" } }), sub] }],
    ["a self-signed leaf", { presented: [newLeaf({ issuer: { subject: "CA", key: "leaf" } })] }],
    ["a self-signed leaf that is a root", { presented: [leaf], anchors: [leaf] }],
    ["a leaf that is a root", { presented: [leaf, sub], anchors: [leaf] }],
    ["a loop", { presented: [leaf, ...loop] }],
    ["a loop beside the way", { presented: [leaf, sub, ...loop] }],
    ["a leaf of version 1", { presented: [newLeaf({ version: 1 }), sub] }],
    ["a root of version 1", { anchors: [newRoot({ version: 1 })] }],
    ["bytes behind a certificate", { presented: [Buffer.concat([leaf.der, Buffer.of(0)]), sub] }],
    ["a negative serial number", { presented: [newLeaf({ serial: [0x80, 1] }), sub] }],
    ["a huge serial number", { presented: [newLeaf({ serial: [1, ...Array<number>(40).fill(7)] }), sub] }],
    ["key ids that differ", { presented: [newLeaf({ authorityKeyId: "another" }), newSub(ids)] }],
    [
      "who issued the issuer's key",
      { presented: [newLeaf({ more: [["2.5.29.35", seq(tlv(0x82, Buffer.of(1)))]] }), sub] },
    ],
    [
      "a name of another kind",
      { presented: [newLeaf({ names: [{ dns: "ca.internal" }, { directory: "Dave" }] }), sub] },
    ],
    ["no certificate", { presented: [Buffer.from("nonsense"), sub] }],
    ["no certificate above", { presented: [leaf, Buffer.alloc(0)] }],
  ])("%s", (_, its) => {
    expect(judged(its).is).toBe(false);
  });
});

test("very many candidates do not keep it busy", () => {
  const anchors = Array.from({ length: 400 }, (_, number) => newRoot({ key: `root ${number % 5}` }));
  const started = process.cpuUsage();
  expect(judged({ anchors }).is).toBe(false);
  expect(process.cpuUsage(started).user).toBeLessThan(2_000_000);
});

test("of chains at random, a yes is OpenSSL's and Go's", () => {
  const seen = { yes: 0, no: 0 };
  fc.assert(
    fc.property(plan, (planned) => {
      const { chain, roots, question } = build(planned);
      const its = { presented: [...chain], anchors: roots, at: question.at };
      seen[agreed(its) ? "yes" : "no"]++;
    }),
    { numRuns: 600 },
  );
  expect(seen.yes).toBeGreaterThan(0);
  expect(seen.no).toBeGreaterThan(10);
});

/** Oddities that the chains at random have too rarely, on an otherwise plain chain. */
test("of plain chains with something changed, a yes is OpenSSL's and Go's", () => {
  const id = fc.constantFrom("of the key" as const, "another" as const, "none" as const);
  const odd: fc.Arbitrary<Partial<Draft>> = fc.record(
    {
      subjectKeyId: id,
      authorityKeyId: id,
      usages: fc.constantFrom(null, ["serverAuth"], ["serverAuth", "1.2.3"], ["serverAuth", "anyExtendedKeyUsage"], []),
      pathLength: fc.constantFrom(0, 1, 5, 200),
      keyUsages: fc.subarray([0, 1, 2, 5, 6, 8]),
      serial: fc.constantFrom([1], [0], [0, 200], [255], Array<number>(20).fill(1), Array<number>(21).fill(1), []),
      digest: fc.constantFrom("sha256" as const, "sha384" as const, "sha1" as const),
      more: fc.subarray([
        ["1.3.6.1.5.5.7.1.1", seq()],
        ["2.5.29.31", seq()],
        ["2.5.29.32", seq()],
        ["1.3.6.1.4.1.37476.9000.64.1", seq()],
      ] as const),
    },
    { requiredKeys: [] },
  );
  const at = fc.constantFrom(now, now, now, daysFromNow(10), daysFromNow(-10), daysFromNow(11));
  let yes = 0;
  fc.assert(
    fc.property(odd, odd, odd, fc.constantFrom(0, 1, 2, 3), at, (one, two, three, which, when) => {
      const presented = [newLeaf(which === 1 || which === 0 ? one : {}), newSub(which === 2 || which === 0 ? two : {})];
      const anchors = [newRoot(which === 3 || which === 0 ? three : {})];
      if (agreed({ presented, anchors, at: when })) yes++;
    }),
    { numRuns: 500 },
  );
  expect(yes).toBeGreaterThan(5);
});
