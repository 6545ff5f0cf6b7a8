/** What a run that nobody watches would fail at every time: found when it is planned. What is only not here may be on another machine. */
import { dirname } from "node:path";
import { errnoOf, Failure, isFailure } from "../../failure/failure.ts";
import { readNamed } from "../../files/read.ts";
import type { Certificate } from "../../pki/certificate.ts";
import { load, loadKey, type Paths, readCertificateOf } from "../../renewal/load.ts";
import { type RootSource, readRoots } from "../../renewal/trust.ts";
import type { World } from "../../world.ts";

interface Inspection {
  readonly paths: Paths;
  /** Null where nobody has named one. */
  readonly root: RootSource | null;
  readonly p12PasswordFile: string | undefined;
  /** Files that it writes besides, whose folders have to be there. */
  readonly outputs: readonly string[];
}

export interface Inspected {
  /** Null where it cannot be read here. */
  readonly leaf: Certificate | null;
  readonly remarks: readonly string[];
}

/** Throws what is wrong with contents: certificate and key, whether they belong together, and the roots, where they are named. */
export async function inspect({ paths, root, p12PasswordFile, outputs }: Inspection, world: World): Promise<Inspected> {
  const remarks: string[] = [];
  const alone = { ...world, canAsk: false };
  const away = (failure: Failure): null => {
    const remark = remarkOf(failure);
    if (remark === null) throw failure;
    if (!remarks.includes(remark)) remarks.push(remark);
    return null;
  };
  const pair = await unless(
    () => load(paths, alone),
    (failure) => (remarkOf(failure) === null ? away(failure) : null),
  );
  const leaf = pair?.leaf ?? (await unless(async () => readCertificateOf(paths.certificate, world), away));
  if (leaf === null) remarks.push(`for ${paths.certificate} a lifetime of a day is taken`);
  if (pair === null) await unless(() => loadKey(paths.key, paths.passphraseFile, alone), away);
  for (const file of [paths.passphraseFile, p12PasswordFile])
    if (file !== undefined) await unless(async () => readNamed(file, "passphrase", world.fs), away);
  for (const folder of new Set(outputs.map((file) => dirname(file))))
    if (!isThere(folder, world)) remarks.push(isMissing(folder));
  if (root !== null) await unless(async () => readRoots(root, world.fs), away);
  return { leaf, remarks };
}

const isMissing = (file: string) => `${file} is not there: that run fails until it is`;

function isThere(file: string, { fs }: Pick<World, "fs">): boolean {
  try {
    fs.stat(file);
    return true;
  } catch (error) {
    return errnoOf(error) !== "ENOENT";
  }
}

/** Null of one that does not lie in what is not here. */
function remarkOf(failure: Failure): string | null {
  if (isFailure(failure, "FILE_MISSING")) return isMissing(failure.facts.file);
  if (isFailure(failure, "ROOT_MISSING") && failure.facts.errno === "ENOENT") return isMissing(failure.facts.file);
  if (isFailure(failure, "FILE_UNREADABLE") && ["EACCES", "EPERM"].includes(failure.facts.errno))
    return `${failure.facts.file} cannot be read by this user, and was not looked at`;
  return null;
}

async function unless<T>(work: () => Promise<T>, otherwise: (failure: Failure) => null): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return otherwise(error);
  }
}

/** Users of a directory service are not in that file; so it is a remark. */
export function userRemark(name: string, who: string, { fs }: Pick<World, "fs">): string[] {
  if (/^\d+$/.test(name) || usersIn(fs)?.includes(name) !== false) return [];
  return [`no user ${name} is in /etc/passwd: ${who} starts nothing as a user that is not there`];
}

/** Null where the machine has no such file. */
function usersIn(fs: World["fs"]): string[] | null {
  try {
    return fs
      .read("/etc/passwd")
      .toString("utf8")
      .split("\n")
      .map((row) => row.split(":")[0] ?? "");
  } catch {
    return null;
  }
}
