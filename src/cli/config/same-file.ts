/** No two entries may write one file, and none may write what is not its own. Links are followed; nothing is opened. */
import { basename, dirname, resolve } from "node:path";
import { Failure } from "../../failure/failure.ts";
import type { FileUse } from "../../failure/run-config.ts";
import type { FileSystem } from "../../files/system.ts";
import { follow } from "../../files/target.ts";
import type { Hooks } from "../../renewal/hooks.ts";
import type { Entry } from "../../renewal/many/plan.ts";
import { filesIn } from "../../renewal/trust.ts";
import { isList } from "./include.ts";

/** What the entries are read from. */
export interface Sources {
  readonly files: readonly string[];
  /** Whatever comes to lie in these as a list is read as one by the next run. */
  readonly folders: readonly string[];
  /** The file that includes the folders. */
  readonly top: string;
}

/** Throws SAME_FILE_TWICE. */
export function refuseSameFiles(entries: readonly Entry[], sources: Sources, fs: FileSystem): void {
  const realOf = resolver(fs);
  const written = new Map<string, Using>();
  const refuse = (file: string, uses: readonly [Using, Using]) => {
    throw new Failure("SAME_FILE_TWICE", { file, uses: [useOf(uses[0]), useOf(uses[1])] });
  };
  for (const entry of entries) {
    const { paths, out } = entry.policy;
    const use: Using =
      out === undefined ? { entry, role: "crt", named: paths.certificate } : { entry, role: "out", named: out };
    const real = realOf(use.named);
    const other = written.get(real);
    if (other !== undefined) refuse(use.named, [other, use]);
    written.set(real, use);
    for (const { file: named } of entry.policy.also?.files ?? []) {
      const form: Using = { entry, role: "also", named };
      const before = written.get(realOf(named));
      if (before !== undefined) refuse(named, [before, form]);
      written.set(realOf(named), form);
    }
  }
  /** What nobody may write, but perhaps `but`. */
  const keep = (use: Using, but?: Entry) => {
    const writer = written.get(realOf(use.named));
    if (writer !== undefined && (writer.entry !== but || writer.role === "also")) refuse(use.named, [writer, use]);
  };
  for (const file of sources.files) keep({ entry: null, role: "config", named: file });
  for (const named of sources.folders) {
    const folder = orElse(() => fs.realpath(named), resolve(named));
    for (const [file, writer] of written)
      if (dirname(file) === folder && isList(basename(file)))
        refuse(writer.named, [writer, { entry: null, role: "include", named, from: sources.top }]);
  }
  const roots = new Set<unknown>();
  const settings = new Set<unknown>([undefined, null]);
  for (const entry of entries) {
    const { paths, out, root, hooks } = entry.policy;
    keep({ entry, role: "key", named: paths.key });
    // Where it is read only, another one must not write it: each would be renewed from the other's.
    if (out !== undefined) keep({ entry, role: "crt", named: paths.certificate }, entry);
    if (!roots.has(root)) for (const named of root.files ?? filesIn(root.value)) keep({ entry, role: "root", named });
    roots.add(root);
    const passphrases = [paths.passphraseFile, entry.policy.also?.passwordFile];
    for (const named of passphrases)
      if (named !== undefined && !settings.has(named)) keep({ entry, role: "password-file", named });
    if (!settings.has(hooks)) for (const use of hookFiles(hooks)) keep({ entry, ...use });
    for (const one of [...passphrases, hooks]) settings.add(one);
  }
  refuseKeysAsCertificates(entries, realOf, refuse);
}

interface Using {
  readonly entry: Entry | null;
  readonly role: FileUse["role"];
  readonly named: string;
  /** Of a folder: the list that names it. */
  readonly from?: string;
}

/** A program without a folder is one of the system's. */
function hookFiles(hooks: Hooks | null): Pick<Using, "role" | "named">[] {
  const program = hooks?.exec && "words" in hooks.exec ? (hooks.exec.words[0] ?? "") : "";
  const pidFile = hooks?.pidFile ?? null;
  return [
    ...(program.includes("/") ? [{ role: "exec" as const, named: program }] : []),
    ...(pidFile === null ? [] : [{ role: "pid-file" as const, named: pidFile }]),
  ];
}

/** A certificate that is read from another entry's key file is a mistake in one of the two. */
function refuseKeysAsCertificates(
  entries: readonly Entry[],
  realOf: (file: string) => string,
  refuse: (file: string, uses: readonly [Using, Using]) => void,
): void {
  const certificates = new Map(
    entries.flatMap((entry) =>
      entry.policy.out === undefined ? [] : [[realOf(entry.policy.paths.certificate), entry]],
    ),
  );
  if (certificates.size === 0) return;
  for (const entry of entries) {
    const named = entry.policy.paths.key;
    const reader = certificates.get(realOf(named));
    if (reader !== undefined && reader !== entry)
      refuse(named, [
        { entry: reader, role: "crt", named: reader.policy.paths.certificate },
        { entry, role: "key", named },
      ]);
  }
}

function useOf({ entry, role, named, from = named }: Using): FileUse {
  if (entry === null) return { place: { file: from }, role, named };
  const { origin, policy } = entry;
  return { place: { ...origin, crt: policy.paths.certificate }, role, named };
}

/** Thousands of files lie in few folders: each folder is looked at once. */
function resolver(fs: FileSystem): (file: string) => string {
  const [folders, files] = [new Map<string, string>(), new Map<string, string>()];
  const folderOf = (folder: string): string => {
    const real = folders.get(folder) ?? orElse(() => fs.realpath(folder), resolve(folder));
    folders.set(folder, real);
    return real;
  };
  const look = (file: string): string => {
    const folder = folderOf(dirname(file));
    const path = `${folder === "/" ? "" : folder}/${basename(file)}`;
    const isLink = orElse(() => fs.lstat(path).isSymbolicLink(), false);
    return isLink ? orElse(() => follow(path, fs), path) : path;
  };
  return (file) => {
    const real = files.get(file) ?? look(file);
    files.set(file, real);
    return real;
  };
}

/** What is not there, or leads nowhere, is what it is called; whoever reads it says what is wrong. */
function orElse<T>(work: () => T, otherwise: T): T {
  try {
    return work();
  } catch {
    return otherwise;
  }
}
