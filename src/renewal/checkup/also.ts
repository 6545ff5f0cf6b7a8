/** The other forms of a certificate: whether they can be written, and hold what is there. */
import { isFailure } from "../../failure/failure.ts";
import { readNamed } from "../../files/read.ts";
import type { Certificate } from "../../pki/certificate.ts";
import type { Identity } from "../../pki/identity.ts";
import type { World } from "../../world.ts";
import type { Also } from "../also/form.ts";
import { outputsFor, staleOf } from "../also/outputs.ts";
import { reservedOf } from "../also/set.ts";
import type { Policy } from "../renew.ts";
import { type Check, failing, ok, warning } from "./check.ts";
import { openness } from "./local.ts";

type Checked = Pick<Policy, "paths" | "root"> & { readonly also: Also };

/** One for each, or the one failure that a renewal would meet with them. Writes nothing. */
export async function alsoChecks(
  policy: Checked,
  { chain, key }: Identity,
  anchors: readonly Certificate[],
  world: World,
): Promise<Check[]> {
  const { also, paths } = policy;
  const own = { certificate: paths.certificate, own: paths.certificate, keyFile: paths.key };
  const around = { token: "doctor", ...own, reserved: reservedOf(policy) };
  try {
    const outputs = await outputsFor(also, around, world);
    const material = { chain, key, keyFile: readNamed(paths.key, "key", world.fs), anchors };
    const stale = new Set(staleOf(outputs, material).map(({ goal }) => goal));
    const open = also.files.flatMap(({ form, file }, index) => {
      const existing = outputs.goals[index]?.target.existing;
      // It keeps its mode. In a p12 the key is encrypted.
      return form === "combined" && existing ? (openness("forms", file, existing.mode) ?? []) : [];
    });
    const held = also.files.map(({ form, file }, index) => {
      const goal = outputs.goals[index];
      if (goal === undefined || !stale.has(goal)) return ok("forms", `${file} holds this certificate (${form})`);
      const how =
        goal.target.existing === null ? "is not there yet" : "does not hold this certificate, or not all of it";
      const help =
        "a renewal with the same --also writes it, also when nothing is due: `renew --force CRT KEY --also FORM=FILE`";
      return warning("forms", `${file} ${how} (${form})`, help);
    });
    return [...held, ...open];
  } catch (error) {
    if (!isFailure(error) || error.code === "INTERRUPTED") throw error;
    return [failing("forms", error)];
  }
}
