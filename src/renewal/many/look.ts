/** The look at one entry before anything is asked of a CA: is it due, is it sound, has an earlier run left something? */
import { basename, dirname } from "node:path";
import { attempt, type Failure, isFailure } from "../../failure/failure.ts";
import { hiddenBeside } from "../../files/names.ts";
import { readNamed } from "../../files/read.ts";
import type { FileSystem } from "../../files/system.ts";
import { follow, target } from "../../files/target.ts";
import { type Certificate, same } from "../../pki/certificate.ts";
import type { World } from "../../world.ts";
import { formFiles } from "../also/form.ts";
import { type Paths, readCertificateOf } from "../load.ts";
import { refuseToLoseKey } from "../loss.ts";
import type { Policy } from "../renew.ts";
import { type Due, due, type Window } from "../schedule.ts";
import type { Entry, RunOptions } from "./plan.ts";
import type { SharedWorld, Together } from "./together.ts";

export type Look =
  | { is: "due"; leaf: Certificate; because: Extract<Due, { due: true }>["because"] }
  | { is: "fresh"; leaf: Certificate; from: Date }
  /** An earlier run has left something, so that only a whole renewal can tell: it repairs first. */
  | { is: "left"; leaf: Certificate; failure: null }
  | { is: "left"; leaf: null; failure: Failure }
  | { is: "broken"; failure: Failure; leaf: Certificate | null };

/** An entry, how this run renews it, and what the look at it has found. */
export interface Looked {
  readonly entry: Entry;
  readonly policy: Policy;
  readonly look: Look;
}

/** Without a window of its own a certificate is due when two thirds of its lifetime are over, as a daemon has it. */
const twoThirds: Window = { kind: "percent", used: 200 / 3 };

/** As this run renews it. Unless all are to be renewed, what was written already counts, as for a daemon: it is not due again. */
export function policyOf(entry: Entry, { force }: Pick<RunOptions, "force">, world: World): Policy {
  const { policy } = entry;
  if (force) return policyFor(entry, null, policy.paths.certificate);
  return policyFor(entry, policy.window ?? twoThirds, latestOf(policy, world));
}

/** With this window, and what this file holds as the one to renew. */
export function policyFor({ policy, method }: Entry, window: Policy["window"], certificate: string): Policy {
  const paths = { ...policy.paths, certificate };
  return { ...policy, paths, window, ...(method === "mtls" && { only: "mtls" as const }) };
}

/** Where the new one goes, once one for the same key is there. */
function latestOf({ paths, out = paths.certificate }: Policy, world: World): string {
  if (out === paths.certificate) return out;
  const both = attempt(() => [out, paths.certificate].map((file) => readCertificateOf(file, world).spki));
  const [there, own] = both.failure === undefined ? both.value : [];
  return there !== undefined && own !== undefined && same(there, own) ? out : paths.certificate;
}

export interface Looking {
  readonly together: Together;
  readonly world: SharedWorld;
  readonly names: NamesBeside;
  /** Also of what is not due all is read that its renewal will need: of a dry run, whoever waits for it wants to know. */
  readonly isThorough: boolean;
}

/** Of what is not due, that its files are there is seen, and they are not read: thousands would take seconds. Never throws a failure. */
export async function lookAt(policy: Policy, { together, world, names, isThorough }: Looking): Promise<Look> {
  const { paths, out = paths.certificate, window } = policy;
  const read = attempt(() => readCertificateOf(paths.certificate, world));
  const isLeft = [out, paths.certificate, paths.key, ...formFiles(policy)].some((file) => names.has(file));
  if (read.failure !== undefined) return { is: isLeft ? "left" : "broken", failure: read.failure, leaf: null };
  const leaf = read.value;
  const when = due(leaf, window, world.now());
  const isFresh = !isLeft && !when.due && policy.also === undefined;
  try {
    if (!isLeft) {
      together.roots(policy.root);
      if (isFresh && !isThorough) refuseMissing(paths, world);
      else await together.loadAhead(paths);
      if (when.due || isThorough) refuseToLoseKey(target(out, world.fs), paths.key, world);
    }
    if (isFresh) return { is: "fresh", leaf, from: when.from };
    // What a dead run has left is repaired before anything else, and makes no form sound that is not.
    await checkForms(policy, world);
    // Only a whole renewal can tell whether its other forms are up to date.
    return when.due && !isLeft ? { is: "due", leaf, because: when.because } : { is: "left", leaf, failure: null };
  } catch (error) {
    if (isFailure(error)) return { is: "broken", failure: error, leaf };
    throw error;
  }
}

/** Throws FILE_MISSING. Whether a passphrase's file is needed, only the key tells. */
export function refuseMissing({ key }: Paths, { fs }: Pick<World, "fs">): void {
  if (!fs.exists(key)) readNamed(key, "key", fs);
}

/** Behind a lazy door: few have any. Nothing is put anywhere, so that no name is needed yet. */
async function checkForms(policy: Policy, world: World): Promise<void> {
  const { also, paths, out = paths.certificate } = policy;
  if (also === undefined) return;
  const [{ checkedForms }, { reservedOf }] = await Promise.all([
    import("../also/outputs.ts"),
    import("../also/set.ts"),
  ]);
  checkedForms(
    also,
    {
      token: "",
      certificate: out,
      own: paths.certificate,
      keyFile: paths.key,
      reserved: reservedOf({ ...policy, also }),
    },
    world,
  );
}

/** Whether some run of renew has put anything beside a file; every folder is listed once. */
export class NamesBeside {
  readonly #fs: FileSystem;
  /** Null for one that may not be listed: there something may be. */
  readonly #folders = new Map<string, ReadonlySet<string> | null>();
  readonly #real = new Map<string, string>();

  constructor(fs: FileSystem) {
    this.#fs = fs;
  }

  has(named: string): boolean {
    try {
      const path = this.#pathOf(named);
      const names = this.#namesIn(dirname(path));
      return names === null || names.has(stemOf(path));
    } catch {
      return false; // it leads nowhere: whoever reads it says so
    }
  }

  #pathOf(named: string): string {
    if (this.#fs.lstat(named).isSymbolicLink()) return follow(named, this.#fs);
    const folder = dirname(named);
    const real = this.#real.get(folder) ?? this.#fs.realpath(folder);
    this.#real.set(folder, real);
    return `${real}/${basename(named)}`;
  }

  #namesIn(folder: string): ReadonlySet<string> | null {
    const known = this.#folders.get(folder);
    if (known !== undefined) return known;
    const listed = attemptToList(folder, this.#fs);
    const stems = listed?.flatMap((name) => /^\..*(?=\.renew-(?!backup-))/s.exec(name)?.[0] ?? []);
    const names = stems === undefined ? null : new Set(stems);
    this.#folders.set(folder, names);
    return names;
  }
}

/** What the names beside a file begin with. */
function stemOf(path: string): string {
  return basename(hiddenBeside(path, ""));
}

function attemptToList(folder: string, fs: FileSystem): string[] | null {
  try {
    return fs.list(folder);
  } catch {
    return null;
  }
}
