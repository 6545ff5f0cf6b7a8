/** A thread that makes handshakes for a run of many, and nothing else: most of what a renewal over mTLS computes. */
import { isMainThread, type MessagePort, parentPort, workerData } from "node:worker_threads";
import { readRecurring } from "../pki/certificate.ts";
import { exchange } from "./client.ts";
import { type Answered, type Asked, crewMark, type Order, wordsOf } from "./crew-words.ts";

/** Serves until the port is closed. */
export function serve(port: MessagePort): void {
  const underWay = new Map<number, AbortController>();
  const say = (answered: Answered) => port.postMessage(answered);
  const carryOut = async ({ id, roots, what, identity, ...route }: Order) => {
    const end = new AbortController();
    underWay.set(id, end);
    const clock = { now: () => new Date(), elapsed: () => performance.now(), signal: end.signal };
    try {
      say({ id, answer: await exchange({ ...route, ...clock, roots: roots.map(readRecurring) }, what, identity) });
    } catch (error) {
      say({ id, error: wordsOf(error) });
    } finally {
      underWay.delete(id);
    }
  };
  port.on("message", (asked: Asked) => {
    if ("order" in asked) void carryOut(asked.order);
    else underWay.get(asked.giveUp)?.abort();
  });
}

if (!isMainThread && workerData === crewMark && parentPort !== null) serve(parentPort);
