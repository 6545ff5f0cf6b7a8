/** The settings of a certificate, read from one place and laid over those of another. */
import type { CaUrl } from "../../ca/url.ts";
import { tell } from "../../failure/catalogue/catalogue.ts";
import { inList } from "../../failure/catalogue/list-words.ts";
import { attempt, type Failure, isFailure } from "../../failure/failure.ts";
import type { RunConfigProblem } from "../../failure/run-config.ts";
import type { Hooks } from "../../renewal/hooks.ts";
import type { MethodWish } from "../../renewal/many/plan.ts";
import type { Window } from "../../renewal/schedule.ts";
import type { RootSource } from "../../renewal/trust.ts";
import { defaultLimitMs, rivals, usualSignal } from "../hook-policy.ts";
import { type Around, type Kind, kinds, rivalKeys, type SettingKey, settingKeys } from "./keys.ts";

/**
 * What was said in one place. A program and a shell's line are one setting, and so are a pid and a file of one: whoever says the
 * one replaces the other. Null: taken back, as if nothing above had said it.
 */
export interface Settings {
  readonly ca?: CaUrl;
  readonly root?: RootSource;
  readonly window?: Window | null;
  readonly method?: MethodWish | null;
  readonly passphraseFile?: string | null;
  readonly p12PasswordFile?: string | null;
  readonly exec?: Hooks["exec"];
  readonly execTimeoutMs?: number | null;
  readonly target?: { readonly pid: number } | { readonly pidFile: string } | null;
  readonly signal?: Hooks["signal"] | null;
  readonly backups?: number | null;
  readonly timeoutMs?: number | null;
  readonly lockTimeoutMs?: number | null;
}

/** A problem and the key that it is about. */
export interface Trouble {
  readonly key: string;
  readonly problem: RunConfigProblem;
}

export type Read<T> = { value: T } | { trouble: Trouble };

type Values = Readonly<Record<string, unknown>>;

/** Reads the settings of one file. What many entries say alike is read once, and is one and the same for them. */
export function settingsReader(around: Around): (values: Values, keys: readonly SettingKey[]) => Read<Settings> {
  const known = new Map<string, Read<Settings>>();
  return (values, keys) => {
    const name = keys.map((key) => `${key} ${JSON.stringify(values[key])}`).join(" ");
    const found = known.get(name) ?? readSettings(values, keys, around);
    known.set(name, found);
    return found;
  };
}

function readSettings(values: Values, keys: readonly SettingKey[], around: Around): Read<Settings> {
  const rival = rivalIn(values);
  if (rival !== undefined) return { trouble: rival };
  let settings: Settings = {};
  // A rival that is empty must not take away the other, whatever their order.
  for (const key of [...keys].sort((a, b) => weight(values[a]) - weight(values[b]))) {
    const one = readSetting(key, values[key], around);
    if ("trouble" in one) return one;
    settings = { ...settings, ...one.value };
  }
  return { value: settings };
}

const weight = (value: unknown) => (value === "" ? 0 : 1);

function rivalIn(values: Values): Trouble | undefined {
  for (const [first, second] of rivalKeys) {
    if (!weighs(values, first) || !weighs(values, second)) continue;
    const because = first === "exec" ? rivals.exec : rivals.pid;
    return { key: second, problem: { kind: "rivals", keys: [first, second], because } };
  }
  return undefined;
}

const weighs = (values: Values, key: string) => Object.hasOwn(values, key) && values[key] !== "";

function readSetting(key: SettingKey, value: unknown, around: Around): Read<Settings> {
  const { kind, setting, read } = settingKeys[key];
  if (value === "" && setting !== null) return { value: { [setting]: null } };
  const shaped = shape(key, value, kind);
  return "trouble" in shaped ? shaped : understood(key, () => read(shaped.value, key, around));
}

/** A value of the right kind: text, also of a number, or a list of texts. */
export function shape(key: string, value: unknown, kind: Kind): Read<string | readonly string[]> {
  if (typeof value === "string" && kind !== "number") return { value };
  if (typeof value === "number" && kind.endsWith("number")) return { value: String(value) };
  const isList = Array.isArray(value) && (kind === "text-or-list" || kind === "forms");
  if (isList && value.length > 0 && value.every((one) => typeof one === "string")) return { value };
  const found = isList ? (value.length === 0 ? "an empty list" : "a list of something else") : nameOf(value);
  return { trouble: { key, problem: { kind: "wrong-type", key, wanted: kinds[kind], found } } };
}

/** What a value is, in words. */
export function nameOf(value: unknown): string {
  if (value === null || value === undefined) return "nothing (null)";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "keys with values";
  return typeof value === "string" ? "text" : typeof value === "number" ? `the number ${value}` : String(value);
}

/** What the parser of a flag says becomes a problem of the file. */
export function understood<T>(key: string, work: () => T): Read<T> {
  const done = attempt(work);
  return done.failure === undefined
    ? { value: done.value }
    : { trouble: { key, problem: problemOf(key, done.failure) } };
}

function problemOf(key: string, failure: Failure): RunConfigProblem {
  const { what, why, help } = tell(failure, { isList: true });
  const isFlag = isFailure(failure, "BAD_FLAG");
  const near = isFlag ? failure.facts.nearest?.replace(new RegExp(`^--(${key} )?`), "") : undefined;
  return {
    kind: "bad-value",
    key,
    said: what,
    because: isFlag ? inList(failure.facts.because ?? "") : why,
    help: !isFlag ? help : near === undefined ? [] : [`did you mean '${near}'?`],
  };
}

/** Null where nothing is to follow. The same settings are the same object, so that what is shared is seen to be. */
export function hooksMaker(): (settings: Settings) => Hooks | null {
  const [known, made] = [new Map<string, Hooks>(), new WeakMap<Settings, Hooks | null>()];
  const make = ({ exec = null, target = null, ...how }: Settings): Hooks | null => {
    if (exec === null && target === null) return null;
    const [execTimeoutMs, signal] = [how.execTimeoutMs ?? defaultLimitMs, how.signal ?? usualSignal];
    const pid = target !== null && "pid" in target ? target.pid : null;
    const pidFile = target !== null && "pidFile" in target ? target.pidFile : null;
    const hooks: Hooks = { exec, execTimeoutMs, pid, pidFile, signal };
    const name = JSON.stringify(hooks);
    const same = known.get(name) ?? hooks;
    known.set(name, same);
    return same;
  };
  return (settings) => {
    const before = made.get(settings);
    if (before !== undefined) return before;
    const hooks = make(settings);
    made.set(settings, hooks);
    return hooks;
  };
}

/** The settings of an entry over those of the top: one object for all entries that say the same. */
export function layered(top: Settings): (own: Settings) => Settings {
  const known = new WeakMap<Settings, Settings>();
  return (own) => {
    const whole = known.get(own) ?? { ...top, ...own };
    known.set(own, whole);
    return whole;
  };
}
