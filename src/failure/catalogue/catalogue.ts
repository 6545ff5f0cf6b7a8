/** Every code explained. A mapped type over all codes: one without an explanation does not compile. */
import type { Code } from "../facts.ts";
import type { Failure } from "../failure.ts";
import { backups } from "./backups.ts";
import { contents } from "./contents.ts";
import { type Asked, anywhere, type Explanation, type Family, type Line, type Retry } from "./explanation.ts";
import { files } from "./files.ts";
import { hooks } from "./hooks.ts";
import { kube } from "./kube.ts";
import { inList, ofList } from "./list-words.ts";
import { many } from "./many.ts";
import { metrics } from "./metrics.ts";
import { network } from "./network.ts";
import { refusals } from "./refusals.ts";
import { schedules } from "./schedules.ts";
import { servers } from "./servers.ts";
import { trust } from "./trust.ts";
import { unanswered } from "./unanswered.ts";
import { usage } from "./usage.ts";
import { writing } from "./writing.ts";

export const catalogue: Family<Code> = {
  ...usage,
  ...files,
  ...contents,
  ...backups,
  ...hooks,
  ...writing,
  ...unanswered,
  ...network,
  ...refusals,
  ...trust,
  ...many,
  ...servers,
  ...kube,
  ...metrics,
  ...schedules,
};

export const codes = Object.keys(catalogue) as Code[];

/** A failure in words: what `print` lays out for people and programs. */
export interface Told {
  code: Code;
  exit: number;
  retry: Retry;
  what: string;
  why: string;
  evidence: readonly Line[];
  help: readonly string[];
}

/** The words for one failure, made from its facts. A diagnosis brings its own evidence, and its first cause knows what helps. */
export function tell<C extends Code>({ code, facts }: Failure<C>, said: Partial<Asked> = {}): Told {
  const asked = { ...anywhere, ...said };
  const explanation: Explanation<C> = catalogue[code];
  const diagnosis = "diagnosis" in facts ? facts.diagnosis : undefined;
  const advice = diagnosis?.causes[0]?.help ?? explanation.help(facts, asked);
  const evidence = diagnosis?.evidence ?? explanation.evidence?.(facts) ?? [];
  // What is wrong with a list itself has its words already.
  const help = asked.isList && !(code in many) ? advice.map(inList) : advice;
  return {
    code,
    exit: exitOf({ code, facts }),
    retry: explanation.retry,
    what: explanation.what(facts),
    why: explanation.why(facts),
    evidence,
    help: possible(help.map(ofList(asked.list)), asked),
  };
}

/** Without advice to say a flag that the command does not know; a whole command has its own flags. */
function possible(help: readonly string[], { has }: Asked): readonly string[] {
  const isPossible = (advice: string) =>
    [...advice.matchAll(/`(--[^`]*)`/g)].every(([, words = ""]) =>
      [...words.matchAll(/(?:^| )--([a-z][a-z0-9-]*)/g)].every(([, name = ""]) => has(name)),
    );
  const [first, ...others] = help.filter(isPossible);
  if (first === undefined) return help;
  return [first === help[0] ? first : first.replace(/^or /, ""), ...others];
}

/** 143 and 129 are the shell's own for SIGTERM and SIGHUP. */
function exitOf<C extends Code>({ code, facts }: Pick<Failure<C>, "code" | "facts">): number {
  if ("signal" in facts) return { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[facts.signal];
  return catalogue[code].exit;
}
