/** Which file lists the certificates: the one that is named, else the first of two that is there. */
import { basename, dirname, join } from "node:path";
import { type Environment, stepPath } from "../../ca/settings.ts";
import { errnoOf, Failure } from "../../failure/failure.ts";
import { nearest } from "../../failure/nearest.ts";
import type { FileSystem } from "../../files/system.ts";
import { emptyWord } from "../empty-word.ts";

/** Of the machine, where no user has one. */
const ofMachine = "/etc/renew/renew.json";

/** `named`: after --config. Throws NO_RUN_CONFIG, and BAD_FLAG for an empty word. */
export function findConfig(
  named: string | undefined,
  { env, fs }: { env: Environment; fs: FileSystem },
  command: "run" | "status" = "run",
): string {
  if (named === "") throw emptyWord("--config", command);
  if (named !== undefined) {
    if (isThere(named, fs)) return named;
    throw new Failure("NO_RUN_CONFIG", { looked: [named], named: "--config", similar: similarTo(named, fs), command });
  }
  const looked = [join(stepPath(env), "renew.json"), ofMachine];
  const found = looked.find((file) => isThere(file, fs));
  if (found !== undefined) return found;
  throw new Failure("NO_RUN_CONFIG", {
    looked,
    named: null,
    similar: looked.flatMap((file) => otherEndings(file, fs)),
    command,
  });
}

/** What is there and cannot be looked at is there: reading it says what is wrong. */
function isThere(file: string, fs: FileSystem): boolean {
  try {
    fs.stat(file);
    return true;
  } catch (error) {
    return errnoOf(error) !== "ENOENT" && errnoOf(error) !== "ENOTDIR";
  }
}

/** The default is JSON by its name; who writes YAML has to name it. */
function otherEndings(file: string, fs: FileSystem): string[] {
  return [".yaml", ".yml"].map((ending) => file.replace(/\.json$/, ending)).filter((other) => isThere(other, fs));
}

function similarTo(file: string, fs: FileSystem): string[] {
  try {
    const near = nearest(
      basename(file),
      fs.list(dirname(file)).filter((name) => /\.(json|ya?ml)$/i.test(name)),
    );
    return near === undefined ? [] : [near];
  } catch {
    return []; // the folder is missing too, which the missing file says already
  }
}
