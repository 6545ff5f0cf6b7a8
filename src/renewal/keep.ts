/** `--backup`: what a renewal replaces is kept, if it was a pair that worked. Whatever of that fails stops no renewal. */
import type { KeyObject } from "node:crypto";
import { dirname } from "node:path";
import { attempt, errnoOf, isFailure } from "../failure/failure.ts";
import { isKept, keepCertificate, keepKey, slotsIn, tidyCertificates, tidyKeys } from "../files/backup.ts";
import { type Goal, isUnchanged } from "../files/goal.ts";
import { digest } from "../files/journal.ts";
import type { Pair } from "../files/pair.ts";
import { readNamed } from "../files/read.ts";
import type { FileSystem } from "../files/system.ts";
import { follow } from "../files/target.ts";
import { readBundle } from "../pki/bundle.ts";
import { type Certificate, same } from "../pki/certificate.ts";
import { keyFingerprint } from "../pki/identity.ts";
import { publicKeyOf } from "../pki/key.ts";
import type { World } from "../world.ts";
import { loadKey, type Paths } from "./load.ts";

/** Something that was replaced and is not kept. */
export interface NotKept {
  readonly file: string;
  /** Null: it was no certificate with a key that belongs to it. */
  readonly errno: string | null;
}

export interface Keeper {
  /** Comes right before the replacement. Throws nothing. */
  keep(): void;
  /** Comes after it. Throws nothing. */
  tidy(): void;
}

export interface KeeperPlan extends Pair {
  /** How many are kept. */
  readonly most: number;
  readonly paths: Paths;
  /** Of `paths.key`. */
  readonly ownKey: KeyObject;
  notKept(what: NotKept): void;
}

/** Looks beforehand at what is to be replaced. Where there is no file yet, there is nothing to keep. */
export async function keeperOf(plan: KeeperPlan, world: World): Promise<Keeper> {
  const { certificate, key, most, paths } = plan;
  const { fs } = world;
  const leaf = leafOf(certificate, fs);
  const old = key && (await replacedKey(key, plan, world));
  const isOf = (one: KeyObject | null) => leaf !== null && one !== null && same(leaf.spki, publicKeyOf(one));
  const file = certificate.target.named;
  let hasKept = false;
  return {
    keep: () => {
      if (certificate.before === null) return;
      if (leaf === null || !(isOf(old) || isOf(plan.ownKey))) return plan.notKept({ file, errno: null });
      // What somebody has changed meanwhile is not replaced either.
      const errno = errnoIn(() => isUnchanged(certificate, fs) && keepPair(plan, isOf(old), leaf, fs));
      hasKept = errno === undefined;
      if (errno !== undefined) plan.notKept({ file, errno });
    },
    tidy: () => {
      if (hasKept && !isKept(certificate, fs)) plan.notKept({ file, errno: "EBUSY" });
      // What cannot be taken away goes the next time.
      errnoIn(() => tidy(certificate.target.path, key?.target.path ?? follow(paths.key, fs), most, fs));
    },
  };
}

/** Names a key by its public half: the first 64 bits of what `openssl pkey -pubout -outform der | sha256sum` gives. */
export function keyId({ spki }: Pick<Certificate, "spki">): string {
  return keyFingerprint(spki).slice("sha256:".length, "sha256:".length + 16);
}

/** The key first: a certificate without it would be of no use. Throws Node's system errors. */
export function keepPair({ certificate, key }: Pair, hasKey: boolean, leaf: Certificate, fs: FileSystem): void {
  if (hasKey && key !== null) keepKey(key, keyId(leaf), fs);
  keepCertificate(certificate, fs);
}

/**
 * Leaves the newest certificates and the keys that they need; certificates of other files may need the same keys. Throws
 * Node's system errors and FILE_UNREADABLE: then no key goes.
 */
export function tidy(path: string, keyPath: string, most: number, fs: FileSystem): void {
  tidyCertificates(path, most, fs);
  const folders = [...new Set([dirname(path), dirname(keyPath)])];
  const kept = folders.flatMap((folder) => slotsIn(folder, fs)).map((file) => attempt(() => leafIn(file, fs)));
  const needed = kept.flatMap((one) => {
    if (one.failure?.code === "FILE_UNREADABLE") throw one.failure;
    return one.failure === undefined ? [keyId(one.value)] : [];
  });
  tidyKeys(keyPath, new Set(needed), fs);
}

export function leafIn(file: string, fs: FileSystem): Certificate {
  return readBundle({ file, role: "certificate", bytes: readNamed(file, "certificate", fs) })[0];
}

/** Null where it is none, or was replaced since the run began. */
function leafOf({ before, target: { named: file } }: Goal, fs: FileSystem): Certificate | null {
  if (before === null) return null;
  const read = attempt(() => {
    const bytes = readNamed(file, "certificate", fs);
    return digest(bytes) === before ? readBundle({ file, role: "certificate", bytes })[0] : null;
  });
  return read.failure === undefined ? read.value : null;
}

/** Null where it is none. Nobody is asked for a passphrase: this is about a key that goes. */
async function replacedKey(goal: Goal, { paths, ownKey }: KeeperPlan, world: World): Promise<KeyObject | null> {
  const { named, path } = goal.target;
  if (goal.before === null) return null;
  if (follow(paths.key, world.fs) === path) return ownKey;
  try {
    return (await loadKey(named, paths.passphraseFile, { ...world, canAsk: false })).key;
  } catch (error) {
    if (isFailure(error)) return null;
    throw error;
  }
}

/** Undefined where all went well. */
function errnoIn(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return errnoOf(error) || String(error);
  }
}
