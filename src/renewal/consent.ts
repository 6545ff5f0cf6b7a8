/** What is there is replaced by consent only. A question is asked on a terminal alone, and before anything else is done. */
import type { Facts } from "../failure/facts.ts";
import { Failure } from "../failure/failure.ts";
import type { Goal } from "../files/goal.ts";
import type { World } from "../world.ts";
import type { Also } from "./also/form.ts";
import { stopIfAsked } from "./interruption.ts";
import type { Paths } from "./load.ts";

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

/** Of a kubeconfig all but the certificate, and its key where that is new, stays. */
export function askInside(file: string, world: World): Promise<void> {
  return askConsent(`the certificate in ${file}`, { file, operation: "kubeconfig" }, world);
}

export interface Consenting {
  readonly force: boolean;
  readonly consented?: readonly string[];
}

/** Those that are there, and that nobody has allowed to replace yet. */
export function unconsented(goals: readonly Goal[], { force, consented = [] }: Consenting): string[] {
  if (force) return [];
  const there = goals.flatMap(({ target }) => (target.existing === null ? [] : [target.named]));
  return there.filter((file) => !consented.includes(file));
}

/** One question for all files that are there, before the CA is asked: step asks when the certificate is issued already. */
export async function mayReplace(
  goals: readonly Goal[],
  { force, consented, paths, also }: Consenting & { readonly paths?: Pick<Paths, "kube">; readonly also?: Also },
  world: World,
  operation?: "rekey",
): Promise<void> {
  const there = unconsented(goals, { force, ...(consented && { consented }) });
  const [file, ...others] = there;
  if (file === undefined) return;
  const other = others.join(" and ");
  if (paths?.kube?.install !== undefined) return askInside(file, world);
  const forms = (also?.files ?? []).filter((one) => there.includes(one.file)).map(({ form }) => form);
  const over = forms.length > 0 && { forms: { forms, areAll: forms.length === there.length } };
  await askConsent(
    there.join(" and "),
    { file, ...(other !== "" && { other }), ...over, ...(operation && { operation }) },
    world,
  );
}
