/** What a run would do. Asks no CA and changes nothing. */
import { choose } from "../../ca/credential.ts";
import { Failure } from "../../failure/failure.ts";
import type { World } from "../../world.ts";
import { due } from "../schedule.ts";
import { type Look, policyOf } from "./look.ts";
import { failed } from "./one.ts";
import type { Entry, EntryResult, RunOptions } from "./plan.ts";

export function foreseen(entry: Entry, look: Look, options: Pick<RunOptions, "force">, world: World): EntryResult {
  const policy = policyOf(entry, options);
  if (look.is === "broken" || look.leaf === null) return failed(entry, look.failure, look.leaf);
  const { leaf } = look;
  if (look.is === "fresh") return { entry, result: "not-due", leaf, from: look.from };
  const when = due(leaf, policy.window, world.now());
  if (!when.due) return { entry, result: "not-due", leaf, from: when.from };
  if (when.because === "expired" && policy.only === "mtls") {
    const { certificate: file, key } = policy.paths;
    const facts = { file, key, notAfter: leaf.notAfter, now: world.now(), only: policy.only };
    return failed(entry, new Failure("EXPIRED_NEEDS_FORCE", facts), leaf);
  }
  const { method, because: methodBecause } =
    policy.only === "mtls" ? ({ method: "mtls", because: "valid" } as const) : choose(leaf, policy, world.now());
  return { entry, result: "would-renew", leaf, because: when.because, method, methodBecause };
}
