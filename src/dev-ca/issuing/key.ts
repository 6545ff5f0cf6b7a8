/** Keys: made, read from PEM, and handed to WebCrypto for signing. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type JsonWebKey,
  type KeyObject,
  webcrypto,
} from "node:crypto";
import { promisify } from "node:util";

export type KeyKind = "P-256" | "P-384" | "P-521" | "RSA-2048" | "Ed25519";

export interface KeyPair {
  /** PKCS#8 PEM. */
  privatePem: string;
  /** SubjectPublicKeyInfo, DER. */
  spki: Buffer;
}

/** A private key that signs certificates, and with which algorithm. */
export interface Signer {
  key: webcrypto.CryptoKey;
  algorithm: webcrypto.Algorithm & { hash?: string };
}

const generate = promisify(generateKeyPair);

export async function createKey(kind: KeyKind): Promise<KeyPair> {
  const { privateKey } = await generated(kind);
  return { privatePem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(), spki: publicDer(privateKey) };
}

/** SubjectPublicKeyInfo of a public key in PEM, or of the public half of a private one. */
export function publicDer(key: string | KeyObject): Buffer {
  const half = typeof key === "string" ? createPublicKey(key) : createPublicKey(key);
  return half.export({ type: "spki", format: "der" });
}

/** A signer for any kind of key that step-ca itself can sign with. */
export async function signerOf(pem: string): Promise<Signer> {
  const key = createPrivateKey(pem);
  const jwk = key.export({ format: "jwk" });
  const algorithm = signatureAlgorithm(jwk);
  const imported = await webcrypto.subtle.importKey("jwk", jwk, algorithm, false, ["sign"]);
  return { key: imported, algorithm };
}

function generated(kind: KeyKind): Promise<{ privateKey: KeyObject }> {
  if (kind === "RSA-2048") return generate("rsa", { modulusLength: 2048 });
  if (kind === "Ed25519") return generate("ed25519");
  return generate("ec", { namedCurve: kind });
}

function signatureAlgorithm(jwk: JsonWebKey): Signer["algorithm"] & { namedCurve?: string } {
  if (jwk.kty === "RSA") return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  if (jwk.kty === "OKP") return { name: "Ed25519" };
  const hash = jwk.crv === "P-521" ? "SHA-512" : jwk.crv === "P-384" ? "SHA-384" : "SHA-256";
  return { name: "ECDSA", namedCurve: String(jwk.crv), hash };
}
