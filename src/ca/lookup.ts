/** A host's addresses for many connections: for a moment, what was found for one of them holds for the others. */
import { lookup as lookupByNode } from "node:dns";
import type { LookupFunction } from "node:net";

type Said = Parameters<Parameters<LookupFunction>[2]>;

/** So soon a name that leads elsewhere is followed. */
const goodForMs = 1000;

/** What fails is asked again at once. `elapsed`: in ms. */
export function lookupOfMany(elapsed: () => number, lookup: LookupFunction = lookupByNode): LookupFunction {
  const known = new Map<string, { asked: number; answer: Promise<Said> }>();
  return (host, options, callback) => {
    const name = JSON.stringify([host, options]);
    let found = known.get(name);
    if (found === undefined || elapsed() - found.asked >= goodForMs) {
      const answer = new Promise<Said>((resolve) => lookup(host, options, (...said) => resolve(said)));
      found = { asked: elapsed(), answer: answer.catch((error): Said => [error, ""]) };
      known.set(name, found);
    }
    const { answer } = found;
    void answer.then((said) => {
      if (said[0] !== null && known.get(name)?.answer === answer) known.delete(name);
      process.nextTick(callback, ...said); // what a connection does with it is its own affair
    });
  };
}
