/**
 * A private key encrypted under a passphrase: PKCS#8 with PBES2, PBKDF2-HMAC-SHA256 and AES-256-CBC (RFC 5958 §3, RFC 8018
 * §6.2). Node's own export derives with 2048 iterations, which a guesser does in no time.
 */
import { createCipheriv, type KeyObject, pbkdf2Sync, randomBytes } from "node:crypto";
import { algorithm, integer, nothing, octetString, sequence } from "./der-writing.ts";

/** What OWASP asks of PBKDF2-HMAC-SHA256 since 2023; a fifth of a second here. */
export const iterations = 600_000;

/** EncryptedPrivateKeyInfo, in DER. */
export function encryptKey(key: KeyObject, passphrase: string): Buffer {
  const [salt, iv] = [randomBytes(16), randomBytes(16)];
  const secret = pbkdf2Sync(passphrase, salt, iterations, 32, "sha256");
  const cipher = createCipheriv("aes-256-cbc", secret, iv);
  const clear = key.export({ type: "pkcs8", format: "der" });
  const encrypted = Buffer.concat([cipher.update(clear), cipher.final()]);
  const prf = algorithm("1.2.840.113549.2.9", nothing);
  const derivation = algorithm("1.2.840.113549.1.5.12", sequence(octetString(salt), integer(iterations), prf));
  const encryption = algorithm("2.16.840.1.101.3.4.1.42", octetString(iv));
  return sequence(algorithm("1.2.840.113549.1.5.13", sequence(derivation, encryption)), octetString(encrypted));
}
