/** The end of a run of many, in words or as data, and its exit status. */
import type { Failure } from "../../failure/failure.ts";
import type { EntryResult, Plan, Summary } from "../../renewal/many/plan.ts";
import type { World } from "../../world.ts";
import { runDocument } from "../print/many.ts";
import { jsonText, plain } from "../print/plain.ts";
import type { Reporter } from "../report.ts";
import { alike, type Failed, nameOf } from "./alike.ts";
import type { Chosen } from "./notes.ts";
import { countLine, countsOf, outcomeLines } from "./outcomes.ts";
import { grouped } from "./ticker.ts";
import { worst } from "./worst.ts";

export interface Ended {
  readonly file: string;
  readonly plan: Plan;
  readonly summary: Summary;
  readonly chosen: Chosen;
  readonly tookMs: number;
  readonly isDryRun: boolean;
}

/** More kinds of failures than this are only counted: whoever has so many begins with the first. */
const mostKinds = 10;
/** Of the certificates that one failure is told for. */
const mostNames = 10;

/** Prints it; returns the exit status of the worst failure, 0 without one. */
export function tellEnd(ended: Ended, world: World, reporter: Reporter): number {
  const { summary } = ended;
  const failed = failedOf(summary.results);
  const all = [
    ...failed.map((result) => ({ result, failure: result.failure })),
    ...summary.hookFailures.map((failure) => ({ result: null, failure })),
  ];
  const exitOf = ({ result, failure }: (typeof all)[number]) => describe({ result, failure }, reporter).exit;
  const worstOne = worst(all, exitOf);
  if (reporter.manner.json) print(ended, worstOne, world, reporter);
  else say(ended, failed, world, reporter);
  return worstOne === null ? 0 : exitOf(worstOne);
}

const failedOf = (results: readonly EntryResult[]) => results.filter((result) => result.result === "failed");

interface Told {
  readonly result: Failed | null;
  readonly failure: Failure;
}

/** A failure with the state of its own certificate. */
function describe({ result, failure }: Told, reporter: Reporter): ReturnType<Reporter["describe"]> {
  reporter.forget();
  if (result?.entry && result.leaf !== null) {
    const { paths, out = paths.certificate } = result.entry.policy;
    const isNew = "isNew" in failure.facts && failure.facts.isNew;
    reporter.about(isNew ? out : paths.certificate, result.leaf);
  }
  return reporter.describe(failure);
}

function print(ended: Ended, worstOne: Told | null, world: World, reporter: Reporter): void {
  const { file: config, plan, summary, chosen, tookMs, isDryRun } = ended;
  const document = runDocument({
    results: summary.results,
    hookFailures: summary.hookFailures.map((failure) => describe({ result: null, failure }, reporter).document),
    of: plan.entries.length + plan.broken.length,
    config,
    isDryRun,
    tookMs,
    error: worstOne && describe(worstOne, reporter).document,
    describe: (result) => describe({ result, failure: result.failure }, reporter).document,
    chosen: (result) => {
      if (result.result === "renewed") return result;
      if (result.result === "would-renew") return { method: result.method, because: result.methodBecause };
      return result.entry === null ? undefined : chosen.get(result.entry);
    },
  });
  world.stdout.write(`${jsonText(document, 2)}\n`);
}

function say(ended: Ended, failed: readonly Failed[], world: World, reporter: Reporter): void {
  const { file, plan, summary, tookMs, isDryRun } = ended;
  const write = (text: string) => world.stderr.write(`${text}\n`);
  const kinds = alike(failed);
  for (const kind of kinds.slice(0, mostKinds)) {
    const [first] = kind;
    world.stderr.write(describe({ result: first, failure: first.failure }, reporter).rendered);
    if (kind.length > 1) write(sameLine(kind));
    write("");
  }
  for (const failure of summary.hookFailures)
    world.stderr.write(`${describe({ result: null, failure }, reporter).rendered}\n`);
  if (kinds.length > mostKinds) write(`${restLine(kinds.slice(mostKinds))}\n`);
  if (reporter.manner.quiet) return;
  const page = { now: world.now(), columns: world.stderr.columns, isDryRun };
  for (const line of outcomeLines(summary.results, page)) write(line);
  const of = plan.entries.length + plan.broken.length;
  if (summary.results.length < of && countsOf(summary.results).failed === summary.results.length)
    write(
      `nothing was renewed, as ${grouped(failed.length)} of ${grouped(of)} cannot be: \`--keep-going\` renews the others`,
    );
  else write(countLine(summary.results, { file, of, tookMs }));
}

/** Who has the same. */
function sameLine([, ...others]: readonly [Failed, ...Failed[]]): string {
  const shown = others.slice(0, mostNames).map((result) => `  ${plain(nameOf(result))}`);
  const more = others.length - shown.length;
  const count = `the same for ${grouped(others.length)} more:`;
  return [count, ...shown, ...(more > 0 ? [`  and ${grouped(more)} more`] : [])].join("\n");
}

function restLine(kinds: readonly (readonly Failed[])[]): string {
  const codes = new Map<string, number>();
  for (const kind of kinds) for (const { failure } of kind) codes.set(failure.code, (codes.get(failure.code) ?? 0) + 1);
  const counts = [...codes].map(([code, count]) => `${grouped(count)} with ${code}`);
  return `and of other kinds ${counts.join(", ")}: \`--json\` tells of each`;
}
