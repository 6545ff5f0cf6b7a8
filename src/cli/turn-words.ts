/** What is said of other runs on the same certificate. */
import { instant, span } from "../failure/time.ts";
import { type Certificate, whom } from "../pki/certificate.ts";
import type { TurnProgress } from "../renewal/turn.ts";
import { repairText } from "./print/repair.ts";
import type { Report, Reporter } from "./report.ts";

export function turnWords(reporter: Reporter): TurnProgress {
  return {
    repaired: (what) => reporter.repaired(repairText(what)),
    waiting: ({ pid, host }) => reporter.detail(`another run is at work on it: waiting for process ${pid} on ${host}`),
    swept: (files) => reporter.noted(`removed what earlier runs had kept beside it: ${files.join(", ")}`),
    left: (files) => reporter.repaired(`left beside it, and taken away by the next run: ${files.join(", ")}`),
    unlocked: (file, errno) =>
      reporter.noted(`${file} is on a file system without links (${errno}): two runs at once are not kept apart there`),
  };
}

/** What was asked for is there, by another run. */
export function overtakenReport(
  outcome: "renewed" | "rekeyed",
  { leaf, file, keyFile }: { leaf: Certificate; file: string; keyFile?: string },
  { now, hasHooks }: { now: Date; hasHooks: boolean },
): Report {
  const left = span(leaf.notAfter.getTime() - now.getTime());
  return {
    outcome,
    text: `${file} for ${whom(leaf)} was ${outcome} by another run: good until ${instant(leaf.notAfter)} (${left})`,
    notes: hasHooks ? ["the hook is that run's: it was not run here"] : [],
    about: { file, leaf },
    file,
    ...(keyFile !== undefined && { keyFile }),
  };
}
