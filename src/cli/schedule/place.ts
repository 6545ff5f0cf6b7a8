/** Units in their folder: what is there, and all of the new ones or none. */
import { basename, dirname, join } from "node:path";
import { errnoOf, Failure } from "../../failure/failure.ts";
import { largest } from "../../files/read.ts";
import { removeIfThere, syncFolder, unfinishedOf, writeNew } from "../../files/whole.ts";
import type { World } from "../../world.ts";
import { differenceOf } from "./differences.ts";
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
  /** What would be enabled, and what would run. */
  start: string;
  service: string;
}

/** What is there already. A link, as to /dev/null of a unit that is masked, is nobody's unit of ours. */
type Old = { readonly text: string } | { readonly link: string };

/** Throws NO_UNIT_FOLDER, UNIT_EXISTS, CANNOT_INSTALL_UNIT; then nothing has changed. */
export function install(units: readonly Unit[], order: Order, { fs }: Pick<World, "fs">): Placed[] {
  checkFolder(order.folder, fs);
  const before = units.map(({ name, text }) => {
    const file = join(order.folder, name);
    const old = oldAt(file, fs);
    return { file, text, old, isSame: old !== null && "text" in old && isSame(old.text, { file, text }, order) };
  });
  if (!order.force) refuseOthers(before, order, fs);
  const changed = before.filter(({ isSame }) => !isSame);
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
  return before.map(({ file, old, isSame }) => ({ file, change: old === null ? "new" : isSame ? "same" : "replaced" }));
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

function oldAt(file: string, fs: World["fs"]): Old | null {
  try {
    const stat = fs.lstat(file);
    if (stat.isSymbolicLink()) return { link: fs.readlink(file) };
    if (stat.isDirectory()) throw Object.assign(new Error(`${file} is a folder`), { code: "EISDIR" });
    if (!stat.isFile()) throw Object.assign(new Error(`${file} is no file`), { code: "EFTYPE" });
    return { text: fs.read(file, largest).toString("utf8") };
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw cannotInstall(file, error);
  }
}

/** With --force its comments are brought up to date as well. */
function isSame(there: string, { file, text }: { file: string; text: string }, { force, purpose }: Order): boolean {
  if (force) return there === text;
  return purposeIn(there) === purpose && differenceOf(file, there, text) === null;
}

function purposeIn(text: string): string | null {
  const [line = ""] = text.split("\n");
  return line.startsWith(mark) ? line.slice(mark.length) : null;
}

interface Before {
  readonly file: string;
  readonly text: string;
  readonly old: Old | null;
}

/** Of ours as well: other pairs may be renewed by it, with settings that they alone have, or somebody has edited it. */
function refuseOthers(
  units: readonly Before[],
  { purpose, certificate, start, service, folder }: Order,
  fs: World["fs"],
): void {
  const name = freeName(`renew-${escapeName(basename(certificate).replace(/(?<=.)\.[^.]*$/, ""))}`, folder, fs);
  const about = { wanted: purpose, name, start, service };
  for (const { file, old } of units) {
    if (old === null) continue;
    const text = "link" in old ? `a link to ${old.link}` : old.text;
    const own = "link" in old ? null : purposeIn(text);
    const [line = ""] = text.split("\n");
    if (own !== purpose) throw new Failure("UNIT_EXISTS", { ...about, file, line, purpose: own, differs: [] });
  }
  const differs = units.flatMap(({ file, text, old }) => {
    const difference = old !== null && "text" in old ? differenceOf(file, old.text, text) : null;
    return difference ?? [];
  });
  const [first] = differs;
  if (first !== undefined) throw new Failure("UNIT_EXISTS", { ...about, file: first.file, line: "", purpose, differs });
}

/** That no unit there has yet. */
function freeName(name: string, folder: string, fs: World["fs"]): string {
  const there = fs.list(folder);
  const isTaken = (one: string) => there.some((file) => file.replace(/@?\.(service|timer)$/, "") === one);
  for (let count = 1; ; count++) {
    const one = count === 1 ? name : `${name}-${count}`;
    if (!isTaken(one)) return one;
  }
}

function writeBeside(file: string, text: string, fs: World["fs"]): void {
  guarded(file, () => {
    removeIfThere(unfinishedOf(file), fs);
    writeNew(unfinishedOf(file), Buffer.from(text), fs, (handle) => fs.chmod(handle, publicMode));
  });
}

function takeBack(file: string, old: Old | null, fs: World["fs"]): void {
  if (old === null || "link" in old) removeIfThere(file, fs);
  if (old !== null && "link" in old) fs.symlink(old.link, file);
  else if (old !== null) {
    writeBeside(file, old.text, fs);
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
