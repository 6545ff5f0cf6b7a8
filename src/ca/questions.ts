/** Questions for evidence: all of them within one limit, none of them needed, and a note of each. */
import { ConnectionEnded } from "../failure/causes.ts";
import type { Asked } from "../failure/evidence.ts";
import { errnoOf, Failure, isFailure } from "../failure/failure.ts";
import type { Answer } from "./answer.ts";
import { exchange, type Route } from "./client.ts";
import { linkedTo } from "./linked.ts";

/** All questions together may take this long. */
export const questionsMs = 3000;

/** Open from its making until `close`, which must come: the limit keeps the process alive. */
export class Questions {
  /** Aborted when the time is over, or when the caller's own signal is. */
  readonly signal: AbortSignal;
  readonly #route: Route;
  readonly #limitMs: number;
  readonly #end: ReturnType<typeof linkedTo>;
  readonly #timer: NodeJS.Timeout;
  readonly #asked = new Map<string, Asked>();
  readonly #isOver: Promise<never>;

  constructor(route: Route, limitMs: number) {
    this.#limitMs = limitMs;
    this.#end = linkedTo(route.signal);
    this.#timer = setTimeout(() => this.#end.controller.abort(), limitMs);
    this.signal = this.#end.controller.signal;
    this.#route = { ...route, timeoutMs: limitMs, connectTimeoutMs: limitMs, signal: this.signal };
    this.#isOver = new Promise((_, reject) => {
      const over = () => reject(new Error("it is over"));
      if (this.signal.aborted) over();
      else this.signal.addEventListener("abort", over, { once: true });
    });
    this.#isOver.catch(() => undefined); // whoever asks is told; where nobody does, it is no error
  }

  /** In the order in which they were asked. */
  get asked(): readonly Asked[] {
    return [...this.#asked.values()];
  }

  /** The answer, or undefined for whatever went wrong: the failure that is explained is the one to tell. */
  async ask<T>(source: string, question: () => Promise<T>, outcome: (answer: T) => string): Promise<T | undefined> {
    const { now, elapsed } = this.#route;
    const at = now();
    const started = elapsed();
    const note = (words: string) =>
      this.#asked.set(source, { source, at, tookMs: Math.round(elapsed() - started), outcome: words });
    note(this.#late);
    try {
      const answer = await Promise.race([question(), this.#isOver]);
      note(outcome(answer));
      return answer;
    } catch (error) {
      note(this.signal.aborted ? this.#late : wordsFor(error));
      return undefined;
    }
  }

  /** Asks an endpoint of the CA; any status is an answer. */
  async get(path: string, limit?: number): Promise<Answer | undefined> {
    return this.ask(
      `GET ${path}`,
      () => this.fetch(path, limit),
      ({ status }) => String(status),
    );
  }

  /** The same without a note, for a question that takes several. */
  async fetch(path: string, limit?: number): Promise<Answer> {
    return exchange(this.#route, { method: "GET", path, ...(limit !== undefined && { limit }) });
  }

  /** What came of an answer, once it was looked at. */
  judge(source: string, outcome: string): void {
    const asked = this.#asked.get(source);
    if (asked !== undefined) this.#asked.set(source, { ...asked, outcome });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#end.release();
    this.#end.controller.abort();
  }

  get #late(): string {
    return `no answer in ${this.#limitMs / 1000} s`;
  }
}

function wordsFor(error: unknown): string {
  if (isFailure(error, "RESPONSE_TOO_LARGE")) return `not usable: more than ${error.facts.limit / 1024 / 1024} MiB`;
  if (error instanceof ConnectionEnded) return error.alert === null ? "closed" : `TLS alert ${error.alert}`;
  return `no answer: ${error instanceof Failure ? error.code : errnoOf(error) || "failed"}`;
}
