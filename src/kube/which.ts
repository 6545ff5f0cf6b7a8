/** Which file, and which user in it: as kubectl finds them, where nobody says it. */
import { dirname, join } from "node:path";
import { Failure, isFailure } from "../failure/failure.ts";
import { nearest } from "../failure/nearest.ts";
import { readNamed } from "../files/read.ts";
import type { World } from "../world.ts";
import { type Kubeconfig, parseKubeconfig, type User, userOf } from "./kubeconfig.ts";

type Around = Pick<World, "env" | "fs">;

export interface Chosen {
  readonly config: Kubeconfig;
  readonly user: User;
}

/** `file`: the one that was named. `user`: the same. */
export interface Asked {
  readonly file: string | undefined;
  readonly user: string | undefined;
}

/** Throws what is wrong with the files, KUBE_USER_MISSING and KUBE_CONTEXT_MISSING. Reads, and changes nothing. */
export function choose(asked: Asked, world: Around): Chosen {
  const configs = openAll(filesOf(asked.file, world.env), world);
  const about: About = asked.file === undefined ? {} : { isNamed: true };
  if (asked.user !== undefined) return userIn(configs, asked.user, { from: "--user", ...about });
  // The first file that has a value wins, as for kubectl.
  const current = configs.find(({ currentContext }) => currentContext !== undefined)?.currentContext;
  if (current === undefined) return onlyUser(configs, about);
  const contexts = configs.flatMap((config) => config.contexts);
  const context = contexts.find(({ name }) => name === current);
  const files = configs.map(({ file }) => file);
  const known = contexts.map(({ name }) => name);
  if (context === undefined) {
    const near = nearest(current, known);
    throw new Failure("KUBE_CONTEXT_MISSING", {
      ...about,
      files,
      context: current,
      known,
      ...(near !== undefined && { near }),
    });
  }
  if (context.user === "")
    throw new Failure("KUBE_CONTEXT_MISSING", { ...about, files, context: current, known, isUserless: true });
  return userIn(configs, context.user, { from: `the context ${current}`, ...about });
}

/** Whether the file was named: then what is advised names it as well. */
type About = { isNamed?: true };

/** The only one may be meant. */
function onlyUser(configs: readonly Kubeconfig[], about: About): Chosen {
  const names = [...new Set(configs.flatMap(({ users }) => users.map(({ name }) => name)))];
  const [only, ...others] = names;
  const files = configs.map(({ file }) => file);
  if (only === undefined) throw new Failure("KUBE_USER_MISSING", { ...about, files, user: null, from: "", known: [] });
  if (others.length > 0) throw new Failure("KUBE_CONTEXT_MISSING", { ...about, files, context: null, known: names });
  return userIn(configs, only, { from: "", ...about });
}

function userIn(configs: readonly Kubeconfig[], name: string, about: About & { from: string }): Chosen {
  for (const config of configs) {
    const user = userOf(config, name);
    if (user !== undefined) return { config, user };
  }
  const known = [...new Set(configs.flatMap(({ users }) => users.map((user) => user.name)))];
  const near = nearest(name, known);
  const files = configs.map(({ file }) => file);
  throw new Failure("KUBE_USER_MISSING", { ...about, files, user: name, known, ...(near !== undefined && { near }) });
}

/** The one that was named, those of KUBECONFIG, or the one at home. */
export function filesOf(named: string | undefined, env: Around["env"]): { files: readonly string[]; from: string } {
  if (named !== undefined) return { files: [named], from: "the command line" };
  const listed = (env["KUBECONFIG"] ?? "")
    .split(process.platform === "win32" ? ";" : ":")
    .filter((file) => file !== "");
  if (listed.length > 0) return { files: [...new Set(listed)], from: "KUBECONFIG" };
  return { files: [join(env["HOME"] ?? env["USERPROFILE"] ?? ".", ".kube", "config")], from: "the default" };
}

/** Those of several that are not there, or empty, are left out, as kubectl does; where none is left, the first is missed. */
function openAll({ files }: { files: readonly string[] }, world: Around): readonly Kubeconfig[] {
  const missing: unknown[] = [];
  const configs = files.flatMap((file) => {
    try {
      return [openKubeconfig(file, world)];
    } catch (error) {
      if (!isFailure(error, "FILE_MISSING") && !isFailure(error, "FILE_EMPTY")) throw error;
      missing.push(error);
      return [];
    }
  });
  if (configs.length === 0) throw missing[0];
  return configs;
}

/** Throws FILE_MISSING and the like, and KUBECONFIG_BROKEN. */
export function openKubeconfig(file: string, { fs }: Pick<World, "fs">): Kubeconfig {
  const bytes = readNamed(file, "kubeconfig", fs);
  if (bytes.toString("utf8").trim() === "") throw new Failure("FILE_EMPTY", { file, role: "kubeconfig" });
  return parseKubeconfig(file, bytes);
}

/** A path in a kubeconfig starts at the file's own folder. */
export function pathFrom(file: string, path: string): string {
  return path.startsWith("/") ? path : join(dirname(file), path);
}
