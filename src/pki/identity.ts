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
  if (leaf.isCa) throw ofCa(certificateFile, leaf, matches);
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

/** What cannot be renewed at all. `leafAt`: which certificate of the file is the key's own, where that is a later one. */
export function ofCa(file: string, { subject }: Certificate, leafAt = 0): Failure<"CA_CERTIFICATE"> {
  const later = leafAt > 1 ? { leafAt } : {};
  return new Failure("CA_CERTIFICATE", { file, role: "certificate", subject: subject.text, ...later });
}

/** SHA-256 over the SubjectPublicKeyInfo: what `openssl pkey -pubout -outform der | sha256sum` gives. */
export function keyFingerprint(spki: Uint8Array): string {
  return `sha256:${createHash("sha256").update(spki).digest("hex")}`;
}
