/** Which process wrote something, so that a later one can tell whether it still lives. */
import { errnoOf } from "../failure/failure.ts";
import type { FileSystem } from "./system.ts";

/** A number alone is given to another process after a while; with the start, and the machine's, it names one for ever. */
export interface Owner {
  readonly pid: number;
  /** In the kernel's ticks since the machine's start; null where /proc does not tell. */
  readonly started: string | null;
  readonly boot: string | null;
}

export function ownOwner(fs: FileSystem): Owner {
  const { pid } = process;
  return { pid, started: startOf(pid, fs), boot: bootOf(fs) };
}

/**
 * Whether another process, which wrote this, still lives. Processes of other containers and other machines cannot be seen:
 * what they share of a folder is not told apart here.
 */
export function isAlive({ pid, started, boot }: Owner, fs: FileSystem): boolean {
  if (pid === process.pid) return false;
  if (boot !== null && boot !== bootOf(fs)) return false;
  if (started !== null) return started === startOf(pid, fs);
  return answersSignals(pid);
}

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

function textOf(file: string, fs: FileSystem): string | null {
  try {
    return fs.read(file).toString("latin1");
  } catch {
    return null; // no such process, or no /proc at all
  }
}
