/**
 * A chain of which nobody could doubt that it leads a server's certificate to one of these roots. It says yes to what is plain
 * and usual only, with each signature checked by OpenSSL; of all else it says nothing, and whoever asks has OpenSSL judge the
 * whole chain. It is here because the first certificate that is given to Node's TLS makes it read all of the world's roots,
 * which takes as long as the rest of a renewal, and because a run of many meets the same chain in each handshake.
 */
import { leadsTo } from "./anchored.ts";
import { candidates } from "./candidates.ts";
import { type Certificate, provisionerOid, readCertificate, same } from "./certificate.ts";
import { children, type Der, hex, oid, readDer, tags } from "./der.ts";

/** As DER, the server's own first. Names are not looked at. */
export function isPlainlyTrusted(
  presented: readonly Uint8Array[],
  anchors: readonly Certificate[],
  now: Date,
): boolean {
  try {
    const [leaf, ...others] = presented.map(readCertificate);
    if (leaf === undefined || leaf.isCa || others.length > most) return false;
    const path = leadsTo(leaf, others, anchors);
    if (path === null || path.length < 2 || path.length < presented.length) return false;
    const isOnlyWay = path.every((one, index) => {
      const [next, shown] = [path[index + 1], presented[index]];
      const isInOrder = shown === undefined || same(shown, one.der);
      // OpenSSL follows one way, and where there are two it need not be this one.
      return isInOrder && (next === undefined || isOnlyIssuer(next, one, [...others, ...anchors]));
    });
    return isOnlyWay && path.every((one, index) => isPlain(one, index, now));
  } catch {
    return false; // it cannot be read: OpenSSL may say why
  }
}

/** Certificates above the server's own. */
const most = 4;

function isOnlyIssuer(issuer: Certificate, child: Certificate, pool: readonly Certificate[]): boolean {
  const { subjectKeyId: id } = issuer;
  const isSameKey = child.authorityKeyId === "" || id === "" || child.authorityKeyId === id;
  return isSameKey && candidates(child, pool).length === 1;
}

function isPlain(certificate: Certificate, position: number, now: Date): boolean {
  const { notBefore, notAfter, usages, keyUsages, isCa, maxPathLength } = certificate;
  if (now < notBefore || now >= notAfter) return false; // its last second is over for OpenSSL
  if (usages !== null && !usages.includes("serverAuth")) return false;
  if (!hasUsualExtensions(certificate) || !hasUsualForm(certificate) || !hasUsualKey(certificate)) return false;
  const needed = position === 0 ? "digitalSignature" : "keyCertSign";
  if (keyUsages !== null && !keyUsages.includes(needed)) return false;
  return position === 0 ? !isCa : isCa && (maxPathLength === null || maxPathLength >= position - 1);
}

/** No other is plain, critical or not; and what these hold is as DER has it, so that everybody reads the same in it. */
const usual: Readonly<Record<string, (value: Der) => boolean>> = {
  [provisionerOid]: () => true,
  /** Where its issuer can be had. */
  "1.3.6.1.5.5.7.1.1": () => true,
  /** Its key's id. */
  "2.5.29.14": ({ tag }) => tag === tags.octetString,
  "2.5.29.15": isUsualBits,
  /** Names: Node has judged them. One that has none, and is critical, Go does not understand. */
  "2.5.29.17": (value) => {
    const names = children(value);
    return names.length > 0 && names.every(({ tag }) => usualNames.includes(tag));
  },
  "2.5.29.19": ({ raw }) => /^30(00|030101ff|060101ff0201[0-7].)$/.test(hex(raw)),
  /** Its issuer's key's id, and not who issued that. */
  "2.5.29.35": (value) => children(value).every(({ tag }) => tag === tags.implicit(0)),
  "2.5.29.37": (value) => children(value).length > 0,
};

/** Of a mail address, a host, a URI and an IP address. */
const usualNames = [1, 2, 6, 7].map(tags.implicit);

function hasUsualExtensions({ extensions, critical }: Certificate): boolean {
  const isUnderstood = (id: string) => ["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.37"].includes(id);
  return (
    extensions.size > 0 &&
    [...critical].every(isUnderstood) &&
    [...extensions].every(([id, value]) => {
      const element = readDer(value);
      return element.raw.length === value.length && Object.hasOwn(usual, id) && usual[id]?.(element) === true;
    })
  );
}

/** One or two octets, and none of the bits that do not count is set. */
function isUsualBits({ tag, value: [unused = 8, ...octets] }: Der): boolean {
  const last = octets.at(-1) ?? 0;
  return tag === tags.bitString && octets.length <= 2 && unused < 8 && last % 2 ** unused === 0;
}

/** A serial number above 0, and a signature of a kind that no OpenSSL finds too weak. */
function hasUsualForm({ der }: Certificate): boolean {
  const [tbs, algorithm] = children(readDer(der));
  const [, serial] = children(tbs);
  const [kind] = children(algorithm);
  const [first = 128] = serial?.value ?? [];
  return (
    serial?.tag === tags.integer && serial.value.length <= 21 && first < 128 && usualSignatures.includes(oid(kind))
  );
}

/** SHA-256, SHA-384 and SHA-512 with RSA (PKCS #1 v1.5) and ECDSA, and Ed25519. */
const usualSignatures = [
  ...[11, 12, 13].map((digest) => `1.2.840.113549.1.1.${digest}`),
  ...[2, 3, 4].map((digest) => `1.2.840.10045.4.3.${digest}`),
  "1.3.101.112",
];

/** RSA of 2048 bits and more, P-256, P-384, P-521 and Ed25519, which no OpenSSL finds too weak. */
function hasUsualKey({ spki }: Certificate): boolean {
  const [algorithm, bits] = children(readDer(spki));
  const [kind, curve] = children(algorithm);
  switch (oid(kind)) {
    case "1.2.840.113549.1.1.1": {
      const [modulus] = children(readDer(bits?.value.subarray(1) ?? new Uint8Array()));
      const [first, second = 0] = modulus?.value ?? [];
      return modulus !== undefined && modulus.value.length > 256 && (first !== 0 || second > 127);
    }
    case "1.2.840.10045.2.1":
      return ["1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35"].includes(oid(curve));
    case "1.3.101.112":
      return true;
    default:
      return false;
  }
}
