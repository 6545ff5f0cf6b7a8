/** A certificate as Go's crypto/x509 reads it: what chain building and the rules of renewal look at. */
import { X509Certificate as NodeCertificate } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
} from "../x509.ts";

export interface Certificate {
  der: Buffer;
  pem: string;
  native: NodeCertificate;
  parsed: X509Certificate;
  /** Hexadecimal DER of the names: Go compares names by their bytes. */
  subject: string;
  issuer: string;
  commonName: string;
  /** Decimal, as step-ca stores and prints it. */
  serial: string;
  notBefore: Date;
  notAfter: Date;
  /** Object identifiers; empty where there is no such extension. */
  usages: readonly string[];
  mayDigitallySign: boolean;
  /** False only where a key usage extension leaves certificate signing out. */
  maySignCertificates: boolean;
  /** null where there is no basic constraints extension. */
  constraints: { isCa: boolean; pathLength: number | undefined } | null;
  subjectKeyId: string;
  authorityKeyId: string;
}

/** Throws in Go's words when the bytes are no certificate. */
export function readCertificate(source: Buffer | string): Certificate {
  const { native, parsed } = parse(source);
  const keyUsage = parsed.getExtension(KeyUsagesExtension)?.usages;
  const basic = parsed.getExtension(BasicConstraintsExtension);
  return {
    der: native.raw,
    pem: native.toString(),
    native,
    parsed,
    subject: Buffer.from(parsed.subjectName.toArrayBuffer()).toString("hex"),
    issuer: Buffer.from(parsed.issuerName.toArrayBuffer()).toString("hex"),
    commonName: parsed.subjectName.getField("CN").at(-1) ?? "",
    serial: BigInt(`0x${native.serialNumber}`).toString(),
    notBefore: parsed.notBefore,
    notAfter: parsed.notAfter,
    usages: parsed.getExtension(ExtendedKeyUsageExtension)?.usages.map(String) ?? [],
    mayDigitallySign: keyUsage !== undefined && (keyUsage & KeyUsageFlags.digitalSignature) !== 0,
    maySignCertificates: keyUsage === undefined || (keyUsage & KeyUsageFlags.keyCertSign) !== 0,
    constraints: basic ? { isCa: basic.ca, pathLength: basic.pathLength } : null,
    subjectKeyId: parsed.getExtension(SubjectKeyIdentifierExtension)?.keyId ?? "",
    authorityKeyId: parsed.getExtension(AuthorityKeyIdentifierExtension)?.keyId ?? "",
  };
}

function parse(source: Buffer | string): { native: NodeCertificate; parsed: X509Certificate } {
  try {
    const native = new NodeCertificate(source);
    return { native, parsed: new X509Certificate(native.raw) };
  } catch (cause) {
    throw new Error("x509: malformed certificate", { cause });
  }
}
