/** Puts a stanza into the text of a kubeconfig: below a user that is there, or with a new one. Every other byte stays. */
import { Failure } from "../failure/failure.ts";
import { isMerged, type Kubeconfig, parseKubeconfig, type User, userOf } from "./kubeconfig.ts";
import { appended, asLines, isSame, lineEnd, lineStart, type Stanza, yaml } from "./stanza.ts";
import { at, type Entries, isNothing, positionOf, type Written } from "./written.ts";

/** What proves a user by itself: kubectl takes one kind at a time, and a certificate beside a plugin's is an error to it. */
export const rivals = [
  "client-certificate",
  "client-certificate-data",
  "client-key",
  "client-key-data",
  "token",
  "tokenFile",
  "auth-provider",
  "username",
  "password",
] as const;

/** Of what is written here, until it is known how the file ends its lines: no YAML holds it. */
const newLine = "\0";

/** Null where all of it stands there already. `taken`: what goes. Throws KUBECONFIG_ANCHOR. */
export function withStanza(
  config: Kubeconfig,
  name: string,
  stanza: Stanza,
): { text: string; taken: readonly string[]; isNew: boolean } | null {
  const user = userOf(config, name);
  if (user !== undefined) refuseShared(config, user);
  const taken = user === undefined ? [] : rivalsOf(user, stanza);
  const exec = at(user?.own, "exec");
  if (exec !== undefined && taken.length === 0 && isSame(exec, stanza)) return null;
  const made = user === undefined ? withUser(config, name, stanza) : withOwn(config, user, stanza);
  const text = made.replaceAll(newLine, config.text.includes("\r\n") ? "\r\n" : "\n");
  refuseWrong(config.file, text, name, stanza);
  return { text, taken, isNew: user === undefined };
}

/** What a user has that would go; an exec stanza of ours is only brought up to date. */
export function rivalsOf({ own }: User, stanza: Stanza): string[] {
  const exec = at(own, "exec");
  const isForeign = exec !== undefined && !isSame(exec, stanza) && !isOurs(exec);
  return [...rivals.filter((key) => at(own, key) !== undefined), ...(isForeign ? ["exec"] : [])];
}

function isOurs(exec: Written): boolean {
  const args = at(exec, "args");
  return (
    args?.kind === "items" && args.items.some((item) => item.kind === "words" && item.value === "kubectl-credential")
  );
}

function refuseShared({ file, text }: Kubeconfig, user: User): void {
  const { own } = user;
  const inside = own?.kind === "entries" ? own.entries.find(({ value }) => value.isShared) : undefined;
  if (!user.isShared && !own?.isShared && !(own && isMerged(own)) && inside === undefined) return;
  const where = positionOf(text, inside?.start ?? own?.start ?? user.start);
  throw new Failure("KUBECONFIG_ANCHOR", { file, user: user.name, key: inside?.key ?? "user", ...where });
}

/** Nothing is written that is not read as what was meant. */
function refuseWrong(file: string, text: string, name: string, stanza: Stanza): void {
  const user = userOf(parseKubeconfig(file, Buffer.from(text)), name);
  const exec = at(user?.own, "exec");
  if (user === undefined || exec === undefined || !isSame(exec, stanza) || rivalsOf(user, stanza).length > 0)
    throw new Error(`the stanza for ${name} would not be read from ${file} as it was meant`);
}

function withOwn({ text }: Kubeconfig, { own, start }: User, stanza: Stanza): string {
  const goes = (key: string) => key === "exec" || rivals.some((one) => one === key);
  if (own?.kind === "entries" && !own.isFlow) return inBlock(text, own, goes, stanza);
  if (own?.kind === "entries") {
    const kept = own.entries.filter(({ key }) => !goes(key));
    const parts = kept.map((entry) => text.slice(entry.start, entry.value.end));
    return `${text.slice(0, own.start)}{${[...parts, `"exec": ${JSON.stringify(stanza)}`].join(", ")}}${text.slice(own.end)}`;
  }
  return inNothing(text, start, stanza);
}

/** Line by line: what goes, goes with its lines, and the stanza comes where the first of them was, or last. */
function inBlock(text: string, own: Entries, goes: (key: string) => boolean, stanza: Stanza): string {
  const [first] = own.entries;
  const indent = " ".repeat((first?.start ?? 0) - lineStart(text, first?.start ?? 0));
  const lines = ended(asLines(stanza, indent));
  const cut = own.entries
    .filter(({ key }) => goes(key))
    .map((entry) => ({
      from: lineStart(text, entry.start),
      to: lineEnd(text, Math.max(entry.value.end, entry.start)),
    }));
  const [place] = cut;
  if (place === undefined) {
    const to = lineEnd(text, own.end);
    return text.slice(0, to) + lineBreak(text, to) + lines + text.slice(to);
  }
  return cut.reduceRight(
    (current, { from, to }) => current.slice(0, from) + (from === place.from ? lines : "") + current.slice(to),
    text,
  );
}

/** A user of whom nothing is said: `user:`, `user: null`, or not even that. */
function inNothing(text: string, start: number, stanza: Stanza): string {
  const config = parseKubeconfig("", Buffer.from(text));
  const users = at(config.root, "users");
  const item = users?.kind === "items" ? users.items.find((one) => one.start === start) : undefined;
  if (item?.kind !== "entries") throw new Error("a user is no map");
  const exec = JSON.stringify({ exec: stanza });
  const said = item.entries.find(({ key }) => key === "user")?.value;
  if (said !== undefined && isNothing(said)) {
    const space = /[\s]/.test(text[said.start - 1] ?? " ") ? "" : " ";
    return text.slice(0, said.start) + space + exec + text.slice(said.end);
  }
  if (item.isFlow) return appended(text, item, item.entries.length === 0, `"user": ${exec}`);
  const to = lineEnd(text, item.end);
  const column = item.start - lineStart(text, item.start);
  return insertLines(text, to, [`${" ".repeat(column)}user: ${exec}`]);
}

function withUser({ text, root }: Kubeconfig, name: string, stanza: Stanza): string {
  const entry = JSON.stringify({ name, user: { exec: stanza } });
  const users = root.kind === "entries" ? root.entries.find(({ key }) => key === "users")?.value : undefined;
  if (users?.kind === "items" && users.isFlow) return appended(text, users, users.items.length === 0, entry);
  if (users?.kind === "items") {
    const [first] = users.items;
    const line = text.slice(lineStart(text, first?.start ?? users.start), first?.start ?? users.start);
    const to = lineEnd(text, users.end);
    return insertLines(text, to, item(name, stanza, /^ */.exec(line)?.[0] ?? ""));
  }
  if (users !== undefined) {
    const space = /\s/.test(text[users.start - 1] ?? " ") ? "" : " ";
    return `${text.slice(0, users.start)}${space}[${entry}]${text.slice(users.end)}`;
  }
  if (root.kind === "entries" && root.isFlow)
    return appended(text, root, root.entries.length === 0, `"users": [${entry}]`);
  return insertLines(text, lineEnd(text, root.end), ["users:", ...item(name, stanza, "")]);
}

function item(name: string, stanza: Stanza, indent: string): string[] {
  return [`${indent}- name: ${yaml(name)}`, `${indent}  user:`, ...asLines(stanza, `${indent}    `)];
}

function insertLines(text: string, to: number, lines: readonly string[]): string {
  return text.slice(0, to) + lineBreak(text, to) + ended(lines) + text.slice(to);
}

/** Where the line before is not ended: the file's last one. */
function lineBreak(text: string, to: number): string {
  return to === 0 || text[to - 1] === "\n" ? "" : newLine;
}

function ended(lines: readonly string[]): string {
  return lines.map((line) => line + newLine).join("");
}
