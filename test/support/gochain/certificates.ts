/**
 * Certificates that no decent CA would issue: version 1, wrong key ids, forged issuers, SHA-1, constraints of every kind.
 * Written by hand in DER, as @peculiar/x509 makes only decent ones; Go parses each in test/real/path.test.ts.
 */
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { type Certificate, readCertificate } from "../../../src/pki/certificate.ts";

/** An authority is a name and a key; several certificates may speak of one. Keys are made when first named. */
export interface Authority {
  subject: string;
  key: string;
}

/** What a name constraint or a subject alternative name is about. Addresses as octets, with their mask in a constraint. */
export type GeneralName =
  | { dns: string }
  | { email: string }
  | { uri: string }
  | { ip: readonly number[] }
  | { directory: string };

export interface Draft extends Authority {
  /** Itself, if not given. */
  issuer?: Authority;
  notBefore?: Date;
  notAfter?: Date;
  version?: 1 | 3;
  /** null leaves basic constraints out. */
  ca?: boolean | null;
  pathLength?: number;
  usages?: readonly string[] | null;
  /** The bits of RFC 5280 §4.2.1.3 by number; 5 is keyCertSign. */
  keyUsages?: readonly number[];
  names?: readonly GeneralName[];
  permitted?: readonly GeneralName[];
  excluded?: readonly GeneralName[];
  subjectKeyId?: "of the key" | "another" | "none";
  authorityKeyId?: "of the key" | "another" | "none";
  unknownExtension?: "critical" | "not critical";
  digest?: "sha256" | "sha384" | "sha1" | "md5";
  /** The serial number's octets. */
  serial?: readonly number[];
  /** Further extensions: id, contents, and whether it is critical. */
  more?: readonly (readonly [string, Buffer, "critical"?])[];
}

export const now = new Date("2026-06-01T12:00:00Z");
export const daysFromNow = (days: number) => new Date(now.getTime() + days * 86_400_000);

let serial = 1000;

export function make(draft: Draft): Certificate {
  return readCertificate(makeDer(draft));
}

/** Also what we refuse to read. */
export function makeDer(draft: Draft): Buffer {
  const { issuer = draft, version = 3, digest = "sha256" } = draft;
  const signer = keyPair(issuer.key);
  const algorithm = seq(oid(signatureAlgorithm(signer, digest)), ...(isRsa(signer) ? [tlv(0x05)] : []));
  const tbs = seq(
    ...(version === 1 ? [] : [tlv(0xa0, integer(version - 1))]),
    draft.serial === undefined ? integer(++serial) : tlv(0x02, Buffer.from(draft.serial)),
    algorithm,
    name(issuer.subject),
    seq(time(draft.notBefore ?? daysFromNow(-10)), time(draft.notAfter ?? daysFromNow(10))),
    name(draft.subject),
    keyPair(draft.key).spki,
    ...(version === 1 ? [] : [tlv(0xa3, seq(...extensions(draft, issuer)))]),
  );
  const signature = sign(signer.private.asymmetricKeyType === "ed25519" ? null : digest, tbs, signer.private);
  return seq(tbs, algorithm, tlv(0x03, Buffer.of(0), signature));
}

export const authority = (draft: Draft) => make({ ca: true, keyUsages: [5, 6], ...draft });

interface KeyPair {
  private: KeyObject;
  spki: Buffer;
}

const keyPairs = new Map<string, KeyPair>();

/** A key named "rsa…" (also "rsa1024…"), "ed25519…", "secp224r1…" or "secp256k1…" is of that kind, any other is of P-256. */
function keyPair(called: string): KeyPair {
  const known = keyPairs.get(called);
  if (known !== undefined) return known;
  const { publicKey, privateKey } = called.startsWith("rsa")
    ? generateKeyPairSync("rsa", { modulusLength: called.startsWith("rsa1024") ? 1024 : 2048 })
    : called.startsWith("ed25519")
      ? generateKeyPairSync("ed25519")
      : generateKeyPairSync("ec", { namedCurve: /^secp\w+/.exec(called)?.[0] ?? "P-256" });
  const pair = { private: privateKey, spki: publicKey.export({ type: "spki", format: "der" }) };
  keyPairs.set(called, pair);
  return pair;
}

const isRsa = (key: KeyPair) => key.private.asymmetricKeyType === "rsa";

function signatureAlgorithm(key: KeyPair, digest: NonNullable<Draft["digest"]>): string {
  if (key.private.asymmetricKeyType === "ed25519") return "1.3.101.112";
  const ofRsa = {
    md5: "1.2.840.113549.1.1.4",
    sha1: "1.2.840.113549.1.1.5",
    sha256: "1.2.840.113549.1.1.11",
    sha384: "1.2.840.113549.1.1.12",
  };
  const ofEcdsa = {
    md5: "1.2.3.5",
    sha1: "1.2.840.10045.4.1",
    sha256: "1.2.840.10045.4.3.2",
    sha384: "1.2.840.10045.4.3.3",
  };
  return (isRsa(key) ? ofRsa : ofEcdsa)[digest];
}

const usageIds: Record<string, string> = {
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  codeSigning: "1.3.6.1.5.5.7.3.3",
  anyExtendedKeyUsage: "2.5.29.37.0",
};

function extensions(draft: Draft, issuer: Authority): Buffer[] {
  const { ca = null, pathLength, usages, keyUsages, names, permitted = [], excluded = [], unknownExtension } = draft;
  const { subjectKeyId = "none", authorityKeyId = "none" } = draft;
  const list: Buffer[] = [];
  if (ca !== null) {
    const length = pathLength === undefined ? [] : [integer(pathLength)];
    list.push(extension("2.5.29.19", true, seq(...(ca ? [tlv(0x01, Buffer.of(0xff))] : []), ...length)));
  }
  if (usages) list.push(extension("2.5.29.37", false, seq(...usages.map((usage) => oid(usageIds[usage] ?? usage)))));
  if (keyUsages) list.push(extension("2.5.29.15", true, namedBits(keyUsages)));
  if (names) list.push(extension("2.5.29.17", draft.subject === "", seq(...names.map(generalName))));
  if (permitted.length + excluded.length > 0) {
    const sides = [permitted, excluded].map((side, n) => tlv(0xa0 | n, ...side.map((base) => seq(generalName(base)))));
    list.push(extension("2.5.29.30", true, seq(...sides.filter((_, n) => [permitted, excluded][n]?.length))));
  }
  if (subjectKeyId !== "none") list.push(extension("2.5.29.14", false, tlv(0x04, keyId(subjectKeyId, draft.key))));
  if (authorityKeyId !== "none") {
    list.push(extension("2.5.29.35", false, seq(tlv(0x80, keyId(authorityKeyId, issuer.key)))));
  }
  if (unknownExtension) list.push(extension("1.2.3.4", unknownExtension === "critical", tlv(0x05)));
  for (const [id, value, critical] of draft.more ?? []) list.push(extension(id, critical !== undefined, value));
  return list;
}

function keyId(whose: string, key: string): Buffer {
  return createHash("sha1")
    .update(whose === "another" ? "another" : keyPair(key).spki)
    .digest();
}

function generalName(general: GeneralName): Buffer {
  if ("ip" in general) return tlv(0x87, Buffer.from(general.ip));
  if ("dns" in general) return tlv(0x82, Buffer.from(general.dns));
  if ("uri" in general) return tlv(0x86, Buffer.from(general.uri));
  if ("email" in general) return tlv(0x81, Buffer.from(general.email));
  return tlv(0xa4, name(general.directory));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return seq(oid(id), ...(critical ? [tlv(0x01, Buffer.of(0xff))] : []), tlv(0x04, value));
}

function name(commonName: string): Buffer {
  if (commonName === "") return seq();
  return seq(tlv(0x31, seq(oid("2.5.4.3"), tlv(0x0c, Buffer.from(commonName)))));
}

function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\.\d+|[-:T]/g, "");
  return date.getUTCFullYear() < 2050 ? tlv(0x17, Buffer.from(digits.slice(2))) : tlv(0x18, Buffer.from(digits));
}

function namedBits(set: readonly number[]): Buffer {
  const octets = Buffer.alloc(2);
  for (const bit of set) octets.writeUInt16BE(octets.readUInt16BE() | (0x8000 >> bit));
  return tlv(0x03, Buffer.of(0), octets);
}

export function seq(...parts: Uint8Array[]): Buffer {
  return tlv(0x30, ...parts);
}

export function tlv(tag: number, ...parts: Uint8Array[]): Buffer {
  const value = Buffer.concat(parts);
  if (value.length < 0x80) return Buffer.concat([Buffer.of(tag, value.length), value]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(value.length);
  const short = length.subarray(length.findIndex((octet) => octet > 0));
  return Buffer.concat([Buffer.of(tag, 0x80 | short.length), short, value]);
}

export function integer(value: number): Buffer {
  const digits = value.toString(16);
  const octets = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, "hex");
  return tlv(0x02, ...(octets.readUInt8() < 0x80 ? [] : [Buffer.of(0)]), octets);
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const octets = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift(0x80 | (left & 0x7f));
    return groups;
  });
  return tlv(0x06, Buffer.from(octets));
}
