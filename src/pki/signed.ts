/**
 * Whether a key signed a certificate. The usual signatures are checked over the bytes as they stand: OpenSSL would take the whole
 * certificate apart first, which costs more than the arithmetic. Of all others OpenSSL alone decides.
 */
import { createPublicKey, type KeyObject, verify, X509Certificate } from "node:crypto";
import { children, type Der, oid, readDer, tags } from "./der.ts";
import { isPlainlyReadable } from "./plainly-readable.ts";

/** A key that OpenSSL does not know signs nothing that can be checked; what is no certificate is signed by nobody. */
export function isSignedWith(der: Uint8Array, key: KeyObject): boolean {
  try {
    const usual = usualSignature(der, key);
    if (usual === null) return opened(der).verify(key);
    return verify(usual.hash, usual.signed, key, usual.signature);
  } catch {
    return false;
  }
}

const readable = new WeakMap<object, boolean>();

/** Whether OpenSSL reads it at all: what it does not, no server and no client can use. */
export function isReadable(certificate: { readonly der: Uint8Array }): boolean {
  const known = readable.get(certificate) ?? (isPlainlyReadable(certificate.der) || isRead(certificate.der));
  readable.set(certificate, known);
  return known;
}

function isRead(der: Uint8Array): boolean {
  try {
    opened(der);
    return true;
  } catch {
    return false;
  }
}

/** Node looks for PEM first, which may stand inside of an extension: then it reads another certificate. Throws for that, too. */
function opened(der: Uint8Array): X509Certificate {
  const certificate = new X509Certificate(der);
  if (Buffer.compare(certificate.raw, der) !== 0) throw new Error("another certificate was read");
  return certificate;
}

/** By the very octets that were read as the certificate's key. Throws where OpenSSL does not know it. */
export function publicKeyIn({ spki }: { readonly spki: Uint8Array }): KeyObject {
  return createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
}

interface Signature {
  /** Null where the algorithm has its own. */
  hash: string | null;
  signed: Uint8Array;
  signature: Uint8Array;
}

/** By the algorithm's OID (RFC 5758, RFC 4055, RFC 8410). RSA has parameters, which are NULL; the others have none. */
const algorithms: Readonly<Record<string, { type: string; hash: string | null; parameters: number }>> = {
  "1.2.840.10045.4.3.2": { type: "ec", hash: "sha256", parameters: 0 },
  "1.2.840.10045.4.3.3": { type: "ec", hash: "sha384", parameters: 0 },
  "1.2.840.10045.4.3.4": { type: "ec", hash: "sha512", parameters: 0 },
  "1.2.840.113549.1.1.11": { type: "rsa", hash: "sha256", parameters: 2 },
  "1.2.840.113549.1.1.12": { type: "rsa", hash: "sha384", parameters: 2 },
  "1.2.840.113549.1.1.13": { type: "rsa", hash: "sha512", parameters: 2 },
  "1.3.101.112": { type: "ed25519", hash: null, parameters: 0 },
};

/** Null for whatever is not plainly one of them. What the certificate says of its signature inside must be what stands outside. */
function usualSignature(der: Uint8Array, key: KeyObject): Signature | null {
  const whole = readDer(der);
  const [body, algorithm, bits, ...others] = children(whole);
  if (whole.raw.length !== der.length || body === undefined || bits?.tag !== tags.bitString || others.length > 0)
    return null;
  const [id, ...parameters] = children(algorithm);
  const how = algorithms[oid(id)];
  if (how === undefined || how.type !== key.asymmetricKeyType || bits.value[0] !== 0) return null;
  if (parameters.length > 1 || (parameters[0]?.raw.length ?? 0) !== how.parameters) return null;
  const inside = innerAlgorithm(body);
  if (inside === undefined || algorithm === undefined || Buffer.compare(inside.raw, algorithm.raw) !== 0) return null;
  return { hash: how.hash, signed: body.raw, signature: bits.value.subarray(1) };
}

function innerAlgorithm(body: Der): Der | undefined {
  const [first, second, third] = children(body);
  return first?.tag === tags.explicit(0) ? third : second;
}
