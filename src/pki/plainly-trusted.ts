/**
 * A chain of which nobody could doubt that it leads a server's certificate to one of these roots. It says yes to what is plain
 * and usual only, with each signature checked by OpenSSL; of all else it says nothing, and whoever asks has OpenSSL judge the
 * whole chain. It is here because the first certificate that is given to Node's TLS makes it read all of the world's roots,
 * which takes as long as the rest of a renewal, and because a run of many meets the same chain in each handshake.
 */
import { leadsTo } from "./anchored.ts";
import { type Certificate, readRecurring } from "./certificate.ts";
import { children, oid, readDer } from "./der.ts";
import { unhandledExtensions } from "./signature.ts";

/** As DER, the server's own first. Names are not looked at. */
export function isPlainlyTrusted(
  presented: readonly Uint8Array[],
  anchors: readonly Certificate[],
  now: Date,
): boolean {
  try {
    const [leaf, ...others] = presented.map(readRecurring);
    if (leaf === undefined || leaf.isCa || others.length > most) return false;
    const path = leadsTo(leaf, others, anchors);
    return path !== null && path.length > 1 && path.every((one, index) => isPlain(one, index, now));
  } catch {
    return false; // it cannot be read: OpenSSL may say why
  }
}

/** Certificates above the server's own. */
const most = 4;

function isPlain(certificate: Certificate, position: number, now: Date): boolean {
  const { notBefore, notAfter, usages, keyUsages, critical, extensions } = certificate;
  if (now < notBefore || now > notAfter) return false;
  if (usages !== null && !usages.includes("serverAuth")) return false;
  if (unhandledExtensions(certificate).length > 0 || doubtful.some((id) => extensions.has(id))) return false;
  if ([...critical].some((id) => !known.includes(id)) || !hasUsualKey(certificate)) return false;
  if (position === 0) return keyUsages === null || keyUsages.includes("digitalSignature");
  const { isCa, maxPathLength } = certificate;
  return isCa && (maxPathLength === null || maxPathLength >= position - 1);
}

/** Constraints on names and policies: they are followed elsewhere. */
const doubtful = ["2.5.29.30", "2.5.29.33", "2.5.29.36", "2.5.29.54"];

/** Key usage, alternative names, basic constraints, extended key usage. */
const known = ["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.37"];

/** RSA of 2048 bits and more, P-256, P-384, P-521 and Ed25519, which no OpenSSL finds too weak. */
function hasUsualKey({ spki }: Certificate): boolean {
  const [algorithm, bits] = children(readDer(spki));
  const [kind, curve] = children(algorithm);
  switch (oid(kind)) {
    case "1.2.840.113549.1.1.1": {
      const [modulus] = children(readDer(bits?.value.subarray(1) ?? new Uint8Array()));
      return modulus !== undefined && modulus.value.length > 256;
    }
    case "1.2.840.10045.2.1":
      return ["1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35"].includes(oid(curve));
    case "1.3.101.112":
      return true;
    default:
      return false;
  }
}
