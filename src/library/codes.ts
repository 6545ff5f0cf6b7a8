/** The names of errors and causes. What is published lists them, each with its title (esbuild.types.js). */
export type { CauseId as RenewCause } from "../failure/cause-id.ts";
export type { Code as RenewErrorCode } from "../failure/facts.ts";
