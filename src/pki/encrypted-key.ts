/**
 * A private key encrypted under a passphrase: PKCS#8 with PBES2, PBKDF2-HMAC-SHA256 and AES-256-CBC (RFC 5958 §3, RFC 8018
 * §6.2). Node's own export derives with 2048 iterations, which a guesser does in no time.
 */
import { createCipheriv, type KeyObject, pbkdf2Sync, randomBytes } from "node:crypto";
import { algorithm, integer, nothing, octetString, sequence } from "./der-writing.ts";

/** What OWASP asks of PBKDF2-HMAC-SHA256 since 2023; a fifth of a second here. */
export const iterations = 600_000;

/** How a secret is made of a passphrase; whoever uses one twice derives it once. */
export interface Derivation {
  readonly salt: Uint8Array;
  readonly iterations: number;
}

/** EncryptedPrivateKeyInfo, in DER. */
export function encryptKey(key: KeyObject, passphrase: string): Buffer {
  const derivation = { salt: randomBytes(16), iterations };
  const clear = key.export({ type: "pkcs8", format: "der" });
  const { scheme, encrypted } = encrypt(clear, secretOf(passphrase, derivation), randomBytes(16), derivation);
  return sequence(scheme, octetString(encrypted));
}

export function secretOf(passphrase: string, { salt, iterations: rounds }: Derivation): Buffer {
  return pbkdf2Sync(passphrase, salt, rounds, 32, "sha256");
}

/** The bytes encrypted, and the AlgorithmIdentifier by which they are opened. */
export function encrypt(
  clear: Uint8Array,
  secret: Uint8Array,
  iv: Uint8Array,
  { salt, iterations: rounds }: Derivation,
): { scheme: Buffer; encrypted: Buffer } {
  const cipher = createCipheriv("aes-256-cbc", secret, iv);
  const encrypted = Buffer.concat([cipher.update(clear), cipher.final()]);
  const prf = algorithm("1.2.840.113549.2.9", nothing);
  const derivation = algorithm("1.2.840.113549.1.5.12", sequence(octetString(salt), integer(rounds), prf));
  const encryption = algorithm("2.16.840.1.101.3.4.1.42", octetString(iv));
  return { scheme: algorithm("1.2.840.113549.1.5.13", sequence(derivation, encryption)), encrypted };
}
