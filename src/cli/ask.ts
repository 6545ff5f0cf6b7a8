/** A question on the terminal. Words go to stderr, because stdout is data. */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { plain } from "./print/plain.ts";

/** The line that was typed, null at the end of input or when `signal` ended the question. Secrets are not shown. */
export function ask(question: string, kind: "plain" | "secret", signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
    process.stderr.write(plain(question));
    const output = kind === "secret" ? silent : process.stderr;
    const lines = createInterface({ input: process.stdin, output, terminal: kind === "secret" });
    let answer: string | null = null;
    const end = () => lines.close();
    signal.addEventListener("abort", end, { once: true });
    lines.once("line", (line) => {
      answer = line;
      end();
    });
    // In raw mode Ctrl-C is a key: made the signal that it means, it comes back as the abort.
    lines.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
    lines.once("close", () => {
      signal.removeEventListener("abort", end);
      if (kind === "secret" || answer === null) process.stderr.write("\n");
      resolve(answer);
    });
    if (signal.aborted) end();
  });
}
