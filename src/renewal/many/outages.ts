/** CAs that do not answer. A refusal of one certificate says nothing of the others; a CA that cannot be reached does. */
import type { Failure } from "../../failure/failure.ts";
import type { Milliseconds } from "../schedule.ts";
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

export interface Outage {
  readonly failure: Failure;
  /** In milliseconds of the epoch: until then nobody asks. */
  readonly until: number;
}

interface Trouble {
  failures: number;
  /** How often it was given up in a row. */
  outages: number;
  outage: Outage | null;
}

/** The state of each CA. */
export class Outages {
  readonly #pause: (outages: number) => Milliseconds;
  readonly #troubles = new Map<string, Trouble>();

  /** For how long a CA is left alone, after so many times in a row. */
  constructor(pause: (outages: number) => Milliseconds) {
    this.#pause = pause;
  }

  /** What came of one request, null for anything but a failure. Returns the outage that begins with it. */
  note(entry: Entry, failure: Failure | null, now: Date): Outage | null {
    const name = nameOf(entry);
    if (failure === null || !ofTheCa.includes(failure.code)) {
      this.#troubles.delete(name);
      return null;
    }
    const trouble = this.#troubles.get(name) ?? { failures: 0, outages: 0, outage: null };
    this.#troubles.set(name, trouble);
    trouble.failures++;
    const isKnown = trouble.outage !== null && now.getTime() < trouble.outage.until;
    if (trouble.failures < mostInARow || isKnown) return null; // those that were under way are no news
    trouble.outages++;
    trouble.outage = { failure, until: now.getTime() + this.#pause(trouble.outages) };
    return trouble.outage;
  }

  /** Why this entry is not to be tried now; null where it is. Once the time is over, the first failure begins the next outage. */
  of(entry: Entry, now: Date): Outage | null {
    const outage = this.#troubles.get(nameOf(entry))?.outage ?? null;
    return outage !== null && now.getTime() < outage.until ? outage : null;
  }
}

/** By another root the same CA may be trusted. */
function nameOf({ policy: { ca, root } }: Entry): string {
  return `${ca.href} ${root.value}`;
}
