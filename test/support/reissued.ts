/** An authority's root, issued anew with the same key and the same name, for another time. */
import type { Authority } from "../../src/dev-ca/authority.ts";
import { makeCertificate, pem } from "../../src/dev-ca/issuing/certificate-maker.ts";
import { signerOf } from "../../src/dev-ca/issuing/key.ts";
import { X509Certificate } from "../../src/dev-ca/x509.ts";

export async function reissuedRoot({ root, rootKey }: Authority, life: { notBefore?: Date; notAfter?: Date }) {
  const old = new X509Certificate(root);
  const { subjectName: subject, notBefore, notAfter, extensions, publicKey } = old;
  const plan = { subject, notBefore, notAfter, extensions, spki: Buffer.from(publicKey.rawData), ...life };
  return { certificate: pem(await makeCertificate(plan, await signerOf(rootKey))), key: rootKey };
}
