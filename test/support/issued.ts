/** Certificates of any shape as our own code reads them. */
import { type Authority, createAuthority, type LeafSpec } from "../../src/dev-ca/authority.ts";
import { readBundle } from "../../src/pki/bundle.ts";
import type { Certificate } from "../../src/pki/certificate.ts";

export function certificatesIn(pem: string): [Certificate, ...Certificate[]] {
  return readBundle({ file: "web.crt", role: "certificate", bytes: Buffer.from(pem) });
}

export interface IssuedValues {
  leaf: Certificate;
  chain: [Certificate, ...Certificate[]];
  root: Certificate;
  /** PEM. */
  key: string;
}

export async function issued(spec: LeafSpec = {}, authority?: Authority): Promise<IssuedValues> {
  const by = authority ?? (await createAuthority());
  const { chain: pem, key } = await by.issue(spec);
  const chain = certificatesIn(pem);
  return { leaf: chain[0], chain, root: certificatesIn(by.root)[0], key };
}
