/** Units in their folder: what is there, and all of the new ones or none. */
import { basename, dirname, join } from "node:path";
import { errnoOf, Failure } from "../../failure/failure.ts";
import { largest } from "../../files/read.ts";
import { removeIfThere, syncFolder, unfinishedOf, writeNew } from "../../files/whole.ts";
import type { World } from "../../world.ts";
import { escapeName } from "./names.ts";
import { mark, type Unit } from "./units.ts";

export const usualFolder = "/etc/systemd/system";
const publicMode = 0o644;

export interface Placed {
  readonly file: string;
  readonly change: "new" | "replaced" | "same";
}

interface Order {
  folder: string;
  purpose: string;
  certificate: string;
  force: boolean;
}

/** Throws NO_UNIT_FOLDER, UNIT_EXISTS, CANNOT_INSTALL_UNIT; then nothing has changed. */
export function install(units: readonly Unit[], order: Order, { fs }: Pick<World, "fs">): Placed[] {
  checkFolder(order.folder, fs);
  const before = units
    .map((unit) => ({ ...unit, file: join(order.folder, unit.name) }))
    .map((unit) => ({
      ...unit,
      old: contentsOf(unit.file, fs),
    }));
  for (const { file, old } of before) if (old !== null && !order.force) refuseForeign(file, old, order);
  const changed = before.filter(({ text, old }) => old !== text);
  const done: typeof changed = [];
  try {
    for (const { file, text } of changed) writeBeside(file, text, fs);
    for (const one of changed) {
      guarded(one.file, () => fs.rename(unfinishedOf(one.file), one.file));
      done.push(one);
    }
  } catch (error) {
    for (const { file } of changed) removeIfThere(unfinishedOf(file), fs);
    for (const { file, old } of done) takeBack(file, old, fs);
    throw error;
  }
  if (changed.length > 0) syncFolder(order.folder, fs);
  return before.map(({ file, text, old }) => ({
    file,
    change: old === null ? "new" : old === text ? "same" : "replaced",
  }));
}

function checkFolder(folder: string, fs: World["fs"]): void {
  const isUsual = folder === usualFolder;
  try {
    if (fs.stat(folder).isDirectory()) return;
  } catch (error) {
    if (errnoOf(error) !== "ENOENT" && errnoOf(error) !== "ENOTDIR") throw cannotInstall(folder, error);
    throw new Failure("NO_UNIT_FOLDER", { folder, problem: "missing", isUsual }, error);
  }
  throw new Failure("NO_UNIT_FOLDER", { folder, problem: "not-a-folder", isUsual });
}

/** Null where there is none. A link, as to /dev/null of a unit that is masked, is what it leads to. */
function contentsOf(file: string, fs: World["fs"]): string | null {
  try {
    if (fs.lstat(file).isSymbolicLink()) return `a link to ${fs.readlink(file)}`;
    return fs.read(file, largest).toString("utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw cannotInstall(file, error);
  }
}

/** Ours, and for the same files, is written over. */
function refuseForeign(file: string, text: string, { purpose, certificate }: Order): void {
  const [line = ""] = text.split("\n");
  const own = line.startsWith(mark) ? line.slice(mark.length) : null;
  if (own === purpose) return;
  const name = `renew-${escapeName(basename(certificate).replace(/(?<=.)\.[^.]*$/, ""))}`;
  throw new Failure("UNIT_EXISTS", { file, line, purpose: own, wanted: purpose, name });
}

function writeBeside(file: string, text: string, fs: World["fs"]): void {
  guarded(file, () => {
    removeIfThere(unfinishedOf(file), fs);
    writeNew(unfinishedOf(file), Buffer.from(text), fs, (handle) => fs.chmod(handle, publicMode));
  });
}

function takeBack(file: string, old: string | null, fs: World["fs"]): void {
  if (old === null) removeIfThere(file, fs);
  else {
    writeBeside(file, old, fs);
    fs.rename(unfinishedOf(file), file);
  }
}

function guarded(file: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    throw cannotInstall(file, error);
  }
}

function cannotInstall(file: string, error: unknown): Failure {
  const errno = errnoOf(error);
  if (errno === "") throw error;
  return new Failure("CANNOT_INSTALL_UNIT", { file, folder: dirname(file), errno }, error);
}
