/**
 * A disk in memory, as unkind as POSIX allows: what was not synced may be lost or kept in any combination when the machine
 * dies, a write may be torn, and a rename may come before the contents of what it renamed.
 */
import { basename, dirname, isAbsolute, join } from "node:path";
import { errnoOf } from "../../src/failure/failure.ts";
import type { FileStat, FileSystem } from "../../src/files/system.ts";
import { combinations, type Kept, now, outcomes, resized, settle, written } from "./durability.ts";

/** What a file is made of. */
export interface Contents {
  readonly data: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

type Entries = ReadonlyMap<string, Node>;
type Node = File | Folder | Link | Device;
type Link = { kind: "link"; ino: number; to: string };
type Device = { kind: "device"; ino: number };
type File = Kept<Contents> & { kind: "file"; ino: number };
type Folder = Kept<Entries> & { kind: "folder"; ino: number };

export interface DiskOptions {
  /** Bytes that one write takes at most. */
  writeLimit?: number;
  /** A file that cannot be renamed over, and what the system says then. */
  mounted?: { path: string; errno: "EBUSY" | "EXDEV" };
  /** A file system on which a file has one name. */
  withoutLinks?: boolean;
  /** Who runs; only 0 may give files away. */
  user?: number;
}

export class MemoryDisk implements FileSystem {
  readonly #root: Folder = { kind: "folder", ino: 1, safe: new Map(), since: [] };
  readonly #open = new Map<number, File | Folder>();
  readonly #options: DiskOptions;
  #count = 1;

  constructor(options: DiskOptions = {}) {
    this.#options = options;
  }

  /** Puts something there before the story starts: it is safe. */
  put(
    path: string,
    what: string | Buffer | { link: string } | "device",
    meta: Partial<Omit<Contents, "data">> = {},
  ): this {
    const folder = this.#makeFolder(dirname(path));
    const ino = ++this.#count;
    let node: Node;
    if (what === "device") node = { kind: "device", ino };
    else if (typeof what !== "string" && "link" in what) node = { kind: "link", ino, to: what.link };
    else {
      const safe = { data: Buffer.from(what), mode: 0o644, uid: 0, gid: 0, ...meta };
      node = { kind: "file", ino, safe, since: [] };
    }
    folder.safe = new Map(folder.safe).set(basename(path), node);
    return this;
  }

  /** Every state in which a folder's files may be found after the machine has died now. */
  *afterCrash(folder: string): Generator<ReadonlyMap<string, Contents>> {
    for (const entries of outcomes(this.#folder(folder))) {
      const files = [...entries].filter((entry): entry is [string, File] => entry[1].kind === "file");
      yield* combinations(files.map(([name, file]) => [name, outcomes(file)] as const));
    }
  }

  readEnd(path: string, limit: number): Buffer {
    return this.read(path).subarray(-limit);
  }

  read(path: string): Buffer {
    const node = this.#node(path);
    if (node.kind === "folder") throw systemError("EISDIR");
    return node.kind === "file" ? Buffer.from(now(node).data) : Buffer.alloc(0);
  }

  list(folder: string): string[] {
    return [...now(this.#folder(folder)).keys()];
  }

  stat(path: string): FileStat {
    return this.#statOf(this.#node(path));
  }

  lstat(path: string): FileStat {
    return this.#statOf(this.#entry(path));
  }

  exists(path: string): boolean {
    try {
      this.#entry(path);
      return true;
    } catch (error) {
      return !["ENOENT", "ENOTDIR"].includes(errnoOf(error));
    }
  }

  realpath(path: string): string {
    this.#node(path);
    return this.#resolve(path);
  }

  readlink(path: string): string {
    const node = this.#entry(path);
    if (node.kind !== "link") throw systemError("EINVAL");
    return node.to;
  }

  open(path: string, how: "create" | "overwrite" | "folder", mode = 0o666): number {
    if (how === "create") this.#create(path, mode);
    const node = how === "folder" ? this.#folder(path) : this.#node(path);
    if (node.kind !== "file" && node.kind !== "folder") throw systemError("ENXIO");
    this.#open.set(++this.#count, node);
    return this.#count;
  }

  write(handle: number, bytes: Uint8Array, offset: number): number {
    const { writeLimit = bytes.length } = this.#options;
    const part = Buffer.from(bytes.subarray(offset, offset + writeLimit));
    const middle = Math.ceil(part.length / 2);
    this.#change(handle, (file) => ({ ...file, data: written(file.data, part.subarray(0, middle), offset) }));
    this.#change(handle, (file) => ({ ...file, data: written(file.data, part.subarray(middle), offset + middle) }));
    return part.length;
  }

  truncate(handle: number, size: number): void {
    this.#change(handle, (file) => ({ ...file, data: resized(file.data, size) }));
  }

  chmod(handle: number, mode: number): void {
    this.#change(handle, (file) => ({ ...file, mode }));
  }

  chown(handle: number, uid: number, gid: number): void {
    const { user = 0 } = this.#options;
    if (user !== 0 && uid !== -1 && uid !== user) throw systemError("EPERM");
    this.#change(handle, (file) => ({ ...file, uid: uid === -1 ? file.uid : uid, gid }));
  }

  copyAttributes(): void {
    // it has none
  }

  async syncMeanwhile(handle: number): Promise<void> {
    this.sync(handle);
  }

  sync(handle: number): void {
    const node = this.#handle(handle);
    if (node.kind === "file") settle(node);
    else settle(node);
  }

  sizeOf(handle: number): number {
    return this.#statOf(this.#handle(handle)).size;
  }

  close(handle: number): void {
    this.#open.delete(handle);
  }

  rename(from: string, to: string): void {
    const { mounted } = this.#options;
    if (mounted?.path === to) throw systemError(mounted.errno);
    const node = this.#entry(from);
    // Two names of one file: POSIX lets both stand.
    if (now(this.#folder(dirname(to))).get(basename(to)) === node) return;
    this.#folder(dirname(to)).since.push((entries) => {
      const next = new Map(entries).set(basename(to), node);
      next.delete(basename(from));
      return next;
    });
  }

  link(path: string, name: string): void {
    const { mounted, withoutLinks } = this.#options;
    if (mounted?.path === path) throw systemError("EXDEV");
    if (withoutLinks) throw systemError("EPERM");
    const node = this.#entry(path);
    const folder = this.#folder(dirname(name));
    if (now(folder).has(basename(name))) throw systemError("EEXIST");
    folder.since.push((entries) => new Map(entries).set(basename(name), node));
  }

  symlink(text: string, path: string): void {
    const folder = this.#folder(dirname(path));
    if (now(folder).has(basename(path))) throw systemError("EEXIST");
    const link: Link = { kind: "link", ino: ++this.#count, to: text };
    folder.since.push((entries) => new Map(entries).set(basename(path), link));
  }

  remove(path: string): void {
    this.#entry(path);
    this.#folder(dirname(path)).since.push((entries) => {
      const next = new Map(entries);
      next.delete(basename(path));
      return next;
    });
  }

  checkWritable(path: string): void {
    this.#folder(path);
  }

  #create(path: string, mode: number): void {
    const { user = 0 } = this.#options;
    const folder = this.#folder(dirname(path));
    if (now(folder).has(basename(path))) throw systemError("EEXIST");
    const safe = { data: Buffer.alloc(0), mode, uid: user, gid: user };
    const file: File = { kind: "file", ino: ++this.#count, safe, since: [] };
    folder.since.push((entries) => new Map(entries).set(basename(path), file));
  }

  #change(handle: number, change: (file: Contents) => Contents): void {
    const node = this.#handle(handle);
    if (node.kind !== "file") throw systemError("EBADF");
    node.since.push(change);
  }

  #handle(handle: number): File | Folder {
    const node = this.#open.get(handle);
    if (node === undefined) throw systemError("EBADF");
    return node;
  }

  #makeFolder(path: string): Folder {
    if (path === "/") return this.#root;
    const parent = this.#makeFolder(dirname(path));
    const there = parent.safe.get(basename(path));
    if (there?.kind === "folder") return there;
    const made: Folder = { kind: "folder", ino: ++this.#count, safe: new Map(), since: [] };
    parent.safe = new Map(parent.safe).set(basename(path), made);
    return made;
  }

  #folder(path: string): Folder {
    const node = this.#node(path);
    if (node.kind !== "folder") throw systemError("ENOTDIR");
    return node;
  }

  /** Follows every link; the path that is left has none. */
  #resolve(path: string, links = 0): string {
    if (links > 40) throw systemError("ELOOP");
    if (path === "/") return path;
    if (!isAbsolute(path)) missing();
    const folder = this.#resolve(dirname(path), links);
    const real = join(folder, basename(path));
    const node = this.#find(real);
    if (node?.kind !== "link") return real;
    return this.#resolve(isAbsolute(node.to) ? node.to : join(folder, node.to), links + 1);
  }

  #find(real: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const name of real.split("/").filter(Boolean)) {
      if (node?.kind !== "folder") return undefined;
      node = now(node).get(name);
    }
    return node;
  }

  #node(path: string): Node {
    return this.#find(this.#resolve(path)) ?? missing();
  }

  #entry(path: string): Node {
    return this.#find(join(this.#resolve(dirname(path)), basename(path))) ?? missing();
  }

  #statOf(node: Node): FileStat {
    const { data, mode, uid, gid } = node.kind === "file" ? now(node) : nobody;
    const is = (kind: Node["kind"]) => () => node.kind === kind;
    const kinds = { isFile: is("file"), isDirectory: is("folder"), isSymbolicLink: is("link") };
    return { ...kinds, mode, uid, gid, size: data.length, dev: 1, ino: node.ino, mtimeMs: 0, ctimeMs: 0 };
  }
}

const nobody: Contents = { data: Buffer.alloc(0), mode: 0o755, uid: 0, gid: 0 };

function missing(): never {
  throw systemError("ENOENT");
}

export function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
