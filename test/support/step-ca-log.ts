/** What a real step-ca writes, line by line, and which line belongs to which answer. */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Answer } from "./raw.ts";

export class StepCaLog {
  readonly lines: string[] = [];
  readonly #waiting = new Set<() => void>();

  read(child: ChildProcess): void {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on("line", (line) => {
        this.lines.push(line);
        for (const wake of this.#waiting) wake();
      });
    }
  }

  /** The CA writes after it has answered, so the line may come later than the answer. */
  async of(answer: Answer, timeoutMs: number): Promise<string> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = this.#find(answer);
      if (found !== undefined) return found;
      if (Date.now() > deadline) throw new Error(`the CA wrote nothing about ${JSON.stringify(answer)}`);
      await this.#nextLine(deadline - Date.now());
    }
  }

  /** For who does not know the connection: the newest such line since the log had `mark` lines. Empty when none comes. */
  async since(mark: number, wanted: RegExp, timeoutMs: number): Promise<string> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = this.lines.slice(mark).findLast((line) => wanted.test(line));
      if (found !== undefined || Date.now() > deadline) return found ?? "";
      await this.#nextLine(deadline - Date.now());
    }
  }

  #find(answer: Answer): string | undefined {
    if ("status" in answer) {
      if (answer.requestId === "") return ""; // answered before any handler, which writes nothing
      const line = this.lines.findLast((text) => text.includes(`"request-id":"${answer.requestId}"`));
      return line === undefined ? undefined : errorIn(line);
    }
    return aboutConnection(this.lines, answer.localPort);
  }

  async #nextLine(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiting.add(done);
    });
  }
}

/** What Go's HTTP server wrote about a connection that it broke off. */
export function aboutConnection(lines: readonly string[], clientPort: number): string | undefined {
  for (const event of ["TLS handshake error from", "panic serving"]) {
    const start = `http: ${event} 127.0.0.1:${clientPort}: `;
    const line = lines.findLast((text) => text.includes(start));
    if (line !== undefined) return line.slice(line.indexOf(start) + start.length);
  }
  return undefined;
}

/** The "error" of a line about a request; "" where it has none. */
export function errorIn(line: string): string {
  const entry: unknown = JSON.parse(line);
  const said = typeof entry === "object" && entry !== null && "error" in entry ? entry.error : "";
  return typeof said === "string" ? said : JSON.stringify(said);
}
