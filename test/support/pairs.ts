/** A pair on a disk that dies: the stories of a rekey as the disk sees them, and what the next run finds. */
import { dirname } from "node:path";
import { goalOf } from "../../src/files/goal.ts";
import { complete, prepare } from "../../src/files/pair.ts";
import type { FileSystem } from "../../src/files/system.ts";
import { type Contents, type DiskOptions, MemoryDisk, systemError } from "./disk.ts";
import { odd } from "./faults.ts";

export const old = { crt: "the old chain", key: "the old key" };
export const renewed = { crt: "the new and somewhat longer chain", key: "the new key, longer" };

export interface Layout {
  crt: string;
  key: string;
  /** What a link leads to. */
  links?: Record<string, string>;
  /** Nothing is there yet. */
  isNew?: boolean;
  options?: DiskOptions;
  /** Folders are devices of their own. */
  devices?: boolean;
}

export const layouts: Record<string, Layout> = {
  "in one folder": { crt: "/etc/web.crt", key: "/etc/web.key" },
  "in two folders": { crt: "/etc/web.crt", key: "/keys/web.key" },
  "on two devices": { crt: "/etc/web.crt", key: "/keys/web.key", devices: true },
  "with a certificate that is a mount": {
    crt: "/etc/web.crt",
    key: "/etc/web.key",
    options: { mounted: { path: "/etc/web.crt", errno: "EBUSY" } },
  },
  "with a key that is a mount": {
    crt: "/etc/web.crt",
    key: "/keys/web.key",
    options: { mounted: { path: "/keys/web.key", errno: "EXDEV" } },
  },
  "behind links": {
    crt: "/etc/web.crt",
    key: "/etc/web.key",
    links: { "/etc/web.crt": "/live/now.crt", "/etc/web.key": "/live/now.key" },
  },
  "that is new": { crt: "/etc/new.crt", key: "/etc/new.key", isNew: true },
  "written in pieces": { crt: "/etc/web.crt", key: "/etc/web.key", options: { writeLimit: 400 } },
};

const meta = { crt: { mode: 0o644, uid: 12, gid: 34 }, key: { mode: 0o640, uid: 12, gid: 56 } };

/** Where a file itself lies. */
export const real = ({ links = {} }: Layout, path: string): string => links[path] ?? path;

/** The folders in which something may change. */
export function foldersOf(layout: Layout): string[] {
  return [...new Set([layout.crt, layout.key].map((path) => dirname(real(layout, path))))];
}

function empty({ options = {}, links = {}, crt, key }: Layout): MemoryDisk {
  const disk = new MemoryDisk(options);
  for (const path of [crt, key]) disk.put(`${dirname(path)}/other.pem`, "another's");
  for (const [from, to] of Object.entries(links)) disk.put(from, { link: to });
  return disk;
}

/** Before the story. */
export function diskOf(layout: Layout): MemoryDisk {
  const disk = empty(layout);
  if (layout.isNew) return disk;
  return disk.put(real(layout, layout.crt), old.crt, meta.crt).put(real(layout, layout.key), old.key, meta.key);
}

export function mount({ devices }: Layout, disk: FileSystem): FileSystem {
  if (!devices) return disk;
  return odd(disk, {
    rename: (from, to) => {
      if (dirname(from) !== dirname(to)) throw systemError("EXDEV");
      disk.rename(from, to);
    },
  });
}

/** All that a rekey does to the disk; the CA is asked in the middle. */
export function switchPair({ crt, key }: Layout, fs: FileSystem, meanwhile: () => void = () => undefined): void {
  const pair = { certificate: goalOf(crt, "c1c1c1c1c1c1", fs), key: goalOf(key, "d2d2d2d2d2d2", fs) };
  const prepared = prepare(pair, Buffer.from(renewed.key), fs);
  meanwhile();
  complete(prepared, Buffer.from(renewed.crt), fs);
}

type Files = ReadonlyMap<string, Contents>;

/** Every state in which the disk may be found after the machine has died now, each once. */
export function afterCrash(layout: Layout, disk: MemoryDisk): MemoryDisk[] {
  let states: [string, Files][][] = [[]];
  for (const folder of foldersOf(layout)) {
    const found = [...distinct(disk.afterCrash(folder))];
    states = states.flatMap((before) => found.map((files): [string, Files][] => [...before, [folder, files]]));
  }
  return states.map((folders) => {
    const again = empty(layout);
    for (const [folder, files] of folders)
      for (const [name, { data, ...rest }] of files) again.put(`${folder}/${name}`, data, rest);
    return again;
  });
}

function* distinct(states: Iterable<Files>): Generator<Files> {
  const seen = new Set<string>();
  for (const files of states) {
    const text = JSON.stringify(
      [...files].map(([name, { data, mode }]) => [name, data.toString("latin1"), mode]).sort(),
    );
    if (!seen.has(text)) yield files;
    seen.add(text);
  }
}

/** One word for the pair, and what lies beside it. */
export function pairOf(layout: Layout, fs: FileSystem): { pair: string; beside: string[] } {
  const text = (path: string) => {
    try {
      return fs.read(path).toString();
    } catch {
      return null;
    }
  };
  const held = [text(layout.crt), text(layout.key)];
  const is = (crt: string | null, key: string | null) => held[0] === crt && held[1] === key;
  const before = layout.isNew ? is(null, null) : is(old.crt, old.key);
  const pair = before ? "old" : is(renewed.crt, renewed.key) ? "new" : `mixed: ${held.join(" / ")}`;
  const beside = foldersOf(layout).flatMap((folder) => fs.list(folder).filter((name) => name.includes(".renew-")));
  return { pair, beside };
}

/** Modes and owners are what they were; a new file is its owner's alone. */
export function isKept(layout: Layout, fs: FileSystem): boolean {
  return (["crt", "key"] as const).every((one) => {
    const { mode, uid, gid } = fs.stat(layout[one]);
    const wanted = layout.isNew ? { mode: 0o600, uid: 0, gid: 0 } : meta[one];
    return mode === wanted.mode && uid === wanted.uid && gid === wanted.gid;
  });
}
