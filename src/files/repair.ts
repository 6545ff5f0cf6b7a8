/** What an interrupted run has left of a pair is finished, or taken back, before anything else is done with it. */
import { basename, dirname, join } from "node:path";
import { attempt, errnoOf, Failure, isFailure } from "../failure/failure.ts";
import { leftIn } from "./folder-view.ts";
import { digestOf, isJournal, type Journal, journalFile, newOf, oldOf, type Part, readJournal } from "./journal.ts";
import { heldBy } from "./lock.ts";
import { isBeside } from "./names.ts";
import { noteOf } from "./owed.ts";
import { clear, fileOf, forget, goBack, goForward, stateOf } from "./switch.ts";
import type { FileSystem } from "./system.ts";
import { follow } from "./target.ts";
import { removeIfThere, unfinishedOf } from "./whole.ts";

/**
 * "dropped": nothing had been switched. "finished", "taken-back": something had, or all was ready. "given-up": somebody else
 * has replaced a file since; nothing is touched, and what is new is kept.
 */
export interface Repaired {
  how: "dropped" | "finished" | "taken-back" | "given-up";
  certificate: string;
  /** What was taken away, or kept. */
  files: readonly string[];
}

interface Found {
  file: string;
  journal: Journal;
}

/** Keeps other runs away from a certificate until the function that it returns is called. Throws LOCKED. */
export type Hold = (certificate: string) => () => void;

/**
 * Repairs every pair that one of these files belongs to, each while it is held: only a dead run's is left. Throws LOCKED,
 * PAIR_UNFINISHED and CANNOT_WRITE.
 */
export function repair(named: readonly string[], hold: Hold, fs: FileSystem): Repaired[] {
  const paths = realPaths(named, fs);
  return journalsOf(paths, fs).flatMap(({ file, journal }) => {
    const certificate = journal.parts.at(-1)?.path ?? "";
    const release = hold(certificate);
    try {
      // The run that wrote it may have ended well while this one waited.
      if (!fs.exists(file)) return [];
      return [{ ...settle(readJournal(file, fs), file, fs), certificate }];
    } finally {
      release();
    }
  });
}

/** Takes away what runs have left beside these files: the one of this token, or all. Whoever calls this holds their lock. */
export function sweep(named: readonly string[], fs: FileSystem, token = ""): string[] {
  const paths = realPaths(named, fs);
  const folders = listed(paths, fs);
  for (const file of paths.flatMap((path) => [journalFile(path), noteOf(path)]).map(unfinishedOf))
    if (folders.get(dirname(file))?.includes(basename(file)) ?? true) removeIfThere(file, fs);
  const files = besideIn(folders, paths, token);
  for (const file of files) removeIfThere(file, fs);
  return files;
}

/** What runs have put beside these files. */
export function besideOf(named: readonly string[], fs: FileSystem, token = ""): string[] {
  const paths = realPaths(named, fs);
  return besideIn(listed(paths, fs), paths, token);
}

function besideIn(folders: Listed, paths: readonly string[], token: string): string[] {
  return paths.flatMap((path) => {
    const names = folders.get(dirname(path)) ?? [];
    return names
      .filter((name) => isBeside(path, name) && name.includes(token))
      .map((name) => join(dirname(path), name));
  });
}

/** The same without a change: what there is to repair. A journal that cannot be read counts. */
export function unrepaired(named: readonly string[], fs: FileSystem): string[] {
  const paths = realPaths(named, fs);
  return filesIn(paths, fs).filter((file) => {
    const read = attempt(() => readJournal(file, fs));
    return read.failure === undefined ? touches(read.value, paths) : paths.some((path) => journalFile(path) === file);
  });
}

/** What there is to repair, and nobody is at work on. */
export function interrupted(named: readonly string[], now: Date, fs: FileSystem): string[] {
  return unrepaired(named, fs).filter((file) => {
    const read = attempt(() => readJournal(file, fs));
    const certificate = read.failure === undefined ? read.value.parts.at(-1)?.path : undefined;
    return certificate === undefined || heldBy(certificate, now, fs) === null;
  });
}

type Settled = Omit<Repaired, "certificate">;

function settle(journal: Journal, file: string, fs: FileSystem): Settled {
  const { parts, step } = journal;
  try {
    if (file !== fileOf(journal)) throw unfinished(journal, file, "its journal stands in another place than it says");
    if (step === "asking") return dropped(journal, fs);
    const states = parts.map((part) => ({ part, state: stateOf(part, fs) }));
    if (states.some(({ state }) => state === "foreign")) return givenUp(journal, fs);
    const isReady = ({ part }: { part: Part }) => digestOf(newOf(part), fs) === part.after;
    if (states.every((one) => one.state === "new" || isReady(one))) {
      goForward(journal, fs);
      clear(journal, fs, "dropped");
      return { how: "finished", files: [] };
    }
    const isKept = ({ part }: { part: Part }) => part.before === null || digestOf(oldOf(part), fs) === part.before;
    if (!states.every((one) => one.state === "old" || isKept(one)))
      throw unfinished(journal, file, "of the new pair and of the old one a file is missing or not whole");
    goBack(journal, fs, "dropped");
    clear(journal, fs, "dropped");
    return { how: "taken-back", files: [] };
  } catch (error) {
    if (error instanceof Failure) throw error;
    const [named, errno] = [parts.at(-1)?.path ?? file, errnoOf(error) || String(error)];
    const how = "finish what an interrupted run has begun";
    const facts = { file: named, folder: dirname(file), step: how, errno, asked: "before-request" as const };
    throw new Failure("CANNOT_WRITE", { ...facts, unfinished: true }, error);
  }
}

function dropped(journal: Journal, fs: FileSystem): Settled {
  const files = journal.parts.map(newOf).filter((file) => digestOf(file, fs) !== null);
  clear(journal, fs, "dropped");
  return { how: "dropped", files };
}

/** Whatever it is that somebody has made of the pair, one of these files may be what is needed for it. */
function givenUp(journal: Journal, fs: FileSystem): Settled {
  forget(journal, fs);
  return { how: "given-up", files: leftOf(journal).filter((file) => digestOf(file, fs) !== null) };
}

function leftOf({ parts }: Journal): string[] {
  return parts.flatMap((part) => [newOf(part), oldOf(part)]);
}

function unfinished(of: Journal, journal: string, problem: string): Failure<"PAIR_UNFINISHED"> {
  return new Failure("PAIR_UNFINISHED", { file: of.parts.at(-1)?.path ?? "", journal, problem, kept: leftOf(of) });
}

function journalsOf(paths: readonly string[], fs: FileSystem): Found[] {
  return filesIn(paths, fs).flatMap((file) => {
    const isOwn = paths.some((path) => journalFile(path) === file);
    const read = attempt(() => readJournal(file, fs));
    if (read.failure !== undefined) {
      if (isOwn && errnoOf(read.failure.cause) !== "ENOENT") throw unusable(read.failure, paths, fs);
      return []; // another pair's, or one that was cleared meanwhile
    }
    const journal = read.value;
    if (!touches(journal, paths)) return [];
    if (!isOurs(file, fs) && journal.parts.some(({ path }) => !paths.includes(path)))
      throw unfinished(journal, file, "its journal is another user's, and names files that this run was not given");
    return [{ file, journal }];
  });
}

/** Which certificate it is about, and what lies there: both pairs may, whole. */
function unusable(failure: Failure, paths: readonly string[], fs: FileSystem): Failure {
  if (!isFailure(failure, "PAIR_UNFINISHED")) return failure;
  const file = paths.find((path) => journalFile(path) === failure.facts.journal) ?? failure.facts.file;
  return new Failure("PAIR_UNFINISHED", { ...failure.facts, file, kept: besideOf(paths, fs) }, failure.cause);
}

/** Whoever may write in the folder could otherwise have us replace any file that we may write. */
function isOurs(file: string, fs: FileSystem): boolean {
  const { uid } = fs.lstat(file);
  return uid === 0 || uid === process.geteuid?.();
}

function touches({ parts }: Journal, paths: readonly string[]): boolean {
  return parts.some(({ path }) => paths.includes(path));
}

/** All journals in the folders of these files: the certificate that one belongs to need not be among them. */
function filesIn(paths: readonly string[], fs: FileSystem): string[] {
  const folders = listed(paths, fs);
  const found = [...folders].flatMap(([folder, names]) =>
    (names ?? []).filter(isJournal).map((name) => join(folder, name)),
  );
  // A folder that may be entered need not be one that may be listed, and a view of it may be of a while ago.
  const own = paths.map(journalFile).filter((file) => !found.includes(file) && fs.exists(file));
  return [...found, ...own];
}

/** Names by folder. Null for one that may be entered and not listed. */
type Listed = ReadonlyMap<string, readonly string[] | null>;

function listed(paths: readonly string[], fs: FileSystem): Listed {
  const folders = new Set(paths.map((path) => dirname(path)));
  return new Map([...folders].map((folder) => [folder, namesIn(folder, fs)]));
}

function namesIn(folder: string, fs: FileSystem): readonly string[] | null {
  try {
    return leftIn(folder, fs);
  } catch {
    return null;
  }
}

/** A path that leads nowhere has nothing to repair; what is wrong with it is said by whoever needs it. */
function realPaths(named: readonly string[], fs: FileSystem): string[] {
  const paths = named.flatMap((path) => {
    try {
      return [follow(path, fs)];
    } catch {
      return [];
    }
  });
  return [...new Set(paths)];
}
