/**
 * Private keys in the clear, as OpenSSL need not decode them: its decoders take a third of a millisecond, for an EC key, and what
 * they find is five fields that stand one after another (RFC 5958 §2, RFC 5915 §3, RFC 8017 §A.1.2).
 */
import { createPrivateKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { children, type Der, oid, readDer, tags } from "./der.ts";

const curves: Readonly<Record<string, { crv: string; octets: number }>> = {
  "1.2.840.10045.3.1.7": { crv: "P-256", octets: 32 },
  "1.3.132.0.34": { crv: "P-384", octets: 48 },
  "1.3.132.0.35": { crv: "P-521", octets: 66 },
};

/** Null for whatever is not plainly one of these: then OpenSSL decides, and says what is wrong with it. */
export function quickKey(label: string, der: Uint8Array): KeyObject | null {
  try {
    const key = jwkOf(label, readDer(der));
    return key && createPrivateKey({ key, format: "jwk" });
  } catch {
    return null;
  }
}

function jwkOf(label: string, element: Der): JsonWebKey | null {
  if (label === "EC PRIVATE KEY") return ellipticKey(element, null);
  if (label === "RSA PRIVATE KEY") return rsaKey(element);
  if (label !== "PRIVATE KEY") return null;
  const [, algorithm, inside] = children(element);
  const [kind, curve] = children(algorithm);
  if (inside?.tag !== tags.octetString) return null;
  const id = oid(kind);
  if (id === "1.2.840.10045.2.1") return ellipticKey(readDer(inside.value), curve ?? null);
  return id === "1.2.840.113549.1.1.1" ? rsaKey(readDer(inside.value)) : null;
}

/** Without its public half OpenSSL has to make it. */
function ellipticKey(element: Der, outer: Der | null): JsonWebKey | null {
  const [, secret, ...others] = children(element);
  const within = others.find(({ tag }) => tag === tags.explicit(0));
  const { crv, octets } = curves[oid(outer ?? readDer(within?.value ?? new Uint8Array()))] ?? { crv: "", octets: 0 };
  const open = others.find(({ tag }) => tag === tags.explicit(1));
  if (octets === 0 || open === undefined || secret?.value.length !== octets) return null;
  const point = readDer(open.value);
  const [unused, form] = point.value;
  if (point.tag !== tags.bitString || unused !== 0 || form !== 4 || point.value.length !== 2 + 2 * octets) return null;
  const x = base64url(point.value.subarray(2, 2 + octets));
  const y = base64url(point.value.subarray(2 + octets));
  return { kty: "EC", crv, x, y, d: base64url(secret.value) };
}

/** Of two primes. */
function rsaKey(element: Der): JsonWebKey | null {
  const [version, ...numbers] = children(element);
  if (version?.value.length !== 1 || version.value[0] !== 0 || numbers.length !== 8) return null;
  if (numbers.some(({ tag, value }) => tag !== tags.integer || (value[0] ?? 0x80) >= 0x80)) return null;
  const [n = "", e = "", d = "", p = "", q = "", dp = "", dq = "", qi = ""] = numbers.map(({ value }) =>
    base64url(unpadded(value)),
  );
  return { kty: "RSA", n, e, d, p, q, dp, dq, qi };
}

function unpadded(value: Uint8Array): Uint8Array {
  const start = value.findIndex((octet) => octet !== 0);
  return value.subarray(start < 0 ? value.length : start);
}

function base64url(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.length).toString("base64url");
}
