/** The end of a run of many, in words or as data, and its exit status. */
import { tell } from "../../failure/catalogue/catalogue.ts";
import { Failure, isFailure } from "../../failure/failure.ts";
import { interruption } from "../../renewal/interruption.ts";
import type { EntryResult, Plan, Summary } from "../../renewal/many/plan.ts";
import type { World } from "../../world.ts";
import { wrap } from "../print/layout.ts";
import { runDocument } from "../print/many.ts";
import { jsonText, plain } from "../print/plain.ts";
import type { Style } from "../print/style.ts";
import type { Reporter } from "../report.ts";
import { alike, type Failed, nameOf, placeOf } from "./alike.ts";
import type { Chosen } from "./notes.ts";
import { countLine, countsOf, outcomeLines } from "./outcomes.ts";
import { outOf, owingIn } from "./owing.ts";
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

type Kind = readonly [Failed, ...Failed[]];

/** More kinds of failures than this are only counted: whoever has so many begins with the first. */
const mostKinds = 10;
/** Of the certificates that one failure is told for. */
const mostNames = 10;

/** Prints it; returns the exit status of the worst failure, 0 without one. */
export function tellEnd(ended: Ended, world: World, reporter: Reporter): number {
  const { summary } = ended;
  const failed: Told[] = summary.results.filter((result) => result.result === "failed");
  const all = [
    ...failed,
    ...summary.hookFailures.map((failure) => ofHook(failure, summary.results)),
    ...cutIn(summary, world),
  ];
  const exitOf = ({ failure }: Told) => tell(failure).exit;
  const worstOne = worst(all, exitOf);
  if (reporter.manner.json) print(ended, worstOne, world, reporter);
  else say(ended, world, reporter);
  return worstOne === null ? 0 : exitOf(worstOne);
}

/** A failure, and the certificate that it is about. */
type Told = Pick<Failed, "entry" | "leaf" | "failure">;

/** A hook that several share is told of by one of its certificates. */
function ofHook(failure: Failure, results: readonly EntryResult[]): Told {
  const file = "file" in failure.facts ? failure.facts.file : null;
  const found = results.find(({ entry }) => entry !== null && outOf(entry) === file);
  return { failure, entry: found?.entry ?? null, leaf: found?.leaf ?? null };
}

/** As of one alone: where the end was asked for while what earlier runs owe was made good, that is the end of this one. */
function cutIn({ hookFailures }: Summary, world: World): Told[] {
  const isCut = (failure: Failure) =>
    isFailure(failure, "HOOK_FAILED") && !failure.facts.isNew && failure.facts.problems.some(({ ended }) => ended);
  return hookFailures.some(isCut) ? [{ failure: interruption(world), entry: null, leaf: null }] : [];
}

function replacedIn({ results }: Summary): number {
  return results.filter((one) => (one.result === "failed" ? isInstalled(one.failure) : one.result === "renewed"))
    .length;
}

/** Of a run that was to end: what it has done by then. */
function withReplaced(failure: Failure, replaced: number): Failure {
  return isFailure(failure, "INTERRUPTED") ? new Failure("INTERRUPTED", { ...failure.facts, replaced }) : failure;
}

/** Of the run as a whole: its end is no failure of a certificate's. */
function ofAll(told: Told, replaced: number): Told {
  if (!isFailure(told.failure, "INTERRUPTED")) return told;
  return { failure: withReplaced(told.failure, replaced), entry: null, leaf: null };
}

const isInstalled = ({ facts }: Failure) => "isNew" in facts && facts.isNew;

/** With the state of its own certificate. */
function describe({ entry, leaf, failure }: Told, reporter: Reporter): ReturnType<Reporter["describe"]> {
  reporter.forget();
  if (entry !== null && leaf !== null) {
    reporter.about(isInstalled(failure) ? outOf(entry) : entry.policy.paths.certificate, leaf);
  }
  return reporter.describe(failure);
}

function print(ended: Ended, worstOne: Told | null, world: World, reporter: Reporter): void {
  const { file: config, plan, summary, chosen, tookMs, isDryRun } = ended;
  const replaced = replacedIn(summary);
  const document = runDocument({
    results: summary.results,
    hookFailures: summary.hookFailures.map((one) => describe(ofHook(one, summary.results), reporter).document),
    of: plan.entries.length + plan.broken.length,
    config,
    isDryRun,
    tookMs,
    owing: owingIn(summary),
    error: worstOne && describe(ofAll(worstOne, replaced), reporter).document,
    describe: (result) => describe({ ...result, failure: withReplaced(result.failure, replaced) }, reporter).document,
    chosen: (result) => {
      if (result.result === "renewed") return result;
      if (result.result === "would-renew") return { method: result.method, because: result.methodBecause };
      return result.entry === null ? undefined : chosen.get(result.entry);
    },
  });
  world.stdout.write(`${jsonText(document, 2)}\n`);
}

function say(ended: Ended, world: World, reporter: Reporter): void {
  const { file, plan, summary, tookMs, isDryRun } = ended;
  const { stderr } = world;
  const write = (text: string) => stderr.write(`${text}\n`);
  const replaced = replacedIn(summary);
  const kinds = alike(summary.results.filter((result) => result.result === "failed"));
  const page = { columns: stderr.columns, style: reporter.styleOf(stderr) };
  for (const kind of kinds.slice(0, mostKinds)) {
    stderr.write(describe(ofAll(kind[0], replaced), reporter).rendered);
    for (const line of certificateLines(kind, page)) write(line);
    write("");
  }
  for (const failure of summary.hookFailures) write(describe(ofHook(failure, summary.results), reporter).rendered);
  if (kinds.length > mostKinds) write(`${restLine(kinds.slice(mostKinds))}\n`);
  if (reporter.manner.quiet) return;
  const owing = owingIn(summary);
  const table = { now: world.now(), columns: stderr.columns, isDryRun, owing };
  for (const line of outcomeLines(summary.results, table)) write(line);
  const of = plan.entries.length + plan.broken.length;
  const { failed, untouched } = countsOf(summary.results);
  const nothing = `nothing ${isDryRun ? "would be" : "was"} renewed`;
  if (untouched > 0)
    write(`${nothing}, as ${grouped(failed)} of ${grouped(of)} cannot be: \`--keep-going\` renews the others`);
  else write(countLine(summary.results, { file, of, tookMs, owing: isDryRun ? 0 : owing.size }));
}

/** Where it stands in the list, and who has the same. */
function certificateLines([first, ...others]: Kind, { columns, style }: { columns: number; style: Style }): string[] {
  const { entry } = first;
  const width = Math.min(Math.max(columns, 40), 100);
  const place = plain(placeOf(first));
  const names = others.slice(0, mostNames).map((result) => plain(nameOf(result)));
  const more = others.length - names.length;
  const also = [...names, ...(more > 0 ? [`and ${grouped(more)} more`] : [])].join(", ");
  return [
    ...(entry === null ? [] : [`  ${style.label("listed:")} ${wrap(place, width, 10)}`]),
    ...(others.length === 0 ? [] : [`  ${style.label("also:")} ${wrap(also, width, 8)}`]),
  ];
}

function restLine(kinds: readonly Kind[]): string {
  const codes = new Map<string, number>();
  for (const kind of kinds) for (const { failure } of kind) codes.set(failure.code, (codes.get(failure.code) ?? 0) + 1);
  const counts = [...codes].map(([code, count]) => `${grouped(count)} with ${code}`);
  return `and of other kinds ${counts.join(", ")}: \`--json\` tells of each`;
}
