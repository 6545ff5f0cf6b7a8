/** One line for what an interrupted run had left of a pair. */
import type { Repaired } from "../../files/repair.ts";

export function repairText({ how, certificate, files }: Repaired): string {
  const pair = `${certificate} and its key`;
  switch (how) {
    case "dropped":
      return `an interrupted run left ${certificate} as it was${files.length === 0 ? "" : `; removed what it had prepared: ${files.join(", ")}`}`;
    case "finished":
      return `an interrupted run had begun to replace ${pair}: finished, both are the new ones`;
    case "taken-back":
      return `an interrupted run had begun to replace ${pair}: taken back, both are the old ones`;
    case "given-up":
      return `an interrupted run had begun to replace ${pair}, and somebody has changed them since: left as they are; kept: ${files.join(", ")}`;
  }
}
