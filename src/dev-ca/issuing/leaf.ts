/** What a leaf certificate may be asked to look like, and the subject and extensions that follow from it. */
import { isIP } from "node:net";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  Extension,
  type JsonGeneralNames,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
} from "../x509.ts";
import type { KeyKind } from "./key.ts";
import { encodeProvisioner, PROVISIONER_OID, type ProvisionerNote } from "./provisioner-extension.ts";

export type Usage = "clientAuth" | "serverAuth" | "codeSigning" | "emailProtection" | "any";
export type KeyUse = keyof typeof KeyUsageFlags;

export interface LeafSpec {
  /** Common name; null for none. Default "dave". */
  subject?: string | null;
  /** For example "system:masters", the group that Kubernetes reads there. */
  organization?: string;
  /** Alternative names; DNS names, IP addresses, email addresses and URIs are told apart. Default none. */
  names?: string[];
  /** Extended key usage; [] leaves the extension out. Default clientAuth. */
  usages?: Usage[];
  /** Default now. */
  notBefore?: Date;
  /** Default 24 hours after `notBefore`. */
  notAfter?: Date;
  /** The provisioner that step-ca would have noted; null (the default) leaves the extension out. */
  provisioner?: ProvisionerNote | null;
  /** Default P-256. */
  key?: KeyKind;
  /** Default digitalSignature; [] leaves the extension out. */
  keyUsages?: KeyUse[];
  isCa?: boolean;
  /** Certify this public key in place of a new one. */
  publicKeyPem?: string;
}

export function leafSubject({ subject = "dave", organization }: LeafSpec): JsonName {
  return [...(organization ? [{ O: [organization] }] : []), ...(subject === null ? [] : [{ CN: [subject] }])];
}

export function leafExtensions(spec: LeafSpec): Extension[] {
  const { keyUsages = ["digitalSignature"], usages = ["clientAuth"], names = [], provisioner, isCa } = spec;
  const extensions: Extension[] = [];
  if (keyUsages.length > 0) extensions.push(new KeyUsagesExtension(keyUsageBits(keyUsages), true));
  if (usages.length > 0) extensions.push(usageExtension(usages));
  if (isCa) extensions.push(new BasicConstraintsExtension(true, undefined, true));
  if (names.length > 0) {
    const subjectIsEmpty = leafSubject(spec).length === 0;
    extensions.push(new SubjectAlternativeNameExtension(names.map(generalName), subjectIsEmpty));
  }
  if (provisioner) extensions.push(new Extension(PROVISIONER_OID, false, encodeProvisioner(provisioner)));
  return extensions;
}

export function usageExtension(usages: readonly Usage[]): Extension {
  return new ExtendedKeyUsageExtension(usages.map((usage) => USAGE_OIDS[usage]));
}

export const USAGE_OIDS: Record<Usage, string> = {
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  codeSigning: "1.3.6.1.5.5.7.3.3",
  emailProtection: "1.3.6.1.5.5.7.3.4",
  any: "2.5.29.37.0",
};

function keyUsageBits(uses: readonly KeyUse[]): number {
  return uses.reduce((bits, use) => bits | KeyUsageFlags[use], 0);
}

/** Which kind of name it is, told as step does: IP, then URI, then email, else DNS (crypto, x509util.SplitSANs). */
function generalName(value: string): JsonGeneralNames[number] {
  if (isIP(value)) return { type: "ip", value };
  if (value.includes("://") || value.startsWith("urn:")) return { type: "url", value };
  return value.includes("@") ? { type: "email", value } : { type: "dns", value };
}
