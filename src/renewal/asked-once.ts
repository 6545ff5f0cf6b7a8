/** A passphrase is asked for once, however many times it is needed. */
import type { World } from "../world.ts";

export function askedOnce(ask: World["ask"]): World["ask"] {
  const answers = new Map<string, ReturnType<World["ask"]>>();
  return (question, kind) => {
    const answer = answers.get(question) ?? ask(question, kind);
    if (kind === "secret") answers.set(question, answer);
    return answer;
  };
}
