/** A certificate chain with its private key: what a client proves itself by. */
import { createHash, type KeyObject } from "node:crypto";
import { Failure } from "../failure/failure.ts";
import { type Certificate, same } from "./certificate.ts";
import { publicKeyOf } from "./key.ts";

export interface Identity {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Both stand in a kubeconfig, as this user's. */
  readonly kubeUser?: string;
  readonly leaf: Certificate;
  /** All certificates of the file, leaf first. */
  readonly chain: readonly [Certificate, ...Certificate[]];
  readonly key: KeyObject;
}

/** Joins chain and key, if they belong together and the first certificate can be renewed at all. */
export function identity(parts: Omit<Identity, "leaf">): Identity {
  const { certificateFile, keyFile, chain, key } = parts;
  const [leaf] = chain;
  const own = publicKeyOf(key);
  const matches = chain.findIndex(({ spki, isCa }) => same(spki, own) && !isCa) + 1;
  if (leaf.isCa) {
    const leafAt = matches > 1 ? { leafAt: matches } : {};
    throw new Failure("CA_CERTIFICATE", {
      file: certificateFile,
      role: "certificate",
      subject: leaf.subject.text,
      ...leafAt,
    });
  }
  if (!same(leaf.spki, own)) {
    throw new Failure("KEY_MISMATCH", {
      certificate: certificateFile,
      key: keyFile,
      certificateKey: keyFingerprint(leaf.spki),
      ownKey: keyFingerprint(own),
      ...(matches > 1 && { matchesAt: matches }),
    });
  }
  return { ...parts, leaf };
}

/** SHA-256 over the SubjectPublicKeyInfo: what `openssl pkey -pubout -outform der | sha256sum` gives. */
export function keyFingerprint(spki: Uint8Array): string {
  return `sha256:${createHash("sha256").update(spki).digest("hex")}`;
}
