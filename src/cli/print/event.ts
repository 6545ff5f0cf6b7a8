/** An event in a daemon's life as data: each on a line of its own. `output.schema.json` beside this file describes it. */
import type { Failure } from "../../failure/failure.ts";
import type { Certificate } from "../../pki/certificate.ts";
import { certificateDocument, type ErrorDocument } from "./json.ts";
import { jsonText } from "./plain.ts";

export interface EventFacts {
  event: string;
  leaf?: Certificate | null;
  next?: Date;
  count?: number;
  failure?: Failure | null;
}

interface Around {
  command: string;
  /** Null where no file was named. */
  file: string | null;
  now: Date;
  /** The end was asked for: nothing comes next. */
  isEnding?: boolean;
  describe(failure: Failure): ErrorDocument;
}

/** With its end of line. `more`: what a line of this command has besides. */
export function eventLine(facts: EventFacts, around: Around, more: Readonly<Record<string, unknown>> = {}): string {
  return `${jsonText({ ...eventDocument(facts, around), ...more })}\n`;
}

export function eventDocument(
  { event, leaf = null, next, count = 0, failure = null }: EventFacts,
  { command, file, now, isEnding = false, describe }: Around,
): Readonly<Record<string, unknown>> {
  const error = failure && describe(failure);
  return {
    schema: 1,
    command,
    event,
    at: now.toISOString(),
    file,
    certificate: leaf && file !== null ? certificateDocument(file, leaf) : null,
    next: isEnding ? null : (next?.toISOString() ?? null),
    failures: count,
    error,
  };
}

/** What comes after a failure that a daemon meets while it ends: a hook that is owed. */
export const atNextStart = "it is tried again when renew runs again, as this run ends";
