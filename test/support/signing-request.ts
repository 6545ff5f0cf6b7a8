/** A certificate signing request, for /sign and /rekey. */
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

export interface SigningRequest {
  pem: string;
  key: string;
}

export async function signingRequest(
  {
    subject = "someone else",
    names = [],
    curve = "P-256",
  }: { subject?: string; names?: string[]; curve?: string } = {},
  change: (der: Buffer) => Buffer = (der) => der,
): Promise<SigningRequest> {
  const signingAlgorithm = { name: "ECDSA", namedCurve: curve, hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(signingAlgorithm, true, ["sign", "verify"]);
  const alternative = new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns", value })));
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: `CN=${subject}`,
    keys,
    signingAlgorithm,
    extensions: names.length > 0 ? [alternative] : [],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  const der = change(Buffer.from(request.rawData));
  return { pem: block("CERTIFICATE REQUEST", der), key: block("PRIVATE KEY", pkcs8) };
}

function block(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
