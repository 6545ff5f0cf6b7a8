/** How each certificate stands, as far as files tell: nothing is changed, and no CA is asked. */
import { dirname } from "node:path";
import { type Choice, choose } from "../ca/credential.ts";
import { attempt, type Failure } from "../failure/failure.ts";
import { type Holder, heldBy } from "../files/lock.ts";
import { noteOf, owedBy } from "../files/owed.ts";
import { interrupted } from "../files/repair.ts";
import type { FileSystem } from "../files/system.ts";
import { follow } from "../files/target.ts";
import type { Certificate } from "../pki/certificate.ts";
import { ofCa } from "../pki/identity.ts";
import type { World } from "../world.ts";
import { readCertificateOf } from "./load.ts";
import { due, dueFrom, type Window } from "./schedule.ts";

export interface Subject {
  /** Where the newest one is. */
  readonly file: string;
  readonly window: Window;
  readonly mtls: boolean;
  /** No other way is taken, also where another would work. */
  readonly only?: "mtls";
}

/**
 * "overdue": half of the time between due and the end has passed, and nothing has renewed it. Of one that is good, and not
 * overdue, it says what is left undone.
 */
export type State =
  | "fine"
  | "due"
  | "at-work"
  | "hook-owed"
  | "interrupted"
  | "overdue"
  | "expired"
  | "not-yet-valid"
  | "unusable";

export interface Standing {
  readonly file: string;
  readonly state: State;
  /** Null where none could be read: `failure` says why. */
  readonly leaf: Certificate | null;
  readonly failure: Failure | null;
  readonly dueFrom: Date | null;
  /** By which way it would be renewed; null where by none, as it has expired and only mTLS is to be taken. */
  readonly choice: Choice | null;
  /** When the file was written last. */
  readonly written: Date | null;
  /** The note of a hook that is owed, where no run is at work, which may well be making it good. */
  readonly owed: string | null;
  /** A run has died before it was done: the next one finishes it. */
  readonly isHalfWay: boolean;
  /** Of the run that is at work. */
  readonly holder: Holder | null;
  /** Of one that a list keeps: what the list says of it. */
  readonly listed?: Listed;
}

export interface Listed {
  readonly key: string;
  /** Null where the list leaves it to flags. */
  readonly ca: string | null;
  readonly root: string | null;
  readonly hasHook: boolean;
  /** The file of the list, where it was named. */
  readonly list: string | null;
  /** No token is taken for it. */
  readonly isMtlsAlone: boolean;
  /** A run begins nothing unless it is told to keep going: something in the list is of no use. */
  readonly isHeldUp: boolean;
}

/** Throws nothing that is a failure: what cannot be read is a standing as well. */
export function standingOf({ file, window, ...asked }: Subject, world: World): Standing {
  const { fs } = world;
  const now = world.now();
  const read = attempt(() => readCertificateOf(file, world));
  const written = quietly(() => new Date(fs.stat(file).mtimeMs), null);
  const around = { file, written, ...undoneOf(file, now, world) };
  if (read.failure !== undefined) return unusable(around, read.failure);
  const leaf = read.value;
  if (leaf.isCa) return unusable(around, ofCa(file, leaf));
  const when = due(leaf, window, now);
  const choice = when.due && when.because === "expired" && asked.only === "mtls" ? null : choose(leaf, asked, now);
  const state = withUndone(stateOf(leaf, window, now), around);
  return { ...around, leaf, failure: null, choice, dueFrom: firstDue(leaf, window), state };
}

/** Where every run renews it, it has been due from its first moment on. */
function firstDue(leaf: Certificate, window: Window): Date {
  return window.kind === "duration" && window.ms <= 0 ? leaf.notBefore : dueFrom(leaf, window);
}

type Undone = Pick<Standing, "owed" | "isHalfWay" | "holder">;

/** What a run at work has put beside its files is not left undone. The run may begin, or end, while they are looked at. */
function undoneOf(file: string, now: Date, { fs }: World): Undone {
  const held = () => quietly(() => heldBy(follow(file, fs), now, fs), null);
  const before = held();
  const owed = quietly(() => noteFor(file, fs), null);
  const isHalfWay = quietly(() => interrupted([file], now, fs).length > 0, false);
  const holder = before ?? held();
  return { owed: holder === null ? owed : null, isHalfWay: holder === null && isHalfWay, holder };
}

/** Beside the file as it was named, unless that is a link. */
function noteFor(file: string, fs: FileSystem): string | null {
  const path = follow(file, fs);
  if (owedBy(path, fs) === null) return null;
  return noteOf(fs.lstat(file).isSymbolicLink() ? path : file);
}

function withUndone(state: State, { owed, isHalfWay, holder }: Undone): State {
  if (state !== "fine" && state !== "due") return state;
  if (holder !== null) return "at-work";
  return isHalfWay ? "interrupted" : owed !== null ? "hook-owed" : state;
}

/** Of an entry that cannot be used at all. */
export function brokenStanding(file: string, failure: Failure): Standing {
  return unusable({ file, written: null, owed: null, isHalfWay: false, holder: null }, failure);
}

/** Whether somebody should look: a timer that works lets none of this come about, or last. */
export function needsAttention({ state }: Standing): boolean {
  return state !== "fine" && state !== "due" && state !== "at-work";
}

function unusable(
  around: Pick<Standing, "file" | "written" | "owed" | "isHalfWay" | "holder">,
  failure: Failure,
): Standing {
  return { ...around, leaf: null, failure, choice: null, dueFrom: null, state: "unusable" };
}

function stateOf(leaf: Certificate, window: Window, now: Date): State {
  const { notBefore, notAfter } = leaf;
  if (now > notAfter) return "expired";
  if (now < notBefore) return "not-yet-valid";
  const when = due(leaf, window, now);
  if (!when.due) return "fine";
  if (when.because === "asked") return "due"; // always: that it was not renewed for a while says nothing
  const from = dueFrom(leaf, window);
  return now.getTime() - from.getTime() > (notAfter.getTime() - from.getTime()) / 2 ? "overdue" : "due";
}

/** The folder that is there, of one that is not. */
export function nearestFolder(folder: string, { fs }: Pick<World, "fs">): string {
  for (let at = folder; ; at = dirname(at)) {
    const isThere = quietly(() => fs.stat(at).isDirectory(), false);
    if (isThere || at === dirname(at)) return at;
  }
}

/** It leads nowhere, or may not be looked at: what reading the certificate meets is told. */
function quietly<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
