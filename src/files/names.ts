/** What renew puts beside a file while it works is named after the file itself, hidden, and caught by none of its folder's globs. */
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";

/** Of those that were replaced, as many may be kept. */
export const mostBackups = 99;

/** A name has at most 255 bytes, and the longest ending takes 80 of them. */
const longestName = 170;

/** A name that belongs to this file alone. */
export function hiddenBeside(file: string, ending: string): string {
  return join(dirname(file), `.${stemOf(basename(file))}${ending}`);
}

/** Of one run alone. */
export function beside(file: string, token: string): string {
  return hiddenBeside(file, `.renew-${token}`);
}

/** Whether a name is one that some run has put beside this file for a while. */
export function isBeside(file: string, name: string): boolean {
  const start = `.${stemOf(basename(file))}.renew-`;
  return name.startsWith(start) && /^[0-9a-f]{12}(\.old|\.kept)?$/.test(name.slice(start.length));
}

/** Of any file: what runs put beside it until they have ended. Notes, backups and locks are looked for by their own names. */
export function isForAWhile(name: string): boolean {
  return name.startsWith(".") && /\.renew-(?:[0-9a-f]{12}(?:\.old|\.kept)?|journal(?:\.new)?|owed\.new)$/.test(name);
}

/** Whether runs use such a name themselves: locks, notes, journals, backups, and what is beside a file for a while. */
export function isOwnName(name: string): boolean {
  return /^\..+\.renew-(?:lock|owed|journal|backup-[0-9a-f]+|[0-9a-f]{12})(?:\.[a-z]+)?$/.test(name);
}

function stemOf(name: string): string {
  if (Buffer.byteLength(name) <= longestName) return name;
  return `${name.slice(0, 40)}-${createHash("sha256").update(name).digest("hex")}`;
}
