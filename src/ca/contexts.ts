/** step's contexts: several CAs in one STEPPATH, each a pair of an authority and a profile, one of which a run is for. */
import { join } from "node:path";
import { Failure } from "../failure/failure.ts";
import { nearest } from "../failure/nearest.ts";
import type { FileSystem } from "../files/system.ts";
import { isRecord } from "./response.ts";
import { readObject, type Setting } from "./settings.ts";

export interface Context {
  readonly name: string;
  readonly authority: string;
  readonly profile: string;
}

/**
 * The context that was named, else the current one, else the only one; null where there are no contexts at all. Throws
 * NO_CONTEXT, BAD_CONFIGURATION. STEP_CONTEXT is without effect where there are none, as it is for step; a flag that can
 * have no effect is a mistake.
 */
export function chooseContext(named: Setting | null, base: string, fs: FileSystem): Context | null {
  const file = join(base, "contexts.json");
  const contexts = readContexts(file, fs);
  const wanted = named ?? currentContext(base, fs);
  const isFromEnvironment = named?.from === "STEP_CONTEXT";
  if (contexts.length === 0 && (wanted === null || isFromEnvironment)) return null;
  const [only, ...others] = contexts;
  if (wanted === null && only !== undefined && others.length === 0) return only;
  const found = contexts.find(({ name }) => name === wanted?.value);
  if (found !== undefined) return found;
  const known = contexts.map(({ name }) => name);
  if (wanted === null) throw new Failure("NO_CONTEXT", { file, known });
  const { value: name, from } = wanted;
  const near = nearest(name, known);
  throw new Failure("NO_CONTEXT", { file, known, named: { name, from }, ...(near !== undefined && { nearest: near }) });
}

/** contexts.json: name to authority and profile. */
function readContexts(file: string, fs: FileSystem): Context[] {
  const bad = (problem: string) => new Failure("BAD_CONFIGURATION", { file, problem });
  return Object.entries(readObject(file, fs) ?? {})
    .map(([name, value]): Context => {
      const { authority, profile } = isRecord(value) ? value : {};
      if (typeof authority !== "string" || authority === "") throw bad(`its context '${name}' has no authority`);
      if (typeof profile !== "string" || profile === "") throw bad(`its context '${name}' has no profile`);
      return { name, authority, profile };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What `step context select` has written. */
function currentContext(base: string, fs: FileSystem): Setting | null {
  const file = join(base, "current-context.json");
  const object = readObject(file, fs);
  if (object === null) return null;
  const { context } = object;
  if (typeof context !== "string") throw new Failure("BAD_CONFIGURATION", { file, problem: "it names no context" });
  return { value: context, from: file };
}
