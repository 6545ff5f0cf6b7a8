/** The extension in which step-ca notes which provisioner a certificate came from. */
import { decode, encode, integer, OCTET_STRING, SEQUENCE } from "./der.ts";

export const PROVISIONER_OID = "1.3.6.1.4.1.37476.9000.64.1";

export interface ProvisionerNote {
  name: string;
  /** step-ca's number for the kind of provisioner; 1 is JWK. It does not decide over a renewal, the name does. */
  type?: number;
  credentialId?: string;
}

/** As Go marshals `{ Type int; Name, CredentialID []byte }` (certificates, authority/provisioner/extension.go). */
export function encodeProvisioner({ name, type = 1, credentialId = "" }: ProvisionerNote): Buffer {
  const octets = (text: string) => encode(OCTET_STRING, Buffer.from(text));
  return encode(SEQUENCE, integer(type), octets(name), octets(credentialId));
}

/** The provisioner's name, or null if the extension is malformed. */
export function provisionerName(der: Buffer): string | null {
  const outer = decode(der)?.[0];
  const name = outer ? decode(outer.value)?.[1] : undefined;
  return name?.tag === OCTET_STRING ? name.value.toString() : null;
}
