/** Whether another run has done meanwhile what this one was asked for. */
import { digestOf } from "../files/journal.ts";
import { unrepaired } from "../files/repair.ts";
import { follow } from "../files/target.ts";
import type { World } from "../world.ts";

/** SHA-256 of files as they were; null where there was none, or none that can be read. */
export type Seen = ReadonlyMap<string, string | null>;

/** Taken before the files are read, so that whatever is read later and differs is noticed. */
export function seenAs(named: readonly string[], world: World): Seen {
  return new Map(named.map((file) => [file, digestNow(file, world)]));
}

/** One of them is another one now, and nothing is half-way. */
export function isReplaced(seen: Seen, files: readonly string[], world: World): boolean {
  const isAnother = [...seen].some(([file, before]) => digestNow(file, world) !== before);
  return isAnother && unrepaired(files, world.fs).length === 0;
}

/**
 * A file that was written after this program was asked to renew it has what was asked for: of ten runs that start at once, the
 * last may not look at it before the first has ended. A time to come is nobody's work: somebody has set a clock.
 */
export function isNewerThanAsked(file: string, { fs, now, asked }: World): boolean {
  const written = writtenAt(file, { fs });
  if (written === null || now().getTime() - written > longestStart) return false;
  const start = asked();
  return start !== null && written > start.getTime() && written <= now().getTime();
}

/** In ms: of a file that is older, no start is asked for. */
const longestStart = 10 * 60_000;

function writtenAt(file: string, { fs }: Pick<World, "fs">): number | null {
  try {
    return fs.stat(follow(file, fs)).mtimeMs;
  } catch {
    return null; // there is none
  }
}

function digestNow(file: string, { fs }: World): string | null {
  try {
    return digestOf(file, fs);
  } catch {
    return null; // reading it will say what is wrong
  }
}
