/**
 * One run at a time. A run waits for its turn only when it has something to replace; whoever waited looks again at what it
 * waited for. With the turn comes the duty to repair what a dead run has left.
 */
import { basename } from "node:path";
import { errnoOf, Failure, isFailure } from "../failure/failure.ts";
import { type Holder, isLeft, type Lock, lockFile, release, seize } from "../files/lock.ts";
import { commandOf, lifeOf } from "../files/owner.ts";
import { besideOf, type Hold, type Repaired, repair, sweep, unrepaired } from "../files/repair.ts";
import { follow } from "../files/target.ts";
import type { World } from "../world.ts";
import { stopIfAsked } from "./interruption.ts";

export interface TurnPlan {
  /** The certificate that is to be replaced, as the user named it: the lock is that of the file itself. */
  readonly certificate: string;
  /** All files that this run may find half-way: the certificate, its key, and where new ones go. */
  readonly files: readonly string[];
  readonly lockTimeoutMs: number;
  /** Certificate and key are both replaced. */
  readonly isPair?: true;
  /** How long the run may take once it is its turn. */
  readonly longestMs: number;
}

export interface TurnProgress {
  /** What an interrupted run had left, and what was made of it. */
  repaired?(what: Repaired): void;
  /** The file system has no way to keep two runs apart. */
  unlocked?(file: string, errno: string): void;
  /** Another run is at work. */
  waiting?(holder: Holder): void;
  /** What earlier runs had kept, and named, has been taken away after a success. */
  swept?(files: readonly string[]): void;
  /** What this run could not take away, and its failure does not name. */
  left?(files: readonly string[]): void;
}

/** Between two looks at a lock. */
const pollMs = 50;

export class Turn {
  /** Of this run: hexadecimal, in the names of all that it puts beside its files. */
  readonly token: string;
  readonly #plan: TurnPlan;
  readonly #world: World;
  readonly #progress: TurnProgress;
  #lock: Lock | null = null;
  #isOurs = false;
  #leftBy: string | null = null;

  constructor(plan: TurnPlan, world: World, progress: TurnProgress) {
    this.token = world.random(6);
    this.#plan = plan;
    this.#world = world;
    this.#progress = progress;
  }

  get files(): readonly string[] {
    return this.#plan.files;
  }

  /** Comes before anything else: what a dead run has left is made whole. Else this takes no turn. */
  async begin(): Promise<void> {
    const { files, certificate } = this.#plan;
    if (unrepaired(files, this.#world.fs).length > 0) await this.take();
    else if (this.#isLeft(certificate)) this.takeUnlessHeld();
  }

  /**
   * Waits for it. Resolves with false as soon as `isOver` says that the other run has done what this one waits for. Throws LOCKED,
   * INTERRUPTED, CANNOT_WRITE, and what repairing throws.
   */
  async take(isOver: () => boolean = () => false): Promise<boolean> {
    const { lockTimeoutMs } = this.#plan;
    for (let waitedMs = 0; ; waitedMs += pollMs) {
      const holder = this.#seize(this.#plan.certificate);
      if (holder === null) return true;
      if (waitedMs === 0) this.#progress.waiting?.(holder);
      if (isOver()) return false;
      if (waitedMs >= lockTimeoutMs) throw this.#locked(holder, this.#plan.certificate, waitedMs);
      await this.#world.sleep(pollMs);
      stopIfAsked(this.#world);
    }
  }

  /** Without waiting. Ours as well where this user may not write: what then fails will say so. */
  takeUnlessHeld(): boolean {
    try {
      return this.#seize(this.#plan.certificate) === null;
    } catch (error) {
      if (isFailure(error, "CANNOT_WRITE")) return true;
      throw error;
    }
  }

  /** Does the work, and gives the turn back whatever came of it. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.#isOurs ? this.#withLeft(error) : error;
    } finally {
      if (this.#lock !== null) release(this.#lock, this.token, this.#world.fs);
      this.#lock = null;
      this.#isOurs = false;
    }
  }

  /** Names what could not be taken away: a private key may be among it. */
  #withLeft(error: unknown): unknown {
    const ofDisk = isFailure(error, "CANNOT_WRITE") ? error : null; // it may be a dead run's that could not be repaired
    const named = isFailure(error) ? namedBy(error) : [];
    const left = besideOf(this.#plan.files, this.#world.fs, ofDisk ? "" : this.token);
    const unnamed = left.filter((file) => !named.includes(file));
    if (unnamed.length === 0) return error;
    if (ofDisk !== null) return new Failure("CANNOT_WRITE", { ...ofDisk.facts, left: unnamed }, ofDisk.cause);
    this.#progress.left?.(unnamed);
    return error;
  }

  /** Null once it is ours, with what a dead run has left repaired. */
  #seize(named: string): Holder | null {
    if (this.#isOurs) return null;
    const seized = this.#try(named);
    if (seized.is === "held") return seized.holder;
    this.#isOurs = true;
    if (seized.is === "impossible") this.#progress.unlocked?.(named, seized.errno);
    else this.#lock = seized.lock;
    this.#tidy(seized.is === "ours" ? seized.lock.leftBy : null);
    return null;
  }

  #tidy(leftBy: string | null): void {
    const { files } = this.#plan;
    const { fs } = this.#world;
    const repaired = repair(files, this.#hold, fs);
    for (const one of repaired) this.#progress.repaired?.(one);
    this.#leftBy = repaired.some(({ how }) => how === "given-up") ? null : leftBy;
  }

  /** What the dead run has left goes, once certificate and key are known to belong together: until then it may be needed. */
  sweepDead(): void {
    if (this.#leftBy === null) return;
    const { files, certificate } = this.#plan;
    const left = sweep(files, this.#world.fs, this.#leftBy);
    this.#leftBy = null;
    if (left.length > 0) this.#progress.repaired?.({ how: "dropped", certificate, files: left });
  }

  /** After a success, also what earlier runs had kept and named goes. */
  sweepAll(): void {
    const left = sweep(this.#plan.files, this.#world.fs);
    this.#leftBy = null;
    if (left.length > 0) this.#progress.swept?.(left);
  }

  /** Of another pair that shares a file with this one. */
  readonly #hold: Hold = (certificate) => {
    if (this.#lock?.file === lockFile(certificate) || this.#lock === null) return () => undefined;
    const token = this.#world.random(6);
    const seized = this.#try(certificate, token);
    if (seized.is === "held") throw this.#locked(seized.holder, certificate, 0);
    return () => seized.is === "ours" && release(seized.lock, token, this.#world.fs);
  };

  #try(named: string, token = this.token): ReturnType<typeof seize> {
    const { fs, now } = this.#world;
    const at = now();
    const until = new Date(at.getTime() + this.#plan.longestMs).toISOString();
    try {
      return seize(follow(named, fs), { token, until }, at, fs);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === "") throw error;
      const folder = lockFile(named).replace(/[^/]*$/, "") || ".";
      const name = `make its lock, ${basename(lockFile(named))}`;
      const facts = { file: named, folder, step: name, errno, asked: "before-request" as const };
      throw new Failure("CANNOT_WRITE", { ...facts, ...(this.#plan.isPair && { ofPair: true }) }, error);
    }
  }

  #isLeft(named: string): boolean {
    const { fs, now } = this.#world;
    try {
      return isLeft(follow(named, fs), now(), fs);
    } catch {
      return false; // it leads nowhere: whoever needs it will say so
    }
  }

  #locked(holder: Holder, file: string, waitedMs: number): Failure<"LOCKED"> {
    const { fs } = this.#world;
    const { pid, host, since } = holder;
    const isSeen = lifeOf(holder, fs) === "lives";
    const command = isSeen ? commandOf(pid, fs) : null;
    return new Failure("LOCKED", {
      file,
      lock: lockFile(follow(file, fs)),
      pid,
      host,
      since,
      isSeen,
      command,
      waitedMs,
    });
  }
}

function namedBy({ facts }: Failure): readonly string[] {
  const kept = "kept" in facts ? facts.kept : [];
  const keptKey = "keptKey" in facts && facts.keptKey !== undefined ? [facts.keptKey] : [];
  return [...(typeof kept === "string" ? [kept] : (kept ?? [])), ...keptKey];
}
