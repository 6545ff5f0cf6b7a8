/** One private key in every form in which a file may hold it, with the marks of those who write it. */
import { createPrivateKey, type KeyObject } from "node:crypto";
import { keyLabels } from "../../src/pki/embedded-key.ts";
import { toPem } from "../../src/pki/pem.ts";
import { integer, oid, seq, tlv } from "./gochain/certificates.ts";

/** By what it is called. DER, and PEM as text. */
export function formsOf(key: KeyObject): Record<string, Buffer> {
  const isEc = key.asymmetricKeyType === "ec";
  const old = isEc ? "sec1" : "pkcs1";
  const hasOld = key.asymmetricKeyType !== "ed25519";
  const pkcs8 = key.export({ type: "pkcs8", format: "der" });
  const traditional = hasOld ? key.export({ type: old, format: "der" }) : Buffer.alloc(0);
  const pem = toPem(keyLabels.pkcs8, pkcs8);
  const oldPem = toPem(keyLabels[old], traditional);
  const text: Record<string, string> = {
    pkcs8: pem,
    "pkcs8 with CRLF": pem.replaceAll("\n", "\r\n"),
    "pkcs8 in one line": pem.replace(/(?<=[^-])\n(?=[^-])/g, ""),
    "pkcs8 in short lines": pem.replace(/^([A-Za-z0-9+/]{32})([A-Za-z0-9+/]{32})$/gm, "$1\n$2"),
    "pkcs8 with blank lines": pem.replace(/\n/g, "\n\n"),
    "pkcs8 without its last line end": pem.trimEnd(),
    "pkcs8 behind words": `Bag Attributes\n  friendlyName: web\n${pem}`,
    "pkcs8 in a wrong label": pem.replaceAll("PRIVATE KEY", isEc ? "EC PRIVATE KEY" : "RSA PRIVATE KEY"),
    "pkcs8 cut short": pem.replace(/\n[^\n-]+\n---/, "\n---"),
    "pkcs8 of headers": pem.replace("-----\n", "-----\nKey: value\n\n"),
    "pkcs8 with spaces": pem.replaceAll("\n", " \n"),
    "pkcs8 that is encrypted": key
      .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "secret" })
      .toString(),
    ...(hasOld && {
      [old]: oldPem,
      [`${old} with CRLF`]: oldPem.replaceAll("\n", "\r\n"),
      [`${old} in a wrong label`]: oldPem.replaceAll(keyLabels[old], keyLabels.pkcs8),
      [`${old} that is encrypted`]: key
        .export({ type: old, format: "pem", cipher: "aes-128-cbc", passphrase: "secret" })
        .toString(),
    }),
    ...(isEc && {
      "sec1 behind EC PARAMETERS": `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${oldPem}`,
      "without its public half": createPrivateKey({ key: withoutPublic(key), format: "der", type: "sec1" })
        .export({ type: "pkcs8", format: "pem" })
        .toString(),
      "sec1 without its public half": toPem(keyLabels.sec1, withoutPublic(key)),
    }),
  };
  const bytes: Record<string, Buffer> = {
    "pkcs8, DER": pkcs8,
    "pkcs8, DER, and more": Buffer.concat([pkcs8, Buffer.of(0, 0)]),
    ...(hasOld && { [`${old}, DER`]: traditional }),
  };
  const texts = Object.entries(text).map(([name, words]) => [name, Buffer.from(words)] as const);
  return { ...Object.fromEntries(texts), ...bytes };
}

const curveIds: Record<string, string> = {
  prime256v1: "1.2.840.10045.3.1.7",
  secp384r1: "1.3.132.0.34",
  secp521r1: "1.3.132.0.35",
  secp256k1: "1.3.132.0.10",
};

/** An ECPrivateKey that holds the scalar alone. */
export function withoutPublic(key: KeyObject): Buffer {
  const scalar = Buffer.from(key.export({ format: "jwk" }).d ?? "", "base64url");
  const curve = curveIds[key.asymmetricKeyDetails?.namedCurve ?? ""] ?? "";
  return seq(integer(1), tlv(0x04, scalar), tlv(0xa0, oid(curve)));
}
