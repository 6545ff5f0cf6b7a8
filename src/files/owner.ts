/** Which process wrote something, so that a later one can tell whether it still lives. */
import { hostname } from "node:os";
import { errnoOf } from "../failure/failure.ts";
import type { FileSystem } from "./system.ts";

/** A number alone is given to another process after a while; with the start, and the machine's, it names one for ever. */
export interface Owner {
  readonly pid: number;
  /** In the kernel's ticks since the machine's start; null where /proc does not tell. */
  readonly started: string | null;
  /** Of the machine's start; null where /proc does not tell. */
  readonly boot: string | null;
  /** The space that its number is of: each container has its own. */
  readonly space: string | null;
  readonly host: string;
}

/** It stays what it is: a run of many looks once. */
export function ownOwner(fs: FileSystem): Owner {
  const { pid } = process;
  const known = owners.get(fs);
  if (known?.pid === pid) return known;
  const own = { pid, started: startOf(pid, fs), boot: bootOf(fs), space: spaceOf(fs), host: hostname() };
  owners.set(fs, own);
  return own;
}

const owners = new WeakMap<FileSystem, Owner>();

/** "unseen": of another container or another machine, whose processes cannot be looked at from here. */
export type Life = "lives" | "ended" | "unseen";

export function lifeOf(owner: Owner, fs: FileSystem): Life {
  const isHere = owner.host === hostname();
  if (owner.boot !== bootOf(fs)) return isHere ? "ended" : "unseen";
  if (owner.boot === null && !isHere) return "unseen";
  if (owner.space !== spaceOf(fs)) return "unseen";
  const lives = owner.started === null ? answersSignals(owner.pid) : owner.started === startOf(owner.pid, fs);
  return lives ? "lives" : "ended";
}

/** Which program a process is, and what it was given first; not its other arguments, which may be nobody else's business. */
export function commandOf(pid: number, fs: FileSystem): string | null {
  const words = textOf(`/proc/${pid}/cmdline`, fs)?.split("\0").slice(0, 2).join(" ").trim();
  return words || null;
}

/**
 * When this process was started, at the latest; null where /proc does not tell. Node's own origin is later, by what it takes to
 * load: on a busy machine another run may have begun and ended in between. The clock is looked at last: the machine may let
 * this process wait between two looks, and then its age would be too great, and its start before the end of one that is over.
 */
export function startedBefore(now: () => Date, fs: FileSystem): Date | null {
  const ticks = Number(startOf(process.pid, fs) ?? Number.NaN);
  const uptime = Number(textOf("/proc/uptime", fs)?.split(" ")[0] ?? Number.NaN);
  const ageMs = uptime * 1000 - (ticks + 1) * msOfTick;
  return Number.isFinite(ageMs) ? new Date(now().getTime() - ageMs) : null;
}

/** USER_HZ is 100 on every Linux that Node runs on. */
const msOfTick = 10;

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === "EPERM";
  }
}

/** The 22nd field of /proc/PID/stat; null for one that has ended and waits to be noticed (proc(5)). */
function startOf(pid: number, fs: FileSystem): string | null {
  const fields =
    textOf(`/proc/${pid}/stat`, fs)
      ?.replace(/^.*\)\s*/s, "")
      .split(" ") ?? [];
  return fields[0] === "Z" ? null : (fields[19] ?? null);
}

function bootOf(fs: FileSystem): string | null {
  return textOf("/proc/sys/kernel/random/boot_id", fs)?.trim() ?? null;
}

function spaceOf(fs: FileSystem): string | null {
  try {
    return fs.readlink("/proc/self/ns/pid");
  } catch {
    return null; // no /proc
  }
}

function textOf(file: string, fs: FileSystem): string | null {
  try {
    return fs.read(file).toString("latin1");
  } catch {
    return null; // no such process, or no /proc at all
  }
}
