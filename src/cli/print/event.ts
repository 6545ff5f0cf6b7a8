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
  describe(failure: Failure): ErrorDocument;
}

/** With its end of line. */
export function eventLine(
  { event, leaf = null, next, count = 0, failure = null }: EventFacts,
  { command, file, now, describe }: Around,
): string {
  const error = failure && describe(failure);
  const document = {
    schema: 1,
    command,
    event,
    at: now.toISOString(),
    file,
    certificate: leaf && file !== null ? certificateDocument(file, leaf) : null,
    next: next?.toISOString() ?? null,
    failures: count,
    error,
  };
  return `${jsonText(document)}\n`;
}
