/**
 * Threads that make the handshakes of a run of many. Over mTLS no connection can be shared, since each is one certificate's, and
 * what a handshake computes is more than all the rest of a renewal: one thread alone keeps a CA waiting.
 */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Answer } from "./answer.ts";
import { type ClientCertificate, type Exchange, type Exchanging, exchange, type Route } from "./client.ts";
import { type Answered, type Asked, crewMark, errorOf } from "./crew-words.ts";

/** What a thread is spoken to by. */
export interface Member {
  postMessage(asked: Asked): void;
  on(event: "message", hear: (answered: Answered) => void): unknown;
  on(event: "error" | "exit", hear: () => void): unknown;
  end(): void;
}

export interface Crew {
  readonly exchange: Exchanging;
  /** Ends all threads. Comes once nothing is under way any more. */
  close(): void;
}

/** More threads than this find nothing to do beside the one that reads and writes files. */
const mostMembers = 4;

/** Null where there are no threads to be had: from sources, or where the program is one file. */
export function hireCrew(): Crew | null {
  const file = typeof __dirname === "string" ? join(__dirname, "ca-crew-member.js") : "";
  const length = Math.min(mostMembers, availableParallelism() - 1); // one is busy with files
  return length > 0 && existsSync(file) ? crewOf(Array.from({ length }, () => hire(file))) : null;
}

function hire(file: string): Member {
  const worker = new Worker(file, { workerData: crewMark });
  return {
    postMessage: (asked) => worker.postMessage(asked),
    on: (event: string, hear: (answered: Answered) => void) => worker.on(event, hear),
    end: () => void worker.terminate(),
  };
}

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** Whatever a thread cannot do any more is done here. */
export function crewOf(members: readonly Member[]): Crew {
  const hands = members.map((member) => new Hand(member));
  return {
    exchange: async (route, what, identity) => {
      const [hand] = hands.filter(({ isGone }) => !isGone).sort((one, other) => one.load - other.load);
      if (hand === undefined) return exchange(route, what, identity);
      try {
        return await hand.carryOut(route, what, identity);
      } catch (error) {
        if (error instanceof Gone) return exchange(route, what, identity);
        throw error;
      }
    },
    close: () => {
      for (const hand of hands) hand.end();
    },
  };
}

/** A thread is told what it needs, and no more. */
function ofProxies(env: Route["env"]): Route["env"] {
  const names = ["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"];
  return Object.fromEntries(names.map((name) => [name, env[name]]));
}

class Gone extends Error {}

/** One thread, and what it was asked. */
class Hand {
  isGone = false;
  readonly #member: Member;
  readonly #waiting = new Map<number, Waiting>();
  #orders = 0;

  constructor(member: Member) {
    this.#member = member;
    member.on("message", (answered) => this.#hear(answered));
    member.on("error", () => this.end());
    member.on("exit", () => this.end());
  }

  get load(): number {
    return this.#waiting.size;
  }

  async carryOut(route: Route, what: Exchange, identity: ClientCertificate | undefined): Promise<Answer> {
    const { ca, timeoutMs, connectTimeoutMs, env, signal, roots } = route;
    const id = ++this.#orders;
    const giveUp = () => this.#member.postMessage({ giveUp: id });
    try {
      return await new Promise<Answer>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        const ders = roots.map(({ der }) => der);
        const order = { id, ca, timeoutMs, connectTimeoutMs, env: ofProxies(env), what, identity, roots: ders };
        this.#member.postMessage({ order });
        signal.addEventListener("abort", giveUp, { once: true });
        if (signal.aborted) giveUp();
      });
    } finally {
      signal.removeEventListener("abort", giveUp);
      this.#waiting.delete(id);
    }
  }

  end(): void {
    this.isGone = true;
    for (const { reject } of this.#waiting.values()) reject(new Gone());
    this.#member.end();
  }

  #hear(answered: Answered): void {
    const waiting = this.#waiting.get(answered.id);
    if ("error" in answered) waiting?.reject(errorOf(answered.error));
    // Between threads a Buffer becomes what it is made of.
    else waiting?.resolve({ ...answered.answer, body: Buffer.from(answered.answer.body) });
  }
}
