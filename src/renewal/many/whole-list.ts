/** A list that is read again, with mistakes in it: nothing that is kept is dropped by a mistake. */
import { formFiles } from "../also/form.ts";
import type { Entry, Plan } from "./plan.ts";

/**
 * What the plan before had from a file that is broken in part now, and the new one has no more: one of these is what the broken
 * entry meant, and which one cannot be told. They are kept as they were, until the file is whole. What would write a file that a
 * new entry writes is not.
 */
export function keptFrom(before: Iterable<{ readonly entry: Entry }>, { entries, broken }: Plan): Entry[] {
  const files = new Set(broken.map(({ origin }) => origin.file));
  if (files.size === 0) return [];
  const written = new Set(entries.flatMap(writtenBy));
  return [...before]
    .map(({ entry }) => entry)
    .filter((entry) => files.has(entry.origin.file) && !writtenBy(entry).some((file) => written.has(file)));
}

function writtenBy({ policy }: Entry): string[] {
  return [policy.out ?? policy.paths.certificate, ...formFiles(policy)];
}
