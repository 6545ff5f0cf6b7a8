/** Whether a private key says itself that it is a certificate's: a look at bytes, without the time that OpenSSL takes to open it. */
import { same } from "./certificate.ts";
import { children, type Der, hex, isNumber, readDer, tags } from "./der.ts";

/** A form of private keys, and what a PEM block of it is called. */
export const keyLabels = { pkcs8: "PRIVATE KEY", sec1: "EC PRIVATE KEY", pkcs1: "RSA PRIVATE KEY" } as const;

/**
 * True where the clear key (PKCS#8, RFC 5958; SEC1, RFC 5915; PKCS#1, RFC 8017) holds the public half, as OpenSSL, step and Go
 * write it, and it is this SubjectPublicKeyInfo. False says nothing: whatever is odd is for OpenSSL, which may refuse it. That
 * both halves belong together, is not looked at, as it is not when a key is opened. `label`: of the PEM block that it was in.
 */
export function embedsPublicKey(key: Uint8Array, spki: Uint8Array, label?: string): boolean {
  try {
    const [algorithm, bits] = whole(spki);
    const fields = whole(key);
    const [version, second, third, ...others] = fields;
    if (algorithm === undefined || bits?.tag !== tags.bitString || bits.value[0] !== 0) return false;
    const parts = { algorithm, point: bits.value.subarray(1) };
    const isIn = (form: string) => label === undefined || label === form;
    if (second?.tag !== tags.sequence) {
      const isRsa = hex(algorithm.raw) === rsa;
      return isIn(isRsa ? keyLabels.pkcs1 : keyLabels.sec1) && isOf(fields, parts, true);
    }
    if (!isIn(keyLabels.pkcs8) || others.length > 0 || third?.tag !== tags.octetString) return false;
    return isNumber(version, 0) && same(second.raw, algorithm.raw) && isOf(whole(third.value), parts, false);
  } catch {
    return false; // opening it will say what is wrong
  }
}

interface Public {
  algorithm: Der;
  /** Of an elliptic curve; or a modulus and an exponent. */
  point: Uint8Array;
}

/** The fields of an RSAPrivateKey or an ECPrivateKey. `alone`: with nothing around it that names the curve. */
function isOf(fields: Der[], { algorithm, point }: Public, alone: boolean): boolean {
  const kind = hex(algorithm.raw);
  const [version, second, third, fourth] = fields;
  if (kind === rsa) {
    const [modulus, exponent, ...more] = whole(point);
    if (modulus === undefined || exponent === undefined || second === undefined || third === undefined) return false;
    const isPlain =
      more.length === 0 && fields.length === 9 && isNumber(version, 0) && fields.slice(1).every(isPositive);
    const size = modulus.value.length;
    return isPlain && size > 256 && size <= 1025 && same(modulus.raw, second.raw) && same(exponent.raw, third.raw);
  }
  const curve = curves[kind];
  if (curve === undefined || second?.tag !== tags.octetString || !isNumber(version, 1)) return false;
  const [held, named] = third?.tag === tags.explicit(0) ? [fourth, third] : [third, undefined];
  if (fields.length !== (named === undefined ? 3 : 4) || (alone && named === undefined)) return false;
  if (named !== undefined && !same(named.value, children(algorithm)[1]?.raw ?? new Uint8Array())) return false;
  if (held?.tag !== tags.explicit(1) || !isBelow(second.value, curve)) return false;
  const bits = readDer(held.value);
  const isPoint = point[0] === 4 && point.length === 1 + curve.length; // both halves of it: twice as long as the order
  const holds = bits.tag === tags.bitString && bits.value[0] === 0 && bits.raw.length === held.value.length;
  return isPoint && holds && same(bits.value.subarray(1), point);
}

/** What a SEQUENCE holds that nothing follows. */
function whole(bytes: Uint8Array): Der[] {
  const element = readDer(bytes);
  return element.raw.length === bytes.length ? children(element) : [];
}

/** And in as few octets as it takes. */
function isPositive({ tag, value: [first = 0, second = 0], value }: Der): boolean {
  return (
    tag === tags.integer && (value.length === 1 ? first > 0 && first < 128 : first < 128 && (first > 0 || second > 127))
  );
}

/** A number from 1 to below a curve's order, in as many octets. */
function isBelow(scalar: Uint8Array, { order }: Curve): boolean {
  return scalar.length === order.length && Buffer.compare(scalar, order) < 0 && scalar.some((octet) => octet > 0);
}

/** AlgorithmIdentifiers, whole. */
const rsa = "300d06092a864886f70d0101010500";

interface Curve {
  order: Uint8Array;
  /** Of both coordinates. */
  length: number;
}

function curve(order: string): Curve {
  const octets = Buffer.from(order, "hex");
  return { order: octets, length: 2 * octets.length };
}

/** P-256, P-384, P-521. */
const curves: Readonly<Record<string, Curve>> = {
  "301306072a8648ce3d020106082a8648ce3d030107": curve(
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
  ),
  "301006072a8648ce3d020106052b81040022": curve(`${"f".repeat(48)}c7634d81f4372ddf581a0db248b0a77aecec196accc52973`),
  "301006072a8648ce3d020106052b81040023": curve(
    `01${"f".repeat(65)}a51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409`,
  ),
};
