/**
 * The one table that every CA is held to: real step-ca of each version, and the embedded one; and, apart, where the
 * embedded one is known to differ.
 */
import type { Case } from "./cases/case.ts";
import { chains } from "./cases/chains.ts";
import { endpoints } from "./cases/endpoints.ts";
import { liberties } from "./cases/liberties.ts";
import { rekeys } from "./cases/rekeys.ts";
import { renewals } from "./cases/renewals.ts";
import { revocations } from "./cases/revocations.ts";
import { signings } from "./cases/signings.ts";
import { tokens } from "./cases/tokens.ts";

export { differences } from "./cases/differences.ts";
export const cases: readonly Case[] = [
  ...renewals,
  ...chains,
  ...tokens,
  ...liberties,
  ...rekeys,
  ...signings,
  ...revocations,
  ...endpoints,
];
