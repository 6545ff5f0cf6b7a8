/**
 * A certificate, its key, and the same in other forms, replaced as one. The new key is safe on the disk before the CA is asked; after the answer the
 * chain is, too; then both are exchanged by a journal. Whenever the process or the machine dies, the old pair is there, or the
 * new one, or a journal by which the next run (see `repair`) makes it one of the two.
 */
import { Failure, isFailure } from "../failure/failure.ts";
import { exchange } from "./exchange.ts";
import { type Goal, goalOf, partOf, step, writeBeside } from "./goal.ts";
import { digest, type Journal, writeJournal } from "./journal.ts";
import { clear, fileOf } from "./switch.ts";
import type { FileSystem } from "./system.ts";
import { syncFolder } from "./whole.ts";

export interface Pair {
  readonly certificate: Goal;
  /** Null where the key stays in a file of its own. */
  readonly key: Goal | null;
  /** Where the same goes in other forms. */
  readonly others?: readonly Goal[];
}

/** Between the question and the answer. */
export interface Prepared extends Pair {
  readonly journal: Journal;
}

/** As `goalOf`, for one file of a pair. */
export function goalOfPair(named: string, token: string, fs: FileSystem, before?: string | null): Goal {
  try {
    return goalOf(named, token, fs, before);
  } catch (error) {
    throw ofPair(error);
  }
}

/** The key's new file, whole beside its place. Throws CANNOT_WRITE; then nothing is left. */
export function prepare({ certificate, key, others = [] }: Pair, newKey: Uint8Array, fs: FileSystem): Prepared {
  const ofKey = key === null ? [] : [partOf(key, digest(newKey))];
  const parts = [...others.map((goal) => partOf(goal, null)), ...ofKey, partOf(certificate, null)];
  const journal: Journal = { version: 1, step: "asking", parts };
  const prepared = { certificate, key, others, journal };
  try {
    step("write the journal", certificate, "before-request", () => writeJournal(fileOf(journal), journal, fs));
    if (key === null) return prepared;
    writeBeside(key, "the new key", newKey, "before-request", fs);
    step("sync the new key's folder", key, "before-request", () => syncFolder(key.target.folder, fs));
    return prepared;
  } catch (error) {
    abandon(prepared, fs);
    throw ofPair(error);
  }
}

/** Nothing came of it: takes away what was prepared. What cannot be taken away is the next run's, by the journal. */
export function abandon({ journal }: Pick<Prepared, "journal">, fs: FileSystem): void {
  try {
    clear(journal, fs, "dropped");
  } catch {
    // the failure that led here is the one to tell
  }
}

/**
 * All switched; `forms` are the contents of the others, in their order. Throws TARGET_CHANGED or CANNOT_WRITE: then all files
 * are as they were, and the new ones are kept beside them, unless the failure says that the pair is `unfinished`.
 */
export function complete(
  { certificate, key, others = [], journal }: Prepared,
  chain: Uint8Array,
  fs: FileSystem,
  forms: readonly Uint8Array[] = [],
): void {
  const contents = [...forms, ...(key === null ? [] : [null]), chain];
  const parts = journal.parts.map((part, index) => {
    const bytes = contents[index];
    return bytes ? { ...part, after: digest(bytes) } : part;
  });
  try {
    writeBeside(certificate, "the new chain", chain, "after-answer", fs);
    for (const [index, goal] of others.entries())
      writeBeside(goal, "another form of it", forms[index] ?? Buffer.alloc(0), "after-answer", fs);
  } catch (error) {
    abandon({ journal }, fs); // a key without its certificate is of no use
    throw ofPair(error);
  }
  try {
    exchange([...others, ...(key === null ? [] : [key]), certificate], parts, fs, key);
  } catch (error) {
    throw ofPair(error);
  }
}

function ofPair(error: unknown): unknown {
  if (!isFailure(error, "CANNOT_WRITE")) return error;
  return new Failure("CANNOT_WRITE", { ...error.facts, ofPair: true }, error.cause);
}
