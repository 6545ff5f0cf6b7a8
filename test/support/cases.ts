/** The one table that every CA is held to: real step-ca of each version, and the embedded one. */
import type { Case } from "./cases/case.ts";
import { chains } from "./cases/chains.ts";
import { endpoints } from "./cases/endpoints.ts";
import { rekeys } from "./cases/rekeys.ts";
import { renewals } from "./cases/renewals.ts";
import { tokens } from "./cases/tokens.ts";

export const cases: readonly Case[] = [...renewals, ...chains, ...tokens, ...rekeys, ...endpoints];
