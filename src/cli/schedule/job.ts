/** What is to be run again and again: from the words of this run, in this folder, to words that hold anywhere. */
import { basename, dirname, resolve } from "node:path";
import { Failure } from "../../failure/failure.ts";
import type { Certificate } from "../../pki/certificate.ts";
import type { AlsoFile } from "../../renewal/also/form.ts";
import type { Window } from "../../renewal/schedule.ts";
import type { World } from "../../world.ts";
import { alsoFlags, alsoOf } from "../also-policy.ts";
import { backupFlag } from "../backup-policy.ts";
import type { Flag, Said } from "../flags.ts";
import { hookFlags, hooksOf, wordsOf } from "../hook-policy.ts";
import {
  caOf,
  connectionFlags,
  expiresInFlag,
  filesOf,
  lockFlag,
  namedBy,
  refusePairs,
  refuseUnbuilt,
  rootOf,
  windowOf,
} from "../policy.ts";
import { inspect } from "./inspect.ts";

/** The flags of `renew` that such a run has use for. */
export const jobFlags: readonly Flag[] = [
  expiresInFlag("renew when less than DURATION is left, or PERCENT of the lifetime is used (default: 66%)"),
  { names: ["mtls"], on: true, text: "as for renew; false: by token" },
  { names: ["out", "output-file"], value: "FILE", text: "write the new chain to FILE instead of CRT" },
  ...alsoFlags,
  backupFlag("certificates"),
  ...hookFlags,
  ...connectionFlags,
  lockFlag,
];

export interface Job {
  /** Absolute, as all that follows. */
  readonly certificate: string;
  readonly key: string;
  readonly out: string | null;
  /** Its other forms. */
  readonly also: readonly AlsoFile[];
  /** Without CRT, KEY and the other forms. `--name=value`, each a word of its own. */
  readonly flags: readonly string[];
  /** What of it lies on this machine, and must be seen by the run. */
  readonly files: readonly string[];
  readonly window: Window;
  readonly hasHook: boolean;
  readonly sendsSignal: boolean;
  /** Null where it cannot be read yet. */
  readonly leaf: Certificate | null;
  /** Odd, and no failure. */
  readonly remarks: readonly string[];
}

export interface JobOptions {
  /** Stays: then the window is said only if the user did. */
  isDaemon: boolean;
  /** A hook of our own, that an --exec would take the place of. */
  exec?: string;
}

const usualWindow = "66%";
/** Passed on as they are; those with a file in them are made absolute. */
const plainFlags = [
  "backup",
  "exec",
  "exec-shell",
  "exec-timeout",
  "pid",
  "signal",
  "timeout",
  "lock-timeout",
] as const;

/** Throws the failures of family 64, and what is wrong with the files that are here. */
export async function jobOf(
  said: Said,
  command: "systemd" | "cron",
  world: World,
  { isDaemon, exec }: JobOptions,
): Promise<Job> {
  const named = filesOf(said, command);
  refusePairs(said);
  refuseUnbuilt(said, named);
  const [certificate, key] = [resolve(named.certificate), resolve(named.key)];
  const hooks = hooksOf(said, command);
  refuseRelativeHook(said, command);
  const expiresIn = said.setting("expires-in");
  const period = isDaemon && said.has("renew-period") ? said.value("renew-period") : undefined;
  const window = windowOf(expiresIn?.value || usualWindow, expiresIn?.from ?? "--expires-in");
  const told = (name: string) => said.value(name) || undefined;
  const [out, passphrase, pidFile] = ["out", "password-file", "pid-file"].map((name) => absolute(told(name)));
  const forms = alsoOf(said, command, namedBy(said, named));
  const also = (forms?.files ?? []).map(({ form, file }) => ({ form, file: resolve(file) }));
  const p12Passphrase = absolute(forms?.passwordFile);
  const ca = caIfSaid(said);
  const { value, from } = rootOf(said);
  const root = value.split(",").map((file) => resolve(file.trim()));
  const paths = { certificate, key, ...(passphrase !== undefined && { passphraseFile: passphrase }) };
  const flag = (name: string, value: string | undefined) => (value === undefined ? [] : [`--${name}=${value}`]);
  const flags = [
    ...flag("ca-url", ca ?? undefined),
    ...(ca === null ? [] : flag("root", root.join(","))),
    ...(isDaemon && !expiresIn?.value ? [] : flag("expires-in", expiresIn?.value || usualWindow)),
    ...flag("renew-period", period || undefined),
    ...(said.isOn("mtls") ? [] : ["--mtls=false"]),
    ...flag("out", out),
    ...flag("password-file", passphrase),
    ...flag("pid-file", pidFile),
    ...flag("p12-password-file", p12Passphrase),
    ...plainFlags.flatMap((name) => flag(name, told(name))),
    ...flag("exec", exec),
  ];
  for (const word of [certificate, key, ...flags, ...alsoWords({ also })]) refuseControls(word, command);
  const { leaf, remarks } = await inspect(
    {
      paths,
      root: ca === null ? null : { value, files: root, from },
      p12PasswordFile: p12Passphrase,
      outputs: [...(out === undefined ? [] : [out]), ...also.map(({ file }) => file)],
    },
    world,
  );
  const nowhere =
    "nobody said where the CA is: that run looks for it in STEP_CA_URL and its own user's step configuration";
  return {
    certificate,
    key,
    out: out ?? null,
    also,
    flags,
    files: [
      ...[certificate, key, out, passphrase, pidFile, p12Passphrase].filter((file) => file !== undefined),
      ...also.map(({ file }) => file),
      ...(ca === null ? [] : root),
    ],
    window: window ?? { kind: "percent", used: 66 },
    hasHook: hooks?.exec != null || exec !== undefined,
    sendsSignal: hooks !== null && (hooks.pid !== null || hooks.pidFile !== null),
    leaf,
    remarks: [...remarks, ...(ca === null ? [nowhere] : [])],
  };
}

/** As they are said to the run. */
export function alsoWords({ also }: Pick<Job, "also">): string[] {
  return also.map(({ form, file }) => `--also=${form}=${file}`);
}

/** The name that certificate, key and all other forms share, without their endings: `web` of `web.crt` and `web.key`. Null where they share none. */
export function sharedStem({ certificate, key, out, also }: Job): string | null {
  const files = [certificate, key, ...also.map(({ file }) => file)];
  const [one = "", ...others] = files.map((file) => basename(file).replace(/(?<=.)\.[^.]*$/, ""));
  // A variable of systemd's command lines would be put in where the instance is.
  return out === null && others.every((other) => other === one) && !one.includes("$") ? one : null;
}

/** Where the run writes: the certificate's folder, those of its other forms, and where links lead. */
export function foldersWritten({ certificate, out, also }: Job, { fs }: Pick<World, "fs">): string[] {
  const files = [certificate, ...(out === null ? [] : [out]), ...also.map(({ file }) => file)];
  return [...new Set(files.flatMap((file) => [dirname(file), dirname(realOf(file, fs))]))];
}

/** The file itself where it cannot be followed. */
export function realOf(file: string, fs: World["fs"]): string {
  try {
    return fs.realpath(file);
  } catch {
    return file;
  }
}

function absolute(file: string | undefined): string | undefined {
  return file === undefined ? undefined : resolve(file);
}

/** As it was said; null where nobody did, which the run may learn elsewhere. */
function caIfSaid(said: Said): string | null {
  return said.setting("ca-url")?.value ? caOf(said).href : null;
}

/** A run that is not started by a person starts in `/`, or at home. */
function refuseRelativeHook(said: Said, command: string): void {
  const setting = said.setting("exec");
  if (!setting?.value) return;
  const [program = ""] = wordsOf(setting.value, setting.from, command);
  if (program.startsWith("/") || !program.includes("/")) return;
  const because =
    "Whoever starts that run does so in another folder, where a relative name leads elsewhere or nowhere.";
  const nearest = `--exec '${resolve(program)}'`;
  throw new Failure("BAD_FLAG", {
    said: `the program of ${setting.from} is a relative name: '${program}'`,
    because,
    command,
    nearest,
  });
}

function refuseControls(word: string, command: string): void {
  const found = /\p{Cc}/u.exec(word)?.[0];
  if (found === undefined) return;
  throw new Failure("CANNOT_SCHEDULE", { by: command, word, problem: found === "\n" ? "newline" : "control" });
}
