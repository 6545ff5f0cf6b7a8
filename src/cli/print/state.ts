/** The line of a failure that says what the disk has now, and how long the certificate is still good. */
import { attempt, type Failure } from "../../failure/failure.ts";
import { instant, relative } from "../../failure/time.ts";
import { readNamed } from "../../files/read.ts";
import type { Certificate } from "../../pki/certificate.ts";
import type { World } from "../../world.ts";

export interface Known {
  command: string;
  /** Null where none could be read. */
  about: { file: string; leaf: Certificate } | null;
  /** What another one was put in the place of. */
  isAfter: boolean;
  /** What an interrupted run had left was made whole before, and said. */
  hasRepaired: boolean;
}

export function stateOf(failure: Failure, known: Known, { fs, now: clock }: Pick<World, "fs" | "now">): string {
  const { code, facts } = failure;
  const isUnfinished = "unfinished" in facts && facts.unfinished === true;
  if (known.about === null) {
    if (isUnfinished && "file" in facts)
      return `what an interrupted run has begun with ${facts.file} is not finished; the next run of renew goes on with it`;
    if (hasReplaced(failure)) return "what was renewed is in its place; nothing else was changed";
    return known.hasRepaired
      ? "nothing was changed but what is said above of an interrupted run"
      : "nothing was changed";
  }
  const { file, leaf } = known.about;
  if ((code === "FILE_MISSING" && "file" in facts && facts.file === file) || isGone(failure, file, fs))
    return `${file} is gone; nothing was changed`;
  if (code === "TARGET_CHANGED") return "what somebody else has put there stands; nothing of it was changed";
  const now = clock();
  const isGood = leaf.notAfter >= now;
  const when = relative(leaf.notAfter, now);
  const end = isGood ? `it is good until ${instant(leaf.notAfter)} (${when})` : `it expired ${when}`;
  if (isUnfinished)
    return "ofPair" in facts && facts.ofPair
      ? `of ${file} and its key one may be new and one old; the next run of renew finishes that; ${end}`
      : `${file} may be half new and half old; the next run of renew finishes that; ${end}`;
  if (known.isAfter) return `${file} is the ${known.command === "rollback" ? "one that was kept" : "new one"}; ${end}`;
  return `${file} is unchanged; ${end}`;
}

/** Of a run of many that was to end: of some of its certificates. */
export function hasReplaced({ facts }: Failure): boolean {
  return "replaced" in facts && facts.replaced !== undefined && facts.replaced > 0;
}

/** Taken away by somebody else, perhaps with its folder, while the CA was asked. */
function isGone({ facts }: Failure, file: string, fs: World["fs"]): boolean {
  if (!("errno" in facts && facts.errno === "ENOENT")) return false;
  return attempt(() => readNamed(file, "certificate", fs)).failure?.code === "FILE_MISSING";
}
