/**
 * Private keys in the clear, as OpenSSL need not decode them: its decoders take a third of a millisecond, for an EC key, and what
 * they find is five fields that stand one after another (RFC 5958 §2, RFC 5915 §3, RFC 8017 §A.1.2).
 */
import { createPrivateKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { children, type Der, hex, isNumber, lettersOf, oid, readDer, tags } from "./der.ts";

const curves: Readonly<Record<string, { crv: string; octets: number }>> = {
  "1.2.840.10045.3.1.7": { crv: "P-256", octets: 32 },
  "1.3.132.0.34": { crv: "P-384", octets: 48 },
  "1.3.132.0.35": { crv: "P-521", octets: 66 },
};

/** Null for whatever is not plainly one of these: then OpenSSL decides, and says what is wrong with it. */
export function quickKey(label: string, der: Uint8Array): KeyObject | null {
  try {
    const key = jwkOf(label, der);
    return key && createPrivateKey({ key, format: "jwk" });
  } catch {
    return null;
  }
}

function jwkOf(label: string, der: Uint8Array): JsonWebKey | null {
  const element = readDer(der);
  if (element.raw.length !== der.length) return null;
  if (label === "EC PRIVATE KEY") return ellipticKey(element, null);
  if (label === "RSA PRIVATE KEY") return rsaKey(element);
  if (label !== "PRIVATE KEY") return null;
  const [version, algorithm, inside, ...more] = children(element);
  const [kind, parameters, ...others] = children(algorithm);
  if (!isNumber(version, 0) || inside?.tag !== tags.octetString || more.length + others.length > 0) return null;
  const key = readDer(inside.value);
  if (key.raw.length !== inside.value.length || parameters === undefined) return null;
  const id = oid(kind);
  if (id === "1.2.840.10045.2.1") return ellipticKey(key, parameters);
  return id === "1.2.840.113549.1.1.1" && hex(parameters.raw) === "0500" ? rsaKey(key) : null;
}

/** Without its public half OpenSSL has to make it. */
function ellipticKey(element: Der, named: Der | null): JsonWebKey | null {
  const [version, secret, ...others] = children(element);
  const [first, second] = others;
  const isWithin = first?.tag === tags.explicit(0);
  const open = isWithin ? second : first;
  const within = isWithin ? readDer(first.value) : named;
  if (!isNumber(version, 1) || secret?.tag !== tags.octetString || within === null) return null;
  if (others.length !== (isWithin ? 2 : 1) || open?.tag !== tags.explicit(1)) return null;
  if (isWithin && (within.raw.length !== first.value.length || (named !== null && hex(named.raw) !== hex(within.raw))))
    return null;
  const curve = curves[oid(within)];
  const point = readDer(open.value);
  if (curve === undefined || secret.value.length !== curve.octets || point.raw.length !== open.value.length)
    return null;
  const { crv, octets } = curve;
  const [unused, form] = point.value;
  if (point.tag !== tags.bitString || unused !== 0 || form !== 4 || point.value.length !== 2 + 2 * octets) return null;
  const x = base64url(point.value.subarray(2, 2 + octets));
  const y = base64url(point.value.subarray(2 + octets));
  return { kty: "EC", crv, x, y, d: base64url(secret.value) };
}

/** Of two primes. */
function rsaKey(element: Der): JsonWebKey | null {
  const [version, ...numbers] = children(element);
  if (!isNumber(version, 0) || numbers.length !== 8) return null;
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
  return lettersOf(value, "base64url");
}
