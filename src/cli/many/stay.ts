/** A daemon over many in words: a line for each event on stderr, or a document on one line of stdout. */
import { attempt, type Failure } from "../../failure/failure.ts";
import { instant, relative } from "../../failure/time.ts";
import type { Certificate } from "../../pki/certificate.ts";
import { readCertificateOf } from "../../renewal/load.ts";
import type { ManyEvent } from "../../renewal/many/event.ts";
import { keepMany } from "../../renewal/many/keep.ts";
import type { Entry, Plan, RunOptions } from "../../renewal/many/plan.ts";
import { unreadyIn } from "../../renewal/many/unready.ts";
import type { World } from "../../world.ts";
import { atNextStart } from "../print/event.ts";
import { manyEventLine } from "../print/many-event.ts";
import { plain } from "../print/plain.ts";
import type { Reporter } from "../report.ts";
import { placeOf } from "./alike.ts";
import { grouped } from "./ticker.ts";

/** Of those that fail, when somebody asks. */
const mostFailing = 20;

interface Staying {
  readonly options: RunOptions;
  readonly world: World;
  readonly reporter: Reporter;
  /** The list, as it is called now. */
  file(): string;
}

/** True for the first call. */
function once(): () => boolean {
  let count = 0;
  return () => count++ === 0;
}

/**
 * Resolves with 0 when it is asked to end. `look` is called at the start and at each SIGHUP. A list of which nothing could ever be
 * renewed, for want of its roots, say, keeps it from starting; later, and of a part of the list, that is told.
 */
export async function stayWithMany(look: () => Promise<Plan>, staying: Staying): Promise<number> {
  const { options, world, reporter } = staying;
  const isFirst = once();
  const lookAround = async () => {
    const plan = await look();
    const unready = unreadyIn(plan.entries, world);
    const [first] = unready;
    const count = unready.reduce((sum, { others }) => sum + 1 + others, 0);
    if (isFirst() && first !== undefined && count === plan.entries.length) throw first.failure;
    for (const one of unready) tell({ event: "unready", ...one }, staying);
    return plan;
  };
  await keepMany(lookAround, { ...options, keepGoing: true }, { ...world, asked: () => null }, (event) =>
    tell(event, staying),
  );
  reporter.forget();
  return 0;
}

type Told = Pick<Staying, "world" | "reporter" | "file">;

function tell(event: ManyEvent, { world, reporter, file }: Told): void {
  const { json, quiet } = reporter.manner;
  const isAgain = "isNews" in event && !event.isNews; // counted, and told by SIGUSR1
  if (isAgain) return;
  const now = world.now();
  const entry = entryOf(event);
  const failure = "failure" in event ? event.failure : null;
  const isEnding = world.signal.aborted;
  if (json) {
    const leaf = "leaf" in event ? event.leaf : null;
    const describe = (one: Failure, of: Entry | null) => describeFor(one, of, world, reporter).document;
    world.stdout.write(manyEventLine(event, { entry, leaf, now, isEnding, describe }));
  } else if (failure !== null) {
    const { rendered } = describeFor(failure, entry, world, reporter);
    const listed = entry === null ? "" : `  listed: ${plain(placeOf(entry))}\n`;
    world.stderr.write(`${instant(now)}\n${rendered}${listed}${plain(afterwards(event, now, isEnding))}\n`);
  } else if (!quiet || event.event === "state")
    for (const line of linesOf(event, { now, file: file() })) world.stderr.write(`${plain(line)}\n`);
}

function entryOf(event: ManyEvent): Entry | null {
  if ("entry" in event) return event.entry;
  if (event.event === "hooks-failed" || event.event === "hooks-settled") return event.entries[0] ?? null;
  return null;
}

/** With the state of its certificate, as it is on the disk now. */
function describeFor(failure: Failure, entry: Entry | null, world: World, reporter: Reporter) {
  reporter.forget();
  const found = entry && certificateOf(entry, world);
  if (found !== null) reporter.about(found.file, found.leaf);
  return reporter.describe(failure);
}

function certificateOf({ policy }: Entry, world: World): { file: string; leaf: Certificate } | null {
  const { certificate } = policy.paths;
  for (const file of policy.out === undefined ? [certificate] : [policy.out, certificate]) {
    const read = attempt(() => readCertificateOf(file, world));
    if (read.failure === undefined) return { file, leaf: read.value };
  }
  return null;
}

/** What comes after a failure. */
function afterwards(event: ManyEvent, now: Date, isEnding: boolean): string {
  switch (event.event) {
    case "failed":
    case "hooks-failed":
      return `  next: ${isEnding ? atNextStart : `it is tried again ${relative(event.next, now)}`}`;
    case "outage":
      return `  next: ${event.entry.policy.ca.href} is left alone until ${instant(event.until)}`;
    case "not-reloaded":
      return "  next: the list as it was read before stays";
    case "unready":
      return `  next: nothing is due yet: mend it before ${nameOf(event.entry)}${event.others === 0 ? " is" : `${andOthers(event.others)} are`}`;
    case "broken":
      return event.isKept
        ? "  next: what the list before had and this one has not is kept as it was (SIGHUP)"
        : "  next: it is left out until the list is read again (SIGHUP)";
    default:
      return "";
  }
}

const nameOf = ({ policy }: Entry) => policy.paths.certificate;
const andOthers = (others: number) => (others === 0 ? "" : ` and ${grouped(others)} more`);
const counted = (entries: number) => `${grouped(entries)} ${entries === 1 ? "certificate" : "certificates"}`;

function firstOf({ first, next }: { first: Entry | null; next: Date | null }, now: Date): string {
  if (first === null || next === null) return "";
  return `; next is ${nameOf(first)}, ${next <= now ? "now" : relative(next, now)}`;
}

function linesOf(event: ManyEvent, { now, file }: { now: Date; file: string }): string[] {
  const start = instant(now);
  switch (event.event) {
    case "started":
      return [`${start} ${file}: keeping ${counted(event.entries)}${firstOf(event, now)}`];
    case "waiting":
      return [
        `${start} ${nameOf(event.entry)}: good until ${instant(event.leaf.notAfter)}; next renewal ${relative(event.next, now)}`,
      ];
    case "renewed":
      return [
        `${start} ${nameOf(event.entry)}: renewed, serial ${event.leaf.serial}; next renewal ${relative(event.next, now)}`,
      ];
    case "hooks-settled": {
      const [first, ...others] = event.entries;
      const who = `${nameOf(first)}${andOthers(others.length)}`;
      return [`${start} ${who}: what an earlier renewal owed, its hook or signal, has succeeded now`];
    }
    case "reloaded":
      return [`${start} ${file}: read again, ${counted(event.entries)}: ${differences(event)}`];
    case "state":
      return stateLines(event, { now, file });
    case "stopped":
      return [`${start} ${file}: stopped`];
    default:
      return []; // a failure, told in full
  }
}

/** Whether something has come or gone is told always, all else where it is so. */
function differences({ added, changed, gone, kept }: Extract<ManyEvent, { event: "reloaded" }>): string {
  const changes = changed === 0 ? [] : [`${grouped(changed)} changed`];
  const unknown = kept === 0 ? [] : [`${grouped(kept)} kept as before`];
  return [`${grouped(added)} new`, ...changes, `${grouped(gone)} gone`, ...unknown].join(", ");
}

function stateLines(
  event: Extract<ManyEvent, { event: "state" }>,
  { now, file }: { now: Date; file: string },
): string[] {
  const { entries, underWay, failing } = event;
  const way = underWay === 0 ? "" : `, ${grouped(underWay)} under way`;
  const trouble = failing.length === 0 ? "" : `, ${grouped(failing.length)} failing`;
  const shown = failing
    .slice(0, mostFailing)
    .map(
      ({ entry, failure, count, next, others }) =>
        `  ${nameOf(entry)}${andOthers(others)}: failed ${count === 1 ? "once" : `${grouped(count)} times`} with ${failure.code}; next try ${relative(next, now)}`,
    );
  const more = failing.length - shown.length;
  return [
    `${instant(now)} ${file}: ${counted(entries)}${way}${trouble}${firstOf(event, now)}`,
    ...shown,
    ...(more > 0 ? [`  and ${grouped(more)} more`] : []),
  ];
}
