/** What is kept of a pair: its certificates, and where the key of each is. */
import type { KeyObject } from "node:crypto";
import { attempt, errnoOf, Failure, isFailure } from "../failure/failure.ts";
import { keptKey, slotOf, slotsOf } from "../files/backup.ts";
import { digest } from "../files/journal.ts";
import { readNamed } from "../files/read.ts";
import { readBundle } from "../pki/bundle.ts";
import { type Certificate, same } from "../pki/certificate.ts";
import { publicKeyOf } from "../pki/key.ts";
import type { World } from "../world.ts";
import { keyId } from "./keep.ts";
import { loadKey, type Paths } from "./load.ts";

/** "unknown": KEY cannot be looked into. It is encrypted and there is no passphrase, or this user may not read it. */
export type KeyPlace = { in: "file" } | { in: "kept"; file: string } | { in: "nowhere" | "unknown" };

export interface Backup {
  /** What it is called: 1 is the newest. */
  readonly number: number;
  readonly file: string;
  readonly bytes: Buffer;
  readonly held: { leaf: Certificate; key: KeyPlace } | { failure: Failure };
}

/** What KEY holds; null where that is no key. */
export type OwnKey = KeyObject | "closed" | null;

/** The real paths of the pair. */
export interface Places {
  readonly certificate: string;
  readonly key: string;
}

/** What the disk refuses to tell may be the only copy: that is not the same as no key. */
const untold = ["KEY_ENCRYPTED", "WRONG_PASSPHRASE", "FILE_UNREADABLE"];

/** Throws what is wrong with a passphrase, FILE_UNREADABLE and INTERRUPTED. */
export async function ownKeyOf({ key, passphraseFile }: Paths, world: World, closed: "refused" | "passed-over") {
  try {
    return (await loadKey(key, passphraseFile, world)).key;
  } catch (error) {
    if (!isFailure(error) || error.code === "INTERRUPTED") throw error;
    const isClosed = untold.includes(error.code);
    if (isClosed && closed === "refused") throw error;
    return isClosed ? "closed" : null;
  }
}

/**
 * The newest first, without what the file itself holds now: a run that died may have kept that already. Throws
 * FILE_UNREADABLE.
 */
export function backupsOf(places: Places, own: OwnKey, now: string | null, world: Pick<World, "fs">): Backup[] {
  try {
    return allOf(places, own, now, world);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "" || isFailure(error)) throw error;
    throw new Failure("FILE_UNREADABLE", { file: slotOf(places.certificate, 1), role: "certificate", errno }, error);
  }
}

function allOf(places: Places, own: OwnKey, now: string | null, { fs }: Pick<World, "fs">): Backup[] {
  const seen = new Set([now]);
  const backups: Backup[] = [];
  for (const { file } of slotsOf(places.certificate, fs)) {
    const read = attempt(() => readNamed(file, "certificate", fs));
    const bytes = read.failure === undefined ? read.value : Buffer.alloc(0);
    const held = read.failure === undefined ? digest(bytes) : file;
    if (seen.has(held)) continue;
    seen.add(held);
    const leaf = attempt(() => {
      if (read.failure !== undefined) throw read.failure;
      return readBundle({ file, role: "certificate", bytes })[0];
    });
    const found =
      leaf.failure === undefined ? { leaf: leaf.value, key: placeOf(leaf.value, places, own, { fs }) } : leaf;
    backups.push({ number: backups.length + 1, file, bytes, held: found });
  }
  return backups;
}

function placeOf(leaf: Certificate, { key }: Places, own: OwnKey, { fs }: Pick<World, "fs">): KeyPlace {
  if (own !== null && own !== "closed" && same(publicKeyOf(own), leaf.spki)) return { in: "file" };
  const file = keptKey(key, keyId(leaf), fs);
  if (file !== null) return { in: "kept", file };
  return { in: own === "closed" ? "unknown" : "nowhere" };
}

/** By its number, or by its serial number as the documents have it, or in hexadecimal, as openssl has it. */
export function isCalled(name: string, { number, held }: Backup): boolean {
  if (/^\d{1,2}$/.test(name)) return Number(name) === number;
  if ("failure" in held) return false;
  const hex = name.replace(/^0x/i, "").replaceAll(":", "");
  return held.leaf.serial === name || (/^[0-9a-f]+$/i.test(hex) && BigInt(`0x${hex}`) === BigInt(held.leaf.serial));
}
