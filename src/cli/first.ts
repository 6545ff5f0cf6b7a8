/** What bin asks before it loads the rest: whether the answer is a text that is there already, or in the files alone. */
import { writeSync } from "node:fs";
import { realFileSystem } from "../files/system.ts";
import { commandNames } from "./command-names.ts";
import { quickAnswer } from "./quick.ts";

/** Reads what the command itself has written when dist was built. Throws where there is none. */
export type ReadHelp = (topic: string) => string;

/** Says it, and returns the exit status; null, with nothing said, where the whole program is to run. */
export function answerFirst(argv: readonly string[], env: NodeJS.ProcessEnv, readHelp: ReadHelp): number | null {
  const topic = helpTopic(argv);
  if (topic !== null) return say(1, helpText(topic, readHelp), 0);
  const answer = quickAnswer(argv, { env, now: new Date(), fs: realFileSystem });
  if (answer === null) return null;
  return answer.stdout === undefined ? say(2, answer.stderr, answer.exit) : say(1, answer.stdout, answer.exit);
}

/** Which command's help is asked for, and nothing else is; null where something else is. */
function helpTopic(argv: readonly string[]): string | null {
  const [first = "", second = "", ...others] = argv;
  if (others.length > 0) return null;
  const isHelp = (word: string) => word === "--help" || word === "-h";
  const isCommand = (word: string) => commandNames.some((name) => name === word);
  if (second === "" && (isHelp(first) || first === "help")) return "renew";
  if (first === "help") return isCommand(second) ? second : null;
  return isCommand(first) && isHelp(second) ? first : null;
}

function helpText(topic: string, readHelp: ReadHelp): string | null {
  try {
    return readHelp(topic);
  } catch {
    return null; // the whole program writes it anew
  }
}

/**
 * Without a stream, which takes longer to be made than all of this. Null where the whole program is to say it: not a byte can be
 * written at once, or not all.
 */
function say(handle: number, text: string | null, exit: number): number | null {
  if (text === null) return null;
  const bytes = Buffer.from(text);
  for (let offset = 0; offset < bytes.length; ) {
    try {
      offset += writeSync(handle, bytes, offset);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A disk that is full has words of its own; a reader that went away changes no answer, nor does what words for people meet.
      if (code !== "EAGAIN") return handle === 1 && code !== "EPIPE" ? null : exit;
      if (offset === 0) return null;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1); // a full pipe, whose reader is slow
    }
  }
  return exit;
}
