/**
 * The journal of a pair: what makes several renames one. It stands in the certificate's folder from before the first new file
 * until after the last rename, says which files belong together by their digests, and holds no secret. Only who holds the
 * certificate's lock writes or follows it. The names of what lies beside a file are made from its own, so that a forged journal
 * cannot point anywhere else.
 */
import { createHash } from "node:crypto";
import { basename, dirname, isAbsolute, join } from "node:path";
import { errnoOf, Failure } from "../failure/failure.ts";
import { beside, hiddenBeside } from "./names.ts";
import type { FileSystem } from "./system.ts";
import { replaceWhole } from "./whole.ts";

/** One file of the pair. */
export interface Part {
  /** The file itself, behind its links. */
  readonly path: string;
  /** Makes the names beside it. */
  readonly token: string;
  /** SHA-256 of what it held when it was loaded; null where there was no file. */
  readonly before: string | null;
  /** SHA-256 of what it is to hold; null until that is known. */
  readonly after: string | null;
  /** It cannot be renamed over (a mount), and may have been written in part. */
  readonly inPlace: boolean;
}

export interface Journal {
  readonly version: 1;
  /** "asking": nothing is switched. "switching": every new and every old file is whole on the disk, beside its place. */
  readonly step: "asking" | "switching";
  /** In the order in which they are switched; the certificate is the last. */
  readonly parts: readonly Part[];
}

export const newOf = ({ path, token }: Part): string => beside(path, token);
export const oldOf = ({ path, token }: Part): string => `${beside(path, token)}.old`;

const ending = ".renew-journal";
/** Of a certificate's real path. */
export function journalFile(certificate: string): string {
  return hiddenBeside(certificate, ending);
}

export function isJournal(name: string): boolean {
  return name.endsWith(ending);
}

export function digest(contents: Uint8Array): string {
  return createHash("sha256").update(contents).digest("hex");
}

/** More than any certificate, key or journal. */
const largest = 4 * 1024 * 1024;

/** Of a file as it is now; null where there is none. */
export function digestOf(file: string, fs: FileSystem): string | null {
  try {
    return digest(fs.read(file, largest));
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** Whole and safe once this returns; the one before it stays whole until then. */
export function writeJournal(file: string, journal: Journal, fs: FileSystem): void {
  const here = dirname(file);
  // By their names alone, files are found again where the folder is moved, copied, or mounted elsewhere.
  const parts = journal.parts.map((part) =>
    dirname(part.path) === here ? { ...part, path: basename(part.path) } : part,
  );
  replaceWhole(file, Buffer.from(`${JSON.stringify({ ...journal, parts }, null, 2)}\n`), fs);
}

/** Throws PAIR_UNFINISHED for what is no journal that this program knows; its words are never said: it may be a link to a secret. */
export function readJournal(file: string, fs: FileSystem): Journal {
  const unusable = (problem: string, cause?: unknown) =>
    new Failure("PAIR_UNFINISHED", { file, journal: file, problem, kept: [] }, cause);
  const value = parsed(contentsOf(file, unusable, fs));
  if (!isRecord(value) || typeof value["version"] !== "number") throw unusable("its journal is not one of renew's");
  if (value["version"] !== 1) throw unusable("its journal is of another version than this renew knows, which is 1");
  if (!isJournalValue(value)) throw unusable("its journal is not whole");
  const parts = value.parts.map((part) => ({
    ...part,
    path: isAbsolute(part.path) ? part.path : join(dirname(file), part.path),
  }));
  return { version: 1, step: value.step, parts };
}

function contentsOf(file: string, unusable: (problem: string, cause?: unknown) => Failure, fs: FileSystem): string {
  try {
    if (!fs.lstat(file).isFile()) throw unusable("its journal is a link, a pipe or a folder, and none of renew's");
    return fs.read(file, largest).toString("utf8");
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw unusable(`its journal cannot be read (${errnoOf(error)})`, error);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // no journal
  }
}

function isJournalValue(value: Record<string, unknown>): value is Record<string, unknown> & Journal {
  const { step, parts } = value;
  const isStep = step === "asking" || step === "switching";
  return isStep && Array.isArray(parts) && parts.length > 0 && parts.every((part) => isPart(part, step));
}

function isPart(value: unknown, step: Journal["step"]): value is Part {
  if (!isRecord(value)) return false;
  const { path, token, before, after, inPlace } = value;
  const isPath = typeof path === "string" && /^(\/[^\0]*|(?!\.{1,2}$)[^/\0]+)$/.test(path);
  const isToken = typeof token === "string" && /^[0-9a-f]{1,64}$/.test(token);
  const isKnown = step === "asking" || typeof after === "string";
  return isPath && isToken && isKnown && isTextOrNull(before) && isTextOrNull(after) && typeof inPlace === "boolean";
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
