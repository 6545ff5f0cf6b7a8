/**
 * Which of many files have more than a mode and an owner: ACLs, other extended attributes, SELinux's label. Node cannot ask.
 * GNU tar notes all of them in the archives that it makes, and tells it of thousands of files in one process.
 */
import { dirname, isAbsolute, resolve } from "node:path";

const words = ["--create", "--file=-", "--format=posix", "--no-recursion", "--xattrs", "--xattrs-include=*", "--acls"];
const more = ["--selinux", "--absolute-names", "--null", "--verbatim-files-from", "--files-from=-"];

/** More than this in one archive is hardly certificates. */
const largest = 64 * 1024 * 1024;
const most = 500;

/**
 * Null where this system's tar does not tell. A file counts also where its folder has attributes: an ACL that new files inherit
 * is one that the old file need not have.
 */
export function attributed(files: readonly string[]): ReadonlySet<string> | null {
  if (process.platform !== "linux") return null;
  const found = new Set<string>();
  for (let start = 0; start < files.length; start += most) {
    const batch = files.slice(start, start + most);
    const folders = [...new Set(batch.map((file) => dirname(whole(file))))];
    const marked = markedOf([...folders, ...batch.map(whole)]);
    if (marked === null) return null;
    for (const file of batch) if (marked.has(whole(file)) || marked.has(dirname(whole(file)))) found.add(file);
  }
  return found;
}

const whole = (file: string) => (isAbsolute(file) ? file : resolve(file));

function markedOf(files: readonly string[]): ReadonlySet<string> | null {
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  const input = files.join("\0");
  const { status, stdout } = spawnSync("tar", [...words, ...more], {
    input,
    stdio: ["pipe", "pipe", "ignore"],
    timeout: 20_000,
    maxBuffer: largest,
    env: { ...process.env, TAR_OPTIONS: "", LC_ALL: "C" },
  });
  return status === 0 && stdout !== null ? markedIn(stdout) : null;
}

const block = 512;

/** POSIX pax: a header of kind "x" holds what is said of the file that follows. */
export function markedIn(archive: Buffer): ReadonlySet<string> | null {
  const marked = new Set<string>();
  let said: ReadonlyMap<string, string> = new Map();
  for (let at = 0; at + block <= archive.length; ) {
    const header = archive.subarray(at, at + block);
    if (header.every((octet) => octet === 0)) return marked;
    const size = Number.parseInt(text(header, 124, 12), 8);
    if (Number.isNaN(size) || text(header, 257, 5) !== "ustar") return null;
    const kind = text(header, 156, 1);
    const contents = archive.subarray(at + block, at + block + size);
    if (kind === "x") said = records(contents);
    else if (kind !== "g") {
      const prefix = text(header, 345, 155);
      const name = said.get("path") ?? `${prefix === "" ? "" : `${prefix}/`}${text(header, 0, 100)}`;
      if ([...said.keys()].some((key) => /^(SCHILY\.(xattr|acl)|RHT\.security)\./.test(key)))
        marked.add(name.replace(/(.)\/$/, "$1"));
      said = new Map();
    }
    at += block + Math.ceil(size / block) * block;
  }
  return null;
}

function text(header: Buffer, start: number, length: number): string {
  return header.toString("utf8", start, start + length).replace(/\0.*$/s, "");
}

/** "LENGTH KEY=VALUE\n", one after another. */
function records(bytes: Buffer): Map<string, string> {
  const found = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(" ", at);
    const length = Number(bytes.toString("latin1", at, space));
    if (space < 0 || !(length > 0)) return found;
    const record = bytes.toString("utf8", space + 1, at + length - 1);
    const equals = record.indexOf("=");
    found.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return found;
}
