/** A certificate authority as a value: a root, perhaps an intermediate, and leaves of any shape on demand. */
import { type CertificatePlan, type Issuer, makeCertificate, pem } from "./issuing/certificate-maker.ts";
import { createKey, publicDer, signerOf } from "./issuing/key.ts";
import { type LeafSpec, leafExtensions, leafSubject, type Usage, usageExtension } from "./issuing/leaf.ts";
import { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension, X509Certificate } from "./x509.ts";

export type { KeyKind } from "./issuing/key.ts";
export type { LeafSpec, Usage } from "./issuing/leaf.ts";

export interface Issued {
  /** The leaf alone, PEM. */
  certificate: string;
  /** The leaf and the intermediates, PEM: what goes into web.crt. */
  chain: string;
  /** PKCS#8 PEM; "" when the public key was given. */
  key: string;
  /** Lower-case hexadecimal. */
  serial: string;
}

export interface AuthorityOptions {
  /** The root's common name. Default "k3s-client-ca@1714937196". */
  subject?: string;
  /** Default false: the root itself issues, as in k3s. */
  intermediate?: boolean | { usages?: Usage[]; subject?: string };
  /** Of root and intermediate. Default one hour ago. */
  notBefore?: Date;
  /** Of root and intermediate. Default in ten years. */
  notAfter?: Date;
  /** An existing root (PEM), for example to issue under it what another authority would have. */
  root?: { certificate: string; key: string };
}

export interface Authority {
  readonly root: string;
  readonly rootKey: string;
  readonly intermediates: readonly string[];
  readonly issuerCertificate: string;
  readonly issuerKey: string;
  issue(spec?: LeafSpec): Promise<Issued>;
}

interface Node {
  certificate: string;
  key: string;
}

const HOUR = 3_600_000;

/** An authority with fresh P-256 keys, on no disk and on no network. */
export async function createAuthority(options: AuthorityOptions = {}): Promise<Authority> {
  const { subject = "k3s-client-ca@1714937196", intermediate = false } = options;
  const root = options.root ?? (await createCa(options, subject, []));
  const wish = intermediate === true ? {} : intermediate;
  const middle = wish
    ? await createCa(options, wish.subject ?? `${subject} intermediate`, wish.usages ?? [], await issuerOf(root))
    : null;
  const issuer = middle ?? root;
  const intermediates = middle ? [middle.certificate] : [];
  const signing = await issuerOf(issuer);
  return {
    root: root.certificate,
    rootKey: root.key,
    intermediates,
    issuerCertificate: issuer.certificate,
    issuerKey: issuer.key,
    issue: (spec = {}) => issueLeaf(spec, signing, intermediates),
  };
}

/** Certificate and key of an authority's issuer, ready to sign. */
export async function issuerOf({ certificate, key }: Node): Promise<Issuer> {
  return { certificate: new X509Certificate(certificate), signer: await signerOf(key) };
}

async function issueLeaf(spec: LeafSpec, by: Issuer, intermediates: readonly string[]): Promise<Issued> {
  const { notBefore = new Date(), publicKeyPem } = spec;
  const { notAfter = new Date(notBefore.getTime() + 24 * HOUR) } = spec;
  const key = publicKeyPem ? { privatePem: "", spki: publicDer(publicKeyPem) } : await createKey(spec.key ?? "P-256");
  const leaf = await makeCertificate(
    { subject: leafSubject(spec), spki: key.spki, notBefore, notAfter, extensions: leafExtensions(spec) },
    by,
  );
  const certificate = pem(leaf);
  return {
    certificate,
    chain: [certificate, ...intermediates].join(""),
    key: key.privatePem,
    serial: leaf.serialNumber.toLowerCase(),
  };
}

async function createCa(options: AuthorityOptions, subject: string, usages: Usage[], by?: Issuer): Promise<Node> {
  const now = Date.now();
  const { notBefore = new Date(now - HOUR), notAfter = new Date(now + 10 * 365 * 24 * HOUR) } = options;
  const { privatePem, spki } = await createKey("P-256");
  const plan: CertificatePlan = {
    subject: [{ CN: [subject] }],
    spki,
    notBefore,
    notAfter,
    extensions: [
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      new BasicConstraintsExtension(true, by ? 0 : undefined, true),
      ...(usages.length > 0 ? [usageExtension(usages)] : []),
    ],
  };
  const certificate = await makeCertificate(plan, by ?? (await signerOf(privatePem)));
  return { certificate: pem(certificate), key: privatePem };
}
