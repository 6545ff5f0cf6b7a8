/** Where a flag's value comes from when it was not given: the environment, then step's configuration, as step has it. */
import { join } from "node:path";
import { errnoOf, Failure, messageOf } from "../failure/failure.ts";
import type { FileSystem } from "../files/system.ts";
import { isRecord, parseJson } from "./response.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** A value and where it was found, for messages. */
export interface Setting {
  readonly value: string;
  readonly from: string;
  /** Where it is more than one value: each of them; null for what is no values at all. `value` is then how it is written. */
  readonly list?: readonly string[] | null;
}

/** STEPPATH, else `.step` in the home folder. */
export function stepPath(env: Environment): string {
  return env["STEPPATH"] || join(env["HOME"] || env["USERPROFILE"] || "/", ".step");
}

/** A JSON object in a file of step's; null where there is no such file. Throws BAD_CONFIGURATION. */
export function readObject(file: string, fs: FileSystem): Readonly<Record<string, unknown>> | null {
  const bad = (problem: string, cause?: unknown) => new Failure("BAD_CONFIGURATION", { file, problem }, cause);
  let text: string;
  try {
    text = fs
      .read(file)
      .toString("utf8")
      .replace(/^\ufeff/, "");
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return null;
    throw bad(`it cannot be read: ${messageOf(error)}`, error);
  }
  const json = parseJson(text);
  if (isListOfCertificates(json, text)) {
    const problem = "it is a list of certificates, as `renew run` has it, and no defaults of step's";
    throw new Failure("BAD_CONFIGURATION", { file, problem, isList: true });
  }
  if (!isRecord(json)) throw bad(json === undefined ? "it is not JSON" : "it is not a JSON object");
  return json;
}

/** No flag of step's has such a name. Where it is no JSON, it may be a list with comments, or in YAML. */
function isListOfCertificates(json: unknown, text: string): boolean {
  if (isRecord(json)) return Array.isArray(json["certificates"]) || Object.hasOwn(json, "include");
  return json === undefined && /^[ \t{]*["']?(certificates|include)["']?[ \t]*:/m.test(text);
}

/** The environment and the files, where each may be asked for what a flag does not say. */
export interface Sources {
  readonly env: Environment;
  readonly defaults: () => Readonly<Record<string, Setting>>;
}

/**
 * Finds a setting by the precedence flag > environment > configuration. `names` are the flag's names, all of which count in
 * the environment (`--force` is STEP_F for step, and STEP_FORCE for people). `defaults` is asked for only when it is needed,
 * so that a broken file stops nobody who gave every flag.
 */
export function findSetting(
  flag: string | undefined,
  names: readonly string[],
  { env, defaults }: Sources,
): Setting | null {
  if (flag !== undefined) return { value: flag, from: `--${names[0]}` };
  for (const name of names) {
    const variable = `STEP_${name.toUpperCase().replaceAll("-", "_")}`;
    const value = env[variable];
    if (value !== undefined && value !== "") return { value, from: variable };
  }
  for (const name of names) {
    const setting = defaults()[name];
    if (setting !== undefined && setting.value !== "") return setting;
  }
  return null;
}
