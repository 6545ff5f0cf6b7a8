/**
 * What a renewal replaces, kept beside it. Certificates are numbered, 1 is the newest: `.web.crt.renew-backup-1`. A key is named
 * after its public half, beside its own file: `.web.key.renew-backup-0123456789abcdef`, so that it is found without being opened
 * and never has to move. Certificates move by one rename at a time, each safe before the next: a death in between leaves a gap
 * among the numbers, or the same certificate twice, and both are passed over by whoever reads them.
 */
import { basename, dirname, join } from "node:path";
import { errnoOf } from "../failure/failure.ts";
import type { Goal } from "./goal.ts";
import { digestOf } from "./journal.ts";
import { beside, hiddenBeside, mostBackups } from "./names.ts";
import type { FileStat, FileSystem } from "./system.ts";
import { keepAttributes, mayChown, removeIfThere, syncFolder, writeNew } from "./whole.ts";

const ending = ".renew-backup-";

/** A certificate that is kept. */
export interface Slot {
  readonly number: number;
  readonly file: string;
}

/** Of a certificate's real path. */
export function slotOf(path: string, number: number): string {
  return hiddenBeside(path, `${ending}${number}`);
}

/** Of a key's real path; `id` is made from its public half. */
export function keySlotOf(path: string, id: string): string {
  return hiddenBeside(path, `${ending}${id}`);
}

/**
 * What is kept of this certificate, the newest first. Only files count: whoever may write here must not lead us elsewhere.
 * Throws Node's system errors.
 */
export function slotsOf(path: string, fs: FileSystem): Slot[] {
  const numbers = endingsIn(path, fs)?.filter((text) => /^[1-9]\d{0,2}$/.test(text)) ?? everyNumber;
  return numbers
    .map((text) => ({ number: Number(text), file: slotOf(path, Number(text)) }))
    .filter(({ file }) => isFile(file, fs))
    .sort((one, other) => one.number - other.number);
}

/** A folder that may be entered need not be one that may be listed. */
const everyNumber = Array.from({ length: mostBackups + 1 }, (_, index) => String(index + 1));

/** The kept certificates of all files in this folder: a key may be that of several. Throws Node's system errors. */
export function slotsIn(folder: string, fs: FileSystem): string[] {
  const isSlot = (name: string) => /^\..*\.renew-backup-[1-9]\d{0,2}$/s.test(name);
  return fs
    .list(folder)
    .filter(isSlot)
    .map((name) => join(folder, name))
    .filter((file) => isFile(file, fs));
}

/** The key that is kept under this id; null where there is none. */
export function keptKey(path: string, id: string, fs: FileSystem): string | null {
  const file = keySlotOf(path, id);
  return isFile(file, fs) ? file : null;
}

/**
 * Keeps what the goal was when it was loaded as the newest; what is kept already moves up by one, and nothing goes. Once this
 * returns it is safe. Throws Node's system errors: then what was kept before is still there.
 */
export function keepCertificate(goal: Goal, fs: FileSystem): void {
  const { path, folder } = goal.target;
  const first = slotOf(path, 1);
  if (digestAt(first, fs) === goal.before) return;
  bringing(goal, fs, (kept) => {
    for (const { number, file } of movedBy(slotsOf(path, fs))) {
      fs.rename(file, slotOf(path, number + 1));
      syncFolder(folder, fs);
    }
    fs.rename(kept, first);
  });
}

/** Whether the newest is what the goal was when it was loaded: what is written in place may have more names than its own. */
export function isKept({ target: { path }, before }: Goal, fs: FileSystem): boolean {
  return before !== null && digestAt(slotOf(path, 1), fs) === before;
}

/** Keeps a key under its id, with its own owner and mode. As above. */
export function keepKey(goal: Goal, id: string, fs: FileSystem): void {
  const file = keySlotOf(goal.target.path, id);
  if (digestAt(file, fs) !== goal.before) bringing(goal, fs, (kept) => fs.rename(kept, file));
}

/**
 * Leaves the newest, as many as these, without what the file itself holds now, and without gaps. Throws Node's system errors;
 * what is not done then is done the next time.
 */
export function tidyCertificates(path: string, most: number, fs: FileSystem): void {
  const folder = dirname(path);
  const now = digestOf(path, fs);
  const seen = new Set<string | null>([now]);
  let number = 0;
  for (const slot of slotsOf(path, fs)) {
    const held = digestOf(slot.file, fs);
    if (seen.has(held) || number === most) fs.remove(slot.file);
    else if (++number !== slot.number) fs.rename(slot.file, slotOf(path, number));
    else continue;
    syncFolder(folder, fs);
    seen.add(held);
  }
}

/** Takes away the kept keys that are not among these. */
export function tidyKeys(path: string, needed: ReadonlySet<string>, fs: FileSystem): void {
  const ids = endingsIn(path, fs)?.filter((text) => /^[0-9a-f]{16}$/.test(text)) ?? [];
  const idle = ids.filter((id) => !needed.has(id)).map((id) => keySlotOf(path, id));
  for (const file of idle) fs.remove(file);
  if (idle.length > 0) syncFolder(dirname(path), fs);
}

/** Those that have to make room, the oldest first: up to the first gap. */
function movedBy(slots: readonly Slot[]): Slot[] {
  const gap = slots.findIndex(({ number }, index) => number !== index + 1);
  return (gap < 0 ? slots : slots.slice(0, gap)).toReversed();
}

/** Puts the old file, or a copy of it, under a name of this run's, and makes its way from there safe. */
function bringing(goal: Goal, fs: FileSystem, place: (kept: string) => void): void {
  const { path, folder } = goal.target;
  const kept = `${beside(path, goal.token)}.kept`;
  try {
    bring(goal, kept, fs);
    if (digestOf(kept, fs) !== goal.before)
      throw Object.assign(new Error("it was changed meanwhile"), { code: "ESTALE" });
    place(kept);
    syncFolder(folder, fs);
  } catch (error) {
    removeIfThere(kept, fs);
    throw error;
  }
}

/** Another user's file, a mount, a file system on which a file has one name. */
const withoutLink = ["EPERM", "EACCES", "EXDEV", "EMLINK", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EINVAL"];

/** By a link, which keeps owner, mode and all else; where that is impossible by a copy. */
function bring({ target: { path } }: Goal, kept: string, fs: FileSystem): void {
  try {
    fs.link(path, kept);
  } catch (error) {
    if (!withoutLink.includes(errnoOf(error))) throw error;
    writeNew(kept, fs.read(path), fs, (handle) => {
      keepAttributes(path, kept, fs);
      keepNoWider(handle, fs.stat(path), fs);
    });
  }
}

/** A mode says whom it lets in only together with an owner and a group: without them the copy is this user's alone. */
function keepNoWider(handle: number, { uid, gid, mode }: FileStat, fs: FileSystem): void {
  fs.chmod(handle, mode & (mayChown(handle, uid, gid, fs) ? 0o7777 : 0o600));
}

/** What follows the name that backups of this file begin with; null where the folder may not be listed. */
function endingsIn(path: string, fs: FileSystem): string[] | null {
  const start = basename(hiddenBeside(path, ending));
  const names = namesIn(dirname(path), fs);
  return names?.filter((name) => name.startsWith(start)).map((name) => name.slice(start.length)) ?? null;
}

function namesIn(folder: string, fs: FileSystem): string[] | null {
  try {
    return fs.list(folder);
  } catch {
    return null;
  }
}

/** Null also for what is no file, which could lead anywhere or be waited on for ever. */
function digestAt(file: string, fs: FileSystem): string | null {
  return isFile(file, fs) ? digestOf(file, fs) : null;
}

/** A disk that fails must not make a backup look as if it were not there: it would be written over. */
function isFile(file: string, fs: FileSystem): boolean {
  try {
    return fs.lstat(file).isFile();
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(error))) return false;
    throw error;
  }
}
