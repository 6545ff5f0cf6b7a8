/** What a daemon remembers of one entry. Ten thousand of them are small: no certificate is kept. */

import { tell as explanationOf } from "../../failure/catalogue/catalogue.ts";
import type { Failure } from "../../failure/failure.ts";
import type { FileSystem } from "../../files/system.ts";
import type { Certificate } from "../../pki/certificate.ts";
import { nextRenewal, retryDelay, type Since, wishOf } from "../cadence.ts";
import { newsOf } from "../daemon.ts";
import type { Entry } from "./plan.ts";

export interface Slot {
  entry: Entry;
  /** What it is the slot of; an entry that says the same later goes on with it. */
  readonly name: string;
  renewed: Date | null;
  /** In milliseconds of the epoch. */
  next: number;
  lifetimeMs: number;
  notAfter: number;
  serial: string;
  /** What `stat` said of the file last; "" where there was none. */
  stamp: string;
  /** It says something else than when the file was read. */
  isChanged: boolean;
  count: number;
  failure: Failure | null;
  /** Something of an earlier run lies beside it: it is attended to, due or not. */
  isLeft: boolean;
  /** It is due, and its CA was left alone. */
  isDeferred: boolean;
  /** Not dropped. */
  isKept: boolean;
}

export function slotFor(entry: Entry, next: Date): Slot {
  const { policy, method } = entry;
  return {
    entry,
    name: JSON.stringify([method, policy]),
    renewed: null,
    next: next.getTime(),
    lifetimeMs: 0,
    notAfter: 0,
    serial: "",
    stamp: "",
    isChanged: false,
    count: 0,
    failure: null,
    isLeft: false,
    isDeferred: false,
    isKept: true,
  };
}

/** Where its certificate is: the new chain goes to another place once it is there. */
export function fileOf({ policy: { paths, out = paths.certificate } }: Entry, fs: FileSystem): string {
  return out !== paths.certificate && stampOf(out, fs) === "" ? paths.certificate : out;
}

/** Differs once another file is there, or other contents; "" where there is none. */
export function stampOf(file: string, fs: FileSystem): string {
  try {
    const { ino, size, mtimeMs, ctimeMs } = fs.stat(file);
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch {
    return ""; // reading it says why
  }
}

/** Notes what was read. True where it is another certificate than before, or one where none could be read. */
export function observe(slot: Slot, leaf: Certificate, stamp: string): boolean {
  const isOther = slot.serial !== leaf.serial && (slot.serial !== "" || slot.failure !== null);
  slot.stamp = stamp;
  slot.isChanged = false;
  slot.serial = leaf.serial;
  slot.notAfter = leaf.notAfter.getTime();
  slot.lifetimeMs = leaf.notAfter.getTime() - leaf.notBefore.getTime();
  return isOther;
}

export function momentOf(leaf: Certificate, { policy }: Pick<Entry, "policy">, since: Since): Date {
  return nextRenewal(leaf, { window: policy.window, periodMs: null }, since);
}

/** Notes a failure, and when it is tried again. True where it is another one than before. */
export function noteFailure(slot: Slot, failure: Failure, { now, chance }: { now: Date; chance: number }): boolean {
  const isNews = newsOf(failure) !== newsOf(slot.failure);
  slot.count++;
  slot.failure = failure;
  const { exit, retry } = explanationOf(failure);
  const wish = "retryAfter" in failure.facts ? failure.facts.retryAfter : undefined;
  const leftMs = slot.notAfter - now.getTime();
  const { count, lifetimeMs } = slot;
  const verdict = exit === 64 ? "after-fix" : retry;
  const delay = retryDelay({ verdict, count, leftMs, lifetimeMs, chance, wishMs: wishOf(wish, now) });
  slot.next = now.getTime() + delay;
  return isNews;
}
