/** From a file of many certificates, and those that it includes, to a plan. No other file is opened, and nobody is asked. */
import { isFailure } from "../../failure/failure.ts";
import type { Broken, Entry, Plan } from "../../renewal/many/plan.ts";
import { type Around, entriesOf, type Reading } from "./entry.ts";
import { foldersOf, includedBy } from "./include.ts";
import { badRunConfig } from "./open.ts";
import { refuseSameFiles } from "./same-file.ts";
import { hooksMaker } from "./settings.ts";
import { openTop, type Top } from "./top.ts";

interface Part {
  readonly file: string;
  readonly entries: readonly Entry[];
  readonly broken: readonly Broken[];
}

/** Throws BAD_RUN_CONFIG for what is wrong as a whole, and SAME_FILE_TWICE; single entries that are wrong are in the plan. */
export async function readPlan(file: string, around: Around): Promise<Plan> {
  const { fs } = around;
  const reading = { ...around, ca: once(around.ca), root: once(around.root), hooksOf: hooksMaker() };
  const top = await openTop(file, { fs, above: {}, isIncluded: false });
  const parts: Part[] = [{ file, ...entriesOf(top, reading) }];
  const included = includedBy(top, fs);
  for (const one of included) parts.push(await readIncluded(one, top, reading));
  const entries = parts.flatMap((part) => part.entries);
  const broken = parts.flatMap((part) => part.broken);
  if (entries.length + broken.length === 0) throw badRunConfig({ file }, { kind: "no-certificates", included });
  refuseSameFiles(entries, { files: parts.map((part) => part.file), folders: foldersOf(top), top: file }, fs);
  return { entries, broken, concurrency: top.concurrency };
}

/** A file that is included and cannot be used is one broken entry: the others go on where that is wished for. */
async function readIncluded(file: string, { defaults: above }: Top, reading: Reading): Promise<Part> {
  try {
    return { file, ...entriesOf(await openTop(file, { fs: reading.fs, above, isIncluded: true }), reading) };
  } catch (error) {
    if (!isFailure(error, "BAD_RUN_CONFIG")) throw error;
    const origin = { file, line: error.facts.line ?? 1, entry: 0 };
    return { file, entries: [], broken: [{ origin, failure: error }] };
  }
}

function once<T>(compute: () => T): () => T {
  let known: { value: T } | undefined;
  return () => {
    known ??= { value: compute() };
    return known.value;
  };
}
