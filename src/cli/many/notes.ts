/** What is worth telling of each certificate while many are renewed: under its name, and never over the line of progress. */
import type { Entry, ManyProgress } from "../../renewal/many/plan.ts";
import type { Progress } from "../../renewal/renew.ts";
import { notKeptText } from "../backup-policy.ts";
import { repairText } from "../print/repair.ts";
import type { Reporter } from "../report.ts";
import { methodWords } from "./outcomes.ts";
import type { Ticker } from "./ticker.ts";

/** How an entry was last tried, for its document. */
export type Chosen = Map<Entry, Parameters<NonNullable<Progress["chose"]>>[0]>;

export function notesOf(reporter: Reporter, { ticker, chosen }: { ticker: Ticker; chosen: Chosen }): ManyProgress {
  const clear = (say: () => void) => {
    ticker.clear();
    say();
  };
  /** Of what is not said the line of progress must not flicker. */
  const detail = (text: string) => {
    if (reporter.manner.verbose) clear(() => reporter.detail(text));
  };
  return {
    done: (_, counts) => ticker.tick(counts),
    hooks: ({ files }) => detail(`running the hook that ${files.length} certificates share, once for all of them`),
    notesLeft: (files) => {
      for (const file of files)
        clear(() => reporter.repaired(`${file} cannot be taken away: the hook will be run again each time`));
    },
    about: (entry) => aboutOne(entry, reporter, { clear, detail, chosen }),
  };
}

function aboutOne(
  entry: Entry,
  reporter: Reporter,
  { clear, detail: say, chosen }: { clear(say: () => void): void; detail(text: string): void; chosen: Chosen },
): Progress {
  const { paths, ca } = entry.policy;
  const file = paths.certificate;
  const detail = (text: string) => say(`${file}: ${text}`);
  const always = (text: string) => clear(() => reporter.repaired(text));
  const note = (text: string) => clear(() => reporter.noted(text));
  return {
    repaired: (what) => always(repairText(what)),
    left: (files) => always(`left beside ${file}, and taken away by the next run: ${files.join(", ")}`),
    notKept: (what) => always(notKeptText(what)),
    swept: (files) => note(`removed what earlier runs had kept beside ${file}: ${files.join(", ")}`),
    unlocked: (name, errno) =>
      note(`${name} is on a file system without links (${errno}): two runs at once are not kept apart there`),
    waiting: ({ pid, host }) => detail(`another run is at work on it: waiting for process ${pid} on ${host}`),
    chose: (choice) => {
      chosen.set(entry, choice);
      const way = choice.method === "mtls" ? "over mTLS" : "by token";
      detail(`asking ${ca.href} ${way}: ${methodWords(entry, choice.because)}`);
    },
    completed: (count) => detail(`its chain is made whole from the CA's, ${count} above the leaf`),
    settled: (left) =>
      clear(() => {
        reporter.noted(`${file}: what an earlier run owed, its hook or signal, has succeeded now`);
        if (left !== null) reporter.repaired(`${left} cannot be taken away: the hook will be run again each time`);
      }),
    owing: (name) => note(`an earlier run still owes the hook or signal of ${name}: it is run by a run that has it`),
  };
}
