/** Whether another run has done meanwhile what this one was asked for. */
import { isExhausted } from "../failure/failure.ts";
import { digestOf } from "../files/journal.ts";
import { unrepaired } from "../files/repair.ts";
import { follow } from "../files/target.ts";
import type { Certificate } from "../pki/certificate.ts";
import type { World } from "../world.ts";
import { due, type Window } from "./schedule.ts";

/** SHA-256 of files as they were; null where there was none, or none that can be read twice: a pipe gives what it has once. */
export type Seen = ReadonlyMap<string, string | null>;

/** Taken before the files are read, so that whatever is read later and differs is noticed. */
export function seenAs(named: readonly string[], world: World): Seen {
  return new Map(named.map((file) => [file, digestNow(file, world)]));
}

/** One of them is another one now, and nothing is half-way. */
export function isReplaced(seen: Seen, files: readonly string[], world: World): boolean {
  return [...seen].some(isAnother(world)) && unrepaired(files, world.fs).length === 0;
}

/** All of them are: what was loaded is stale as soon as one is, and what was asked for is done when all are. */
export function areReplaced(seen: Seen, world: World): boolean {
  return [...seen].every(isAnother(world));
}

function isAnother(world: World) {
  return ([file, before]: [string, string | null]) => digestNow(file, world) !== before;
}

/**
 * Files that were put there after this program was asked to renew have what was asked for: of ten runs that start at once, the
 * last may not look at them before the first has ended.
 */
export function areNewerThanAsked(files: readonly string[], world: World): boolean {
  const times = files.map((file) => timesOf(file, world));
  if (!times.every((one) => one !== null && isRecent(one, world.now()))) return false;
  const start = world.asked();
  return start !== null && times.every((one) => one !== null && one.put > start.getTime());
}

interface Times {
  written: number;
  /** Later than written: it was synced in between, which may take long, and a key waits for its certificate. */
  put: number;
}

/** A time to come is nobody's work: somebody has set a clock. */
function isRecent({ written, put }: Times, now: Date): boolean {
  const isPast = (time: number) => time <= now.getTime();
  return isPast(written) && isPast(put) && now.getTime() - written <= longestStart;
}

/** In ms: of a file that is older, no start is asked for. */
const longestStart = 10 * 60_000;

function timesOf(file: string, { fs }: World): Times | null {
  try {
    const { mtimeMs: written, ctimeMs: put } = fs.stat(follow(file, fs));
    return { written, put };
  } catch {
    return null; // there is none
  }
}

function digestNow(file: string, { fs }: World): string | null {
  try {
    return fs.stat(file).isFile() ? digestOf(file, fs) : null;
  } catch (error) {
    if (isExhausted(error)) throw error;
    return null; // reading it will say what is wrong
  }
}

/** Without a window everything is always due: then what matters is whether it can be used. */
export function isStillDue(leaf: Certificate, window: Window | null, world: World): boolean {
  const now = world.now();
  return window === null ? now > leaf.notAfter : due(leaf, window, now).due;
}
