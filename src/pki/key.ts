/** The private key file: PKCS#8, PKCS#1, SEC1 or DER, clear or encrypted (PBES2, or legacy RFC 1421). */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { errnoOf, Failure, messageOf } from "../failure/failure.ts";
import { isPrivateKeyLabel, looksLike, type Source } from "./bundle.ts";
import { type PemBlock, pemBlocks } from "./pem.ts";

/** A passphrase and where it came from; asked for only when a key turns out to be encrypted. */
export interface Passphrase {
  text: string;
  from: string;
}

/** What to give OpenSSL, once the file is known to hold a private key. */
export type KeyMaterial = { pem: string; cipher: string | null } | { der: Buffer };

/** Finds the private key in a file. Throws a failure that says what the file is instead. Parses no key yet. */
export function findKey({ file, role, bytes }: Source): KeyMaterial {
  if (bytes.length === 0) throw new Failure("FILE_EMPTY", { file, role });
  if (bytes[0] === 0x30) return { der: bytes };
  const blocks = pemBlocks(bytes.toString("latin1"));
  const key = blocks.find(({ label }) => isPrivateKeyLabel(label));
  if (key !== undefined) return { pem: key.text, cipher: cipherOf(key) };
  if (blocks.length === 0) throw new Failure("NOT_PEM", { file, role, looksLike: looksLike(bytes) });
  const found = blocks.map(({ label }) => label);
  if (found.some((label) => label.endsWith("PUBLIC KEY"))) throw new Failure("PUBLIC_KEY", { file, role });
  if (found.some((label) => label.endsWith("CERTIFICATE REQUEST"))) throw new Failure("CERTIFICATE_REQUEST", { file, role });
  throw new Failure("NO_KEY", { file, role, found });
}

/** Whether opening this key takes a passphrase. DER is tried without one first. */
export function isEncrypted(material: KeyMaterial): boolean {
  return "pem" in material && material.cipher !== null;
}

/**
 * Opens the key. With a passphrase any decoding failure is WRONG_PASSPHRASE: about 1 wrong passphrase in 256 leaves whole
 * padding, and then OpenSSL's error looks like a broken key.
 */
export function openKey(material: KeyMaterial, { file, role }: Source, passphrase?: Passphrase): KeyObject {
  if (isEncrypted(material) && passphrase === undefined) throw new Failure("KEY_ENCRYPTED", { file, role });
  try {
    return parse(material, passphrase?.text);
  } catch (error) {
    if (errnoOf(error) === "ERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED") throw new Failure("KEY_ENCRYPTED", { file, role }, error);
    if (isEncrypted(material) && passphrase !== undefined) {
      const cipher = "cipher" in material ? material.cipher : null;
      throw new Failure("WRONG_PASSPHRASE", { file, role, passphraseFrom: passphrase.from, ...(cipher && { cipher }) });
    }
    throw new Failure("BAD_KEY", { file, role, problem: messageOf(error) });
  }
}

/** The public half as SubjectPublicKeyInfo, to be compared with a certificate's. */
export function publicKeyOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: "spki", format: "der" });
}

function parse(material: KeyMaterial, passphrase: string | undefined): KeyObject {
  if ("pem" in material) return createPrivateKey({ key: material.pem, ...(passphrase !== undefined && { passphrase }) });
  for (const type of ["pkcs8", "sec1"] as const) {
    try {
      return createPrivateKey({ key: material.der, format: "der", type, ...(passphrase !== undefined && { passphrase }) });
    } catch {
      // another form may fit; the last one's error is the one that counts
    }
  }
  return createPrivateKey({ key: material.der, format: "der", type: "pkcs1" });
}

/** How a block is encrypted, null when it is not. */
function cipherOf({ label, headers }: PemBlock): string | null {
  if (label === "ENCRYPTED PRIVATE KEY") return "PKCS#8";
  return headers["Proc-Type"]?.includes("ENCRYPTED") ? (headers["DEK-Info"]?.split(",")[0] ?? "unknown") : null;
}
