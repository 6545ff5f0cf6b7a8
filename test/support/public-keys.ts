/** The public half of a key and of a certificate, in one form, so that a test can see whether the two belong together. */
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";

const form = { type: "spki", format: "pem" } as const;

/** Of a private key in PEM. */
export function publicOf(key: string, passphrase?: string): string {
  const opened = createPrivateKey({ key, ...(passphrase !== undefined && { passphrase }) });
  return createPublicKey(opened).export(form).toString();
}

/** Of the first certificate of a text. */
export function certifiedBy(pem: string): string {
  return new X509Certificate(pem).publicKey.export(form).toString();
}
