/** A real renewal by token whose certificate is not installed: the proof of the token's cell. */
import type { RankedCause } from "../../failure/evidence.ts";
import { type Failure, isFailure } from "../../failure/failure.ts";
import type { Certificate } from "../../pki/certificate.ts";
import { type Asking, askBy, explain } from "../ask.ts";
import { clockOf, verify } from "../verify.ts";
import { type Check, failing, ok, unknown } from "./check.ts";

export type Rehearsal =
  | { ended: "renewed"; leaf: Certificate }
  | { ended: "refused"; failure: Failure; causes: readonly RankedCause[] }
  | { ended: "not-tried"; because: string };

/** A provisioner that counts all renewal tokens for one takes one alone, ever: that one is not spent on a rehearsal. */
const spendsItsOnlyToken = /^(GCP|Azure)$/i;

/** Asks for one more certificate and throws it away. Never throws for what the CA or the network did. */
export async function rehearse(asking: Asking): Promise<Rehearsal> {
  const { identity, anchors, policy, world } = asking;
  const type = identity.leaf.provisioner?.type ?? "";
  if (spendsItsOnlyToken.test(type)) {
    const because = `a provisioner of type ${type} takes one renewal token alone, and a rehearsal would spend it`;
    return { ended: "not-tried", because };
  }
  const choice = { method: "token", because: "asked" } as const;
  try {
    const answer = await askBy(choice, asking);
    if (answer.kind === "refused") throw await explain(answer, choice, asking);
    const { chain: answered, date } = answer;
    verify({ old: identity.leaf, answered, anchors, ...clockOf(date, world.now()), url: policy.ca.href });
    return { ended: "renewed", leaf: answered[0] };
  } catch (error) {
    if (!isFailure(error) || error.code === "INTERRUPTED") throw error;
    const causes = "diagnosis" in error.facts ? (error.facts.diagnosis?.causes ?? []) : [];
    return { ended: "refused", failure: error, causes };
  }
}

export function rehearsalCheck(rehearsal: Rehearsal): Check {
  if (rehearsal.ended === "not-tried") return unknown("rehearsal", rehearsal.because);
  if (rehearsal.ended === "refused") {
    const check = failing("rehearsal", rehearsal.failure);
    return rehearsal.causes.length === 0 ? check : { ...check, help: [] }; // the forecast has the cause, and its help
  }
  const { serial } = rehearsal.leaf;
  return ok("rehearsal", `renewed by token, and not installed: the CA holds one more certificate, serial ${serial}`);
}
