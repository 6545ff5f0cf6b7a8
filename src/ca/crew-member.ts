/** A thread that asks for the renewals of a run of many: signatures, handshakes and requests, which are most of what it computes. */
import { randomBytes } from "node:crypto";
import { isMainThread, type MessagePort, parentPort, workerData } from "node:worker_threads";
import { readCertificate } from "../pki/certificate.ts";
import type { Route } from "./client.ts";
import { type Answered, type Asked, crewMark, type Order, wordsOf } from "./crew-words.ts";
import { lookupOfMany } from "./lookup.ts";
import { type Kept, keptToAll } from "./pool.ts";
import { postRenew } from "./renew.ts";

/** Serves until the port is closed. */
export function serve(port: MessagePort): void {
  const underWay = new Map<number, AbortController>();
  const kept = keptToAll(mostConnections);
  const say = (answered: Answered) => port.postMessage(answered);
  const carryOut = async (order: Order) => {
    const { id } = order;
    const end = new AbortController();
    underWay.set(id, end);
    try {
      say({ id, answer: await ask(order, kept, end.signal) });
    } catch (error) {
      say({ id, error: wordsOf(error) });
    } finally {
      underWay.delete(id);
    }
  };
  port.on("close", () => kept.close());
  port.on("message", (asked: Asked) => {
    if ("order" in asked) void carryOut(asked.order);
    else underWay.get(asked.giveUp)?.abort();
  });
}

/** As many orders as are under way in one thread at once, and no more, need one. */
const mostConnections = 256;

const clock = { now: () => new Date(), elapsed: () => performance.now() };
const lookup = lookupOfMany(clock.elapsed);

function ask({ proof, method, roots, ...limits }: Order, kept: Kept, signal: AbortSignal) {
  const route: Route = { ...limits, ...clock, lookup, signal, roots: roots.map(readCertificate) };
  return postRenew(route, proof, method, { id: () => randomBytes(16).toString("hex"), kept: kept.exchange });
}

if (!isMainThread && workerData === crewMark && parentPort !== null) serve(parentPort);
