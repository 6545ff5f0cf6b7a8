/** Which backup is gone back to, and all that has to be true of it before anything changes. */
import type { Facts } from "../failure/facts.ts";
import { attempt, errnoOf, Failure } from "../failure/failure.ts";
import { slotOf } from "../files/backup.ts";
import { type Goal, goalOf } from "../files/goal.ts";
import { readNamed } from "../files/read.ts";
import type { FileStat } from "../files/system.ts";
import { follow } from "../files/target.ts";
import { type Certificate, same } from "../pki/certificate.ts";
import { publicKeyOf } from "../pki/key.ts";
import type { World } from "../world.ts";
import { leafIn } from "./keep.ts";
import { type Backup, backupsOf, isCalled, type KeyPlace, ownKeyOf } from "./kept.ts";
import { loadKey, type Paths } from "./load.ts";
import { refuseToLoseCertificate, refuseToLoseKey } from "./loss.ts";
import { seenAs } from "./overtaken.ts";

export interface Wish {
  readonly paths: Paths;
  /** A number or a serial number; null: the newest whose key is found. */
  readonly to: string | null;
  /** Without a question, and also to one that has expired. */
  readonly force: boolean;
}

/** All that is known before anything changes. */
export interface Step {
  readonly certificate: Goal;
  /** Null where the key that is there is the right one. */
  readonly key: { goal: Goal; bytes: Buffer } | null;
  readonly bytes: Buffer;
  readonly leaf: Certificate;
  readonly previous: Certificate | null;
  /** The real path of the key. */
  readonly keyPath: string;
  /** Where its key is until then. */
  readonly keyFile: string;
}

export async function nextStep(
  { paths, to, force }: Wish,
  token: string,
  world: World,
  progress: { loaded?(leaf: Certificate): void; chose?(backup: Backup): void },
): Promise<Step> {
  const { fs } = world;
  const certificate = goalOf(paths.certificate, token, fs);
  const keyGoal = goalOf(paths.key, token, fs);
  const there = leafAt(certificate, world);
  if (there !== null) progress.loaded?.(there);
  const own = await ownKeyOf(paths, world, "refused");
  const keyPath = keyGoal.target.path;
  const backups = backupsOf({ certificate: certificate.target.path, key: keyPath }, own, certificate.before, world);
  const backup = chosen(backups, { paths, to }, certificate);
  const { leaf, place } = usable(backup, { paths, force, now: world.now() });
  progress.chose?.(backup);
  const isKept = place.in === "kept";
  const key = isKept ? { goal: narrowed(keyGoal, place.file, world), bytes: readNamed(place.file, "key", fs) } : null;
  if (isKept && !same(publicKeyOf((await loadKey(place.file, paths.passphraseFile, world)).key), leaf.spki))
    throw unusableAs("no-key", backup, { paths, now: world.now() });
  refuseToLoseKey(certificate.target, paths.key, world);
  if (key !== null) refuseToLoseCertificate(keyGoal, certificate, world);
  const isPair = there !== null && own !== null && own !== "closed" && same(publicKeyOf(own), there.spki);
  return {
    certificate,
    key,
    keyPath,
    keyFile: isKept ? place.file : paths.key,
    bytes: backup.bytes,
    leaf,
    previous: isPair ? there : null,
  };
}

/** Throws NO_BACKUP. */
function chosen(backups: readonly Backup[], { paths, to }: Omit<Wish, "force">, goal: Goal): Backup {
  // One that cannot be read is no reason to go further back than was meant.
  const isMeant = ({ held }: Backup) => "failure" in held || held.key.in !== "nowhere";
  const found = to === null ? (backups.find(isMeant) ?? backups[0]) : backups.find((one) => isCalled(to, one));
  if (found !== undefined) return found;
  const known = backups.map(({ held }) => ("leaf" in held ? held.leaf.serial : "not readable"));
  const { named: file, path } = goal.target;
  throw new Failure("NO_BACKUP", { file, key: paths.key, asked: to, known, looked: slotOf(path, 1) });
}

type Asked = Pick<Wish, "paths"> & { now: Date };

/** Throws BACKUP_UNUSABLE. */
function usable(backup: Backup, asked: Asked & { force: boolean }): { leaf: Certificate; place: KeyPlace } {
  const { held } = backup;
  if ("failure" in held) throw unusableAs("unreadable", backup, asked);
  if (held.key.in === "nowhere" || held.key.in === "unknown") throw unusableAs("no-key", backup, asked);
  if (asked.now > held.leaf.notAfter && !asked.force) throw unusableAs("expired", backup, asked);
  return { leaf: held.leaf, place: held.key };
}

function unusableAs(
  problem: Facts["BACKUP_UNUSABLE"]["problem"],
  { file: backup, held }: Backup,
  { paths: { certificate: file, key }, now }: Asked,
): Failure {
  const about =
    "leaf" in held ? { serial: held.leaf.serial, notAfter: held.leaf.notAfter } : { said: held.failure.code };
  return new Failure("BACKUP_UNUSABLE", { file, key, backup, problem, ...about, now });
}

/** Null where there is none. Throws FILE_UNREADABLE. */
function leafAt({ before, target: { named } }: Goal, { fs }: World): Certificate | null {
  if (before === null) return null;
  const read = attempt(() => leafIn(named, fs));
  if (read.failure?.code === "FILE_UNREADABLE") throw read.failure;
  return read.failure === undefined ? read.value : null;
}

/** A key that comes back lets in nobody whom it did not let in before. */
function narrowed(goal: Goal, kept: string, { fs }: World): Goal {
  const [there, was] = [goal.target.existing, fs.stat(kept)];
  const existing: FileStat = there === null ? was : Object.create(there, { mode: { value: there.mode & was.mode } });
  return { ...goal, target: { ...goal.target, existing } };
}

/** What is kept of this pair, to be looked at. Changes nothing, and asks for no passphrase. Throws FILE_MISSING. */
export async function listBackups(paths: Paths, given: World): Promise<Backup[]> {
  const world = { ...given, canAsk: false };
  const places = { certificate: realPathOf(paths.certificate, world), key: realPathOf(paths.key, world) };
  const own = await ownKeyOf(paths, world, "passed-over");
  const { certificate: file } = paths;
  return backupsOf(places, own, seenAs([file], world).get(file) ?? null, world);
}

function realPathOf(file: string, { fs }: World): string {
  try {
    return follow(file, fs);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR")
      throw new Failure("FILE_MISSING", { file, role: "certificate", similar: [] }, error);
    throw new Failure("FILE_UNREADABLE", { file, role: "certificate", errno }, error);
  }
}
