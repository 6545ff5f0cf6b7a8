import type { Code, Facts } from "../facts.ts";

export type Retry = "never" | "later" | "after-fix";

/** Everything there is to say about one code. The words of a failure are made here from its facts, and nowhere else. */
export interface Explanation<C extends Code> {
  exit: number;
  /** Whether trying again can help: of itself, only after somebody has changed something, or not at all. */
  retry: Retry;
  /** One line without facts, for the list and the page. */
  title: string;
  /** For the page: what it means, and what is done about it, in general. */
  about: string;
  what(facts: Facts[C]): string;
  why(facts: Facts[C]): string;
  evidence?(facts: Facts[C]): Line[];
  /** What to do next, most likely first. What names a flag that the command lacks is left out by whoever tells it. */
  help(facts: Facts[C], asked: Asked): string[];
}

/** From where it was asked for. */
export interface Asked {
  /** A list of `renew run` says it, and not flags: then its keys are what can be changed. */
  readonly isList: boolean;
  /** The file of that list, where the command line named it: whoever runs it again has to name it again. */
  readonly list?: string | undefined;
  /** Whether the command that failed has a flag. `name` without its dashes. */
  has(name: string): boolean;
}

/** Where nobody knows the command: every flag may be said. */
export const anywhere: Asked = { isList: false, has: () => true };

export type Line = readonly [label: string, value: string];

export type Family<C extends Code> = { [K in C]: Explanation<K> };

/** A phrase as a sentence of its own. */
export function sentence(phrase: string): string {
  return `${phrase.charAt(0).toUpperCase()}${phrase.slice(1)}.`;
}

/** Foreign words: in quotes, so that nobody takes them for ours. The printer strips control characters. */
export function quoted(words: string): string {
  return `"${words}"`;
}
