/** CAs that do not answer. A refusal of one certificate says nothing of the others; a CA that cannot be reached does. */
import type { Failure } from "../../failure/failure.ts";
import type { Entry } from "./plan.ts";

/** So many in a row, with nothing else in between, and the rest is not waited for. */
export const mostInARow = 8;

/** What the connection met, before the certificate had any part in it, and a CA that asks to be left alone. */
const ofTheCa: readonly Failure["code"][] = [
  "CA_UNREACHABLE",
  "CA_TIMEOUT",
  "CA_BUSY",
  "CA_UNTRUSTED",
  "CA_NAME_MISMATCH",
  "CA_CERT_EXPIRED",
  "CA_CERT_NOT_YET_VALID",
  "NOT_A_CA",
];

/** The state of each CA in one run. Pure of time: who asks again, and when, is for others to say. */
export class Outages {
  readonly #inARow = new Map<string, { count: number; failure: Failure }>();

  /** What came of one request, null for anything but such a failure. */
  note(entry: Entry, failure: Failure | null): void {
    const name = nameOf(entry);
    if (failure === null || !isOfTheCa(failure)) this.#inARow.delete(name);
    else this.#inARow.set(name, { count: (this.#inARow.get(name)?.count ?? 0) + 1, failure });
  }

  /** Why this entry need not be tried; null where it is to be. */
  failureFor(entry: Entry): Failure | null {
    const known = this.#inARow.get(nameOf(entry));
    return known !== undefined && known.count >= mostInARow ? known.failure : null;
  }
}

export function isOfTheCa({ code }: Failure): boolean {
  return ofTheCa.includes(code);
}

/** By another root the same CA may be trusted. */
export function nameOf({ policy: { ca, root } }: Entry): string {
  return `${ca.href} ${root.value}`;
}
