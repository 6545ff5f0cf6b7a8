/** From what was said to a policy: every conflict and every malformed value is found here, before a file is opened. */
import { type CaUrl, parseCaUrl } from "../ca/url.ts";
import { Failure } from "../failure/failure.ts";
import { nearest } from "../failure/nearest.ts";
import type { Policy } from "../renewal/renew.ts";
import type { Window } from "../renewal/schedule.ts";
import type { RootSource } from "../renewal/trust.ts";
import { alsoOf } from "./also-policy.ts";
import { backupsOf } from "./backup-policy.ts";
import { commandNames } from "./command-names.ts";
import { parseDuration, parseWindow } from "./duration.ts";
import { emptyWord } from "./empty-word.ts";
import type { Flag, Said } from "./flags.ts";
import { hooksOf } from "./hook-policy.ts";

/** Which of step's configurations is meant. */
export const placeFlags: readonly Flag[] = [
  { names: ["context"], value: "NAME", text: "one of step's contexts (default: the current one)" },
  { names: ["config"], value: "FILE", bare: true, text: "read defaults from FILE, where step has no contexts" },
];

/** What every command that talks to the CA takes. */
export const connectionFlags: readonly Flag[] = [
  {
    names: ["ca-url"],
    value: "URL",
    vital: true,
    text: "the CA; https:// may be left out, a path prefix is kept",
    check: parseCaUrl,
  },
  {
    names: ["root"],
    vital: true,
    value: "FILE[,FILE...]|DIR",
    text: "the CA's root certificates, the only ones trusted (default: $STEPPATH/certs/root_ca.crt)",
  },
  { names: ["password-file"], value: "FILE", text: "the passphrase of an encrypted KEY" },
  timeoutFlag("limit for the whole exchange, 10s of it to connect (default: 30s)"),
  ...placeFlags,
];

/** Flags of step's that are known and do nothing here but say what to do instead. */
export const unbuiltFlags: readonly Flag[] = [
  { names: ["offline"], text: "not built: renew on the CA's machine with step" },
  { names: ["kms"], value: "URI", text: "not built: a key in a KMS or a TPM is step's" },
  { names: ["ca-config"], value: "FILE", text: "goes with --offline" },
];

/** `--timeout`, with what it means to the command. */
export function timeoutFlag(text: string): Flag {
  return { names: ["timeout"], value: "DURATION", text, check: parseTimeout };
}

export const lockFlag: Flag = {
  names: ["lock-timeout"],
  value: "DURATION",
  text: "how long to wait for another run on the same certificate; 0: not at all (default: 30s)",
  check: parseLockTimeout,
};

/** `--expires-in`, with what it means to the command. */
export function expiresInFlag(text: string): Flag {
  return { names: ["expires-in"], value: "DURATION|PERCENT%", text, check: windowOf };
}

/** An empty word is no window, as for step. */
export function windowOf(value: string, from: string): Window | null {
  return value === "" ? null : parseWindow(value, from);
}

/** How every command speaks. */
export const manners: readonly Flag[] = [
  { names: ["json"], bare: true, text: "print one JSON document on stdout" },
  { names: ["verbose"], short: "v", bare: true, text: "say what is decided, and why" },
  { names: ["quiet"], short: "q", bare: true, text: "print failures only" },
  { names: ["color"], bare: true, no: true, text: "colour on or off: --color, --no-color (default: on a terminal)" },
  { names: ["version"], bare: true, text: "print the version" },
];

export const connectTimeoutMs = 10_000;
/** Timers above this fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/** Throws the failures of family 64, and those of step's configuration. */
export function policyOf(said: Said, command: string, files = filesOf(said, command)): Policy {
  const { certificate, key } = files;
  refusePairs(said);
  refuseUnbuilt(said, { certificate, key });
  const hooks = said.has("exec-shell") ? hooksOf(said, command) : null;
  const expiresIn = said.has("expires-in") ? said.setting("expires-in") : null;
  const backups = said.has("backup") ? backupsOf(said, command) : undefined;
  const also =
    said.has("also") && command !== "run"
      ? alsoOf(
          said,
          command === "rekey" || command === "doctor" ? command : "renew",
          namedBy(said, { certificate, key }),
        )
      : null;
  const [out, passphraseFile] = [said.has("out") ? said.value("out") : undefined, said.value("password-file")];
  if (out === "") throw emptyWord("--out", command);
  return {
    paths: { certificate, key, ...(passphraseFile !== undefined && { passphraseFile }) },
    force: said.has("force") && said.isOn("force"),
    mtls: !said.has("mtls") || said.isOn("mtls"),
    window: expiresIn && windowOf(expiresIn.value, expiresIn.from),
    timeoutMs: timeoutOf(said, "30s"),
    connectTimeoutMs,
    lockTimeoutMs: said.has("lock-timeout") ? lockTimeoutOf(said) : 0,
    ca: caOf(said),
    root: rootOf(said),
    hooks,
    ...(out !== undefined && { out }),
    ...(also !== null && { also }),
    ...(backups !== undefined && { backups }),
  };
}

/** CRT and KEY. */
export function filesOf({ operands }: Said, command: string): { certificate: string; key: string } {
  const [certificate, key, ...rest] = operands;
  if (certificate === undefined || key === undefined || rest.length > 0) {
    // One word alone may be a command that is not.
    const near = command === "renew" && operands.length === 1 ? nearest(certificate ?? "", commandNames) : undefined;
    throw new Failure("BAD_FLAG", {
      said: `${counted(operands.length)} given, and two are wanted: CRT KEY`,
      command,
      ...(near !== undefined && { nearest: `renew ${near}` }),
    });
  }
  if (certificate === "" || key === "") throw emptyWord(certificate === "" ? "CRT" : "KEY", command);
  return { certificate, key };
}

/** Of a command that has no files to name. `more`: what is known of what was meant. */
export function refuseFiles(
  { operands: [first] }: Said,
  command: string,
  more: { because?: string; nearest?: string } = {},
): void {
  if (first === undefined) return;
  throw new Failure("BAD_FLAG", {
    said: `renew ${command} takes no files, and '${first}' was given`,
    command,
    ...more,
  });
}

/** What no other form of the certificate may be written over, as far as words tell. */
export function namedBy(said: Said, { certificate, key }: { certificate: string; key: string }) {
  const flags = ["out", "out-cert", "out-key", "private-key", "password-file"].filter((name) => said.has(name));
  return [
    ...flags.flatMap((name) => {
      const file = said.value(name);
      return file === undefined ? [] : [{ what: `--${name}`, file }];
    }),
    { what: "KEY", file: key },
    { what: "CRT", file: certificate },
  ];
}

function counted(count: number): string {
  if (count === 0) return "no file was";
  return count === 1 ? "only one file was" : `${count} files were`;
}

/** Two flags that are each fine alone. */
export function refusePairs(said: Said): void {
  refuseManners(said);
  if (said.given("context") !== undefined && said.given("config") !== undefined)
    throw conflict(
      "--context",
      "--config",
      "A context has its own defaults.json; --config is for a step without contexts.",
    );
}

/** Of how it is to speak. */
export function refuseManners(said: Said): void {
  if (said.has("quiet") && said.isOn("quiet") && said.isOn("verbose"))
    throw conflict("--quiet", "--verbose", "One asks for fewer words, the other for more.");
}

function conflict(first: string, second: string, because: string): Failure {
  return new Failure("FLAG_CONFLICT", { flags: [first, second], because });
}

/** A key's name in one of the key managers that step knows. */
export const managedKey = /^(awskms|azurekms|cloudkms|capi|mackms|pkcs11|sshagentkms|tpmkms|yubikey):/i;

/** They stand for work that only step can do, so a renewal without it would not be what was asked for. */
export function refuseUnbuilt(said: Said, files: { certificate: string; key: string }): void {
  if (managedKey.test(files.key)) throw new Failure("FLAG_NOT_BUILT", { flag: "--kms", from: files.key, ...files });
  if (!said.has("offline")) return;
  const fromOf = (name: string) => said.setting(name)?.from ?? `--${name}`;
  if (said.isOn("offline"))
    throw new Failure("FLAG_NOT_BUILT", { flag: "--offline", from: fromOf("offline"), ...files });
  if (said.value("kms")) throw new Failure("FLAG_NOT_BUILT", { flag: "--kms", from: fromOf("kms"), ...files });
}

/** The time limit of a command that has one. */
export function timeoutOf(said: Said, otherwise: string): number {
  const { value, from } = said.setting("timeout") ?? { value: otherwise, from: "--timeout" };
  return parseTimeout(value, from);
}

export function lockTimeoutOf(said: Said): number {
  const { value, from } = said.setting("lock-timeout") ?? { value: "30s", from: "--lock-timeout" };
  return parseLockTimeout(value, from);
}

export function parseLockTimeout(value: string, flag: string): number {
  const timeoutMs = parseDuration(value, flag);
  if (timeoutMs >= 0) return timeoutMs;
  throw new Failure("BAD_DURATION", { flag, value, problem: "It must not be less than nothing." });
}

export function parseTimeout(value: string, flag: string): number {
  const timeoutMs = parseDuration(value, flag);
  if (timeoutMs > 0) return Math.min(timeoutMs, longestTimerMs);
  throw new Failure("BAD_DURATION", { flag, value, limit: "least" });
}

/** Throws BAD_URL, and CA_URL_MISSING where nobody said it. */
export function caOf(said: Said): CaUrl {
  const url = said.setting("ca-url");
  if (url !== null) return parseCaUrl(url.value, url.from);
  const files = said.place().files.map(({ file }) => file);
  throw new Failure("CA_URL_MISSING", { looked: ["--ca-url", "STEP_CA_URL", ...files] });
}

/** Where the roots are, also where nobody said it. */
export function rootOf(said: Said): RootSource {
  return said.setting("root") ?? { value: said.place().root, from: "the default" };
}
