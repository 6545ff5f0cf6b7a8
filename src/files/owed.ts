/**
 * What a renewal still owes: its hooks, from before the new certificate is in its place until they have succeeded. The note
 * stands beside the certificate and holds facts alone, no commands: whoever may write there must not have us run anything.
 */
import { basename, dirname, join } from "node:path";
import { errnoOf } from "../failure/failure.ts";
import type { FileSystem } from "./system.ts";
import type { Target } from "./target.ts";
import { removeIfThere, syncFolder, writeNew } from "./whole.ts";

/** What a hook is told of the renewal. */
export interface Renewed {
  serial: string;
  previousSerial: string;
  notAfter: string;
  names: readonly string[];
  method: string;
}

interface Note extends Renewed {
  version: 1;
}

/** As much as such a note ever holds. */
const largest = 256 * 1024;

function noteOf({ path }: Pick<Target, "path">): string {
  return join(dirname(path), `.${basename(path).slice(0, 100)}.renew-owed`);
}

/** Throws Node's system errors: then nothing has been installed yet. */
export function owe(target: Pick<Target, "path">, renewed: Renewed, fs: FileSystem): void {
  const file = noteOf(target);
  const unfinished = `${file}.new`;
  removeIfThere(unfinished, fs);
  const note: Note = { version: 1, ...renewed };
  writeNew(unfinished, Buffer.from(`${JSON.stringify(note)}\n`), fs);
  fs.rename(unfinished, file);
  syncFolder(dirname(file), fs);
}

/** Done, or never begun. */
export function forgive(target: Pick<Target, "path">, fs: FileSystem): void {
  removeIfThere(noteOf(target), fs);
}

/** Null where nothing is owed. A note that cannot be read owes all the same, without its facts. */
export function owedBy(target: Pick<Target, "path">, fs: FileSystem): Renewed | "unreadable" | null {
  try {
    const note: unknown = JSON.parse(fs.read(noteOf(target), largest).toString("utf8"));
    return isRenewed(note) ? note : "unreadable";
  } catch (error) {
    return errnoOf(error) === "ENOENT" ? null : "unreadable";
  }
}

function isRenewed(value: unknown): value is Renewed {
  if (typeof value !== "object" || value === null) return false;
  const { serial, previousSerial, notAfter, names, method } = value as Record<string, unknown>;
  const isText = (one: unknown) => typeof one === "string" && !one.includes("\0");
  return [serial, previousSerial, notAfter, method].every(isText) && Array.isArray(names) && names.every(isText);
}
