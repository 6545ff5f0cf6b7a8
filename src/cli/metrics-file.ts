/** Where `renew status --prometheus` writes: a file that the textfile collector reads, and that holds nothing else. */
import { resolve } from "node:path";
import { errnoOf, Failure } from "../failure/failure.ts";
import { largest } from "../files/read.ts";
import type { FileSystem } from "../files/system.ts";
import { folderMeant, follow } from "../files/target.ts";
import { removeIfThere, syncFolder, unfinishedOf, writeNew } from "../files/whole.ts";
import { looksLike } from "../pki/bundle.ts";
import { pemBlocks } from "../pki/pem.ts";
import { nearestFolder } from "../renewal/status.ts";
import type { World } from "../world.ts";
import { emptyWord } from "./empty-word.ts";
import { endsAsMetrics } from "./print/metrics.ts";

/** In place of a file, as programs have it. */
export const standardOutput = "-";

/** A file that the status is about, and how it is called in messages. */
export interface Used {
  readonly what: string;
  readonly file: string;
}

/** Throws BAD_FLAG for a name that the collector would never read. A folder is told of where it is written to. */
export function refuseName(named: string, { fs }: World): void {
  if (named === "") throw emptyWord("--prometheus", "status");
  if (named === standardOutput || named.endsWith(".prom") || isFolder(named, fs)) return;
  const isStream = /^\/(dev|proc)\//.test(named);
  const other = isStream ? standardOutput : `${named.replace(/\.[^./]*$/, "")}.prom`;
  throw new Failure("BAD_FLAG", {
    said: `--prometheus wants a name that ends in .prom: '${named}'`,
    because:
      "The node exporter's textfile collector reads *.prom and nothing else, so Prometheus would never see these metrics. For standard output it is `-`.",
    command: "status",
    nearest: `--prometheus ${other}`,
  });
}

/** Everybody may read it: the node exporter is another user. */
const mode = 0o644;

/** Whole or not at all. Throws CANNOT_WRITE_METRICS, and FLAG_CONFLICT where the file is one of those that are told of. */
export function writeMetrics(named: string, text: string, used: readonly Used[], { fs }: World): void {
  let folder = folderMeant(named, fs);
  try {
    const path = follow(named, fs);
    folder = resolve(path, "..");
    refuseUsed(named, path, used, fs);
    refuseOthers({ named, path, folder }, fs);
    const unfinished = unfinishedOf(path);
    removeIfThere(unfinished, fs);
    writeNew(unfinished, Buffer.from(text), fs, (handle) => fs.chmod(handle, mode));
    try {
      fs.rename(unfinished, path);
    } catch (error) {
      removeIfThere(unfinished, fs);
      throw error;
    }
    syncFolder(folder, fs);
  } catch (error) {
    const errno = errnoOf(error);
    if (error instanceof Failure || errno === "") throw error;
    const nearest = nearestFolder(folder, { fs });
    throw new Failure("CANNOT_WRITE_METRICS", { file: named, folder, errno, nearest }, error);
  }
}

/** Also where it is empty, or not there yet: whoever comes next would find metrics in its place. */
function refuseUsed(named: string, path: string, used: readonly Used[], fs: FileSystem): void {
  const other = used.find(({ file }) => realPath(file, fs) === path);
  if (other === undefined) return;
  const because = `Both mean ${path}: the metrics would be written over it.`;
  throw new Failure("FLAG_CONFLICT", { flags: [`--prometheus ${named}`, other.what], because });
}

/** Only what renew has written there itself is replaced; an empty file may have been made for it. */
function refuseOthers({ named, path, folder }: { named: string; path: string; folder: string }, fs: FileSystem): void {
  const stat = statOf(path, fs);
  if (stat === null) return;
  if (stat.isDirectory()) throw Object.assign(new Error("it is a folder"), { code: "EISDIR" });
  // A rename over a device or a pipe would make it a file.
  if (!stat.isFile()) throw Object.assign(new Error("it is no file"), { code: "EFTYPE" });
  if (stat.size === 0 || endsAsMetrics(fs.readEnd(path, 1024).toString("latin1"))) return;
  const bytes = fs.readEnd(path, largest);
  const labels = pemBlocks(bytes.toString("latin1")).map(({ label }) => label);
  const there = labels.length > 0 ? `PEM: ${labels.slice(0, 4).join(", ")}` : looksLike(bytes);
  throw new Failure("CANNOT_WRITE_METRICS", { file: named, folder, errno: "EEXIST", nearest: folder, there });
}

function isFolder(path: string, fs: FileSystem): boolean {
  try {
    return fs.stat(path).isDirectory();
  } catch {
    return false; // whoever writes there says what is wrong
  }
}

function statOf(path: string, fs: FileSystem) {
  try {
    return fs.stat(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}

function realPath(file: string, fs: FileSystem): string {
  try {
    return follow(file, fs);
  } catch {
    return resolve(file);
  }
}
