/** From a caller's options to a policy. Every mistake in them is found here, before a file is opened. */
import { parseCaUrl } from "../ca/url.ts";
import { parseWindow } from "../cli/duration.ts";
import { Failure } from "../failure/failure.ts";
import { mostBackups } from "../files/names.ts";
import type { RekeyPolicy } from "../renewal/rekey.ts";
import type { Policy } from "../renewal/renew.ts";
import type { RootSource } from "../renewal/trust.ts";
import { alsoOf } from "./also.ts";
import { check, type Shape } from "./checked.ts";
import { hooksOf } from "./hooks.ts";
import type { KeyKind, PairOptions, RekeyOptions, RenewOptions } from "./types.ts";
import type { WatchHandlers, WatchOptions } from "./watch-types.ts";

const ofPair: Shape = {
  certificate: { kind: "text", isNeeded: true },
  key: { kind: "text", isNeeded: true },
  caUrl: { kind: "url", isNeeded: true },
  root: { kind: "texts", isNeeded: true },
  expiresIn: { kind: "text" },
  passphraseFile: { kind: "text" },
  passphrase: { kind: "function" },
  timeoutMs: { kind: "count" },
  lockTimeoutMs: { kind: "count" },
  backup: { kind: "count" },
  also: { kind: "list" },
  p12PassphraseFile: { kind: "text" },
  hooks: { kind: "object" },
  signal: { kind: "signal" },
  now: { kind: "function" },
};
const method = { kind: ["auto", "mtls", "token"] } as const;
const ofRenew: Shape = { ...ofPair, force: { kind: "switch" }, out: { kind: "text" }, method };
const ofWatch: Shape = { ...ofPair, out: { kind: "text" }, method, server: { kind: "server" } };
const ofHandlers: Shape = {
  onRenewed: { kind: "function" },
  onFailure: { kind: "function" },
  signal: { kind: "signal" },
};
const ofRekey: Shape = {
  ...ofPair,
  kind: { kind: "object" },
  outCertificate: { kind: "text" },
  outKey: { kind: "text" },
  force: { kind: "switch" },
};
const ofKind: Shape = {
  type: { kind: ["EC", "RSA", "OKP"], isNeeded: true },
  curve: { kind: ["P-256", "P-384", "P-521"] },
  bits: { kind: "count" },
};

const defaultTimeoutMs = 30_000;
const connectTimeoutMs = 10_000;
/** Timers above this fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/** Throws TypeError, and the failures of family 64. */
export function renewPolicy(options: RenewOptions): Policy {
  check("renew", options, ofRenew);
  const consented = options.out === undefined ? [options.certificate] : [];
  return { ...waysOf(options), force: options.force === true, consented };
}

/** A watch decides itself when, and renews what has expired as well. */
export function watchPolicy(options: WatchOptions, handlers: WatchHandlers): Policy {
  check("watch", options, ofWatch);
  check("watch", handlers, ofHandlers);
  return { ...waysOf(options), force: true };
}

export function rekeyPolicy(options: RekeyOptions): RekeyPolicy {
  check("rekey", options, ofRekey);
  const { kind, outCertificate, outKey, force } = options;
  if (kind !== undefined) checkKind(kind);
  const elsewhere = { "--out-cert": outCertificate, "--out-key": outKey };
  const { only: _, ...policy } = pairPolicy(options, elsewhere);
  const isInPlace = outCertificate === undefined && outKey === undefined;
  return {
    ...policy,
    force: force === true,
    consented: isInPlace ? [options.certificate, options.key] : [],
    kind: kind ?? null,
    ...(outCertificate !== undefined && { outCertificate }),
    ...(outKey !== undefined && { outKey }),
  };
}

/** A kind that says more than its type has is another one than was meant. */
function checkKind(kind: KeyKind): void {
  check("rekey's kind", kind, ofKind);
  const { type, curve, bits }: { type: string; curve?: unknown; bits?: unknown } = kind;
  if (curve !== undefined && type !== "EC")
    throw new TypeError(`rekey: kind.curve is for keys of type EC, not ${type}`);
  if (bits !== undefined && type !== "RSA")
    throw new TypeError(`rekey: kind.bits is for keys of type RSA, not ${type}`);
  if (bits !== undefined && !(Number.isInteger(bits) && Number(bits) >= 2048 && Number(bits) <= 8192))
    throw new TypeError("rekey: kind.bits must be a whole number from 2048 to 8192");
}

function waysOf(options: RenewOptions | WatchOptions): Omit<Policy, "force"> {
  const { out, method: way = "auto" } = options;
  const only = way === "mtls" ? { only: way } : {};
  return {
    ...pairPolicy(options, { "--out": out }),
    mtls: way !== "token",
    ...only,
    ...(out !== undefined && { out }),
  };
}

/** `elsewhere`: other places that are written, by what messages call them. */
function pairPolicy(
  options: PairOptions,
  elsewhere: Readonly<Record<string, string | undefined>>,
): Omit<Policy, "force" | "mtls"> {
  const { certificate, key, caUrl, root, expiresIn, passphraseFile, passphrase, backup, hooks } = options;
  const { timeoutMs = defaultTimeoutMs, lockTimeoutMs = defaultTimeoutMs } = options;
  if (passphraseFile !== undefined && passphrase !== undefined) {
    const because = "One passphrase opens the key.";
    throw new Failure("FLAG_CONFLICT", { flags: ["passphraseFile", "passphrase"], because });
  }
  if (timeoutMs <= 0) throw new TypeError("timeoutMs must be more than 0");
  if (backup !== undefined && !(Number.isInteger(backup) && backup >= 1 && backup <= mostBackups))
    throw new TypeError(`backup must be a number from 1 to ${mostBackups}`);
  const written = Object.entries(elsewhere).flatMap(([what, file]) => (file === undefined ? [] : [{ what, file }]));
  const forms = alsoOf(options, written);
  return {
    paths: { certificate, key, ...(passphraseFile !== undefined && { passphraseFile }) },
    window: expiresIn === undefined ? null : parseWindow(expiresIn, "expiresIn"),
    ca: parseCaUrl(String(caUrl), "caUrl"),
    root: rootsOf(root, "root"),
    timeoutMs: Math.min(timeoutMs, longestTimerMs),
    connectTimeoutMs,
    lockTimeoutMs,
    hooks: hooksOf(hooks),
    ...(backup !== undefined && { backups: backup }),
    ...(forms !== null && { also: forms }),
  };
}

export function rootsOf(root: string | readonly string[], from: string): RootSource {
  return { value: typeof root === "string" ? root : root.join(","), from };
}
