/** A certificate signing request (PKCS#10, RFC 2986) for a new key of an existing certificate's subject and names. */
import { createPublicKey, type KeyObject, sign } from "node:crypto";
import type { Certificate } from "./certificate.ts";
import { tags } from "./der.ts";
import { algorithm, bitString, element, integer, nothing, objectId, octetString, sequence } from "./der-writing.ts";
import { toPem } from "./pem.ts";

const alternativeNames = "2.5.29.17";
const extensionRequest = "1.2.840.113549.1.9.14";

/** The request as PEM, signed by the new key. step-ca looks at nothing in it but the key; a CA behind it may. */
export function signingRequest(leaf: Pick<Certificate, "subject" | "extensions">, key: KeyObject): string {
  const publicKey = createPublicKey(key).export({ type: "spki", format: "der" });
  const info = sequence(integer(0), leaf.subject.der, publicKey, element(tags.explicit(0), ...attributes(leaf)));
  const { id, hash, parameters } = signatureAlgorithm(key);
  const signature = sign(hash, info, key);
  return toPem("CERTIFICATE REQUEST", sequence(info, algorithm(id, ...parameters), bitString(signature)));
}

function attributes({ subject, extensions }: Pick<Certificate, "subject" | "extensions">): Buffer[] {
  const names = extensions.get(alternativeNames);
  if (names === undefined) return [];
  // RFC 5280 §4.2.1.6: critical where there is no subject.
  const critical = subject.text === "" ? [element(tags.boolean, Buffer.of(0xff))] : [];
  const extension = sequence(objectId(alternativeNames), ...critical, octetString(names));
  return [sequence(objectId(extensionRequest), element(tags.set, sequence(extension)))];
}

interface SignatureAlgorithm {
  id: string;
  /** As Node names it; Ed25519 hashes for itself. */
  hash: string | null;
  parameters: readonly Buffer[];
}

/** RFC 5758 §3.2, RFC 8017 §A.2.4, RFC 8410 §3. */
function signatureAlgorithm({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): SignatureAlgorithm {
  if (asymmetricKeyType === "ed25519") return { id: "1.3.101.112", hash: null, parameters: [] };
  if (asymmetricKeyType === "rsa") return { id: "1.2.840.113549.1.1.11", hash: "sha256", parameters: [nothing] };
  switch (asymmetricKeyDetails?.namedCurve) {
    case "secp384r1":
      return { id: "1.2.840.10045.4.3.3", hash: "sha384", parameters: [] };
    case "secp521r1":
      return { id: "1.2.840.10045.4.3.4", hash: "sha512", parameters: [] };
    default:
      return { id: "1.2.840.10045.4.3.2", hash: "sha256", parameters: [] };
  }
}
