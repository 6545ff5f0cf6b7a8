/** What helps, in the words of a list of `renew run`: its keys in place of flags, and one command for all that it names. */
import { shellFile } from "../shell.ts";

/** Flags that are keys as well; the others stay flags of `renew run`, or have no place there. */
const keys = [
  "ca-url",
  "root",
  "password-file",
  "p12-password-file",
  "out",
  "timeout",
  "lock-timeout",
  "expires-in",
  "exec",
  "exec-shell",
  "pid-file",
  "backup",
];

export function inList(help: string): string {
  return help
    .replace(/`renew (--[^`]*)`/g, (_, words: string) => `\`${commandFor(words)}\``)
    .replace(/`--also ([a-z0-9]+)=([^`]+)`/g, '`"also": {"$1": "$2"}`')
    .replace(/`--([a-z0-9-]+)(?: ([^`]+))?`/g, (all, flag: string, value?: string) => keyOf(flag, value) ?? all);
}

/** Commands that keep the list name the one that was named. */
export function ofList(list: string | undefined): (help: string) => string {
  if (list === undefined) return (help) => help;
  const named = `\`renew run --config ${shellFile(list)}`;
  return (help) => help.replace(/`renew run(?![^`]*--(?:config|help)\b)/g, () => named);
}

function keyOf(flag: string, value: string | undefined): string | undefined {
  if (!keys.includes(flag)) return undefined;
  return value === undefined ? `\`"${flag}"\`` : `\`"${flag}": "${value.replace(/^'(.*)'$/, "$1")}"\``;
}

/** That of one certificate would leave out what the list says of it. */
function commandFor(words: string): string {
  if (words.startsWith("--help")) return `renew ${words}`;
  const [, elsewhere] = /--ca-url (https:\/\/NAME:PORT|URL)( |$)/.exec(words) ?? [];
  if (elsewhere !== undefined) return `"ca-url": "${elsewhere}"`;
  if (/--mtls=false/.test(words)) return "renew run --method token";
  return /--expires-in/.test(words) ? "renew run -q --keep-going" : "renew run";
}
