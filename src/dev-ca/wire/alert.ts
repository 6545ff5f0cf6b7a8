/**
 * The TLS alert with which Go's server turns a client certificate away. Node's server cannot send one after its own
 * verification, so the record is made here. In TLS 1.3 it is one encrypted record (RFC 8446, sections 5.2, 5.3 and
 * 7.3), and the `keylog` event gives the secret for it; in TLS 1.2 it comes before the server's ChangeCipherSpec, and so
 * in the clear (RFC 5246, section 7.2).
 */
import { type CipherGCM, createCipheriv, createHmac } from "node:crypto";
import type { Problem } from "../rules/chain.ts";

export interface Session {
  /** As `getCipher()` says them. */
  version: string;
  standardName: string;
  /** SERVER_TRAFFIC_SECRET_0, which there is in TLS 1.3. */
  secret: Buffer | undefined;
}

/** As Go chooses it (crypto/tls, processCertsFromClient). */
export const alertNumbers: Record<Problem["kind"], number> = {
  unfit: 42,
  "out-of-time": 45,
  "unknown-authority": 48,
};

const FATAL = 2;
const ALERT = 21;
const APPLICATION_DATA = 23;
const TAG_LENGTH = 16;

interface Suite {
  seal: (key: Buffer, nonce: Buffer) => CipherGCM;
  hash: "sha256" | "sha384";
  keyLength: number;
}
/** The three of RFC 8446, section 9.1. */
const suites: Record<string, Suite> = {
  TLS_AES_128_GCM_SHA256: {
    seal: (key, nonce) => createCipheriv("aes-128-gcm", key, nonce),
    hash: "sha256",
    keyLength: 16,
  },
  TLS_AES_256_GCM_SHA384: {
    seal: (key, nonce) => createCipheriv("aes-256-gcm", key, nonce),
    hash: "sha384",
    keyLength: 32,
  },
  TLS_CHACHA20_POLY1305_SHA256: {
    seal: (key, nonce) => createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: TAG_LENGTH }),
    hash: "sha256",
    keyLength: 32,
  },
};

/** The alert as the first record under the server's traffic keys; null where the cipher suite is not known here. */
export function alertRecord(number: number, { version, standardName, secret }: Session): Buffer | null {
  if (version !== "TLSv1.3") return Buffer.from([ALERT, 3, 3, 0, 2, FATAL, number]);
  const suite = suites[standardName];
  if (!suite || !secret) return null;
  const key = expandLabel(suite.hash, secret, "key", suite.keyLength);
  const iv = expandLabel(suite.hash, secret, "iv", 12); // for record number 0 this is the nonce
  const plain = Buffer.from([FATAL, number, ALERT]);
  const header = Buffer.from([APPLICATION_DATA, 3, 3, 0, plain.length + TAG_LENGTH]);
  const sealed = suite.seal(key, iv);
  sealed.setAAD(header);
  return Buffer.concat([header, sealed.update(plain), sealed.final(), sealed.getAuthTag()]);
}

/** HKDF-Expand-Label with an empty context; never more than one block is needed. */
function expandLabel(hash: Suite["hash"], secret: Buffer, label: string, size: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([Buffer.from([0, size, name.length]), name, Buffer.from([0, 1])]);
  return createHmac(hash, secret).update(info).digest().subarray(0, size);
}
