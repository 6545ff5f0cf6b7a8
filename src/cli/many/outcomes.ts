/** What has become of each certificate, in a table of words. */
import { type MethodReason, reasons } from "../../ca/credential.ts";
import { instant, relative, span } from "../../failure/time.ts";
import type { Entry, EntryResult } from "../../renewal/many/plan.ts";
import { alsoWritten } from "../also-policy.ts";
import { wrap } from "../print/layout.ts";
import { plain } from "../print/plain.ts";
import { nameOf } from "./alike.ts";
import { grouped } from "./ticker.ts";

/** With more, plain successes are counted only. */
const mostRows = 20;
/** And of those that are not, no more than somebody reads. */
const mostFailed = 100;
/** Of the first column. */
const widest = 36;

interface Page {
  now: Date;
  columns: number;
  isDryRun: boolean;
  /** Those whose hook has failed, or in a dry run cannot be run. */
  owing?: ReadonlySet<EntryResult>;
}

/** The rows that are worth their line. Of a dry run, which is asked for them, all. */
export function outcomeLines(results: readonly EntryResult[], { now, columns, isDryRun, owing }: Page): string[] {
  const isLong = results.length > mostRows && !isDryRun;
  const shown = isLong ? results.filter(isWorthIt) : results;
  const listed = isLong ? shown.slice(0, mostFailed) : shown;
  const rows = listed.map((result) => {
    const [outcome, more] = wordsOf(result, { now, isDryRun });
    const hook = owing?.has(result) && result.result !== "failed" ? hookWords(isDryRun) : "";
    return [plain(nameOf(result)), outcome, more + hook] as const;
  });
  const width = Math.min(Math.max(columns, 40), 100);
  const first = Math.min(widest, Math.max(0, ...rows.map(([name]) => name.length)));
  const second = Math.max(0, ...rows.map(([, outcome]) => outcome.length));
  const lines = rows.map(
    ([name, outcome, more]) =>
      `${shortened(name, first).padEnd(first)}  ${outcome.padEnd(second)}  ${wrap(more, width, first + second + 4)}`,
  );
  const left = shown.length - listed.length;
  return left === 0 ? lines : [...lines, `and ${grouped(left)} more: \`--json\` tells of each`];
}

/** What was not tried, since a run was to end or its CA did not answer, is counted only. */
function isWorthIt(result: EntryResult): boolean {
  if (result.result === "not-due") return result.forms.length > 0;
  return result.result === "overtaken" || (result.result === "failed" && result.untried !== true);
}

/** Names of one folder differ at their end. */
function shortened(name: string, width: number): string {
  return name.length <= width ? name : `…${name.slice(name.length - width + 1)}`;
}

/** What is told of the hook itself stands above the table. */
const hookWords = (isDryRun: boolean) => (isDryRun ? "; its hook cannot be run" : "; it owes its hook");

/** Of one that is not due. */
function staleWords(forms: readonly string[], isDryRun: boolean): string {
  if (forms.length === 0) return "";
  return `; missing or stale, and ${isDryRun ? "would be written" : "written"}: ${forms.map(plain).join(", ")}`;
}

function wordsOf(
  result: EntryResult,
  { now, isDryRun }: Pick<Page, "now" | "isDryRun">,
): readonly [outcome: string, more: string] {
  switch (result.result) {
    case "renewed":
      return ["renewed", `good until ${instant(result.leaf.notAfter)}${alsoWritten(result.forms)}`];
    case "overtaken":
      return ["by another run", `good until ${instant(result.leaf.notAfter)}`];
    case "not-due":
      return ["not due", `due from ${instant(result.from)}${staleWords(result.forms, isDryRun)}`];
    case "would-renew": {
      const { entry, leaf, because, method, methodBecause } = result;
      const way = method === "mtls" ? "over mTLS" : "by token";
      const when = relative(leaf.notAfter, now);
      const why = because === "expired" ? `it expired ${when}` : `${dueWords[because] ?? because}, it ends ${when}`;
      const how = methodBecause === because ? "" : `; ${methodWords(entry, methodBecause)}`;
      const forms = result.forms.length === 0 ? "" : `; also writes ${result.forms.join(", ")}`;
      return ["would renew", `${way}: ${why}${how}${forms}`];
    }
    case "would-settle":
      return [
        "would run hooks",
        `not due, but an earlier run owes its hook or signal${staleWords(result.forms, isDryRun)}`,
      ];
    case "untouched":
      return ["untouched", "nothing is begun, as others are broken"];
    case "failed":
      return [result.untried ? "not tried" : "failed", result.failure.code];
  }
}

const dueWords: Readonly<Record<string, string>> = {
  asked: "all are asked for",
  "inside-window": "`expires-in` says so",
};

/** Why it is this way; what the list or --method wishes is no flag of `renew`'s. */
export function methodWords({ method }: Entry, reason: MethodReason): string {
  if (method === "mtls") return "the method is mtls";
  return reason === "asked" ? "the method is token" : reasons[reason];
}

/** `3 renewed, 12 not due, 1 failed: 16 certificates of renew.json, in 2s; 2 owe their hook`. */
export function countLine(
  results: readonly EntryResult[],
  { file, of, tookMs, owing = 0 }: { file: string; of: number; tookMs: number; owing?: number },
): string {
  const counts = countsOf(results);
  const parts = [
    [counts.renewed, "renewed"],
    [counts.overtaken, "renewed by another run"],
    [counts.wouldRenew, "would be renewed"],
    [counts.wouldSettle, "would run hooks"],
    [counts.notDue, "not due"],
    [counts.failed, "failed"],
    [counts.untried, "not tried"],
    [counts.untouched, "untouched"],
  ] as const;
  const owed = owing === 0 ? "" : `; ${grouped(owing)} ${owing === 1 ? "owes its hook" : "owe their hook"}`;
  const told = parts.filter(([count]) => count > 0).map(([count, what]) => `${grouped(count)} ${what}`);
  return `${told.join(", ")}: ${grouped(of)} ${of === 1 ? "certificate" : "certificates"} of ${plain(file)}, in ${span(tookMs)}${owed}`;
}

export interface SummaryCounts {
  renewed: number;
  overtaken: number;
  notDue: number;
  wouldRenew: number;
  /** And was tried. */
  failed: number;
  untried: number;
  /** And have hooks that an earlier run owes. */
  wouldSettle: number;
  /** Since others are broken. */
  untouched: number;
}

export function countsOf(results: readonly EntryResult[]): SummaryCounts {
  const count = (kind: EntryResult["result"]) => results.filter(({ result }) => result === kind).length;
  const untried = results.filter((one) => one.result === "failed" && one.untried === true).length;
  return {
    renewed: count("renewed"),
    overtaken: count("overtaken"),
    notDue: count("not-due"),
    wouldRenew: count("would-renew"),
    failed: count("failed") - untried,
    untried,
    wouldSettle: count("would-settle"),
    untouched: count("untouched"),
  };
}
