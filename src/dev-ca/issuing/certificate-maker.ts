/** One certificate, signed. */
import { randomBytes } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  type Extension,
  type JsonName,
  type Name,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "../x509.ts";
import type { Signer } from "./key.ts";

export interface CertificatePlan {
  subject: JsonName | Name;
  spki: Buffer;
  notBefore: Date;
  notAfter: Date;
  /** All but the key identifiers; a subject key identifier among them is kept as it is. */
  extensions: Extension[];
}

export interface Issuer {
  certificate: X509Certificate;
  signer: Signer;
}

const SUBJECT_KEY_IDENTIFIER = "2.5.29.14";

/** Signs; without an issuer the certificate signs itself with `signer`. */
export async function makeCertificate(plan: CertificatePlan, by: Issuer | Signer): Promise<X509Certificate> {
  const { certificate: issuer, signer } = "signer" in by ? by : { certificate: undefined, signer: by };
  const { subject, spki, notBefore, notAfter } = plan;
  const identified = plan.extensions.some(({ type }) => type === SUBJECT_KEY_IDENTIFIER);
  return X509CertificateGenerator.create({
    subject,
    issuer: issuer ? issuer.subjectName : subject,
    notBefore: wholeSeconds(notBefore),
    notAfter: wholeSeconds(notAfter),
    publicKey: spki,
    serialNumber: randomSerial(),
    signingKey: signer.key,
    signingAlgorithm: signer.algorithm,
    extensions: [
      ...plan.extensions,
      ...(identified ? [] : [await SubjectKeyIdentifierExtension.create(spki)]),
      ...(issuer ? [await AuthorityKeyIdentifierExtension.create(issuer.publicKey)] : []),
    ],
  });
}

export function pem(certificate: X509Certificate): string {
  return `${certificate.toString("pem")}\n`;
}

/** 125 random bits under fixed ones: positive, never as short as to look like a counter, and in decimal always 39 digits. */
function randomSerial(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x1f) | 0x60, 0);
  return bytes.toString("hex");
}

/** Certificates know no fractions of a second; Go cuts them off too. */
function wholeSeconds(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}
