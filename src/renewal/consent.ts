/** What is there is replaced by consent only. A question is asked on a terminal alone, and before anything else is done. */
import type { Facts } from "../failure/facts.ts";
import { Failure } from "../failure/failure.ts";
import type { Goal } from "../files/goal.ts";
import type { World } from "../world.ts";
import { stopIfAsked } from "./interruption.ts";

/** Throws WOULD_OVERWRITE where nobody can be asked, or the answer is not yes. */
export async function askConsent(
  what: string,
  facts: Omit<Facts["WOULD_OVERWRITE"], "asked">,
  world: World,
): Promise<void> {
  if (!world.canAsk) throw new Failure("WOULD_OVERWRITE", { ...facts, asked: false });
  const answer = await world.ask(`overwrite ${what}? [y/N] `, "plain");
  stopIfAsked(world);
  if (!/^\s*y(es)?\s*$/i.test(answer ?? "")) throw new Failure("WOULD_OVERWRITE", { ...facts, asked: true });
}

/** One question for all files that are there, before the CA is asked: step asks when the certificate is issued already. */
export async function mayReplace(
  goals: readonly Goal[],
  { force }: { readonly force: boolean },
  world: World,
): Promise<void> {
  const there = goals.flatMap(({ target }) => (target.existing === null ? [] : [target.named]));
  const [file, ...others] = there;
  if (file === undefined || force) return;
  const other = others.join(" and ");
  await askConsent(there.join(" and "), { file, ...(other !== "" && { other }) }, world);
}
