/** The keys of a file of many certificates: what each may hold, and what it becomes. The values are those of the flags. */
import { parseCaUrl } from "../../ca/url.ts";
import { Failure } from "../../failure/failure.ts";
import { filesIn, type RootSource } from "../../renewal/trust.ts";
import { countOf } from "../backup-policy.ts";
import { limitOf, pidOf, signalOf, wordsOf } from "../hook-policy.ts";
import { parseLockTimeout, parseTimeout, windowOf } from "../policy.ts";
import type { Settings } from "./settings.ts";

/** What may stand behind a key. A number is as good as its digits where flags take digits. */
export type Kind = "text" | "text-or-list" | "text-or-number" | "number" | "forms";

export const kinds: Record<Kind, string> = {
  text: "text",
  "text-or-list": "text, or a list of texts",
  "text-or-number": "a number or text",
  number: "a whole number",
  forms: "forms with their files, or a list of FORM=FILE",
};

/** Where relative names count from, and how the file is called. */
export interface Around {
  file: string;
  within(name: string): string;
  /** The same, in one spelling for all lists. */
  tidily(name: string): string;
}

export interface Key {
  readonly kind: Kind;
  /**
   * What an empty text takes back. Null where it is a mistake: which CA is meant, and which roots it has, is not left to a
   * variable that is not set.
   */
  readonly setting: keyof Settings | null;
  /** Throws the failures of family 64. A list comes as it is, anything else as text that is not empty. */
  readonly read: (value: string | readonly string[], from: string, around: Around) => Settings;
}

const command = "run";

/** Those of an entry that may stand at the top as well, for all. */
export const settingKeys = {
  "ca-url": { kind: "text", setting: null, read: text((value, from) => ({ ca: parseCaUrl(value, from) })) },
  root: { kind: "text-or-list", setting: null, read: (value, from, around) => ({ root: rootOf(value, from, around) }) },
  "expires-in": {
    kind: "text",
    setting: "window",
    read: text((value, from) => ({ window: windowOf(value, from) })),
  },
  method: { kind: "text", setting: "method", read: text((value, from) => ({ method: methodOf(value, from) })) },
  "password-file": {
    kind: "text",
    setting: "passphraseFile",
    read: text((value, _, { within }) => ({ passphraseFile: within(value) })),
  },
  "p12-password-file": {
    kind: "text",
    setting: "p12PasswordFile",
    read: text((value, _, { within }) => ({ p12PasswordFile: within(value) })),
  },
  exec: {
    kind: "text-or-list",
    setting: "exec",
    read: (value, from, around) => ({ exec: { words: program(value, from, around) } }),
  },
  "exec-shell": { kind: "text", setting: "exec", read: text((line) => ({ exec: { line } })) },
  "exec-timeout": {
    kind: "text",
    setting: "execTimeoutMs",
    read: text((value, from) => ({ execTimeoutMs: limitOf(value, from) })),
  },
  pid: {
    kind: "text-or-number",
    setting: "target",
    read: text((value, from) => ({ target: { pid: pidOf(value, from, command) } })),
  },
  "pid-file": {
    kind: "text",
    setting: "target",
    read: text((value, _, { tidily }) => ({ target: { pidFile: tidily(value) } })),
  },
  signal: {
    kind: "text-or-number",
    setting: "signal",
    read: text((value, from) => ({ signal: signalOf(value, from, command) })),
  },
  backup: {
    kind: "text-or-number",
    setting: "backups",
    read: text((value, from) => ({ backups: countOf(value, from, command) })),
  },
  timeout: {
    kind: "text",
    setting: "timeoutMs",
    read: text((value, from) => ({ timeoutMs: parseTimeout(value, from) })),
  },
  "lock-timeout": {
    kind: "text",
    setting: "lockTimeoutMs",
    read: text((value, from) => ({ lockTimeoutMs: parseLockTimeout(value, from) })),
  },
} as const satisfies Record<string, Key>;

export type SettingKey = keyof typeof settingKeys;

/** An entry's own. `outputs` is another name for `out`. */
export const fileKeys = { crt: "text", key: "text", out: "text", outputs: "text-or-list", also: "forms" } as const;

/** Of the file as a whole. */
export const topKeys = ["certificates", "include", "concurrency", "$schema"] as const;

export const isSettingKey = (key: string): key is SettingKey => Object.hasOwn(settingKeys, key);
export const isFileKey = (key: string): key is keyof typeof fileKeys => Object.hasOwn(fileKeys, key);
export const isTopKey = (key: string): key is (typeof topKeys)[number] => topKeys.some((known) => known === key);

/** Each is fine alone, where the other stands beside it with a value. */
export const rivalKeys = [
  ["exec", "exec-shell"],
  ["pid", "pid-file"],
] as const satisfies readonly (readonly [SettingKey, SettingKey])[];

export const methods = ["auto", "mtls", "token"] as const;

/** Throws BAD_FLAG. */
export function methodOf(value: string, from: string): (typeof methods)[number] {
  const method = methods.find((one) => one === value);
  if (method !== undefined) return method;
  throw new Failure("BAD_FLAG", {
    said: `${from} is no way to renew: '${value}'`,
    command,
    because: "The ways are auto (mTLS where that can work, else by token), mtls and token.",
  });
}

/** Above this a machine has no sockets left for others. */
export const mostAtOnce = 1000;

/** Throws BAD_FLAG. */
export function concurrencyOf(value: string, from: string): number {
  if (/^\d{1,4}$/.test(value) && Number(value) > 0 && Number(value) <= mostAtOnce) return Number(value);
  throw new Failure("BAD_FLAG", { said: `${from} is not a number from 1 to ${mostAtOnce}: '${value}'`, command });
}

function text(read: (value: string, from: string, around: Around) => Settings): Key["read"] {
  return (value, from, around) => read(typeof value === "string" ? value : value.join(","), from, around);
}

/** Throws BAD_FLAG for an empty word. */
export function filled(value: string, from: string): string {
  if (value !== "") return value;
  throw new Failure("BAD_FLAG", { said: `${from} is an empty text`, command, because: "It has to name a file." });
}

/** A list is taken as it is; one text is a list with commas, as for the flag. */
function rootOf(value: string | readonly string[], from: string, { file, within }: Around): RootSource {
  const names = typeof value === "string" ? filesIn(value) : value;
  if (names.length === 0) filled("", from);
  const files = names.map((name) => within(filled(name, from)));
  return { value: files.join(","), files, from: `root in ${file}` };
}

/** A program that is named with a folder is looked for from where the file lies, as all names in it. */
function program(value: string | readonly string[], from: string, { tidily }: Around): readonly string[] {
  const [first = "", ...others] = typeof value === "string" ? wordsOf(value, from, command) : value;
  if (first === "") throw new Failure("BAD_FLAG", { said: `${from} names no program`, command });
  if (!first.includes("/")) return [first, ...others];
  const path = tidily(first);
  return [path.includes("/") ? path : `./${path}`, ...others];
}
