/** What `rekey` takes besides: where the pair goes, and what key it gets. Every impossible pair is found before a file is opened. */
import { Failure } from "../failure/failure.ts";
import type { Curve, KeyWish } from "../pki/new-key.ts";
import type { RekeyPolicy } from "../renewal/rekey.ts";
import { emptyWord } from "./empty-word.ts";
import type { Flag, Said } from "./flags.ts";
import { policyOf } from "./policy.ts";

export const pairFlags: readonly Flag[] = [
  { names: ["out-cert"], value: "FILE", text: "write the new chain to FILE instead of CRT" },
  { names: ["out-key"], value: "FILE", text: "write the new key to FILE instead of KEY" },
  {
    names: ["private-key"],
    value: "FILE",
    text: "take this key instead of a new one; it stays in its file, and KEY as it is, unless --out-key names one",
  },
];

export const keyFlags: readonly Flag[] = [
  {
    names: ["kty"],
    value: "EC|OKP|RSA",
    choices: ["EC", "OKP", "RSA"],
    text: "the type of the new key (default: the old one's, with its size)",
  },
  {
    names: ["curve", "crv"],
    value: "CURVE",
    choices: ["P-256", "P-384", "P-521", "Ed25519"],
    text: "with --kty EC: P-256, P-384 or P-521; with --kty OKP: Ed25519",
  },
  { names: ["size"], value: "BITS", text: "with --kty RSA: 2048 to 8192" },
];

/** Throws the failures of family 64, and CA_URL_MISSING. */
export function rekeyPolicyOf(said: Said): RekeyPolicy {
  const { mtls: _, ...policy } = policyOf(said, "rekey");
  const [outCertificate, outKey, privateKey] = [
    path(said, "out-cert"),
    path(said, "out-key"),
    path(said, "private-key"),
  ];
  const kind = keyWish(said);
  return {
    ...policy,
    kind,
    ...(outCertificate !== undefined && { outCertificate }),
    ...(outKey !== undefined && { outKey }),
    ...(privateKey !== undefined && { privateKey }),
  };
}

function path(said: Said, name: string): string | undefined {
  const value = said.value(name);
  if (value === "") throw emptyWord(`--${name}`, "rekey");
  return value;
}

/** As step pairs them (cli, utils/cli.go), but that what is not said stays what it was. */
export function keyWish(said: Said): KeyWish | null {
  const [kty, curve, size] = [said.value("kty"), said.value("curve"), said.value("size")];
  switch (kty) {
    case undefined:
      if (curve !== undefined) throw bad("--curve is for one type of key, which --kty has to name", ktyFor(curve));
      if (size !== undefined) throw bad("--size is for one type of key, which --kty has to name", "--kty RSA");
      return null;
    case "RSA":
      if (curve !== undefined) throw conflict("--curve", kty, "RSA keys have a size and no curve.");
      return { type: "RSA", ...(size !== undefined && { bits: bitsOf(size) }) };
    case "EC":
      if (size !== undefined)
        throw conflict("--size", kty, "The size of an elliptic curve key is its curve's: see --curve.");
      if (curve === undefined) return { type: "EC" };
      if (isCurve(curve)) return { type: "EC", curve };
      if (curve === "Ed25519") throw conflict("--curve Ed25519", kty, "Ed25519 keys are of the type OKP.");
      throw bad(`--curve is none of P-256, P-384 and P-521: '${curve}'`, nearestCurve(curve));
    case "OKP":
      if (size !== undefined) throw conflict("--size", kty, "Keys of the type OKP have one size.");
      if (curve === undefined || curve === "Ed25519") return { type: "OKP" };
      if (isCurve(curve)) throw conflict(`--curve ${curve}`, kty, `${curve} is a curve of keys of the type EC.`);
      throw bad(`--curve is not Ed25519: '${curve}'`, "--curve Ed25519");
    default:
      throw bad(`--kty is none of EC, OKP and RSA: '${kty}'`, nearestType(kty));
  }
}

const curves: readonly Curve[] = ["P-256", "P-384", "P-521"];

function isCurve(text: string): text is Curve {
  return curves.some((curve) => curve === text);
}

function bitsOf(text: string): number {
  const bits = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(bits)) throw bad(`--size is not a number of bits: '${text}'`, "--size 2048");
  if (bits < 2048) throw bad(`--size ${bits} is too small for an RSA key: 2048 bits are the least`, "--size 2048");
  // crypto/tls takes no larger one in a handshake (Go 1.20.7 and later).
  if (bits > 8192) throw bad(`--size ${bits} is more than a TLS handshake with Go allows: 8192 bits`, "--size 8192");
  return bits;
}

function ktyFor(curve: string): string {
  return curve.toLowerCase() === "ed25519" ? "--kty OKP" : "--kty EC";
}

function nearestCurve(text: string): string | undefined {
  const digits = text.replace(/\D/g, "");
  const found = curves.find((curve) => digits !== "" && curve.endsWith(digits));
  return found && `--curve ${found}`;
}

function nearestType(text: string): string | undefined {
  const upper = text.toUpperCase();
  if (/^(EC|RSA|OKP)$/.test(upper)) return `--kty ${upper}`;
  if (/^ECDSA/.test(upper)) return "--kty EC";
  return /^(ED|EDDSA)/.test(upper) ? "--kty OKP" : undefined;
}

function bad(words: string, nearest?: string): Failure {
  return new Failure("BAD_FLAG", { said: words, command: "rekey", ...(nearest !== undefined && { nearest }) });
}

function conflict(flag: string, kty: string, because: string): Failure {
  return new Failure("FLAG_CONFLICT", { flags: [flag, `--kty ${kty}`], because });
}
