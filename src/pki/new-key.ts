/** New private keys: of which kind, and in which form they are written. */
import { generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { children, readDer, tags } from "./der.ts";
import { encryptKey } from "./encrypted-key.ts";
import type { KeyMaterial, Passphrase } from "./key.ts";
import { pemBlocks, toPem } from "./pem.ts";

export type Curve = "P-256" | "P-384" | "P-521";

/** What a key is, without the key. */
export type KeyKind = { type: "EC"; curve: Curve } | { type: "RSA"; bits: number } | { type: "OKP" };

/** What is asked for; a size or a curve that is left out stays what it was, if the type does. */
export type KeyWish = { type: "EC"; curve?: Curve } | { type: "RSA"; bits?: number } | { type: "OKP" };

const curves: Record<string, Curve> = { prime256v1: "P-256", secp384r1: "P-384", secp521r1: "P-521" };

export function kindOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): KeyKind {
  const { namedCurve = "", modulusLength = 2048 } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === "rsa") return { type: "RSA", bits: modulusLength };
  return asymmetricKeyType === "ec" ? { type: "EC", curve: curves[namedCurve] ?? "P-256" } : { type: "OKP" };
}

/** The kind of the new key: what was asked for, completed by the old one's, else by step's defaults. */
export function kindFor(wish: KeyWish | null, old: KeyKind): KeyKind {
  if (wish === null) return old;
  if (wish.type === "RSA") return { type: "RSA", bits: wish.bits ?? (old.type === "RSA" ? old.bits : 2048) };
  if (wish.type === "EC") return { type: "EC", curve: wish.curve ?? (old.type === "EC" ? old.curve : "P-256") };
  return wish;
}

/** `ECDSA P-256`, `RSA 2048`, `Ed25519`. */
export function kindText(kind: KeyKind): string {
  if (kind.type === "OKP") return "Ed25519";
  return kind.type === "EC" ? `ECDSA ${kind.curve}` : `RSA ${kind.bits}`;
}

const generate = promisify(generateKeyPair);

export async function createKey(kind: KeyKind): Promise<KeyObject> {
  const { privateKey } =
    kind.type === "RSA"
      ? await generate("rsa", { modulusLength: kind.bits })
      : kind.type === "EC"
        ? await generate("ec", { namedCurve: kind.curve })
        : await generate("ed25519");
  return privateKey;
}

/** How a key file is written. */
export interface KeyForm {
  encoding: "pem" | "der";
  type: "pkcs8" | "sec1" | "pkcs1";
  isEncrypted: boolean;
}

/** The form in which a key was found. */
export function formOf(material: KeyMaterial): KeyForm {
  const isEncrypted = material.cipher !== null;
  if ("der" in material) return { encoding: "der", type: isEncrypted ? "pkcs8" : derType(material.der), isEncrypted };
  const label = pemBlocks(material.pem)[0]?.label;
  const type = label === "EC PRIVATE KEY" ? "sec1" : label === "RSA PRIVATE KEY" ? "pkcs1" : "pkcs8";
  return { encoding: "pem", type, isEncrypted };
}

/**
 * The bytes of a key file in this form. What a form cannot hold becomes PKCS#8: SEC1 is for elliptic curves, PKCS#1 for RSA,
 * and the old encryption of both (RFC 1421, one round of MD5) is not written any more.
 */
export function keyFile(key: KeyObject, { encoding, type, isEncrypted }: KeyForm, passphrase?: Passphrase): Buffer {
  if (isEncrypted && passphrase !== undefined) {
    const encrypted = encryptKey(key, passphrase.text);
    return encoding === "der" ? encrypted : Buffer.from(toPem("ENCRYPTED PRIVATE KEY", encrypted));
  }
  if (isEncrypted) throw new Error("a key that was encrypted is not written in the clear");
  const own = { sec1: "ec", pkcs1: "rsa", pkcs8: key.asymmetricKeyType }[type] === key.asymmetricKeyType;
  return exported(key, own ? type : "pkcs8", encoding);
}

function exported(key: KeyObject, type: KeyForm["type"], encoding: KeyForm["encoding"]): Buffer {
  const der =
    type === "sec1"
      ? key.export({ type: "sec1", format: "der" })
      : type === "pkcs1"
        ? key.export({ type: "pkcs1", format: "der" })
        : key.export({ type: "pkcs8", format: "der" });
  return encoding === "der" ? der : Buffer.from(toPem(labels[type], der));
}

const labels = { sec1: "EC PRIVATE KEY", pkcs1: "RSA PRIVATE KEY", pkcs8: "PRIVATE KEY" };

/** All three open with a version; an algorithm follows in PKCS#8, the key in SEC1, and the modulus in PKCS#1. */
function derType(der: Buffer): KeyForm["type"] {
  const second = children(readDer(der))[1]?.tag;
  if (second === tags.octetString) return "sec1";
  return second === tags.integer ? "pkcs1" : "pkcs8";
}
