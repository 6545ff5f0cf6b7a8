/** What a list that is kept names in vain: seen from files alone, before anything is due. */
import { dirname } from "node:path";
import { attempt, type Failure } from "../../failure/failure.ts";
import type { World } from "../../world.ts";
import { preflight } from "../preflight.ts";
import { refuseMissing } from "./look.ts";
import type { Entry } from "./plan.ts";

export interface Unready {
  /** The first that has such a setting. */
  readonly entry: Entry;
  readonly failure: Failure;
  /** How many more have it. */
  readonly others: number;
}

/**
 * Each different setting is looked at once, and told of once: the roots, the folder that is written to, the hook's program. Of
 * entries that want for none of these, those whose key is not there are told of together.
 */
export function unreadyIn(entries: readonly Entry[], world: Pick<World, "env" | "fs">): Unready[] {
  const looked = new Map<string, Seen>();
  const missing: Unready[] = [];
  for (const entry of entries) {
    const { root, hooks, paths, out = paths.certificate } = entry.policy;
    const name = JSON.stringify([root.value, root.files, hooks?.exec, dirname(out)]);
    const known = looked.get(name);
    const failure = known ? known.failure : attempt(() => preflight({ root, hooks }, [out], world)).failure;
    looked.set(name, { entry: known?.entry ?? entry, failure, count: (known?.count ?? 0) + 1 });
    // One without its certificate is told of when that is read.
    if (failure !== undefined || !world.fs.exists(paths.certificate)) continue;
    const without = attempt(() => refuseMissing(paths, world)).failure;
    if (without !== undefined) missing.push({ entry, failure: without, others: 0 });
  }
  const [first] = missing;
  return [...alike([...looked.values()]), ...(first ? [{ ...first, others: missing.length - 1 }] : [])];
}

interface Seen {
  readonly entry: Entry;
  readonly failure: Failure | undefined;
  readonly count: number;
}

/** Two folders may have the same roots. */
function alike(looked: readonly Seen[]): Unready[] {
  const told = new Map<string, Unready>();
  for (const { entry, failure, count } of looked) {
    if (failure === undefined) continue;
    const name = JSON.stringify([failure.code, failure.facts]);
    const known = told.get(name);
    told.set(name, known ? { ...known, others: known.others + count } : { entry, failure, others: count - 1 });
  }
  return [...told.values()];
}
