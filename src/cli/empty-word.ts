/** A word of a command line that a shell has made of nothing: most likely of a variable that is not set. */
import { Failure } from "../failure/failure.ts";

/** `what`: the flag, or what stands in the place of the word. */
export function emptyWord(what: string, command: string): Failure {
  return new Failure("BAD_FLAG", { said: `${what} is an empty word: is a variable not set?`, command });
}
