/**
 * One run at a time replaces a certificate. The lock is a symbolic link beside the file that leads nowhere: it is made with all
 * that it says in one step, everybody may read it, and whoever finds the one of a dead process takes it over. It keeps runs of
 * renew apart, on one machine or on several that share the folder; nobody else looks at it.
 */
import { errnoOf } from "../failure/failure.ts";
import { hiddenBeside } from "./names.ts";
import { lifeOf, type Owner, ownOwner } from "./owner.ts";
import type { FileSystem } from "./system.ts";
import { removeIfThere } from "./whole.ts";

/** What a lock says. */
export interface Holder extends Owner {
  /** Of the run: what it has put beside its files bears it. */
  readonly token: string;
  readonly since: string;
  /** By when it will have ended, as it has promised: asked only where its process cannot be seen. */
  readonly until: string;
}

export interface Lock {
  readonly file: string;
  /** The token of a dead run whose lock this was, and which may have left something. */
  readonly leftBy: string | null;
}

export type Seized = { is: "ours"; lock: Lock } | { is: "held"; holder: Holder } | { is: "impossible"; errno: string };

/** By this very process, which may have left others. */
const held = new Set<string>();

/** Of a file's real path. */
export function lockFile(path: string): string {
  return hiddenBeside(path, ".renew-lock");
}

/** File systems that know no links: FAT, some that are shared by machines. */
const withoutLinks = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL"];

/** Does not wait. Throws Node's system errors. */
export function seize(path: string, claim: Pick<Holder, "token" | "until">, now: Date, fs: FileSystem): Seized {
  const holder: Holder = { ...ownOwner(fs), since: now.toISOString(), ...claim };
  const file = lockFile(path);
  let isOurs = false;
  held.add(claim.token);
  try {
    const seized = take(file, JSON.stringify({ version: 1, ...holder }), now, fs);
    isOurs = seized.is === "ours";
    if (isOurs) dropDead(guardOf(file), now, fs);
    return seized;
  } finally {
    if (!isOurs) held.delete(claim.token);
  }
}

/** Gives it back. A lock that cannot be taken away is a dead one once this process has ended. */
export function release({ file }: Lock, token: string, fs: FileSystem): void {
  held.delete(token);
  if (holderOf(file, fs)?.token === token) removeIfThere(file, fs);
}

/** Who is at work on it now; null where nobody is. */
export function heldBy(path: string, now: Date, fs: FileSystem): Holder | null {
  const holder = holderOf(lockFile(path), fs);
  return holder !== null && isHeld(holder, now, fs) ? holder : null;
}

/** Whether there is a lock that nobody holds. */
export function isLeft(path: string, now: Date, fs: FileSystem): boolean {
  const file = lockFile(path);
  return isDead(file, now, fs) || isDead(guardOf(file), now, fs);
}

function isDead(file: string, now: Date, fs: FileSystem): boolean {
  const text = textOf(file, fs);
  if (text === "gone") return false;
  const holder = text === null ? null : parsed(text);
  return holder === null || !isHeld(holder, now, fs);
}

/** Of a run that died, or whose disk refused, at the end of a take-over. */
function dropDead(guard: string, now: Date, fs: FileSystem): void {
  if (isDead(guard, now, fs)) removeIfThere(guard, fs);
}

const guardOf = (file: string) => `${file}.taking`;

function take(file: string, text: string, now: Date, fs: FileSystem): Seized {
  for (;;) {
    try {
      fs.symlink(text, file);
      return { is: "ours", lock: { file, leftBy: null } };
    } catch (error) {
      const errno = errnoOf(error);
      if (withoutLinks.includes(errno)) return { is: "impossible", errno };
      if (errno !== "EEXIST") throw error;
    }
    const there = textOf(file, fs);
    if (there === text) return { is: "ours", lock: { file, leftBy: null } }; // made, and the server's answer was lost
    const holder = there === null ? null : parsed(there);
    if (holder !== null && isHeld(holder, now, fs)) return { is: "held", holder };
    const seized = there === "gone" ? null : takeOver({ file, there, holder }, text, now, fs);
    if (seized !== null) return seized;
  }
}

interface Dead {
  file: string;
  /** Null for what is no link: of a machine that died, or nobody's. */
  there: string | null;
  holder: Holder | null;
}

/**
 * Several may find the same dead lock. Only the one that holds the lock's own lock may replace it, and only while it is still
 * the one that was found dead. Null where it is not.
 */
function takeOver({ file, there, holder }: Dead, text: string, now: Date, fs: FileSystem): Seized | null {
  const guard = guardOf(file);
  const guarded = take(guard, text, now, fs);
  if (guarded.is !== "ours") return guarded;
  try {
    if (textOf(file, fs) !== there) return null;
    const fresh = `${file}.new`;
    removeIfThere(fresh, fs);
    fs.symlink(text, fresh);
    try {
      fs.rename(fresh, file);
    } catch (error) {
      removeIfThere(fresh, fs);
      throw error;
    }
    return { is: "ours", lock: { file, leftBy: holder?.token ?? null } };
  } finally {
    removeIfThere(guard, fs);
  }
}

function isHeld(holder: Holder, now: Date, fs: FileSystem): boolean {
  switch (lifeOf(holder, fs)) {
    case "lives":
      return holder.pid !== process.pid || held.has(holder.token);
    case "ended":
      return false;
    case "unseen":
      return new Date(holder.until) > now;
  }
}

function holderOf(file: string, fs: FileSystem): Holder | null {
  const text = textOf(file, fs);
  return text === null ? null : parsed(text);
}

/** Null for what is no link; "gone" where nothing is. */
function textOf(file: string, fs: FileSystem): string | null {
  try {
    return fs.exists(file) ? fs.readlink(file) : "gone";
  } catch (error) {
    return errnoOf(error) === "ENOENT" ? "gone" : null;
  }
}

/** Null for what no run of renew has written: a link is made whole or not at all. */
function parsed(text: string): Holder | null {
  try {
    const value: unknown = JSON.parse(text);
    return isHolder(value) ? value : null;
  } catch {
    return null;
  }
}

function isHolder(value: unknown): value is Holder {
  if (typeof value !== "object" || value === null) return false;
  const { version, pid, started, boot, space, host, token, since, until } = value as Record<string, unknown>;
  const isText = (one: unknown) => typeof one === "string";
  return (
    version === 1 &&
    Number.isSafeInteger(pid) &&
    Number(pid) > 0 &&
    [started, boot, space].every((one) => one === null || isText(one)) &&
    isText(host) &&
    [since, until].every((one) => isText(one) && Number.isFinite(Date.parse(String(one)))) &&
    isText(token) &&
    /^[0-9a-f]{1,64}$/.test(String(token))
  );
}
