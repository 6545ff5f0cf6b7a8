/** A kubeconfig: users, contexts, and the places where a user's credentials are written. */
import { Failure } from "../failure/failure.ts";
import { at, positionOf, read, type Words, type Written, wordsAt } from "./written.ts";

export interface User {
  readonly name: string;
  /** What stands below `user:`. */
  readonly own: Written | undefined;
  /** Of its entry in the list. */
  readonly start: number;
  /** Something on the way to it has a name, or is an alias. */
  readonly isShared: boolean;
}

export interface Context {
  readonly name: string;
  /** Empty where it names none. */
  readonly user: string;
}

export interface Kubeconfig {
  /** As it was named. */
  readonly file: string;
  readonly text: string;
  readonly root: Written;
  readonly currentContext: string | undefined;
  readonly contexts: readonly Context[];
  readonly users: readonly User[];
}

/** Throws KUBECONFIG_BROKEN, with the place. */
export function parseKubeconfig(file: string, bytes: Buffer): Kubeconfig {
  const text = bytes.toString("utf8");
  const broken = (offset: number, problem: string) =>
    new Failure("KUBECONFIG_BROKEN", { file, ...positionOf(text, offset), problem });
  if (/^(\xff\xfe|\xfe\xff)/.test(bytes.subarray(0, 2).toString("latin1")))
    throw broken(0, "it is text in UTF-16, as PowerShell writes it");
  if (!Buffer.from(text).equals(bytes)) throw broken(text.indexOf("\ufffd"), "it is not text in UTF-8");
  const reading = read(text);
  if ("fault" in reading) throw broken(reading.fault.at, reading.fault.said);
  const { root } = reading;
  const kind = wordsAt(root, "kind");
  const known = ["users", "contexts", "clusters", "current-context", "preferences"];
  if (root.kind !== "entries" || (kind !== undefined && kind !== "Config"))
    throw broken(root.start, `${whatItIs(text, kind)} no kubeconfig`);
  if (kind === undefined && !known.some((name) => root.entries.some(({ key }) => key === name)))
    throw broken(root.start, "it is no kubeconfig: it has no users, contexts or clusters");
  for (const list of ["users", "contexts"]) {
    const value = at(root, list);
    if (value !== undefined && value.kind !== "items" && value.kind !== "elsewhere")
      throw broken(value.start, `${list} is no list`);
  }
  const users = itemsOf(root, "users").map((item) => ({
    name: wordsAt(item, "name") ?? "",
    own: at(item, "user"),
    start: item.start,
    isShared: root.isShared || at(root, "users")?.isShared === true || item.isShared || isMerged(item),
  }));
  users.forEach(({ name, start }, index) => {
    if (users.findIndex((one) => one.name === name) < index)
      throw broken(start, `a user ${name} stands here once more`);
  });
  return { file, text, root, users, contexts: contextsOf(root), currentContext: wordsAt(root, "current-context") };
}

function whatItIs(text: string, kind: string | undefined): string {
  if (kind !== undefined) return `it is a ${kind}, and`;
  return text.includes("-----BEGIN ") ? "it is PEM, and" : "it is";
}

function contextsOf(root: Written): Context[] {
  return itemsOf(root, "contexts").map((item) => ({
    name: wordsAt(item, "name") ?? "",
    user: wordsAt(at(item, "context"), "user") ?? "",
  }));
}

function itemsOf(root: Written, list: string): readonly Written[] {
  const value = at(root, list);
  return value?.kind === "items" ? value.items : [];
}

/** `<<` takes over what is written elsewhere. */
export function isMerged(value: Written): boolean {
  return value.kind === "entries" && value.entries.some(({ key }) => key === "<<");
}

/** The user of that name; undefined where the file has none. */
export function userOf({ users }: Kubeconfig, name: string): User | undefined {
  return users.find((user) => user.name === name);
}

/** Words of a user that may be written anew. Throws KUBECONFIG_ANCHOR for what is shared with another place. */
export function ownWords({ file, text }: Kubeconfig, user: User, key: string): Words | undefined {
  const value = at(user.own, key);
  const isShared = user.isShared || user.own?.isShared || (user.own && isMerged(user.own)) || value?.isShared;
  if (isShared && (value !== undefined || user.own?.kind !== "entries" || isMerged(user.own)))
    throw new Failure("KUBECONFIG_ANCHOR", {
      file,
      user: user.name,
      key,
      ...positionOf(text, value?.start ?? user.own?.start ?? user.start),
    });
  return value?.kind === "words" ? value : undefined;
}
