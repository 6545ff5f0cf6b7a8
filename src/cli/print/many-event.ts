/** An event in the life of a daemon over many as data: each on a line of its own, every key always there. */
import type { Failure } from "../../failure/failure.ts";
import type { Certificate } from "../../pki/certificate.ts";
import type { ManyEvent } from "../../renewal/many/event.ts";
import type { Entry, Origin } from "../../renewal/many/plan.ts";
import { eventDocument } from "./event.ts";
import type { ErrorDocument } from "./json.ts";
import { jsonText } from "./plain.ts";

interface FailingDocument {
  file: string;
  entry: Origin;
  code: string;
  failures: number;
  next: string;
  /** How many more share the hook that fails. */
  others: number;
}

/** What such a line has besides those of a daemon over one. */
export interface ManyFacts {
  entry: Origin | null;
  entries: number | null;
  added: number | null;
  /** The same certificates, of which the list says something else now. */
  changed: number | null;
  gone: number | null;
  /** As before, though the list has them no more: it is broken in part. */
  kept: number | null;
  underWay: number | null;
  failing: readonly FailingDocument[];
  /** Of certificates that share a hook. */
  files: readonly string[];
}

/** Where nothing of it is known. */
export const blankEvent: ManyFacts = {
  entry: null,
  entries: null,
  added: null,
  changed: null,
  gone: null,
  kept: null,
  underWay: null,
  failing: [],
  files: [],
};

interface Around {
  entry: Entry | null;
  leaf: Certificate | null;
  now: Date;
  /** The end was asked for: nothing comes next. */
  isEnding: boolean;
  describe(failure: Failure, of: Entry | null): ErrorDocument;
}

/** With its end of line. */
export function manyEventLine(event: ManyEvent, { entry, leaf, now, isEnding, describe }: Around): string {
  const next = "next" in event ? event.next : event.event === "outage" ? event.until : null;
  const facts = {
    event: event.event,
    leaf,
    ...(next !== null && { next }),
    count: "count" in event ? event.count : 0,
    failure: "failure" in event ? event.failure : null,
  };
  const file = entry === null ? null : entry.policy.paths.certificate;
  const around = { command: "run", file, now, isEnding, describe: (failure: Failure) => describe(failure, entry) };
  return `${jsonText({ ...eventDocument(facts, around), ...blankEvent, ...factsOf(event, entry) })}\n`;
}

function factsOf(event: ManyEvent, entry: Entry | null): Partial<ManyFacts> {
  switch (event.event) {
    case "started":
    case "stopped":
      return { entries: event.entries };
    case "reloaded":
      return { entries: event.entries, added: event.added, changed: event.changed, gone: event.gone, kept: event.kept };
    case "unready":
      return { entry: event.entry.origin, entries: event.others + 1 };
    case "broken":
      return { entry: event.origin };
    case "hooks-failed":
    case "hooks-settled":
      return { files: event.entries.map(({ policy }) => policy.out ?? policy.paths.certificate) };
    case "state":
      return {
        entries: event.entries,
        underWay: event.underWay,
        failing: event.failing.map(({ entry: one, failure, count, next, others }) => ({
          file: one.policy.paths.certificate,
          entry: one.origin,
          code: failure.code,
          failures: count,
          next: next.toISOString(),
          others,
        })),
      };
    default:
      return entry === null ? {} : { entry: entry.origin };
  }
}
