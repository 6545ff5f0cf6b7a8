/** A certificate as a value: the fields that a renewal is decided, chosen and verified by. */
import { createHash, type KeyObject } from "node:crypto";
import { bits, children, type Der, DerError, hex, lettersOf, oid, readDer, serialText, tags, time } from "./der.ts";
import { generalName, type Name, readName } from "./name.ts";
import { toPem } from "./pem.ts";
import { isSignedWith, publicKeyIn } from "./signed.ts";

/** The extension in which step-ca notes who issued a certificate (smallstep/certificates, authority/provisioner). */
export const provisionerOid = "1.3.6.1.4.1.37476.9000.64.1";

export interface Provisioner {
  type: string;
  name: string;
  credentialId: string;
}

export interface Certificate {
  readonly der: Uint8Array;
  readonly serial: string;
  /** The common name, "" where there is none. */
  readonly commonName: string;
  readonly subject: Name;
  readonly issuer: Name;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Extended key usage OIDs by name where they have one; null when there is no such extension. */
  readonly usages: readonly string[] | null;
  /** Key usage by name; null when there is no such extension. */
  readonly keyUsages: readonly string[] | null;
  readonly isCa: boolean;
  readonly maxPathLength: number | null;
  readonly names: readonly string[];
  readonly subjectKeyId: string;
  readonly authorityKeyId: string;
  readonly provisioner: Provisioner | null;
  /** SubjectPublicKeyInfo, whole. */
  readonly spki: Uint8Array;
  /** Every extension by OID: its OCTET STRING's contents. */
  readonly extensions: ReadonlyMap<string, Uint8Array>;
  /** Those of them that are critical, by OID. */
  readonly critical: ReadonlySet<string>;
}

const usageNames: Record<string, string> = {
  "1.3.6.1.5.5.7.3.1": "serverAuth",
  "1.3.6.1.5.5.7.3.2": "clientAuth",
  "1.3.6.1.5.5.7.3.3": "codeSigning",
  "1.3.6.1.5.5.7.3.4": "emailProtection",
  "1.3.6.1.5.5.7.3.8": "timeStamping",
  "1.3.6.1.5.5.7.3.9": "OCSPSigning",
  "2.5.29.37.0": "anyExtendedKeyUsage",
};

/** RFC 5280 §4.2.1.3, in the order of the bits. */
const keyUsageNames = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
];

/** smallstep/certificates, authority/provisioner/provisioner.go: `Type`, counted from 1. */
const provisionerTypes = [
  "",
  "JWK",
  "OIDC",
  "GCP",
  "AWS",
  "Azure",
  "ACME",
  "X5C",
  "K8sSA",
  "SSHPOP",
  "SCEP",
  "Nebula",
  "Wire",
];

/** Those of CAs come with every chain, and a leaf is looked at before it is loaded. What was not met for the longest time goes. */
const mostKnown = 32;
const known = new Map<string, Certificate>();

/** Reads a certificate. Throws DerError for bytes that are none. */
export function readCertificate(der: Uint8Array): Certificate {
  const name = lettersOf(der, "latin1");
  const certificate = known.get(name) ?? readWhole(der);
  known.delete(name);
  known.set(name, certificate);
  const [oldest = name] = known.keys();
  if (known.size > mostKnown) known.delete(oldest);
  return certificate;
}

function readWhole(der: Uint8Array): Certificate {
  const outer = readDer(der);
  if (outer.raw.length !== der.length)
    throw new DerError(`${der.length - outer.raw.length} bytes follow the certificate`);
  const [tbs] = children(outer);
  const fields = children(tbs);
  const isVersioned = fields[0]?.tag === tags.explicit(0);
  const versioned = isVersioned ? fields.slice(1) : fields;
  const [serial, , issuer, validity, subject, spki, ...optional] = versioned;
  const [notBefore, notAfter] = children(validity);
  const lists = optional.filter(({ tag }) => tag === tags.explicit(3));
  if (lists.length > 1) throw new DerError("its extensions stand twice");
  const { extensions, critical } = readExtensions(lists[0]);
  // Go passes over the extensions of an older version, or refuses it: what they say would hold for some alone.
  if (extensions.size > 0 && !(isVersioned && fields[0]?.value.at(-1) === 2))
    throw new DerError("it has extensions, and is not of version 3");
  if (serial === undefined || issuer === undefined || subject === undefined || spki === undefined) {
    throw new DerError("a field of the certificate is missing");
  }
  const constraints = basicConstraints(extensions.get("2.5.29.19"));
  const named = readName(subject);
  return {
    der,
    serial: serialText(serial.value),
    commonName: named.commonName,
    subject: named,
    issuer: readName(issuer),
    notBefore: time(notBefore),
    notAfter: time(notAfter),
    usages: inside(extensions.get("2.5.29.37"), (eku) =>
      children(eku)
        .map(oid)
        .map((id) => usageNames[id] ?? id),
    ),
    keyUsages: inside(extensions.get("2.5.29.15"), (ku) => bits(ku).map((bit) => keyUsageNames[bit] ?? `bit ${bit}`)),
    isCa: constraints.isCa,
    maxPathLength: constraints.maxPathLength,
    names: inside(extensions.get("2.5.29.17"), (san) => children(san).map(generalName)) ?? [],
    subjectKeyId: inside(extensions.get("2.5.29.14"), ({ value }) => hex(value)) ?? "",
    authorityKeyId: inside(extensions.get("2.5.29.35"), authorityKey) ?? "",
    provisioner: inside(extensions.get(provisionerOid), provisioner),
    spki: spki.raw,
    extensions,
    critical,
  };
}

/** The PEM block of a certificate. */
export function certificatePem({ der }: Pick<Certificate, "der">): string {
  return toPem("CERTIFICATE", der);
}

/** SHA-256 over the DER, lower case hex, as `step certificate fingerprint` prints it. */
export function fingerprint({ der }: Pick<Certificate, "der">): string {
  return createHash("sha256").update(der).digest("hex");
}

/** Whether `issuer` signed `certificate`: names and signature, no times and no usages. */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  if (!same(certificate.issuer.der, issuer.subject.der)) return false;
  const judged = verdicts.get(certificate) ?? new WeakMap<Certificate, boolean>();
  verdicts.set(certificate, judged);
  const verdict = judged.get(issuer) ?? isSignedBy(certificate, issuer);
  judged.set(issuer, verdict);
  return verdict;
}

/** A signature does not change: of many certificates of one CA, each intermediate is looked at once. */
const verdicts = new WeakMap<Certificate, WeakMap<Certificate, boolean>>();
const publicKeys = new WeakMap<Certificate, KeyObject>();

function isSignedBy({ der }: Certificate, issuer: Certificate): boolean {
  try {
    const key = publicKeys.get(issuer) ?? publicKeyIn(issuer);
    publicKeys.set(issuer, key);
    return isSignedWith(der, key);
  } catch {
    return false; // a key that OpenSSL does not know signs nothing that we can check
  }
}

export function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Who a certificate is for, in a few words: its common name, else its first alternative name, else its serial number. */
export function whom(certificate: Certificate): string {
  return certificate.commonName || (certificate.names[0] ?? `serial ${certificate.serial}`);
}

/** Whether the leaf may be a TLS client: no extended key usage at all, clientAuth, or any (RFC 5280 §4.2.1.12). */
export function allowsUsage({ usages }: Pick<Certificate, "usages">, usage: string): boolean {
  return usages === null || usages.includes(usage) || usages.includes("anyExtendedKeyUsage");
}

function readExtensions(field: Der | undefined): Pick<Certificate, "extensions" | "critical"> {
  const extensions = new Map<string, Uint8Array>();
  const critical = new Set<string>();
  if (field === undefined) return { extensions, critical };
  const [list] = children(field, field.tag);
  for (const extension of children(list)) {
    const parts = children(extension);
    const id = oid(parts[0]);
    const value = parts.at(-1);
    if (value?.tag !== tags.octetString) throw new DerError("an extension has no value");
    if (extensions.has(id)) throw new DerError("an extension stands twice"); // RFC 5280 §4.2, and Go refuses it
    extensions.set(id, value.value);
    if (parts.some(({ tag, value: said }) => tag === tags.boolean && said[0] !== 0)) critical.add(id);
  }
  return { extensions, critical };
}

function inside<T>(extension: Uint8Array | undefined, read: (element: Der) => T): T | null {
  return extension === undefined ? null : read(readDer(extension));
}

function basicConstraints(extension: Uint8Array | undefined): { isCa: boolean; maxPathLength: number | null } {
  const parts = inside(extension, (element) => children(element)) ?? [];
  const length = parts.find(({ tag }) => tag === tags.integer);
  return {
    isCa: parts.some(({ tag, value }) => tag === tags.boolean && value[0] !== 0),
    maxPathLength: length === undefined ? null : Number(serialText(length.value)),
  };
}

function authorityKey(element: Der): string {
  const id = children(element).find(({ tag }) => tag === tags.implicit(0));
  return id === undefined ? "" : hex(id.value);
}

function provisioner(element: Der): Provisioner | null {
  const [type, named, credential] = children(element);
  if (type === undefined || named === undefined) return null;
  const number = type.value.at(-1) ?? 0;
  return {
    type: provisionerTypes[number] ?? String(number),
    name: Buffer.from(named.value).toString("utf8"),
    credentialId: Buffer.from(credential?.value ?? []).toString("utf8"),
  };
}
