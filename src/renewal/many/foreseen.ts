/** What a run would do. Asks no CA and changes nothing. */
import { choose } from "../../ca/credential.ts";
import { attempt, Failure, isFailure } from "../../failure/failure.ts";
import { target } from "../../files/target.ts";
import type { World } from "../../world.ts";
import { formFiles } from "../also/form.ts";
import { programProblem } from "../hook-steps.ts";
import { type Hooks, isOwing } from "../hooks.ts";
import { refuseToLoseKey } from "../loss.ts";
import type { Policy } from "../renew.ts";
import { due } from "../schedule.ts";
import type { Looked } from "./look.ts";
import { failed } from "./one.ts";
import type { Entry, EntryResult } from "./plan.ts";

/** `isOver`: others are broken, so that nothing would be begun. */
export async function foreseen(looked: Looked, isOver: boolean, world: World): Promise<EntryResult> {
  const one = await foreseenAlone(looked, world);
  const { entry, look } = looked;
  const isBegun = one.result === "would-renew" || one.result === "would-settle";
  return isOver && (isBegun || (one.result === "failed" && look.is !== "broken"))
    ? { entry, result: "untouched", leaf: one.leaf }
    : one;
}

async function foreseenAlone({ entry, policy, look }: Looked, world: World): Promise<EntryResult> {
  if (look.is === "broken" || look.leaf === null) return failed(entry, look.failure, look.leaf);
  const { leaf } = look;
  if (look.is === "fresh") return { entry, result: "not-due", leaf, from: look.from, forms: [] };
  const when = due(leaf, policy.window, world.now());
  const { paths, out = paths.certificate } = policy;
  const isSettled = look.is === "left" && policy.hooks !== null && isOwing(out, world.fs);
  if (!when.due) {
    const { forms, failure } = await staleOf(policy, world);
    if (failure !== undefined) return failed(entry, failure, leaf);
    if (isSettled) return { entry, result: "would-settle", leaf, forms };
    return { entry, result: "not-due", leaf, from: when.from, forms };
  }
  if (when.because === "expired" && policy.only === "mtls") {
    const { certificate: file, key } = paths;
    const facts = { file, key, notAfter: leaf.notAfter, now: world.now(), only: policy.only };
    return failed(entry, new Failure("EXPIRED_NEEDS_FORCE", facts), leaf);
  }
  const { failure } = attempt(() => refuseToLoseKey(target(out, world.fs), paths.key, world));
  if (failure !== undefined) return failed(entry, failure, leaf);
  const { method, because: methodBecause } = choose(leaf, policy, world.now());
  // A window of nothing has every run renew it, though nobody asks for all.
  const because = when.because === "asked" && policy.window !== null ? "inside-window" : when.because;
  return { entry, result: "would-renew", leaf, because, method, methodBecause, forms: formFiles(policy) };
}

/** Behind a lazy door: few have other forms. */
async function staleOf(policy: Policy, world: World): Promise<{ forms: readonly string[]; failure?: Failure }> {
  const { also } = policy;
  if (also === undefined) return { forms: [] };
  const { staleForms } = await import("../also/freshen.ts");
  try {
    return { forms: await staleForms({ ...policy, also }, world) };
  } catch (error) {
    if (isFailure(error)) return { forms: [], failure: error };
    throw error;
  }
}

/** Of what would be run, those that cannot be: each is told of once, whoever shares it. */
export function hooksForeseen(results: readonly EntryResult[], world: Pick<World, "env" | "fs">): Failure[] {
  const users = new Map<Hooks, Entry[]>();
  for (const one of results) {
    if (one.result !== "would-renew" && one.result !== "would-settle") continue;
    const { hooks } = one.entry.policy;
    if (hooks === null) continue;
    const sharing = users.get(hooks) ?? [];
    sharing.push(one.entry);
    users.set(hooks, sharing);
  }
  return [...users].flatMap(([hooks, entries]) => {
    const problem = programProblem(hooks, world);
    const files = entries.map(({ policy: { paths, out = paths.certificate } }) => out);
    const [file] = files;
    if (problem === null || file === undefined) return [];
    const facts = { file, isNew: false, did: "foreseen", problems: [problem] } as const;
    return [new Failure("HOOK_FAILED", { ...facts, ...(files.length > 1 && { files }) })];
  });
}
