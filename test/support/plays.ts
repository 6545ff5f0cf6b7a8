/** All transcripts, by the name of their file. */
import { answers } from "./plays/answers.ts";
import { behind } from "./plays/behind.ts";
import { between } from "./plays/between.ts";
import { chain } from "./plays/chain.ts";
import { doctors } from "./plays/doctor.ts";
import { files } from "./plays/files.ts";
import { hooks } from "./plays/hooks.ts";
import { needsRenewal } from "./plays/needs-renewal.ts";
import type { Plays } from "./plays/play.ts";
import { provisioner } from "./plays/provisioner.ts";
import { rekeys } from "./plays/rekeys.ts";
import { renewals } from "./plays/renewals.ts";
import { rollbacks } from "./plays/rollbacks.ts";
import { runs } from "./plays/runs.ts";
import { schedules } from "./plays/schedules.ts";
import { statuses } from "./plays/statuses.ts";
import { token } from "./plays/token.ts";
import { trust } from "./plays/trust.ts";
import { usage } from "./plays/usage.ts";

export const plays: Plays = {
  ...renewals,
  ...rekeys,
  ...rollbacks,
  ...runs,
  ...hooks,
  ...usage,
  ...files,
  ...answers,
  ...trust,
  ...chain,
  ...provisioner,
  ...token,
  ...between,
  ...behind,
  ...needsRenewal,
  ...doctors,
  ...statuses,
  ...schedules,
};
