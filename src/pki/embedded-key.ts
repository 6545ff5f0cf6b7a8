/** Whether a private key says itself that it is a certificate's: a look at bytes, without the time that OpenSSL takes to open it. */
import { same } from "./certificate.ts";
import { children, type Der, readDer, tags } from "./der.ts";

/**
 * True where the clear key (PKCS#8, RFC 5958; SEC1, RFC 5915; PKCS#1, RFC 8017) holds the public half, as OpenSSL, step and Go
 * write it, and it is this SubjectPublicKeyInfo. False says nothing. That the private half is good, is not looked at.
 */
export function embedsPublicKey(key: Uint8Array, spki: Uint8Array): boolean {
  try {
    const [algorithm, point] = children(readDer(spki));
    const [version, second, third] = children(readDer(key));
    if (algorithm === undefined || point?.tag !== tags.bitString || version?.tag !== tags.integer) return false;
    const parts = { algorithm, point: point.value.subarray(1) }; // after the count of unused bits
    if (second?.tag !== tags.sequence) return isOf(children(readDer(key)), parts);
    return (
      third?.tag === tags.octetString && same(second.raw, algorithm.raw) && isOf(children(readDer(third.value)), parts)
    );
  } catch {
    return false; // opening it will say what is wrong
  }
}

interface Public {
  algorithm: Der;
  /** Of an elliptic curve; or a modulus and an exponent. */
  point: Uint8Array;
}

/** The fields of an RSAPrivateKey or an ECPrivateKey. */
function isOf([, second, ...others]: Der[], { algorithm, point }: Public): boolean {
  const [kind, curve] = children(algorithm);
  const id = Buffer.from(kind?.value ?? []).toString("hex");
  if (id === rsa && second?.tag === tags.integer) {
    const [modulus, exponent] = children(readDer(point));
    const isSame = modulus !== undefined && same(modulus.raw, second.raw) && exponent !== undefined;
    return isSame && second.value.length > smallestModulus && same(exponent.raw, others[0]?.raw ?? new Uint8Array());
  }
  if (id !== ec || second?.tag !== tags.octetString) return false;
  if (!curves.includes(Buffer.from(curve?.value ?? []).toString("hex"))) return false;
  const [named, held] = [0, 1].map((number) => others.find(({ tag }) => tag === tags.explicit(number)));
  const isOfCurve = named === undefined || same(named.value, curve?.raw ?? new Uint8Array());
  return isOfCurve && held !== undefined && same(readDer(held.value).value.subarray(1), point);
}

const rsa = "2a864886f70d010101";
const ec = "2a8648ce3d0201";
/** P-256, P-384, P-521. */
const curves = ["2a8648ce3d030107", "2b81040022", "2b81040023"];
/** In bytes, without the zero that keeps the number positive: 2048 bits. */
const smallestModulus = 256;
