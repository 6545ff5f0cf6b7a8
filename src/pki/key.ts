/** The private key file: PKCS#8, PKCS#1, SEC1 or DER, clear or encrypted (PBES2, or legacy RFC 1421). */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { Failure, messageOf } from "../failure/failure.ts";
import { isDer, isPrivateKeyLabel, looksLike, type Source } from "./bundle.ts";
import { children, readDer, tags } from "./der.ts";
import { type PemBlock, pemBlocks } from "./pem.ts";
import { quickKey } from "./quick-key.ts";

/** A passphrase and where it came from; asked for only when a key turns out to be encrypted. */
export interface Passphrase {
  text: string;
  from: string;
}

/** What to give OpenSSL, once the file is known to hold a private key. */
export type KeyMaterial = ({ pem: string } | { der: Buffer }) & {
  /** How it is encrypted, null when it is not. */
  cipher: string | null;
};

/** Finds the private key in a file. Throws a failure that says what the file is instead. Parses no key yet. */
export function findKey({ file, role, bytes }: Source): KeyMaterial {
  if (bytes.length === 0) throw new Failure("FILE_EMPTY", { file, role });
  const blocks = pemBlocks(bytes.toString("latin1"));
  if (isDer(bytes, blocks)) return { der: bytes, cipher: isEncryptedDer(bytes) ? "PKCS#8" : null };
  const key = blocks.find(({ label }) => isPrivateKeyLabel(label));
  if (key !== undefined) return { pem: key.text, cipher: cipherOf(key) };
  if (blocks.length === 0) throw new Failure("NOT_PEM", { file, role, looksLike: looksLike(bytes) });
  const found = blocks.map(({ label }) => label);
  if (found.some((label) => label.endsWith("PUBLIC KEY"))) throw new Failure("PUBLIC_KEY", { file, role });
  if (found.some((label) => label.endsWith("CERTIFICATE REQUEST")))
    throw new Failure("CERTIFICATE_REQUEST", { file, role });
  throw new Failure("NO_KEY", { file, role, found });
}

/**
 * Opens the key. With a passphrase any decoding failure is WRONG_PASSPHRASE: about 1 wrong passphrase in 256 leaves whole
 * padding, and then OpenSSL's error looks like a broken key.
 */
export function openKey(material: KeyMaterial, { file, role }: Source, passphrase?: Passphrase): KeyObject {
  const { cipher } = material;
  if (cipher !== null && passphrase === undefined) throw new Failure("KEY_ENCRYPTED", { file, role });
  let key: KeyObject;
  try {
    key = parse(material, cipher === null ? undefined : passphrase?.text);
  } catch (error) {
    if (cipher === null || passphrase === undefined)
      throw new Failure("BAD_KEY", { file, role, problem: messageOf(error) });
    throw new Failure("WRONG_PASSPHRASE", { file, role, passphraseFrom: passphrase.from, cipher });
  }
  const { namedCurve, modulusLength = smallestRsa } = key.asymmetricKeyDetails ?? {};
  const kind = namedCurve ?? key.asymmetricKeyType ?? "unknown";
  if (!supportedKinds.includes(kind))
    throw new Failure("BAD_KEY", { file, role, problem: `it is a key of kind ${kind}` });
  if (modulusLength < smallestRsa)
    throw new Failure("BAD_KEY", { file, role, problem: `it is an RSA key of ${modulusLength} bits` });
  return key;
}

/** What step-ca issues for (smallstep/certificates: "only RSA, ECDSA and Ed25519 keys supported"). */
const supportedKinds = ["rsa", "prime256v1", "secp384r1", "secp521r1", "ed25519"];

/** Of an RSA modulus, in bits; fewer are issued by no step-ca and taken by no token (RFC 7518 §3.3). */
const smallestRsa = 2048;

/** The public half as SubjectPublicKeyInfo, to be compared with a certificate's. */
export function publicKeyOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: "spki", format: "der" });
}

function parse(material: KeyMaterial, passphrase: string | undefined): KeyObject {
  const [block] = "pem" in material && material.cipher === null ? pemBlocks(material.pem) : [];
  const quick = block === undefined ? null : quickKey(block.label, block.der);
  if (quick !== null) return quick;
  if ("pem" in material)
    return createPrivateKey({ key: material.pem, ...(passphrase !== undefined && { passphrase }) });
  for (const type of ["pkcs8", "sec1"] as const) {
    try {
      return createPrivateKey({
        key: material.der,
        format: "der",
        type,
        ...(passphrase !== undefined && { passphrase }),
      });
    } catch {
      // another form may fit; the last one's error is the one that counts
    }
  }
  return createPrivateKey({ key: material.der, format: "der", type: "pkcs1" });
}

/** EncryptedPrivateKeyInfo is an algorithm and octets; every clear form opens with a version number (RFC 5958 §2, §3). */
function isEncryptedDer(bytes: Buffer): boolean {
  try {
    const [algorithm, octets] = children(readDer(bytes));
    return algorithm?.tag === tags.sequence && octets?.tag === tags.octetString;
  } catch {
    return false; // not DER at all: opening it will say so
  }
}

/** How a block is encrypted, null when it is not. */
function cipherOf({ label, headers }: PemBlock): string | null {
  if (label === "ENCRYPTED PRIVATE KEY") return "PKCS#8";
  return headers["Proc-Type"]?.includes("ENCRYPTED") ? (headers["DEK-Info"]?.split(",")[0] ?? "unknown") : null;
}
