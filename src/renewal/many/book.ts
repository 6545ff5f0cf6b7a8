/** The results of a run while it goes on. */
import type { Failure } from "../../failure/failure.ts";
import type { EntryResult, ManyProgress, Origin, Plan, Summary } from "./plan.ts";

/** What is known so far, in the order of the plan. */
export class Book {
  readonly #broken: EntryResult[] = [];
  readonly #results: (EntryResult | undefined)[];
  readonly #of: number;
  readonly #progress: ManyProgress;
  #done = 0;
  #failed = 0;

  constructor({ entries, broken }: Plan, progress: ManyProgress) {
    this.#results = Array.from({ length: entries.length });
    this.#of = entries.length + broken.length;
    this.#progress = progress;
  }

  addBroken(origin: Origin, failure: Failure): void {
    const result: EntryResult = { entry: null, origin, result: "failed", failure, leaf: null };
    this.#broken.push(result);
    this.#tell(result);
  }

  add(index: number, result: EntryResult): void {
    this.#results[index] = result;
    this.#tell(result);
  }

  has(index: number): boolean {
    return this.#results[index] !== undefined;
  }

  summary(hookFailures: readonly Failure[]): Summary {
    const results = this.#results.filter((result) => result !== undefined);
    return { results: [...this.#broken, ...results], hookFailures };
  }

  #tell(result: EntryResult): void {
    this.#done++;
    if (result.result === "failed") this.#failed++;
    this.#progress.done?.(result, { done: this.#done, of: this.#of, failed: this.#failed });
  }
}
