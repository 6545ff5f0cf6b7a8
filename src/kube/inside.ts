/**
 * A kubeconfig that holds certificate and key is renewed as any other pair of files: for those who read it looks like a PEM
 * file, and what is written goes where it stood. Whatever else somebody changes in it meanwhile is no concern of a renewal.
 */
import { Failure } from "../failure/failure.ts";
import type { Goal } from "../files/goal.ts";
import { install } from "../files/install.ts";
import { digest } from "../files/journal.ts";
import type { FileSystem } from "../files/system.ts";
import { follow } from "../files/target.ts";
import { decoded, type Halves } from "./credentials.ts";
import { type Kubeconfig, ownWords, parseKubeconfig, type User, userOf } from "./kubeconfig.ts";
import { replaceWords } from "./replace.ts";
import type { Words } from "./written.ts";

export interface Place {
  /** As it was named. */
  readonly file: string;
  readonly user: string;
  readonly halves: Halves;
}

/** The same disk, on which the kubeconfig holds PEM: of certificate and key what stands in it. */
export function asPem(place: Place, fs: FileSystem): FileSystem {
  const real = follow(place.file, fs);
  const read = (file: string, limit?: number) => {
    const bytes = fs.read(file, limit);
    return file === place.file || file === real ? pemIn(place, bytes) : bytes;
  };
  return new Proxy(fs, {
    get: (target, name) => {
      if (name === "read") return read;
      const own: unknown = Reflect.get(target, name, target);
      return typeof own === "function" ? own.bind(target) : own;
    },
  });
}

/** Throws what is wrong with it. */
function pemIn(place: Place, bytes: Buffer): Buffer {
  const { config, user } = find(place, bytes);
  const parts = keysOf(place.halves).map((key) => decoded(config, user, { key, words: wordsOf(config, user, key) }));
  return Buffer.concat(parts.flatMap((part) => [part, Buffer.from("\n")]));
}

/** By one rename. Throws as `install` does. */
export function installInside(
  place: Place,
  goal: Goal,
  pem: { certificate: Buffer; key?: Buffer },
  fs: FileSystem,
): "renamed" | "in-place" {
  awaitKubectl(goal.target.path, fs);
  const bytes = fs.read(goal.target.path);
  if (digest(pemIn(place, bytes)) !== goal.before) throw new Failure("TARGET_CHANGED", { file: place.file, kept: [] });
  return install({ ...goal, before: digest(bytes) }, filled(place, bytes, pem), fs);
}

/** One after the other: each replacement moves what comes behind it. */
export function filled(place: Place, bytes: Buffer, pem: { certificate: Buffer; key?: Buffer }): Buffer {
  const { certificate, key } = place.halves;
  const parts = [
    { half: certificate, pem: pem.certificate },
    { half: key, pem: pem.key },
  ];
  return parts.reduce((current, part) => {
    if (part.half.in === "file" || part.pem === undefined) return current;
    const { config, user } = find(place, current);
    const words = wordsOf(config, user, part.half.key);
    return Buffer.from(replaceWords(config.text, words, part.pem.toString("base64")));
  }, bytes);
}

/**
 * kubectl holds this lock while it writes the file, in place and not at once. One that stays is a dead one's. It is not taken
 * here: if this program died with it, kubectl would change the file no more.
 */
function awaitKubectl(path: string, fs: FileSystem): void {
  for (let tries = 0; tries < 50 && fs.exists(`${path}.lock`); tries++)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
}

function find({ file, user: name }: Place, bytes: Buffer): { config: Kubeconfig; user: User } {
  const config = parseKubeconfig(file, bytes);
  const user = userOf(config, name);
  if (user !== undefined) return { config, user };
  const known = config.users.map((one) => one.name);
  throw new Failure("KUBE_USER_MISSING", { files: [file], user: name, from: "", known });
}

function keysOf({ certificate, key }: Halves): string[] {
  return [certificate, key].flatMap((half) => (half.in === "config" ? [half.key] : []));
}

function wordsOf(config: Kubeconfig, user: User, key: string): Words {
  const words = ownWords(config, user, key);
  if (words !== undefined) return words;
  const about = { file: config.file, user: user.name };
  throw key.startsWith("client-key") ? new Failure("KUBE_NO_KEY", about) : new Failure("KUBE_NO_CERTIFICATE", about);
}
