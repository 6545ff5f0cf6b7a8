/**
 * The names of the authorities whose client certificates are welcome: Go's server lists them in its CertificateRequest,
 * and Go's client keeps back what none of them has issued. Node takes such names from certificates only, and trusts
 * those; but where OpenSSL verifies a client by itself, Node 24 forgets the chain that it sent. So these have the
 * authorities' names and keys that nobody holds: the judgement is ours alone (client-certificate.ts).
 */
import { makeCertificate, pem } from "../issuing/certificate-maker.ts";
import { createKey, signerOf } from "../issuing/key.ts";
import type { State } from "../rules/state.ts";

export async function acceptableAuthorities({ root, issuers }: State): Promise<string[]> {
  const { privatePem, spki } = await createKey("P-256");
  const signer = await signerOf(privatePem);
  const bearers = new Map([root, ...issuers].map((bearer) => [bearer.subject, bearer]));
  const named = [...bearers.values()].map(({ parsed: { subjectName: subject, notBefore, notAfter } }) =>
    makeCertificate({ subject, spki, notBefore, notAfter, extensions: [] }, signer),
  );
  return (await Promise.all(named)).map(pem);
}
