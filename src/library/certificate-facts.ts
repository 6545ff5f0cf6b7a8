/** A certificate of ours in the library's plain values. */
import { type Certificate, certificatePem, fingerprint } from "../pki/certificate.ts";
import type { CertificateFacts } from "./types.ts";

export function factsOf(certificate: Certificate): CertificateFacts {
  const { serial, subject, commonName, issuer, names, usages, notBefore, notAfter } = certificate;
  return {
    serial,
    subject: subject.text,
    commonName,
    issuer: issuer.text,
    names,
    usages,
    notBefore,
    notAfter,
    fingerprint: `sha256:${fingerprint(certificate)}`,
    pem: certificatePem(certificate),
  };
}

export function chainPem(chain: readonly Certificate[]): string {
  return chain.map(certificatePem).join("");
}
