/** From what was said to a policy: every conflict and every malformed value is found here, before a file is opened. */
import { defaultRoot, stepPath } from "../ca/settings.ts";
import { parseCaUrl } from "../ca/url.ts";
import { Failure } from "../failure/failure.ts";
import type { Policy } from "../renewal/renew.ts";
import type { World } from "../world.ts";
import { parseDuration, parseWindow } from "./duration.ts";
import type { Flag, Said } from "./flags.ts";

/** What every command that talks to the CA takes. */
export const connectionFlags: readonly Flag[] = [
  { names: ["ca-url"], value: "URL", vital: true, text: "the CA; https:// may be left out, a path prefix is kept" },
  {
    names: ["root"],
    vital: true,
    value: "FILE[,FILE...]|DIR",
    text: "the CA's root certificates, the only ones trusted (default: $STEPPATH/certs/root_ca.crt)",
  },
  { names: ["password-file"], value: "FILE", text: "the passphrase of an encrypted KEY" },
  {
    names: ["timeout"],
    value: "DURATION",
    text: "limit for the whole exchange, 10s of it to connect (default: 30s)",
  },
];

/** `--expires-in`, with what it means to the command. */
export function expiresInFlag(text: string): Flag {
  return { names: ["expires-in"], value: "DURATION|PERCENT%", text };
}

/** How every command speaks. */
export const manners: readonly Flag[] = [
  { names: ["json"], bare: true, text: "print one JSON document on stdout" },
  { names: ["verbose"], short: "v", bare: true, text: "say what is decided, and why" },
  { names: ["quiet"], short: "q", bare: true, text: "print failures only" },
  { names: ["color"], bare: true, text: "colour on or off: --color, --no-color (default: on a terminal)" },
  { names: ["version"], bare: true, text: "print the version" },
];

const connectTimeoutMs = 10_000;
/** Timers above this fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/** Throws the failures of family 64, and CA_URL_MISSING. */
export function policyOf(said: Said, command: string, { env }: World): Policy {
  const [certificate, key, ...rest] = said.operands;
  if (certificate === undefined || key === undefined || rest.length > 0) {
    throw new Failure("BAD_FLAG", {
      said: `${counted(said.operands.length)} given, and two are wanted: CRT KEY`,
      command,
    });
  }
  if (said.isOn("quiet") && said.isOn("verbose")) {
    const because = "One asks for fewer words, the other for more.";
    throw new Failure("FLAG_CONFLICT", { flags: ["--quiet", "--verbose"], because });
  }
  const expiresIn = said.has("expires-in") ? said.setting("expires-in") : null;
  const [out, passphraseFile] = [said.has("out") ? said.value("out") : undefined, said.value("password-file")];
  if ([certificate, key, out].includes("")) {
    const empty = certificate === "" ? "CRT" : key === "" ? "KEY" : "--out";
    throw new Failure("BAD_FLAG", { said: `${empty} is an empty word: is a variable not set?`, command });
  }
  return {
    paths: { certificate, key, ...(passphraseFile !== undefined && { passphraseFile }) },
    force: said.has("force") && said.isOn("force"),
    mtls: !said.has("mtls") || said.isOn("mtls"),
    window: expiresIn === null ? null : parseWindow(expiresIn.value, expiresIn.from),
    timeoutMs: timeoutOf(said),
    connectTimeoutMs,
    ca: caOf(said, env),
    root: said.setting("root") ?? { value: defaultRoot(env), from: "the default" },
    ...(out !== undefined && { out }),
  };
}

function counted(count: number): string {
  if (count === 0) return "no file was";
  return count === 1 ? "only one file was" : `${count} files were`;
}

function timeoutOf(said: Said): number {
  const { value, from: flag } = said.setting("timeout") ?? { value: "30s", from: "--timeout" };
  const timeoutMs = parseDuration(value, flag);
  if (timeoutMs > 0) return Math.min(timeoutMs, longestTimerMs);
  throw new Failure("BAD_DURATION", { flag, value, problem: "It must be longer than nothing." });
}

function caOf(said: Said, env: World["env"]) {
  const url = said.setting("ca-url");
  if (url !== null) return parseCaUrl(url.value, url.from);
  const looked = ["--ca-url", "STEP_CA_URL", `${stepPath(env)}/config/defaults.json`];
  throw new Failure("CA_URL_MISSING", { looked });
}
