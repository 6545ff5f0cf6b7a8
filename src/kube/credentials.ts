/** What a user of a kubeconfig proves itself by. */
import { Failure } from "../failure/failure.ts";
import { type Kubeconfig, ownWords, type User } from "./kubeconfig.ts";
import type { Chosen } from "./which.ts";
import { pathFrom } from "./which.ts";
import { at, positionOf, type Words, type Written, wordsAt } from "./written.ts";

/** One half of it: written in the kubeconfig itself, or in a file. */
export type Half = { readonly in: "config"; readonly key: string } | { readonly in: "file"; readonly file: string };

export interface Halves {
  readonly certificate: Half;
  readonly key: Half;
}

/** Where certificate and key are. Throws where the user has none, or not both, and says what it has instead. */
export function halvesOf({ config, user }: Chosen): Halves {
  refuseTwice({ config, user });
  const certificate = halfOf(config, user, "client-certificate");
  const key = halfOf(config, user, "client-key");
  if (certificate !== undefined && key !== undefined) return { certificate, key };
  const about = { file: config.file, user: user.name };
  if (certificate !== undefined) throw new Failure("KUBE_NO_KEY", about);
  throw key === undefined ? otherWay({ config, user }) : new Failure("KUBE_NO_CERTIFICATE", { ...about, hasKey: true });
}

/** kubectl says that what is in the file itself would win, and refuses the user all the same. */
function refuseTwice({ config: { file, text }, user: { name: user, own } }: Chosen): void {
  for (const key of ["client-certificate", "client-key"]) {
    const path = at(own, key);
    if (path === undefined || at(own, `${key}-data`) === undefined) continue;
    const problem = `${user} has its ${key === "client-key" ? "key" : "certificate"} twice`;
    throw new Failure("KUBECONFIG_BROKEN", { file, ...positionOf(text, path.start), problem, twice: { user, key } });
  }
}

function halfOf(config: Kubeconfig, user: User, name: string): Half | undefined {
  if (ownWords(config, user, `${name}-data`) !== undefined) return { in: "config", key: `${name}-data` };
  const path = wordsAt(user.own, name);
  return path === undefined ? undefined : { in: "file", file: pathFrom(config.file, path) };
}

/** No certificate: then by what? */
export function otherWay({ config: { file }, user: { name: user, own } }: Chosen): Failure {
  const exec = at(own, "exec");
  if (exec !== undefined) {
    const isOurs = wordsIn(at(exec, "args")).includes(pluginCommand);
    return new Failure("KUBE_USER_EXEC", { file, user, command: wordsAt(exec, "command") ?? "", isOurs });
  }
  const way = (["token", "tokenFile", "auth-provider", "username", "password"] as const).find(
    (one) => at(own, one) !== undefined,
  );
  if (way !== undefined) return new Failure("KUBE_USER_TOKEN", { file, user, way });
  return new Failure("KUBE_NO_CERTIFICATE", { file, user });
}

export const pluginCommand = "kubectl-credential";

/** A program of ours that kubectl asks. */
export interface OwnPlugin {
  /** Where kubectl finds it, and what stands before our own words: the script, where the program is Node. */
  readonly program: readonly [string, ...string[]];
  /** Of `renew kubectl-credential`. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Null where the user proves itself otherwise: by a certificate of its own, or by another program. */
export function ownPlugin({ config, user: { own } }: Chosen): OwnPlugin | null {
  const exec = at(own, "exec");
  const words = wordsIn(at(exec, "args"));
  const begin = words.indexOf(pluginCommand);
  const has = (key: string) => at(own, key) !== undefined;
  if (begin < 0 || ["client-certificate", "client-key"].some((key) => has(key) || has(`${key}-data`))) return null;
  const command = wordsAt(exec, "command") ?? "";
  const env = at(exec, "env");
  const variables = env?.kind === "items" ? env.items : [];
  return {
    program: [command.includes("/") ? pathFrom(config.file, command) : command, ...words.slice(0, begin)],
    args: words.slice(begin + 1),
    env: Object.fromEntries(variables.map((item) => [wordsAt(item, "name") ?? "", wordsAt(item, "value") ?? ""])),
  };
}

function wordsIn(list: Written | undefined): string[] {
  return list?.kind === "items" ? list.items.flatMap((item) => (item.kind === "words" ? [item.value] : [])) : [];
}

/** What is written there, decoded as Go does: line ends may stand in it, nothing else. Throws KUBE_BAD_DATA. */
export function decoded({ file, text }: Kubeconfig, user: User, { key, words }: { key: string; words: Words }): Buffer {
  const base64 = words.value.replace(/[\r\n]/g, "");
  if (/^[A-Za-z0-9+/]*={0,2}$/.test(base64) && base64.length % 4 === 0) return Buffer.from(base64, "base64");
  const looksLike = base64.includes("-----BEGIN") ? "PEM as it is, and not in base64" : undefined;
  throw new Failure("KUBE_BAD_DATA", {
    file,
    user: user.name,
    key,
    ...positionOf(text, words.start),
    ...(looksLike !== undefined && { looksLike }),
  });
}
