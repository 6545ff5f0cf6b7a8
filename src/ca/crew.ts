/**
 * Threads that ask for the renewals of a run of many. What a signature, a handshake and a request compute is more than all the
 * rest of a renewal: one thread alone keeps a CA waiting.
 */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Answer } from "./answer.ts";
import type { Route } from "./client.ts";
import type { Method } from "./credential.ts";
import { type Answered, type Asked, crewMark, errorOf } from "./crew-words.ts";
import type { Proof, Renewing } from "./renew.ts";

/** What a thread is spoken to by. */
export interface Member {
  postMessage(asked: Asked): void;
  on(event: "message", hear: (answered: Answered) => void): unknown;
  on(event: "error" | "exit", hear: () => void): unknown;
  end(): void;
}

export interface Crew {
  readonly renewing: Renewing;
  /** Ends all threads. Comes once nothing is under way any more. */
  close(): void;
}

/** More threads than this find nothing to do beside the one that reads and writes files. */
const mostMembers = 4;

/** Renewals that every thread is at: then one is asked for by the thread that has files to read and write, which waits else. */
const muchToDo = 5;

/** Null where there are no threads to be had: from sources, or where the program is one file. */
export function hireCrew(own: Renewing): Crew | null {
  const file = typeof __dirname === "string" ? join(__dirname, "ca-crew-member.js") : "";
  const length = Math.min(mostMembers, availableParallelism() - 1); // one is busy with files
  return length > 0 && existsSync(file)
    ? crewOf(
        Array.from({ length }, () => hire(file)),
        own,
      )
    : null;
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

/** Whatever a thread cannot do any more is done by `own`. */
export function crewOf(members: readonly Member[], own: Renewing): Crew {
  const hands = members.map((member) => new Hand(member));
  let isHelping = false;
  const help: Renewing = async (...asked) => {
    isHelping = true;
    try {
      return await own(...asked);
    } finally {
      isHelping = false;
    }
  };
  return {
    renewing: async (...asked) => {
      const [hand] = hands.filter(({ isGone }) => !isGone).sort((one, other) => one.load - other.load);
      if (hand === undefined) return own(...asked);
      if (hand.load >= muchToDo && !isHelping) return help(...asked);
      try {
        return await hand.carryOut(...asked);
      } catch (error) {
        if (error instanceof Gone) return own(...asked);
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

  async carryOut(route: Route, { chain, key }: Proof, method: Method): Promise<Answer> {
    const { ca, timeoutMs, connectTimeoutMs, env, signal } = route;
    const id = ++this.#orders;
    const giveUp = () => this.#member.postMessage({ giveUp: id });
    try {
      return await new Promise<Answer>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        const roots = route.roots.map(({ der }) => der);
        const proof = { key, chain: chain.map(({ der, commonName }) => ({ der, commonName })) };
        const order = { id, ca, timeoutMs, connectTimeoutMs, env: ofProxies(env), roots, proof, method };
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
