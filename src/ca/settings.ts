/** Where a flag's value comes from when it was not given: the environment, then `defaults.json` in STEPPATH, as step has it. */
import { join } from "node:path";
import { errnoOf, Failure, messageOf } from "../failure/failure.ts";
import type { FileSystem } from "../files/system.ts";
import { isRecord, parseJson } from "./response.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** A value and where it was found, for messages. */
export interface Setting {
  readonly value: string;
  readonly from: string;
}

/** STEPPATH, else `.step` in the home folder. */
export function stepPath(env: Environment): string {
  return env["STEPPATH"] || join(env["HOME"] || env["USERPROFILE"] || "/", ".step");
}

/** `config/defaults.json`: flag names to values; {} where there is no such file. Throws BAD_CONFIGURATION. */
export function readDefaults(env: Environment, fs: FileSystem): Readonly<Record<string, string>> {
  const file = join(stepPath(env), "config", "defaults.json");
  const bad = (problem: string, cause?: unknown) => new Failure("BAD_CONFIGURATION", { file, problem }, cause);
  let text: string;
  try {
    text = fs
      .read(file)
      .toString("utf8")
      .replace(/^\ufeff/, "");
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return {};
    throw bad(`it cannot be read: ${messageOf(error)}`, error);
  }
  const json = parseJson(text);
  if (!isRecord(json)) throw bad(json === undefined ? "it is not JSON" : "it is not a JSON object");
  return Object.fromEntries(
    Object.entries(json)
      .filter(([, value]) => ["string", "number", "boolean"].includes(typeof value))
      .map(([name, value]) => [name, String(value)]),
  );
}

/**
 * Finds a setting by the precedence flag > environment > defaults.json. `names` are the flag's names, all of which count in
 * the environment (`--force` is STEP_F for step, and STEP_FORCE for people). `defaults` is asked for only when it is needed,
 * so that a broken file stops nobody who gave every flag.
 */
export function findSetting(
  flag: string | undefined,
  names: readonly string[],
  { env, defaults }: { env: Environment; defaults: () => Readonly<Record<string, string>> },
): Setting | null {
  if (flag !== undefined) return { value: flag, from: `--${names[0]}` };
  for (const name of names) {
    const variable = `STEP_${name.toUpperCase().replaceAll("-", "_")}`;
    const value = env[variable];
    if (value !== undefined && value !== "") return { value, from: variable };
  }
  for (const name of names) {
    const value = defaults()[name];
    if (value !== undefined && value !== "") return { value, from: `${name} in defaults.json` };
  }
  return null;
}

/** Where the root is looked for when nothing names it. */
export function defaultRoot(env: Environment): string {
  return join(stepPath(env), "certs", "root_ca.crt");
}
