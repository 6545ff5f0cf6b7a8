/** `--install`: a user of a kubeconfig gets its credentials from the plugin from now on. */
import { attempt, Failure, isFailure } from "../failure/failure.ts";
import { goalOf, isUnchanged, partOf, step, writeBeside } from "../files/goal.ts";
import { newOf } from "../files/journal.ts";
import { syncFolder } from "../files/whole.ts";
import type { Source } from "../pki/bundle.ts";
import { findKey, openKey, publicKeyOf } from "../pki/key.ts";
import { Turn, type TurnProgress } from "../renewal/turn.ts";
import type { World } from "../world.ts";
import { decoded } from "./credentials.ts";
import { type Kubeconfig, ownWords, userOf } from "./kubeconfig.ts";
import type { Stanza } from "./stanza.ts";
import { filesOf, openKubeconfig } from "./which.ts";
import { withStanza } from "./write-stanza.ts";

export interface Installation {
  /** The one that was named. */
  readonly file: string | undefined;
  readonly user: string;
  readonly stanza: Stanza;
  /** The pair that the plugin hands out. */
  readonly pair: { readonly keyFile: string; readonly spki: Uint8Array };
  readonly force: boolean;
  readonly lockTimeoutMs: number;
}

export interface Installed {
  readonly file: string;
  /** "there": nothing was to be done. */
  readonly did: "there" | "new-user" | "user";
  readonly taken: readonly string[];
}

/** Throws KUBE_WOULD_REPLACE, WOULD_LOSE_KEY, and what is wrong with the file. */
export async function installPlugin(plan: Installation, world: World, progress: TurnProgress): Promise<Installed> {
  const file = whichFile(plan, world);
  const { lockTimeoutMs } = plan;
  const turn = new Turn({ certificate: file, files: [file], lockTimeoutMs, longestMs: 60_000 }, world, progress);
  return turn.during(async () => {
    await turn.take();
    turn.sweepDead();
    return write(plan, file, turn.token, world);
  });
}

function write({ user, stanza, force, pair }: Installation, file: string, token: string, { fs }: World): Installed {
  const goal = goalOf(file, token, fs);
  const config = openKubeconfig(file, { fs });
  const made = withStanza(config, user, stanza);
  if (made === null) return { file, did: "there", taken: [] };
  const { text, taken, isNew } = made;
  refuseToLoseKey(config, user, pair);
  if (taken.length > 0 && !force) throw new Failure("KUBE_WOULD_REPLACE", { file, user, what: taken });
  writeBeside(goal, "the new kubeconfig", Buffer.from(text), "before-request", fs);
  const fresh = newOf(partOf(goal, null));
  try {
    step("rename it over the old file", goal, "before-request", () => {
      if (!isUnchanged(goal, fs)) throw new Failure("TARGET_CHANGED", { file, kept: [], operation: "install" });
      fs.rename(fresh, goal.target.path);
    });
  } catch (error) {
    fs.remove(fresh);
    throw error;
  }
  syncFolder(goal.target.folder, fs);
  return { file, did: isNew ? "new-user" : "user", taken };
}

/** A key that stands in the kubeconfig alone: that of the pair is in its file, and what holds none is no loss. */
function refuseToLoseKey(config: Kubeconfig, name: string, { keyFile, spki }: Installation["pair"]): void {
  const user = userOf(config, name);
  const words = user && ownWords(config, user, "client-key-data");
  if (user === undefined || words === undefined) return;
  const found = attempt(() => decoded(config, user, { key: "client-key-data", words }));
  const isSafe =
    found.failure === undefined && isKnownOrNone({ file: config.file, role: "key", bytes: found.value }, spki);
  if (isSafe) return;
  throw new Failure("WOULD_LOSE_KEY", { file: config.file, held: "key", ofUser: { user: name, keyFile } });
}

/** One that cannot be opened may still be somebody's. */
function isKnownOrNone(source: Source, spki: Uint8Array): boolean {
  const material = attempt(() => findKey(source));
  if (material.failure !== undefined) return true;
  const own = attempt(() => publicKeyOf(openKey(material.value, source)));
  return own.failure === undefined && own.value.equals(spki);
}

/** Of several the one that has the user; else the first that is there. */
function whichFile({ file, user }: Installation, world: World): string {
  const { files } = filesOf(file, world.env);
  const there = files.flatMap((one) => {
    try {
      return [openKubeconfig(one, world)];
    } catch (error) {
      const isNothing = isFailure(error, "FILE_MISSING") || isFailure(error, "FILE_EMPTY");
      if (files.length > 1 && isNothing) return [];
      throw error;
    }
  });
  const chosen = there.find((config) => userOf(config, user) !== undefined) ?? there[0];
  return chosen?.file ?? files[0] ?? "";
}
