/** A certificate revocation list (RFC 5280 §5): whose it is, when it was made, and whether it lists a serial number. */
import { verify as verifySignature, X509Certificate } from "node:crypto";
import type { Certificate } from "./certificate.ts";
import { children, type Der, oid, readDer, serialText, tags, time } from "./der.ts";

export interface RevocationList {
  readonly issued: Date;
  readonly expires: Date | null;
  readonly serials: ReadonlySet<string>;
  /** Whether this certificate's key signed the list. */
  isSignedBy(issuer: Certificate): boolean;
}

const digests: Record<string, string | null> = {
  "1.2.840.10045.4.3.2": "sha256",
  "1.2.840.10045.4.3.3": "sha384",
  "1.2.840.10045.4.3.4": "sha512",
  "1.2.840.113549.1.1.11": "sha256",
  "1.2.840.113549.1.1.12": "sha384",
  "1.2.840.113549.1.1.13": "sha512",
  "1.3.101.112": null,
};

/** Throws DerError for bytes that are no CRL. */
export function readCrl(der: Uint8Array): RevocationList {
  const [tbs, algorithm, signature] = children(readDer(der));
  const fields = children(tbs);
  const [, , issued, ...rest] = fields[0]?.tag === tags.integer ? fields.slice(1) : fields;
  const isTime = (field: Der | undefined) => field?.tag === tags.utcTime || field?.tag === tags.generalizedTime;
  const revoked = rest.find(({ tag }) => tag === tags.sequence);
  const entries = revoked === undefined ? [] : children(revoked);
  return {
    issued: time(issued),
    expires: isTime(rest[0]) ? time(rest[0]) : null,
    serials: new Set(entries.map((entry) => serialText(children(entry)[0]?.value ?? new Uint8Array()))),
    isSignedBy: (issuer) => {
      const digest = digests[oid(children(algorithm)[0])];
      if (digest === undefined || tbs === undefined || signature === undefined) return false;
      return verifySignature(digest, tbs.raw, new X509Certificate(issuer.der).publicKey, signature.value.subarray(1));
    },
  };
}
