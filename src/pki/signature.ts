/** One certificate under another, and one certificate by itself, as Go judges them before it follows a chain further. */
import { type Certificate, isIssuedBy } from "./certificate.ts";
import { alternativeNamesOid, nameConstraintsOid, understandsConstraints, understandsNames } from "./constraints.ts";
import { children, type Der, oid, readDer, tags } from "./der.ts";

/** Why `issuer` is not the one that signed `child`, in Go's words (crypto/x509: CheckSignatureFrom); null when it did. */
export function signatureProblem(child: Certificate, issuer: Certificate): string | null {
  if (!maySign(issuer)) return "x509: invalid signature: parent certificate cannot sign this kind of certificate";
  const how = named(algorithms, () => children(readDer(child.der))[1]);
  const key = keyOf(issuer);
  if (how?.isInsecure) return `${cannotVerify} insecure algorithm ${how.name}`;
  if (how === undefined || !key?.failure) return `${cannotVerify} algorithm unimplemented`;
  if (how.family !== key.family) {
    return `x509: signature algorithm specifies an ${how.family} public key, but have public key of type ${key.type}`;
  }
  return isIssuedBy(child, issuer) ? null : key.failure;
}

/** Go skips an issuer whose key it cannot read. */
export function hasKnownKey(certificate: Certificate): boolean {
  return keyOf(certificate) !== undefined;
}

/** The critical extensions that say something that Go does not check. */
export function unhandledExtensions(certificate: Certificate): string[] {
  return [...certificate.critical].filter((id) => {
    const value = certificate.extensions.get(id) ?? new Uint8Array();
    if (id === alternativeNamesOid) return !understandsNames(value);
    if (id === nameConstraintsOid) return !understandsConstraints(value);
    return !handledExtensions.includes(id);
  });
}

/** A certificate of version 1 has no extensions that could say so, and may (RFC 5280 §4.2.1.9). */
function maySign(issuer: Certificate): boolean {
  const isSilent = !issuer.extensions.has("2.5.29.19") && version(issuer) !== 3;
  const { keyUsages } = issuer;
  return (issuer.isCa || isSilent) && (!keyUsages?.length || keyUsages.includes("keyCertSign"));
}

const cannotVerify = "x509: cannot verify signature:";

interface SignatureAlgorithm {
  family: "RSA" | "ECDSA" | "Ed25519";
  name?: string;
  isInsecure?: true;
}

/** Go's signatureAlgorithmDetails. */
const algorithms: Record<string, SignatureAlgorithm> = {
  "1.2.840.113549.1.1.4": { family: "RSA", name: "MD5-RSA", isInsecure: true },
  "1.2.840.113549.1.1.5": { family: "RSA", name: "SHA1-RSA", isInsecure: true },
  "1.3.14.3.2.29": { family: "RSA", name: "SHA1-RSA", isInsecure: true },
  "1.2.840.113549.1.1.10": { family: "RSA" },
  "1.2.840.113549.1.1.11": { family: "RSA" },
  "1.2.840.113549.1.1.12": { family: "RSA" },
  "1.2.840.113549.1.1.13": { family: "RSA" },
  "1.2.840.10045.4.1": { family: "ECDSA", name: "ECDSA-SHA1", isInsecure: true },
  "1.2.840.10045.4.3.2": { family: "ECDSA" },
  "1.2.840.10045.4.3.3": { family: "ECDSA" },
  "1.2.840.10045.4.3.4": { family: "ECDSA" },
  "1.3.101.112": { family: "Ed25519" },
};

/** The keys that Go reads; `failure` is what it says of a wrong signature, null where it verifies none. */
const keys: Record<string, { family: string; type: string; failure: string | null }> = {
  "1.2.840.113549.1.1.1": { family: "RSA", type: "*rsa.PublicKey", failure: "crypto/rsa: verification error" },
  "1.2.840.10045.2.1": { family: "ECDSA", type: "*ecdsa.PublicKey", failure: "x509: ECDSA verification failure" },
  "1.3.101.112": { family: "Ed25519", type: "ed25519.PublicKey", failure: "x509: Ed25519 verification failure" },
  "1.3.101.110": { family: "X25519", type: "*ecdh.PublicKey", failure: null },
  "1.2.840.10040.4.1": { family: "DSA", type: "*dsa.PublicKey", failure: null },
};

function keyOf({ spki }: Certificate): (typeof keys)[string] | undefined {
  return named(keys, () => children(readDer(spki))[0]);
}

/** What an AlgorithmIdentifier names; it may be broken, as a certificate is read without a look at key and signature. */
function named<T>(table: Record<string, T>, identifier: () => Der | undefined): T | undefined {
  try {
    return table[oid(children(identifier())[0])];
  } catch {
    return undefined;
  }
}

/** Go's processExtensions, but for names and their constraints. */
const handledExtensions = [
  "2.5.29.14",
  "2.5.29.15",
  "2.5.29.19",
  "2.5.29.31",
  "2.5.29.32",
  "2.5.29.33",
  "2.5.29.35",
  "2.5.29.36",
  "2.5.29.37",
  "2.5.29.54",
];

function version(certificate: Certificate): number {
  const [first] = tbsFields(certificate);
  return first?.tag === tags.explicit(0) ? (first.value.at(-1) ?? 0) + 1 : 1;
}

function tbsFields({ der }: Certificate): Der[] {
  return children(children(readDer(der))[0]);
}
