/** The exec stanza by which kubectl asks a plugin: as data, and as it is written into a kubeconfig. */
import { type Entries, type Items, type Written, wordsAt } from "./written.ts";

export interface Stanza {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly interactiveMode: string;
  readonly installHint: string;
}

const hint =
  "kubectl gets its client certificate from renew, the npm package x5c-renew: npm install --global x5c-renew";

/** `command`: the program, with words of its own where it needs them. */
export function stanzaOf([command, ...first]: readonly [string, ...string[]], args: readonly string[]): Stanza {
  return {
    apiVersion: "client.authentication.k8s.io/v1",
    command,
    args: [...first, "kubectl-credential", ...args],
    interactiveMode: "IfAvailable",
    installHint: hint,
  };
}

/** Whether it says the same, and no more. */
export function isSame(written: Written, stanza: Stanza): boolean {
  if (written.kind !== "entries" || written.entries.length !== Object.keys(stanza).length) return false;
  const args = written.entries.find(({ key }) => key === "args")?.value;
  const words = args?.kind === "items" ? args.items.map((item) => (item.kind === "words" ? item.value : null)) : [];
  const { args: wanted, ...others } = stanza;
  return (
    words.length === wanted.length &&
    words.every((word, index) => word === wanted[index]) &&
    Object.entries(others).every(([key, value]) => wordsAt(written, key) === value)
  );
}

/** As lines of YAML. */
export function asLines({ args, ...others }: Stanza, indent: string): string[] {
  const { apiVersion, command, interactiveMode, installHint } = others;
  return [
    "exec:",
    `  apiVersion: ${yaml(apiVersion)}`,
    `  command: ${yaml(command)}`,
    "  args:",
    ...args.map((arg) => `  - ${yaml(arg)}`),
    `  interactiveMode: ${yaml(interactiveMode)}`,
    `  installHint: ${yaml(installHint)}`,
  ].map((line) => indent + line);
}

/** Plain where nobody can be in doubt, else as JSON, which YAML holds. */
export function yaml(words: string): string {
  const isPlain =
    /^[A-Za-z0-9_./-][A-Za-z0-9_./:@%+=,-]*$/.test(words) &&
    !/^[-.\d]*$|:$|^(-|\.)?(true|false|yes|no|on|off|null|y|n)$/i.test(words);
  return isPlain && !/^[\d.+-]/.test(words.replace(/^--?(?=[a-z])/, "")) ? words : JSON.stringify(words);
}

/** Where `text` ends the line that `offset` is in. */
export function lineEnd(text: string, offset: number): number {
  if (offset > 0 && text[offset - 1] === "\n") return offset;
  const end = text.indexOf("\n", offset);
  return end < 0 ? text.length : end + 1;
}

/** What stands before `offset` in its line. */
export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** Behind the last of what stands between brackets or braces. */
export function appended(text: string, { start, end }: Items | Entries, isEmpty: boolean, what: string): string {
  const before = text.slice(start, end - 1).trimEnd();
  const comma = isEmpty || before.endsWith(",") ? "" : ", ";
  return text.slice(0, start) + before + comma + what + text.slice(end - 1);
}
