import "reflect-metadata";
import { X509Certificate as NodeCertificate, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type Certificate, fingerprint, isIssuedBy, readCertificate } from "../../src/pki/certificate.ts";
import { DerError, oid, readAll, readDer, tags, time } from "../../src/pki/der.ts";
import { make, seq, tlv } from "../support/gochain/certificates.ts";

const seed = 20_260_601;

describe("reading a certificate", () => {
  let keys: webcrypto.CryptoKeyPair;
  beforeAll(async () => {
    keys = await webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  });

  test("finds what @peculiar/x509 put in, and what OpenSSL reads", async () => {
    const agrees = fc.asyncProperty(wish, async (wished) => {
      const peculiar = await create(wished, keys);
      const read = readCertificate(new Uint8Array(peculiar.rawData));
      expect(told(read)).toEqual(toldByPeculiar(peculiar));
      expect(toldToOpenssl(read)).toEqual(toldByOpenssl(new NodeCertificate(read.der)));
      expect(isIssuedBy(read, read)).toBe(true);
    });
    await fc.assert(agrees, { seed, numRuns: 300 });
  });

  test("of broken bytes it says so, and nothing worse happens", async () => {
    const whole = await Promise.all(fc.sample(wish, { seed, numRuns: 20 }).map((wished) => create(wished, keys)));
    const ders = whole.map(({ rawData }) => new Uint8Array(rawData));
    const holds = fc.property(
      fc.constantFrom(...ders),
      fc.array(wound, { minLength: 1, maxLength: 4 }),
      (der, wounds) => {
        const broken = wounds.reduce<Uint8Array>((bytes, inflict) => inflict(bytes), der);
        expect(outcome(() => readCertificate(broken))).toMatch(/^(read|DerError)$/);
      },
    );
    fc.assert(holds, { seed, numRuns: 8000 });
  });

  test("every certificate that is cut short is refused", () => {
    const { der } = make({ subject: "dave", key: "dave", names: [{ dns: "a" }], usages: ["clientAuth"] });
    const outcomes = Array.from(der, (_, length) => outcome(() => readCertificate(der.subarray(0, length))));
    expect(new Set(outcomes)).toEqual(new Set(["DerError"]));
  });

  test("any bytes are an element, or are refused", () => {
    const holds = fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(outcome(() => readAll(bytes))).toMatch(/^(read|DerError)$/);
    });
    fc.assert(holds, { seed, numRuns: 5000 });
  });

  test.each<[string, Uint8Array]>([
    ["a length that overflows", Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0)],
    ["an indefinite length", Uint8Array.of(0x30, 0x80, 0, 0)],
    ["a high tag number", Uint8Array.of(0x1f, 0x81, 0x01, 0)],
  ])("refuses %s", (_, bytes) => {
    expect(() => readDer(bytes)).toThrow(DerError);
  });
});

describe("small things that DER allows or not", () => {
  test.each([
    ["2026-06-01T12:00:00.000Z", tags.utcTime, "260601120000Z"],
    ["1950-01-01T00:00:00.000Z", tags.utcTime, "500101000000Z"],
    ["2049-12-31T23:59:59.000Z", tags.utcTime, "491231235959Z"],
    ["2050-01-01T00:00:00.000Z", tags.generalizedTime, "20500101000000Z"],
    ["9999-12-31T23:59:59.000Z", tags.generalizedTime, "99991231235959Z"],
    ["2028-02-29T00:00:00.000Z", tags.utcTime, "280229000000Z"],
    ["refused", tags.utcTime, "270229000000Z"],
    ["refused", tags.utcTime, "261301000000Z"],
    ["refused", tags.utcTime, "260601240000Z"],
    ["refused", tags.utcTime, "2606011200Z"],
    ["refused", tags.utcTime, "260601120000+0100"],
    ["refused", tags.generalizedTime, "20500101000000.5Z"],
    ["refused", 0x0c, "20500101000000Z"],
  ])("the time %s (tag %i) is in %s", (expected, tag, text) => {
    const read = () => time(readDer(tlv(tag, Buffer.from(text)))).toISOString();
    expect(outcome(read) === "read" ? read() : "refused").toBe(expected);
  });

  test.each([
    ["2.5.29.37", "551d25"],
    ["1.2.840.113549.1.1.11", "2a864886f70d01010b"],
    ["2.999.1", "883701"],
    ["2.25.329800735698586629295641978511506172918", "6983f09da7ebcfdee0c7a1a7b2c0948cc8f9d776"],
    ["refused", ""],
    ["refused", "5580"],
    ["refused", "558001"],
    ["refused", `55${"ff".repeat(40)}01`],
  ])("the object identifier %s is in %s", (expected, hex) => {
    const read = () => oid(readDer(tlv(tags.oid, Buffer.from(hex, "hex"))));
    expect(outcome(read) === "read" ? read() : "refused").toBe(expected);
  });

  test.each([
    ["UTF-8", 0x0c, Buffer.from("Zoë")],
    ["Latin-1 in a TeletexString, as Go reads it", 0x14, Buffer.from("Zoë", "latin1")],
    ["UCS-2 in a BMPString", 0x1e, Buffer.from("\u0000Z\u0000o\u0000ë", "latin1")],
    ["UCS-2 with its end marked", 0x1e, Buffer.from("\u0000Z\u0000o\u0000ë\u0000\u0000", "latin1")],
  ])("a name in %s", (_, tag, bytes) => {
    const cn = seq(tlv(0x31, seq(tlv(0x06, Buffer.from("550403", "hex")), tlv(tag, bytes))));
    const plain = seq(tlv(0x31, seq(tlv(0x06, Buffer.from("550403", "hex")), tlv(0x0c, Buffer.from("dave")))));
    const { der } = make({ subject: "dave", key: "dave", version: 1 });
    const [tbs, ...rest] = readAll(readDer(der).value);
    const fields = readAll(tbs?.value ?? der).map(({ raw }) => (Buffer.compare(raw, plain) === 0 ? cn : raw));
    const renamed = readCertificate(seq(seq(...fields), ...rest.map(({ raw }) => raw)));
    expect([renamed.commonName, renamed.subject.text]).toEqual(["Zoë", "CN=Zoë"]);
  });

  test("an extension that stands twice is refused", () => {
    const { der } = make({ subject: "dave", key: "dave", ca: true, names: [{ dns: "a" }] });
    const twice = Buffer.from(Buffer.from(der).toString("hex").replace("0603551d11", "0603551d13"), "hex");
    expect(() => readCertificate(twice)).toThrow(DerError);
  });
});

interface Wish {
  serial: Uint8Array;
  name: x509.JsonNameParams;
  notBefore: Date;
  seconds: number;
  alternativeNames: x509.JsonGeneralNames | null;
  usages: string[] | null;
  keyUsages: number | null;
  basic: { ca: boolean; pathLength: number | undefined } | null;
  keyIds: "both" | "none";
  unknown: { critical: boolean; value: Uint8Array }[];
}

const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter((text) => text.trim() === text);
const printable = fc.stringMatching(/^[A-Za-z0-9 '()+,./:=?-]{1,12}$/);
const attribute = fc.tuple(
  fc.constantFrom("CN", "CN", "O", "OU", "L", "C"),
  fc.oneof(
    word.map((utf8String) => ({ utf8String })),
    printable.map((printableString) => ({ printableString })),
  ),
);
const label = fc.stringMatching(/^[a-z0-9-]{1,12}$/);

const alternativeName: fc.Arbitrary<x509.JsonGeneralName> = fc.oneof(
  label.map((value) => ({ type: "dns" as const, value: `${value}.example` })),
  label.map((value) => ({ type: "email" as const, value: `${value}@a.example` })),
  label.map((value) => ({ type: "url" as const, value: `spiffe://a.example/${value}` })),
  fc.ipV4().map((value) => ({ type: "ip" as const, value })),
  fc.ipV6().map((value) => ({ type: "ip" as const, value: new URL(`http://[${value}]`).hostname.slice(1, -1) })),
  fc.constant({ type: "dn" as const, value: "CN=dave" }),
  fc.constant({ type: "id" as const, value: "1.2.3.4" }),
  fc.constant({ type: "upn" as const, value: "dave@a.example" }),
  fc.constant({ type: "guid" as const, value: "8ee13e53-2c1c-42bb-8df7-39927c0bdbb6" }),
);

const wish: fc.Arbitrary<Wish> = fc.record({
  serial: fc.uint8Array({ minLength: 1, maxLength: 20 }).filter((octets) => octets.some((octet) => octet > 0)),
  name: fc.array(attribute, { maxLength: 4 }).map((all) => all.map(([type, value]) => ({ [type]: [value] }))),
  notBefore: fc.date({ min: new Date("1960-01-01"), max: new Date("2080-01-01"), noInvalidDate: true }),
  seconds: fc.integer({ min: 0, max: 3_000_000_000 }),
  alternativeNames: fc.option(fc.array(alternativeName, { minLength: 1, maxLength: 5 })),
  usages: fc.option(
    fc.uniqueArray(fc.constantFrom(...Object.values(x509.ExtendedKeyUsage), "2.5.29.37.0", "1.3.6.1.4.1.311.10.3.4"), {
      minLength: 1,
    }),
  ),
  keyUsages: fc.option(fc.integer({ min: 1, max: 0x1ff })),
  basic: fc.option(fc.record({ ca: fc.boolean(), pathLength: fc.option(fc.nat(300), { nil: undefined }) })),
  keyIds: fc.constantFrom("both", "none"),
  unknown: fc.array(fc.record({ critical: fc.boolean(), value: fc.uint8Array({ maxLength: 200 }) }), { maxLength: 2 }),
});

async function create(wished: Wish, keys: webcrypto.CryptoKeyPair): Promise<x509.X509Certificate> {
  const { serial, name, notBefore, seconds, alternativeNames, usages, keyUsages, basic, keyIds, unknown } = wished;
  const start = new Date(Math.floor(notBefore.getTime() / 1000) * 1000);
  const extensions = [
    ...(basic ? [new x509.BasicConstraintsExtension(basic.ca, basic.pathLength, true)] : []),
    ...(usages ? [new x509.ExtendedKeyUsageExtension(usages)] : []),
    ...(keyUsages === null ? [] : [new x509.KeyUsagesExtension(keyUsages, true)]),
    ...(alternativeNames ? [new x509.SubjectAlternativeNameExtension(alternativeNames)] : []),
    ...(keyIds === "both" ? [await x509.SubjectKeyIdentifierExtension.create(keys.publicKey)] : []),
    ...(keyIds === "both" ? [await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey)] : []),
    ...unknown.map(({ critical, value }, n) => new x509.Extension(`1.2.3.${n}`, critical, value)),
  ];
  const dn = new x509.Name(name);
  return x509.X509CertificateGenerator.create({
    serialNumber: Buffer.from(serial).toString("hex"),
    subject: dn,
    issuer: dn,
    notBefore: start,
    notAfter: new Date(start.getTime() + seconds * 1000),
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    extensions,
  });
}

function told(read: Certificate) {
  return {
    serial: BigInt(read.serial),
    subject: read.subject.text,
    commonName: read.commonName,
    notBefore: read.notBefore,
    notAfter: read.notAfter,
    usages: read.usages,
    keyUsages: read.keyUsages,
    basic: [read.isCa, read.maxPathLength],
    names: read.names.map((name) => (name.startsWith("#") ? "another" : name)),
    keyIds: [read.subjectKeyId, read.authorityKeyId],
    extensions: [...read.extensions].map(([id, value]) => [id, Buffer.from(value).toString("hex")]),
  };
}

function toldByPeculiar(certificate: x509.X509Certificate): ReturnType<typeof told> {
  const hex = (bytes: ArrayBuffer) => Buffer.from(bytes).toString("hex");
  const attributes = certificate.subjectName.toJSON().flatMap((rdn) => Object.entries(rdn));
  const usages = certificate.getExtension(x509.ExtendedKeyUsageExtension);
  const keyUsages = certificate.getExtension(x509.KeyUsagesExtension);
  const basic = certificate.getExtension(x509.BasicConstraintsExtension);
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
  const plain = ["dns", "email", "url", "ip"];
  return {
    serial: BigInt(`0x${certificate.serialNumber}`),
    subject: attributes
      .toReversed()
      .map(([type, [value]]) => `${type}=${value}`)
      .join(","),
    commonName: attributes.findLast(([type]) => type === "CN")?.[1][0] ?? "",
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    usages: usages?.usages.map((id) => nameOfUsage(String(id))) ?? null,
    keyUsages:
      keyUsages === null ? null : flagNames.filter((flag) => keyUsages.usages & x509.KeyUsageFlags[flag]).map(ourFlag),
    basic: [basic?.ca ?? false, basic?.pathLength ?? null],
    names: names.map(({ type, value }) => (plain.includes(type) ? shortest(type, value) : "another")),
    keyIds: [
      certificate.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId ?? "",
      certificate.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId ?? "",
    ],
    extensions: certificate.extensions.map(({ type, value }) => [type, hex(value)]),
  };
}

const flagNames = Object.keys(x509.KeyUsageFlags).filter((key): key is keyof typeof x509.KeyUsageFlags =>
  Number.isNaN(Number(key)),
);
/** RFC 5280 calls it nonRepudiation too. */
const ourFlag = (flag: string) => (flag === "nonRepudiation" ? "nonRepudiation" : flag);
const usageNames = new Map<string, string>([
  ...Object.entries(x509.ExtendedKeyUsage).map(([name, id]) => [id, name] as const),
  ["2.5.29.37.0", "anyExtendedKeyUsage"],
]);
const nameOfUsage = (id: string) => usageNames.get(id)?.replace(/^ocspSigning$/, "OCSPSigning") ?? id;
const shortest = (type: string, value: string) =>
  type === "ip" && value.includes(":") ? new URL(`http://[${value}]`).hostname.slice(1, -1) : value;

function toldToOpenssl(read: Certificate) {
  const { serial, notBefore, notAfter, spki } = read;
  return { serial: BigInt(serial), notBefore, notAfter, spki: Buffer.from(spki), fingerprint: fingerprint(read) };
}

function toldByOpenssl(certificate: NodeCertificate): ReturnType<typeof toldToOpenssl> {
  return {
    serial: BigInt(`0x${certificate.serialNumber}`),
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
    spki: certificate.publicKey.export({ type: "spki", format: "der" }),
    fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
  };
}

/** One way to break bytes. */
type Wound = (bytes: Uint8Array) => Uint8Array;

const wound: fc.Arbitrary<Wound> = fc
  .record({
    at: fc.nat(),
    removed: fc.constantFrom(0, 1, 1, 1, 2, 20, Number.POSITIVE_INFINITY),
    added: fc.uint8Array({ maxLength: 3 }),
  })
  .map(
    ({ at, removed, added }): Wound =>
      (bytes) => {
        const start = at % (bytes.length + 1);
        return Buffer.concat([bytes.subarray(0, start), added, bytes.subarray(start + removed)]);
      },
  );

function outcome(read: () => unknown): string {
  try {
    read();
    return "read";
  } catch (error) {
    return error instanceof Error ? error.constructor.name : "something else";
  }
}
