/**
 * What a renewal still owes: its hooks, from before the new certificate is in its place until they have succeeded. The note
 * stands beside the certificate and holds no commands and nothing that a hook is told but two words of a fixed form: whoever
 * may write there must not have us run anything.
 */
import { errnoOf } from "../failure/failure.ts";
import { hiddenBeside } from "./names.ts";
import type { FileSystem } from "./system.ts";
import { removeIfThere, replaceWhole, unfinishedOf } from "./whole.ts";

/** What the certificate itself does not say of its renewal. */
export interface Owed {
  readonly serial: string;
  readonly previousSerial: string;
  readonly method: string;
}

/** More than such a note ever holds. */
const largest = 4096;

/** Beside the file itself: `path` has no link at its end. */
export function noteOf(path: string): string {
  return hiddenBeside(path, ".renew-owed");
}

/** Notes that the disk would not take, such as beside a file that is a mount of its own: a run that stays knows them still. */
const onlyKnown = new WeakMap<FileSystem, Map<string, Owed>>();

/** Whole on the disk once this returns; where it throws, the note is what it was before, and only this process knows better. */
export function owe(path: string, { serial, previousSerial, method }: Owed, fs: FileSystem): void {
  const text = JSON.stringify({ version: 1, serial, previousSerial, method });
  const known = onlyKnown.get(fs) ?? new Map<string, Owed>();
  onlyKnown.set(fs, known.set(path, { serial, previousSerial, method }));
  replaceWhole(noteOf(path), Buffer.from(`${text}\n`), fs);
  known.delete(path);
}

/** Done, or never begun. The note that cannot be taken away, null where none is left. */
export function forgive(path: string, fs: FileSystem): string | null {
  const note = noteOf(path);
  onlyKnown.get(fs)?.delete(path);
  removeIfThere(unfinishedOf(note), fs);
  removeIfThere(note, fs);
  return fs.exists(note) ? note : null;
}

/** Whether a later run will know of it. */
export function isNoted(path: string, fs: FileSystem): boolean {
  return fs.exists(noteOf(path));
}

/** Null where nothing is owed. A note that cannot be read, or is no such note, owes all the same. */
export function owedBy(path: string, fs: FileSystem): Owed | "unreadable" | null {
  const known = onlyKnown.get(fs)?.get(path);
  if (known !== undefined) return known;
  const file = noteOf(path);
  try {
    if (!fs.exists(file)) return null;
    if (!fs.lstat(file).isFile()) return "unreadable"; // a link may lead anywhere, and a pipe would keep us waiting
    const note: unknown = JSON.parse(fs.read(file, largest).toString("utf8"));
    return isOwed(note) ? note : "unreadable";
  } catch (error) {
    return ["ENOENT", "ENOTDIR"].includes(errnoOf(error)) ? null : "unreadable";
  }
}

function isOwed(value: unknown): value is Owed {
  if (typeof value !== "object" || value === null) return false;
  const { version, serial, previousSerial, method } = value as Record<string, unknown>;
  const isSerial = (one: unknown) => typeof one === "string" && /^-?\d{1,60}$/.test(one);
  const isMethod = ["mtls", "token", "rollback"].some((known) => known === method);
  // What a rollback replaces need not be a certificate.
  return version === 1 && isSerial(serial) && (previousSerial === "" || isSerial(previousSerial)) && isMethod;
}
