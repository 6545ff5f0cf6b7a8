/** A certificate that is not due, and whose other forms are missing or stale: they are made of what is there, and no CA is asked. */
import { Failure, isFailure } from "../../failure/failure.ts";
import type { Goal } from "../../files/goal.ts";
import { install } from "../../files/install.ts";
import { readNamed } from "../../files/read.ts";
import { removeIfThere } from "../../files/whole.ts";
import type { World } from "../../world.ts";
import { mayReplace } from "../consent.ts";
import { load, type Paths } from "../load.ts";
import type { RekeyPolicy } from "../rekey.ts";
import type { Progress } from "../renew.ts";
import { type RootSource, readRoots } from "../trust.ts";
import type { Turn } from "../turn.ts";
import type { Also, Reserved } from "./form.ts";
import { type Material, ofForms, outputsFor, staleOf } from "./outputs.ts";
import { reservedOf } from "./set.ts";

export interface Freshening {
  readonly also: Also;
  /** The pair as it is now. */
  readonly paths: Paths;
  readonly root: RootSource;
  readonly force: boolean;
  readonly consented?: readonly string[];
  readonly reserved: readonly Reserved[];
}

/** The files that were written. Of a certificate that was renewed elsewhere, the one there; the old one until there is one. */
export async function freshenForms(
  policy: Omit<Freshening, "reserved"> & { readonly out?: string },
  { turn, world, progress }: { turn: Turn; world: World; progress: Pick<Progress, "freshened"> },
): Promise<readonly string[]> {
  const files = await freshen(freshening(policy, world), turn, world);
  if (files.length > 0) progress.freshened?.(files);
  return files;
}

/** Those that would be written now. Nothing is changed. Throws as `outputsFor` does. */
export async function staleForms(policy: Parameters<typeof freshenForms>[0], world: World): Promise<readonly string[]> {
  const stale = await staleNow(freshening(policy, world), { token: "" }, world);
  return stale.map(({ goal }) => goal.target.named);
}

function freshening(policy: Parameters<typeof freshenForms>[0], world: World): Freshening {
  const { paths, out = paths.certificate } = policy;
  const certificate = isThere(out, world) ? out : paths.certificate;
  return { ...policy, paths: { ...paths, certificate }, reserved: reservedOf(policy) };
}

/** A key that is taken from elsewhere, or put there, is not known to belong to what is there now. */
export async function freshenRekeyed(
  policy: Omit<Freshening, "reserved"> & Pick<RekeyPolicy, "outCertificate" | "outKey" | "privateKey">,
  around: Parameters<typeof freshenForms>[1],
): Promise<void> {
  const { outCertificate, outKey, privateKey } = policy;
  if ([outCertificate, outKey, privateKey].every((file) => file === undefined)) await freshenForms(policy, around);
}

/** The files that were written. Throws as `outputsFor` does, and WOULD_OVERWRITE. */
async function freshen(what: Freshening, turn: Turn, world: World): Promise<readonly string[]> {
  if ((await staleNow(what, turn, world)).length === 0) return [];
  await turn.take();
  // Another run may have renewed it while this one waited.
  const stale = await staleNow(what, turn, world);
  await mayReplace(
    stale.map(({ goal }) => goal),
    what,
    world,
  );
  for (const { goal, bytes } of stale) put(goal, bytes, what.also, world);
  return stale.map(({ goal }) => goal.target.named);
}

async function staleNow({ also, paths, root, reserved }: Freshening, { token }: Pick<Turn, "token">, world: World) {
  const { certificate, key: keyFile } = paths;
  const outputs = await outputsFor(also, { token, certificate, own: certificate, keyFile, reserved }, world);
  const { chain, key } = await load(paths, world);
  const anchors = also.files.some(({ form }) => form === "root") ? readRoots(root, world.fs) : [];
  const material: Material = { chain, key, keyFile: readNamed(keyFile, "key", world.fs), anchors };
  return staleOf(outputs, material);
}

function isThere(file: string, { fs }: World): boolean {
  try {
    return fs.stat(file).isFile();
  } catch {
    return false; // it has not been written yet
  }
}

/** Each is whole for itself: the certificate stays, and what is missing after a crash is written by the next run. */
function put(goal: Goal, bytes: Buffer, also: Also, world: World): void {
  try {
    install(goal, bytes, world.fs);
  } catch (error) {
    if (!isFailure(error, "CANNOT_WRITE") || error.facts.unfinished) throw error;
    const { kept, ...facts } = error.facts;
    if (kept !== undefined) removeIfThere(kept, world.fs);
    throw ofForms(new Failure("CANNOT_WRITE", { ...facts, asked: "before-request" }, error.cause), also);
  }
}
