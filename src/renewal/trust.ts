/** The CA's roots: a file, a list of files, or a folder, as step takes them. Checked before the first byte is sent. */
import { join } from "node:path";
import { errnoOf, Failure, isFailure } from "../failure/failure.ts";
import type { FileSystem } from "../files/system.ts";
import { readBundle } from "../pki/bundle.ts";
import type { Certificate } from "../pki/certificate.ts";

export interface RootSource {
  value: string;
  /** The flag, variable or file that named it. */
  from: string;
}

/** All certificates found. Throws ROOT_MISSING or ROOT_NOT_PEM; a folder's files that hold no certificate are passed over. */
export function readRoots({ value, from }: RootSource, fs: FileSystem): Certificate[] {
  const files = value
    .split(",")
    .map((file) => file.trim())
    .filter(Boolean);
  return (files.length > 0 ? files : [value]).flatMap((file) =>
    isFolder(file, from, fs) ? readFolder(file, from, fs) : readRoot(file, from, fs),
  );
}

function isFolder(file: string, from: string, fs: FileSystem): boolean {
  try {
    return fs.stat(file).isDirectory();
  } catch (error) {
    throw new Failure("ROOT_MISSING", { file, from, errno: errnoOf(error) }, error);
  }
}

function readFolder(folder: string, from: string, fs: FileSystem): Certificate[] {
  const files = fs
    .list(folder)
    .filter((name) => /\.(pem|crt|cer)$/i.test(name))
    .sort();
  const roots = files.flatMap((name) => {
    try {
      return readRoot(join(folder, name), from, fs);
    } catch (error) {
      if (isFailure(error, "ROOT_NOT_PEM")) return [];
      throw error;
    }
  });
  if (roots.length === 0) throw new Failure("ROOT_NOT_PEM", { file: folder, found: [] });
  return roots;
}

function readRoot(file: string, from: string, fs: FileSystem): Certificate[] {
  let bytes: Buffer;
  try {
    bytes = fs.read(file);
  } catch (error) {
    throw new Failure("ROOT_MISSING", { file, from, errno: errnoOf(error) }, error);
  }
  try {
    return readBundle({ file, role: "root", bytes });
  } catch (error) {
    const found = isFailure(error, "NO_CERTIFICATE") ? error.facts.found : [];
    throw new Failure("ROOT_NOT_PEM", { file, found }, error);
  }
}
