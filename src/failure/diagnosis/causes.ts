/**
 * Every cause there is. The order is that of the CA's checks within each family, and where nothing speaks for any of them,
 * that of how often they are met.
 */
import type { CauseId } from "../evidence.ts";
import type { Cause, Family } from "./cause.ts";
import { behind } from "./causes/behind.ts";
import { between } from "./causes/between.ts";
import { chain } from "./causes/chain.ts";
import { clocks } from "./causes/clocks.ts";
import { elsewhere } from "./causes/elsewhere.ts";
import { issuers } from "./causes/issuers.ts";
import { names } from "./causes/names.ts";
import { provisioner } from "./causes/provisioner.ts";
import { token } from "./causes/token.ts";
import { usage } from "./causes/usage.ts";
import { validity } from "./causes/validity.ts";

export type { Cause, Weight } from "./cause.ts";

const all: Family<CauseId> = {
  ...between,
  ...chain,
  ...issuers,
  ...provisioner,
  ...validity,
  ...clocks,
  ...usage,
  ...names,
  ...token,
  ...behind,
  ...elsewhere,
};

/** A mapped type: a cause without an entry does not compile. */
export const causes: Readonly<Record<CauseId, Cause>> = all;
