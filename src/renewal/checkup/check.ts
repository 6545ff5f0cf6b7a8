/** One line of a check-up: what was looked at, how it stands, and what to do where it does not stand well. */
import { tell } from "../../failure/catalogue/catalogue.ts";
import type { Failure } from "../../failure/failure.ts";

export const checkNames = [
  "pair",
  "files",
  "key file",
  "folder",
  "forms",
  "chain",
  "usages",
  "key usage",
  "lifetime",
  "root",
  "CA",
  "version",
  "clocks",
  "provisioner",
  "revocation",
  "issuers",
  "names",
  "token",
  "plugin",
  "hook",
  "signal",
  "owed",
  "rehearsal",
] as const;

export interface Check {
  name: (typeof checkNames)[number];
  /** "unknown": it cannot be seen, and nothing speaks against it. */
  status: "ok" | "warning" | "failed" | "unknown";
  says: string;
  /** What to do, most likely remedy first. */
  help: readonly string[];
  /** What a renewal would end with because of this. */
  failure?: Failure;
}

type Name = Check["name"];

export const ok = (name: Name, says: string): Check => ({ name, status: "ok", says, help: [] });
export const unknown = (name: Name, says: string): Check => ({ name, status: "unknown", says, help: [] });
export const warning = (name: Name, says: string, ...help: string[]): Check => ({
  name,
  status: "warning",
  says,
  help,
});

/** A renewal would meet this failure. */
export function failing(name: Name, failure: Failure): Check {
  const { code, what, help } = tell(failure);
  return { name, status: "failed", says: `${code}: ${what}`, help, failure };
}

/** The CA would refuse because of this. */
export function refused(name: Name, says: string, ...help: string[]): Check {
  return { name, status: "failed", says, help };
}
