/**
 * A file system that is not asked the same question twice in one go. The steps of a renewal each look for themselves at the files
 * that they are about; between two of them nothing can have happened that either could tell from its having happened a moment
 * later. An answer holds until this process changes anything or the turn of the event loop is over, and whoever has waited, for a
 * lock, a CA, a child process or the disk, forgets all of them: a wait may end within a turn. It is not for who waits without
 * giving the turn up.
 */
import type { FileSystem } from "./system.ts";

type Look = "lstat" | "stat" | "exists" | "read";

/** They change nothing that a look could tell. */
const harmless: ReadonlySet<string> = new Set<keyof FileSystem>([
  "readEnd",
  "list",
  "realpath",
  "readlink",
  "sync",
  "sizeOf",
  "close",
  "checkWritable",
]);

export interface OneLook {
  readonly fs: FileSystem;
  /** Whoever has waited, by whatever clock, looks again. */
  forget(): void;
}

/** `atTurn` calls what it is given once this turn of the event loop is over. What a look throws is not remembered. */
export function oneLook(fs: FileSystem, atTurn: (forget: () => void) => void): OneLook {
  const answers: Record<Look, Map<string, unknown>> = {
    lstat: new Map(),
    stat: new Map(),
    exists: new Map(),
    read: new Map(),
  };
  let isWaiting = false;
  const forget = () => {
    for (const known of Object.values(answers)) if (known.size > 0) known.clear();
  };
  const turn = () => {
    isWaiting = false;
    forget();
  };
  const looking = (look: Look) => {
    const known = answers[look];
    return (file: string, limit?: number) => {
      const name = `${limit ?? ""} ${file}`;
      if (known.has(name)) return known.get(name);
      const answer = fs[look](file, limit);
      known.set(name, answer);
      if (!isWaiting) atTurn(turn);
      isWaiting = true;
      return answer;
    };
  };
  const passing = (name: string, work: (...asked: never[]) => unknown) =>
    harmless.has(name)
      ? work
      : (...asked: never[]) => {
          forget();
          return work(...asked);
        };
  const all: Record<string, unknown> = {
    syncMeanwhile: (handle: number) => fs.syncMeanwhile(handle).finally(forget),
    lstat: looking("lstat"),
    stat: looking("stat"),
    exists: looking("exists"),
    read: looking("read"),
  };
  const seen = new Proxy(fs, {
    get: (target, name: keyof FileSystem) => {
      all[name] ??= passing(name, target[name].bind(target));
      return all[name];
    },
  });
  return { fs: seen, forget };
}
