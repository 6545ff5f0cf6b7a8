/** The end of a run whose standard output did not take all of it: no exit status may say that all is well. */
import { writeSync } from "node:fs";
import { errnoOf } from "../failure/failure.ts";
import { lostBy } from "../world.ts";

/** What cannot be written; `renew needs-renewal` has step's own. */
const lostExit = 73;
const otherThanStep = 255;

/** The exit status; what was a failure stays one. Says in one line what has happened. `argv` without node and script. */
export function endOf(status: number, [command]: readonly string[]): number {
  const errno = errnoOf(lostBy());
  if (!errno || isReaderGone(errno)) return status;
  try {
    writeSync(2, `error[CANNOT_WRITE]: standard output cannot be written: ${errno}; what the run did stands\n`);
  } catch {
    // nobody can be told: the exit status tells
  }
  if (command === "needs-renewal") return otherThanStep;
  return status < 64 ? lostExit : status;
}

/** `renew … | head` is no error of ours. */
function isReaderGone(errno: string): boolean {
  return errno === "EPIPE" || errno === "ECONNRESET";
}
