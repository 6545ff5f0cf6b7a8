/** Failures of many certificates that are one failure for whoever reads of them. */
import { tell } from "../../failure/catalogue/catalogue.ts";
import { type Failure, isFailure } from "../../failure/failure.ts";
import type { EntryResult } from "../../renewal/many/plan.ts";

export type Failed = Extract<EntryResult, { result: "failed" }>;

/** In the order in which each kind is met first. */
export function alike(failed: readonly Failed[]): (readonly [Failed, ...Failed[]])[] {
  const groups = new Map<string, [Failed, ...Failed[]]>();
  for (const one of failed) {
    const kind = kindOf(one);
    const group = groups.get(kind);
    if (group === undefined) groups.set(kind, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

/** The words of a failure without the names of its own files. */
function kindOf({ failure, entry }: Failed): string {
  if (isFailure(failure, "BAD_RUN_CONFIG")) return `${failure.code} ${JSON.stringify(failure.facts.problem)}`;
  const { code, what, why } = tell(failure);
  const words = `${code} ${causeOf(failure)} ${what} ${why}`;
  if (entry === null) return words;
  const { paths, out } = entry.policy;
  const names = [paths.certificate, paths.key, ...(out === undefined ? [] : [out])];
  return names.sort((a, b) => b.length - a.length).reduce((text, name) => text.replaceAll(name, "FILE"), words);
}

function causeOf({ facts }: Failure): string {
  return "diagnosis" in facts ? (facts.diagnosis?.causes[0]?.id ?? "") : "";
}

/** Where an entry stands in its list. */
export function placeOf({ origin }: Pick<Failed, "origin">): string {
  return `entry ${origin.entry}, ${origin.file}:${origin.line}`;
}

/** What a certificate is called: as its entry names it, or where that entry stands. */
export function nameOf(result: EntryResult): string {
  if (result.entry !== null) return result.entry.policy.paths.certificate;
  const { origin, failure } = result as Failed;
  const place = `${origin.file}:${origin.line}`;
  const crt = isFailure(failure, "BAD_RUN_CONFIG") ? failure.facts.crt : undefined;
  return crt === undefined ? place : `${crt} (${place})`;
}
