/** The CA's roots: a file, a list of files, or a folder, as step takes them. Checked before the first byte is sent. */
import { join } from "node:path";
import { errnoOf, Failure, isFailure } from "../failure/failure.ts";
import { isNamedPipe } from "../files/read.ts";
import type { FileSystem } from "../files/system.ts";
import { readBundle } from "../pki/bundle.ts";
import type { Certificate } from "../pki/certificate.ts";

export interface RootSource {
  value: string;
  /** The same one by one, where a name may hold a comma. */
  files?: readonly string[];
  /** The flag, variable or file that named it. */
  from: string;
}

/** More than all public roots together, twice. */
const largest = 4 * 1024 * 1024;

/** All certificates found. Throws ROOT_MISSING or ROOT_NOT_PEM; a folder's files that hold no certificate are passed over. */
export function readRoots({ value, files: named, from }: RootSource, fs: FileSystem): Certificate[] {
  const files = named ?? filesIn(value);
  return (files.length > 0 ? files : [value]).flatMap((file) =>
    isFolder(file, from, fs) ? readFolder(file, from, fs) : readRoot(file, from, fs),
  );
}

/** A list as step's flag has it. */
export function filesIn(value: string): string[] {
  return value
    .split(",")
    .map((file) => file.trim())
    .filter(Boolean);
}

function isFolder(file: string, from: string, fs: FileSystem): boolean {
  return attempt(file, from, () => fs.stat(file).isDirectory());
}

/** Every file in it, whatever its name, as step takes them; other things that stand there are none of ours. */
function readFolder(folder: string, from: string, fs: FileSystem): Certificate[] {
  const names = attempt(folder, from, () => fs.list(folder));
  const files = names.map((name) => join(folder, name)).filter((file) => isFile(file, fs));
  const roots = files.sort().flatMap((file) => {
    try {
      return readRoot(file, from, fs);
    } catch (error) {
      if (isFailure(error, "ROOT_NOT_PEM")) return [];
      throw error;
    }
  });
  if (roots.length === 0) throw new Failure("ROOT_NOT_PEM", { file: folder, found: [] });
  return roots;
}

/** A link that leads nowhere, a folder, or a pipe, on which reading would wait for ever, is none. */
function isFile(file: string, fs: FileSystem): boolean {
  try {
    return fs.stat(file).isFile();
  } catch {
    return false;
  }
}

function readRoot(file: string, from: string, fs: FileSystem): Certificate[] {
  const isPipe = attempt(file, from, () => isNamedPipe(file, fs.stat(file)));
  if (isPipe) throw new Failure("ROOT_MISSING", { file, from, errno: "FIFO" });
  const bytes = attempt(file, from, () => fs.read(file, largest));
  try {
    return readBundle({ file, role: "root", bytes });
  } catch (error) {
    const found = isFailure(error, "NO_CERTIFICATE") ? error.facts.found : [];
    throw new Failure("ROOT_NOT_PEM", { file, found }, error);
  }
}

function attempt<T>(file: string, from: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Failure("ROOT_MISSING", { file, from, errno: errnoOf(error) }, error);
  }
}
