/**
 * A file system for a run over many files: what earlier runs have left in a folder is known from one listing of it, since asking
 * the disk for each file would cost the square of their number. The view follows what this process itself does. What another one
 * does meanwhile is seen at the next listing, and each file's own lock, journal and note are looked at on the disk all the same.
 */
import { basename, dirname } from "node:path";
import { isForAWhile } from "./names.ts";
import type { FileSystem } from "./system.ts";
import { follow } from "./target.ts";

/** A folder is listed again once it was asked about for so many of its names: the cost for each file stays the same. */
const namesOfOneLook = 16;

/** Where a folder leads is asked again after so many answers. */
const answersOfOneRealpath = 64;

/** For fewer files one question costs more than their copies. */
const fewest = 4;

export interface FolderView extends FileSystem {
  /** The names in this folder that runs have put there for a while. */
  leftIn(folder: string): readonly string[];
  /** For these files one question tells which have attributes to be copied. A few are not worth it. It waits for the answer. */
  learnAttributes(files: readonly string[]): void;
  /** Every folder is listed anew. */
  forget(): void;
}

/** The same by whatever file system it is: one alone lists the folder, and gives all of its names. */
export function leftIn(folder: string, fs: FileSystem | FolderView): readonly string[] {
  return "leftIn" in fs ? fs.leftIn(folder) : fs.list(folder);
}

interface Seen {
  readonly left: Set<string>;
  /** How often it may still be asked about. */
  looks: number;
}

/** `attributed`: which of many files have attributes, null where nothing tells. Throws what `fs` throws. */
export function folderView(
  fs: FileSystem,
  attributed: (files: readonly string[]) => ReadonlySet<string> | null,
): FolderView {
  const folders = new Map<string, Seen>();
  const plain = new Set<string>();
  const leads = new Map<string, { to: string; answers: number }>();
  const look = (folder: string): Seen => {
    const names = fs.list(folder);
    const seen = { left: new Set(names.filter(isForAWhile)), looks: Math.ceil(names.length / namesOfOneLook) };
    folders.set(folder, seen);
    return seen;
  };
  const put = (file: string) => {
    if (isForAWhile(basename(file))) folders.get(dirname(file))?.left.add(basename(file));
    // A lock that is renamed into its place was a dead run's: what that one has left may be younger than the listing.
    else if (file.endsWith(".renew-lock")) folders.delete(dirname(file));
  };
  const took = (file: string) => void folders.get(dirname(file))?.left.delete(basename(file));
  const own: Partial<FolderView> = {
    leftIn: (folder) => {
      const known = folders.get(folder);
      const seen = known !== undefined && known.looks > 0 ? known : look(folder);
      seen.looks--;
      return [...seen.left];
    },
    forget: () => {
      folders.clear();
      leads.clear();
    },
    realpath: (file) => {
      const known = leads.get(file) ?? { to: fs.realpath(file), answers: answersOfOneRealpath };
      if (--known.answers > 0) leads.set(file, known);
      else leads.delete(file);
      return known.to;
    },
    learnAttributes: (named) => {
      plain.clear();
      const files = named.length < fewest ? [] : named.flatMap((file) => realFile(file, fs) ?? []);
      const found = files.length === 0 ? null : attributed(files);
      if (found !== null) for (const file of files) if (!found.has(file)) plain.add(file);
    },
    copyAttributes: (from, to) => {
      if (!plain.has(from)) fs.copyAttributes(from, to);
    },
    open: (file, how, mode) => {
      const handle = fs.open(file, how, mode);
      if (how === "create") put(file);
      return handle;
    },
    rename: (from, to) => {
      fs.rename(from, to);
      took(from);
      put(to);
    },
    link: (file, name) => {
      fs.link(file, name);
      put(name);
    },
    remove: (file) => {
      fs.remove(file);
      took(file);
    },
  };
  const all: Record<string, unknown> = { ...own };
  return new Proxy(fs, {
    get: (target, name: keyof FileSystem) => {
      all[name] ??= target[name].bind(target);
      return all[name];
    },
    has: (target, name) => name in own || name in target,
  }) as FolderView;
}

/** Null where it leads nowhere, or to no file. */
function realFile(named: string, fs: FileSystem): string | null {
  try {
    const path = follow(named, fs);
    return fs.lstat(path).isFile() ? path : null;
  } catch {
    return null; // whoever writes there will say so
  }
}
