/** One certificate of a file: complete, or what is wrong with it. */
import { isRecord } from "../../ca/response.ts";
import type { CaUrl } from "../../ca/url.ts";
import { Failure } from "../../failure/failure.ts";
import type { RunConfigProblem } from "../../failure/run-config.ts";
import type { FileSystem } from "../../files/system.ts";
import type { Also } from "../../renewal/also/form.ts";
import type { Broken, Entry, MethodWish, Origin } from "../../renewal/many/plan.ts";
import type { Policy } from "../../renewal/renew.ts";
import type { RootSource } from "../../renewal/trust.ts";
import { connectTimeoutMs, managedKey, parseLockTimeout, parseTimeout } from "../policy.ts";
import { alsoIn } from "./also.ts";
import { type fileKeys, filled, isSettingKey, type SettingKey } from "./keys.ts";
import { badRunConfig } from "./open.ts";
import {
  type hooksMaker,
  layered,
  nameOf,
  type Read,
  type Settings,
  shape,
  type Trouble,
  understood,
} from "./settings.ts";
import { strangeInEntry, type Top } from "./top.ts";
import { within } from "./within.ts";
import type { Written } from "./written.ts";

/** What counts where the file says nothing, or says less than the command line. */
export interface Around {
  readonly fs: FileSystem;
  /** Null where nobody says where the CA is. Throws what is wrong with what is said. */
  readonly ca: () => CaUrl | null;
  readonly root: () => RootSource;
  /** Stands over the file's. */
  readonly method: MethodWish | null;
}

export interface Reading extends Around {
  readonly hooksOf: ReturnType<typeof hooksMaker>;
}

type FileKey = keyof typeof fileKeys;

/** Those of one file. */
export function entriesOf(top: Top, reading: Reading): { entries: readonly Entry[]; broken: readonly Broken[] } {
  const { file, written, certificates } = top;
  const entries: Entry[] = [];
  const broken: Broken[] = [];
  const at = within(file);
  const started = { ...reading, top, at, layer: layered(top.defaults) };
  for (const [index, value] of certificates.entries()) {
    const origin = { file, line: written.lines[index] ?? 1, entry: index + 1 };
    const read = readEntry(value, started);
    if (!("trouble" in read)) entries.push({ origin, ...read.value });
    else broken.push({ origin, failure: brokenAt(origin, { value, index, written, trouble: read.trouble }) });
  }
  return { entries, broken };
}

interface BrokenEntry {
  readonly value: unknown;
  readonly index: number;
  readonly written: Written;
  readonly trouble: Trouble;
}

function brokenAt({ file, line, entry }: Origin, { value, index, written, trouble }: BrokenEntry): Failure {
  const { key, problem } = trouble;
  const at = key === "" ? line : written.where(["certificates", index, key]).line;
  const crt = isRecord(value) && typeof value["crt"] === "string" && value["crt"] !== "" ? value["crt"] : undefined;
  return badRunConfig({ file, line: at, entry, ...(crt !== undefined && { crt }) }, problem);
}

interface Started extends Reading {
  readonly top: Top;
  at(name: string): string;
  layer(own: Settings): Settings;
}

/** Of an entry that says nothing besides its files. */
const none = { value: {} };

/** Of the entry as a whole, and of none of its keys. */
const whole = (problem: RunConfigProblem): { trouble: Trouble } => ({ trouble: { key: "", problem } });

function readEntry(value: unknown, started: Started): Read<Omit<Entry, "origin">> {
  if (!isRecord(value) || Array.isArray(value))
    return whole({ kind: "not-a-map", what: "entry", found: nameOf(value) });
  const own: SettingKey[] = [];
  for (const key of Object.keys(value)) {
    const trouble = strangeInEntry(key);
    if (trouble !== undefined) return { trouble };
    if (isSettingKey(key)) own.push(key);
  }
  const read = own.length === 0 ? none : started.top.readSettings(value, own);
  if ("trouble" in read) return read;
  const files = filesOf(value, started.at);
  if ("trouble" in files) return files;
  const settings = started.layer(read.value);
  const also = alsoIn(value, settings.p12PasswordFile ?? undefined, started.at);
  if ("trouble" in also) return also;
  return completed(files.value, also.value, settings, started);
}

function completed(
  files: Files,
  also: Also | undefined,
  settings: Settings,
  { ca, root, method, hooksOf }: Started,
): Read<Omit<Entry, "origin">> {
  const url = settings.ca ?? ca();
  if (url === null) return whole({ kind: "missing-key", key: "ca-url" });
  const { passphraseFile = null, backups = null } = settings;
  const wish = method ?? settings.method ?? "auto";
  const policy: Policy = {
    paths: {
      certificate: files.crt,
      key: files.key,
      ...(passphraseFile !== null && { passphraseFile }),
    },
    ...(files.out !== undefined && { out: files.out }),
    // Whoever lists a file wants it replaced, also once it has expired.
    force: true,
    mtls: wish !== "token",
    window: settings.window ?? usualWindow,
    ca: url,
    root: settings.root ?? root(),
    timeoutMs: settings.timeoutMs ?? usualTimeoutMs,
    connectTimeoutMs,
    lockTimeoutMs: settings.lockTimeoutMs ?? usualLockTimeoutMs,
    hooks: hooksOf(settings),
    ...(backups !== null && { backups }),
    ...(also !== undefined && also.files.length > 0 && { also }),
  };
  return { value: { policy, method: wish } };
}

/** As for needs-renewal. */
const usualWindow = { kind: "percent", used: 66 } as const;
const usualTimeoutMs = parseTimeout("30s", "timeout");
const usualLockTimeoutMs = parseLockTimeout("30s", "lock-timeout");

interface Files {
  readonly crt: string;
  readonly key: string;
  readonly out?: string;
}

function filesOf(value: Readonly<Record<string, unknown>>, at: Started["at"]): Read<Files> {
  const crt = fileIn(value, "crt", at);
  if ("trouble" in crt) return crt;
  const key = fileIn(value, "key", at);
  if ("trouble" in key) return key;
  const out = outOf(value, at);
  if ("trouble" in out) return out;
  return { value: { crt: crt.value, key: key.value, ...(out.value !== undefined && { out: out.value }) } };
}

function fileIn(value: Readonly<Record<string, unknown>>, key: "crt" | "key", at: Started["at"]): Read<string> {
  if (!Object.hasOwn(value, key)) return whole({ kind: "missing-key", key });
  return named(key, value[key], at);
}

function named(key: FileKey, value: unknown, at: Started["at"]): Read<string> {
  const shaped = shape(key, value, "text");
  if ("trouble" in shaped) return shaped;
  return understood(key, () => {
    const name = filled(String(shaped.value), key);
    if (managedKey.test(name)) throw managed(name, key);
    return at(name);
  });
}

function managed(name: string, key: string): Failure {
  return new Failure("BAD_FLAG", {
    said: `${key} is in a key manager: '${name}'`,
    command: "run",
    because:
      "Such a key cannot be taken out, and renew signs with key files only; step can: `step ca renew --kms URI`.",
  });
}

/** `outputs` is a list of one, for now. */
function outOf(value: Readonly<Record<string, unknown>>, at: Started["at"]): Read<string | undefined> {
  const [has, hasList] = [Object.hasOwn(value, "out"), Object.hasOwn(value, "outputs")];
  if (has && hasList) {
    const because = "One is another name for the other.";
    return { trouble: { key: "outputs", problem: { kind: "rivals", keys: ["out", "outputs"], because } } };
  }
  if (has) return named("out", value["out"], at);
  if (!hasList) return { value: undefined };
  const shaped = shape("outputs", value["outputs"], "text-or-list");
  if ("trouble" in shaped) return shaped;
  const [first, ...others] = [shaped.value].flat();
  if (others.length === 0) return named("outputs", first, at);
  const problem = {
    kind: "wrong-type",
    key: "outputs",
    wanted: "one file",
    found: `${others.length + 1} files`,
  } as const;
  return { trouble: { key: "outputs", problem } };
}
