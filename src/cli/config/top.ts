/** A file of certificates but for its entries: its own keys, and what it says for all. */
import { isRecord } from "../../ca/response.ts";
import { nearest } from "../../failure/nearest.ts";
import { concurrencyOf, fileKeys, isFileKey, isSettingKey, isTopKey, settingKeys, topKeys } from "./keys.ts";
import { badRunConfig, type How, openConfig } from "./open.ts";
import { nameOf, type Read, type Settings, settingsReader, shape, type Trouble, understood } from "./settings.ts";
import { tidied, within } from "./within.ts";
import type { Written } from "./written.ts";

export interface Top {
  readonly file: string;
  readonly written: Written;
  readonly defaults: Settings;
  readonly readSettings: ReturnType<typeof settingsReader>;
  readonly certificates: readonly unknown[];
  /** Folders, as they are named there. */
  readonly include: readonly string[];
  readonly concurrency: number | null;
}

export interface Opening extends How {
  /** Of the file that includes it. */
  readonly above: Settings;
}

/** Throws BAD_RUN_CONFIG. */
export async function openTop(file: string, { fs, above, isIncluded }: Opening): Promise<Top> {
  const written = await openConfig(file, { fs, isIncluded });
  const { value } = written;
  if (!isRecord(value) || Array.isArray(value))
    throw badRunConfig({ file, ...written.where([]) }, { kind: "not-a-map", what: "file", found: nameOf(value) });
  const refuse = ({ key, problem }: Trouble) => badRunConfig({ file, line: written.where([key]).line }, problem);
  const orThrow = <T>(read: Read<T>): T => {
    if ("trouble" in read) throw refuse(read.trouble);
    return read.value;
  };
  const keys = Object.keys(value);
  for (const key of keys) {
    const stranger = strangeAtTop(key, isIncluded);
    if (stranger !== undefined) throw refuse(stranger);
  }
  if (Object.hasOwn(value, "$schema")) orThrow(shape("$schema", value["$schema"], "text"));
  const at = within(file);
  const readSettings = settingsReader({ file, within: at, tidily: (name) => tidied(at(name), fs) });
  const read = orThrow(readSettings(value, keys.filter(isSettingKey)));
  const has = (key: string) => Object.hasOwn(value, key);
  if (!has("certificates") && !has("include"))
    throw badRunConfig({ file }, { kind: "missing-key", key: "certificates" });
  return {
    file,
    written,
    defaults: { ...above, ...read },
    readSettings,
    certificates: has("certificates") ? orThrow(listOf(value["certificates"])) : [],
    include: has("include") ? [orThrow(shape("include", value["include"], "text-or-list"))].flat() : [],
    concurrency: has("concurrency") ? orThrow(atOnce(value["concurrency"])) : null,
  };
}

function strangeAtTop(key: string, isIncluded: boolean): Trouble | undefined {
  const belongs = isFileKey(key) ? "entry" : "including-file";
  if (isFileKey(key) || (isIncluded && ["include", "concurrency"].includes(key)))
    return { key, problem: { kind: "misplaced-key", key, belongs } };
  if (isSettingKey(key) || isTopKey(key)) return undefined;
  return { key, problem: unknownKey(key, [...Object.keys(settingKeys), ...topKeys], false) };
}

/** One that an entry cannot have. */
export function strangeInEntry(key: string): Trouble | undefined {
  if (isSettingKey(key) || isFileKey(key)) return undefined;
  if (isTopKey(key)) return { key, problem: { kind: "misplaced-key", key, belongs: "top" } };
  return { key, problem: unknownKey(key, [...Object.keys(settingKeys), ...Object.keys(fileKeys)], true) };
}

function unknownKey(key: string, known: readonly string[], isEntry: boolean): Trouble["problem"] {
  const near = nearest(key, known);
  return { kind: "unknown-key", key, isEntry, ...(near !== undefined && { nearest: near }) };
}

function listOf(value: unknown): Read<readonly unknown[]> {
  const key = "certificates";
  if (!Array.isArray(value))
    return {
      trouble: { key, problem: { kind: "wrong-type", key, wanted: "a list of entries", found: nameOf(value) } },
    };
  return value.length === 0 ? { trouble: { key, problem: { kind: "no-certificates", included: [] } } } : { value };
}

function atOnce(value: unknown): Read<number> {
  const shaped = shape("concurrency", value, "number");
  return "trouble" in shaped ? shaped : understood("concurrency", () => concurrencyOf(String(value), "concurrency"));
}
