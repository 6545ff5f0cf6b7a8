/**
 * The part of a file system that reading and installing need. Synchronous on purpose: a signal handler can then never run
 * in the middle of an installation. Tests pass a double that fails, or dies, at the n-th call.
 */
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { errnoOf } from "../failure/failure.ts";

export interface FileStat {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  dev: number;
  ino: number;
  /** Of its contents. */
  mtimeMs: number;
  /** Of whatever it is: also of its coming to this name. No program can set it. */
  ctimeMs: number;
}

/** All methods throw Node's system errors, with their `code`. */
export interface FileSystem {
  /** The whole contents. Throws EFBIG above `limit` bytes, also where no size is known beforehand: a pipe, a device. */
  read(file: string, limit?: number): Buffer;
  /** The last `limit` bytes of a file. */
  readEnd(file: string, limit: number): Buffer;
  list(folder: string): string[];
  stat(file: string): FileStat;
  lstat(file: string): FileStat;
  /** Whether anything has this name, also a link that leads nowhere. True where nobody can tell. Throws nothing. */
  exists(file: string): boolean;
  realpath(file: string): string;
  readlink(file: string): string;
  /** Opens for writing a file that must not exist yet (`create`), an existing one (`overwrite`), or a folder to be synced (`folder`). */
  open(file: string, how: "create" | "overwrite" | "folder", mode?: number): number;
  /** The bytes from the offset on, to the same place in the file. */
  write(handle: number, bytes: Uint8Array, offset: number): number;
  truncate(handle: number, size: number): void;
  chmod(handle: number, mode: number): void;
  chown(handle: number, uid: number, gid: number): void;
  sync(handle: number): void;
  /** The same, while others work. */
  syncMeanwhile(handle: number): Promise<void>;
  sizeOf(handle: number): number;
  close(handle: number): void;
  /** What mode and owner do not say: ACLs, other extended attributes, SELinux's label. Throws where they cannot be copied. */
  copyAttributes(from: string, to: string): void;
  rename(from: string, to: string): void;
  /** Another name for the same file, in one step; it must not exist yet. */
  link(file: string, name: string): void;
  /** A link that holds any text, in one step; it must not exist yet. */
  symlink(text: string, file: string): void;
  remove(file: string): void;
  /** Throws where this process may not create entries in the folder. */
  checkWritable(path: string): void;
}

const flags = {
  create: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
  overwrite: constants.O_WRONLY,
  folder: constants.O_RDONLY,
} as const;

export const realFileSystem: FileSystem = {
  read: readWhole,
  readEnd,
  list: (folder) => readdirSync(folder),
  stat: (file) => statSync(file),
  lstat: (file) => lstatSync(file),
  exists,
  // Not Node's own, which tidies `link/..` away before it follows the link.
  realpath: (file) => realpathSync.native(file),
  readlink: (file) => readlinkSync(file),
  open: (file, how, mode) => openSync(file, flags[how], mode),
  // At the offset, not where the handle stands: a file that is written a second time is written over.
  write: (handle, bytes, offset) => writeSync(handle, bytes, offset, null, offset),
  truncate: (handle, size) => ftruncateSync(handle, size),
  chmod: (handle, mode) => fchmodSync(handle, mode),
  chown: (handle, uid, gid) => fchownSync(handle, uid, gid),
  sync: (handle) => fsyncSync(handle),
  syncMeanwhile: (handle) =>
    new Promise((resolve, reject) => fsync(handle, (error) => (error === null ? resolve() : reject(error)))),
  sizeOf: (handle) => fstatSync(handle).size,
  close: (handle) => closeSync(handle),
  copyAttributes,
  rename: (from, to) => renameSync(from, to),
  link: (file, name) => linkSync(file, name),
  symlink: (text, file) => symlinkSync(text, file),
  remove: (file) => unlinkSync(file),
  checkWritable: (path) => accessSync(path, constants.W_OK | constants.X_OK),
};

/** An error that is thrown costs more than the question, of which a renewal has many. */
function exists(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    return errnoOf(error) !== "ENOTDIR";
  }
}

/** Node has no call for it, and coreutils' cp has. Elsewhere than on Linux, and with another cp, they are not kept. */
function copyAttributes(from: string, to: string): void {
  if (process.platform !== "linux") return;
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  const { status, error } = spawnSync("cp", [...copyOnlyAttributes, from, to], { stdio: "ignore", timeout: 2000 });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`cp ended with ${status}`);
}

const copyOnlyAttributes = ["--attributes-only", "--preserve=all", "--no-preserve=timestamps,links", "--"];

function readEnd(file: string, limit: number): Buffer {
  const size = statSync(file).size;
  const handle = openSync(file, constants.O_RDONLY);
  try {
    const end = Buffer.alloc(Math.min(size, limit));
    return end.subarray(0, readSync(handle, end, { position: size - end.length }));
  } finally {
    closeSync(handle);
  }
}

const chunkSize = 64 * 1024;

/** The end of a file is where less comes than there was room for; that of a pipe or a device only where nothing comes. */
function readWhole(file: string, limit = Number.POSITIVE_INFINITY): Buffer {
  const handle = openSync(file, constants.O_RDONLY);
  try {
    const stat = fstatSync(handle);
    const isKnown = stat.isFile() && stat.size > 0;
    const room = isKnown ? Math.min(stat.size, limit) + 1 : chunkSize;
    const chunks: Buffer[] = [];
    for (let size = 0; size <= limit; ) {
      const chunk = Buffer.allocUnsafe(room);
      const count = readSync(handle, chunk);
      chunks.push(chunk.subarray(0, count));
      size += count;
      const isEnd = count === 0 || (isKnown && count < room);
      if (isEnd && size <= limit) return chunks.length === 1 ? chunk.subarray(0, count) : Buffer.concat(chunks);
    }
    throw Object.assign(new Error(`${file} holds more than ${limit} bytes`), { code: "EFBIG" });
  } finally {
    closeSync(handle);
  }
}
