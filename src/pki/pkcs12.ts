/**
 * A key with its chain in one file under a passphrase: PKCS#12 (RFC 7292), encrypted by PBES2 with AES-256-CBC and
 * PBKDF2-HMAC-SHA256, its MAC SHA-256. OpenSSL 1.1 and Java 8u301 and later read it. The schemas' door.
 */
import { createHmac, hash, type KeyObject } from "node:crypto";
import { ContentInfo, EncryptedContent, EncryptedContentInfo } from "@peculiar/asn1-cms";
import { AuthenticatedSafe, CertBag, MacData, PFX, PKCS12Attribute, SafeBag, SafeContents } from "@peculiar/asn1-pfx";
import { DigestInfo } from "@peculiar/asn1-rsa";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import { AlgorithmIdentifier } from "@peculiar/asn1-x509";
import type { Certificate } from "./certificate.ts";
import { element, integer, octetString, sequence } from "./der-writing.ts";
import { type Derivation, encrypt, secretOf } from "./encrypted-key.ts";
import { iterations, saltLength } from "./own-pkcs12.ts";

const ids = {
  data: "1.2.840.113549.1.7.1",
  encryptedData: "1.2.840.113549.1.7.6",
  shroudedKey: "1.2.840.113549.1.12.10.1.2",
  certificate: "1.2.840.113549.1.12.10.1.3",
  x509: "1.2.840.113549.1.9.22.1",
  friendlyName: "1.2.840.113549.1.9.20",
  localKeyId: "1.2.840.113549.1.9.21",
  sha256: "2.16.840.1.101.3.4.2.1",
};

/** What goes into one. */
export interface Contents {
  readonly key: KeyObject;
  readonly chain: readonly [Certificate, ...Certificate[]];
}

/**
 * The same contents and passphrase give the same bytes, so that a file shows whether it is up to date: salts and IVs are
 * made from the key, and are like chance to all who do not hold it.
 */
export function pkcs12({ key, chain }: Contents, passphrase: string): Buffer {
  const clear = key.export({ type: "pkcs8", format: "der" });
  const chance = (what: string, ...more: readonly Uint8Array[]) => {
    const mac = createHmac("sha256", clear).update(`x5c-renew pkcs12 ${what}\0${passphrase.length}\0${passphrase}\0`);
    for (const bytes of more) mac.update(bytes);
    return mac.digest();
  };
  const all = chain.map(({ der }) => der);
  const derivation: Derivation = { salt: chance("salt", ...all).subarray(0, 16), iterations };
  const secret = secretOf(passphrase, derivation);
  const marks = attributes(chain[0]);
  const shrouded = encrypt(clear, secret, chance("key", ...all).subarray(0, 16), derivation);
  const keyBag = new SafeBag({
    bagId: ids.shroudedKey,
    bagValue: plain(sequence(shrouded.scheme, octetString(shrouded.encrypted))),
    bagAttributes: marks,
  });
  const bags = chain.map((certificate, index) => certificateBag(certificate, index === 0 ? marks : undefined));
  const inside = Buffer.from(AsnConvert.serialize(new SafeContents(bags)));
  const certificates = encrypt(inside, secret, chance("certificates", ...all).subarray(0, 16), derivation);
  const safe = new AuthenticatedSafe([encryptedContent(certificates), dataOf(new SafeContents([keyBag]))]);
  const content = Buffer.from(AsnConvert.serialize(safe));
  const macSalt = chance("mac", ...all).subarray(0, saltLength);
  const digest = createHmac("sha256", macKey(passphrase, macSalt)).update(content).digest();
  const digestAlgorithm = new AlgorithmIdentifier({ algorithm: ids.sha256, parameters: null });
  const mac = new DigestInfo({ digestAlgorithm, digest: new OctetString(digest) });
  const authSafe = new ContentInfo({ contentType: ids.data, content: plain(octetString(content)) });
  const macData = new MacData({ mac, macSalt: new OctetString(macSalt), iterations });
  return Buffer.from(AsnConvert.serialize(new PFX({ version: 3, authSafe, macData })));
}

/** What the certificate is called where it is listed: Java's alias. */
function friendlyName({ commonName, names, serial }: Certificate): string {
  return commonName || names[0] || serial;
}

/** By the same two, key and leaf are found to belong together. */
function attributes(leaf: Certificate): PKCS12Attribute[] {
  const name = element(bmpString, bmp(friendlyName(leaf)));
  const id = octetString(hash("sha1", Buffer.from(leaf.der), "buffer"));
  return [attribute(ids.localKeyId, id), attribute(ids.friendlyName, name)];
}

/** The class's own constructor drops what it is given (asn1-pfx 2.11). */
function attribute(attrId: string, value: Uint8Array): PKCS12Attribute {
  return Object.assign(new PKCS12Attribute(), { attrId, attrValues: [plain(value)] });
}

function certificateBag({ der }: Certificate, marks: PKCS12Attribute[] | undefined): SafeBag {
  const value = new CertBag({ certId: ids.x509, certValue: plain(octetString(der)) });
  const bag = { bagId: ids.certificate, bagValue: AsnConvert.serialize(value) };
  return new SafeBag({ ...bag, ...(marks && { bagAttributes: marks }) });
}

function dataOf(contents: SafeContents): ContentInfo {
  const bytes = Buffer.from(AsnConvert.serialize(contents));
  return new ContentInfo({ contentType: ids.data, content: plain(octetString(bytes)) });
}

function encryptedContent({ scheme, encrypted }: ReturnType<typeof encrypt>): ContentInfo {
  const encryptedContentInfo = new EncryptedContentInfo({
    contentType: ids.data,
    contentEncryptionAlgorithm: AsnConvert.parse(plain(scheme), AlgorithmIdentifier),
    encryptedContent: new EncryptedContent({ value: new OctetString(encrypted) }),
  });
  const data = sequence(integer(0), Buffer.from(AsnConvert.serialize(encryptedContentInfo)));
  return new ContentInfo({ contentType: ids.encryptedData, content: plain(data) });
}

const bmpString = 0x1e;

/** UTF-16, the high octet first. */
function bmp(text: string): Buffer {
  return Buffer.from(text, "utf16le").swap16();
}

/** RFC 7292, appendix B.2, for as many octets as one SHA-256 gives: an integrity key is of that length. */
function macKey(passphrase: string, salt: Uint8Array): Buffer {
  const block = 64;
  const purpose = Buffer.alloc(block, 3);
  let key = hash(
    "sha256",
    Buffer.concat([purpose, filled(salt, block), filled(bmp(`${passphrase}\0`), block)]),
    "buffer",
  );
  for (let round = 1; round < iterations; round++) key = hash("sha256", key, "buffer");
  return key;
}

/** Repeated until it fills whole blocks. */
function filled(bytes: Uint8Array, block: number): Buffer {
  return Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes);
}

/** A buffer of its own: Node's may be a part of a larger one. */
function plain(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
