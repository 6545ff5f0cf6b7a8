/** step's configuration for one run: which files it is in, read when the first value is looked up, and what is odd about it. */
import { join } from "node:path";
import { type Attempt, attempt, Failure } from "../failure/failure.ts";
import type { FileSystem } from "../files/system.ts";
import { chooseContext } from "./contexts.ts";
import { type Environment, readObject, type Setting, stepPath } from "./settings.ts";

/** How a command line, or the environment, names the configuration to use. */
export interface Asked {
  /** --context, or STEP_CONTEXT. */
  readonly context: Setting | null;
  /** --config. */
  readonly config: string | undefined;
}

/** Told to the user, and no failure. */
export type Remark =
  | { readonly kind: "no-contexts"; readonly name: string; readonly from: string }
  | { readonly kind: "config-unused"; readonly file: string; readonly context: string }
  | { readonly kind: "banned-key"; readonly file: string; readonly key: string }
  | { readonly kind: "passed-over"; readonly failure: Failure };

export interface Configuration {
  /**
   * The defaults by flag name. Where they cannot be used, throws if they are `vital`, or if a context or a file was asked
   * for by name; passed over otherwise, so that a broken file stops nobody who gave every flag.
   */
  values(isVital: boolean): Readonly<Record<string, Setting>>;
  /** The files that are read, and the place of the root when nothing names it. Throws as `values`. */
  place(): Pick<Place, "files" | "root">;
  /** What has come up so far. */
  remarks(): readonly Remark[];
}

interface Place {
  /** Null outside of contexts. */
  context: string | null;
  /** The later ones win; `label` is what a message calls it. */
  files: readonly { file: string; label: string }[];
  root: string;
}

interface Around {
  readonly env: Environment;
  readonly fs: FileSystem;
}

/** Nothing is read before it is asked for, and then once. */
export function configuration(asked: Asked, around: Around): Configuration {
  const remarks: Remark[] = [];
  const note = (remark: Remark) => void remarks.push(remark);
  const place = once(() => attempt(() => findPlace(asked, around, note)));
  const defaults = once(() => attempt(() => readDefaults(orThrow(place()), asked, { fs: around.fs, note })));
  const isNamed = asked.config !== undefined || asked.context !== null;
  let passedOver: Failure | undefined;
  return {
    values: (isVital) => {
      const found = defaults();
      if (found.failure === undefined) return found.value;
      const isAskedFor = isNamed && (place().failure !== undefined || asked.config !== undefined);
      if (isVital || isAskedFor) throw found.failure;
      passedOver = found.failure;
      return {};
    },
    place: () => orThrow(place()),
    remarks: () => (passedOver === undefined ? remarks : [{ kind: "passed-over", failure: passedOver }, ...remarks]),
  };
}

/** step asks on the terminal where it cannot tell; here that is a failure. Throws NO_CONTEXT, BAD_CONFIGURATION. */
function findPlace({ context: named, config }: Asked, { env, fs }: Around, note: (remark: Remark) => void): Place {
  const base = stepPath(env);
  const context = chooseContext(named, base, fs);
  if (context === null) {
    if (named !== null) note({ kind: "no-contexts", name: named.value, from: named.from });
    const file = config ?? join(base, "config", "defaults.json");
    return { context: null, files: [{ file, label: config ?? "defaults.json" }], root: rootIn(base) };
  }
  const { name, authority, profile } = context;
  if (config !== undefined) note({ kind: "config-unused", file: config, context: name });
  const inFolder = (...folder: string[]) => {
    const label = join(...folder, "config", "defaults.json");
    return { file: join(base, label), label };
  };
  return {
    context: name,
    files: [inFolder("authorities", authority), inFolder("profiles", profile)],
    root: rootIn(join(base, "authorities", authority)),
  };
}

function rootIn(folder: string): string {
  return join(folder, "certs", "root_ca.crt");
}

/** They would choose the context that they are read from: step takes them out, and says so. */
const banned = ["context", "profile", "authority"];

interface Reading {
  fs: FileSystem;
  note: (remark: Remark) => void;
}

/** Flag names to values. What is no word, number or truth value matters once its flag is looked up. Throws BAD_CONFIGURATION. */
function readDefaults(
  { context, files }: Place,
  { config }: Asked,
  { fs, note }: Reading,
): Readonly<Record<string, Setting>> {
  const values: [string, Setting][] = [];
  for (const { file, label } of files) {
    const object = readObject(file, fs);
    if (object === null && context === null && config !== undefined)
      throw new Failure("BAD_CONFIGURATION", { file, problem: "it does not exist" });
    for (const [name, value] of Object.entries(object ?? {})) {
      if (context !== null && banned.includes(name)) note({ kind: "banned-key", file, key: name });
      else if (value !== null) values.push([name, settingOf(value, `${name} in ${label}`)]);
    }
  }
  return Object.fromEntries(values);
}

/** A list, or words with what each of them is: for a flag that may be given several times. */
function settingOf(value: unknown, from: string): Setting {
  if (["string", "number", "boolean"].includes(typeof value)) return { value: String(value), from };
  const list = Array.isArray(value)
    ? value
    : Object.entries(value ?? {}).map(([name, one]) => (typeof one === "string" ? `${name}=${one}` : one));
  return { value: JSON.stringify(value), from, list: isTexts(list) ? list : null };
}

function isTexts(list: readonly unknown[]): list is readonly string[] {
  return list.every((one) => typeof one === "string");
}

function orThrow<T>(found: Attempt<T>): T {
  if (found.failure !== undefined) throw found.failure;
  return found.value;
}

/** Computes a value when it is first asked for. */
function once<T>(compute: () => T): () => T {
  let known: { value: T } | undefined;
  return () => {
    known ??= { value: compute() };
    return known.value;
  };
}
