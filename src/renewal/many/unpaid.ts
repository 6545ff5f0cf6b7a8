/** Hooks that several certificates share, and that have failed in a daemon: they are run again until they succeed. */
import type { Failure } from "../../failure/failure.ts";
import { retryDelay } from "../cadence.ts";
import { newsOf } from "../daemon.ts";
import { type Attended, chanceIn } from "./attendance.ts";
import type { Entry } from "./plan.ts";
import type { SharedHooks } from "./shared-hooks.ts";

export class Unpaid {
  readonly #of: Pick<Attended, "world" | "tell">;
  readonly #entries = new Set<Entry>();
  #failure: Failure | null = null;
  #count = 0;
  #next = Number.POSITIVE_INFINITY;

  constructor(of: Pick<Attended, "world" | "tell">) {
    this.#of = of;
  }

  /** When they are run again, in milliseconds of the epoch. */
  get next(): number {
    return this.#next;
  }

  /** An earlier run owes of these: that is settled at once. */
  add(entries: readonly Entry[]): void {
    for (const entry of entries) this.#entries.add(entry);
    if (entries.length > 0) this.#next = this.#of.world.now().getTime();
  }

  /** Runs what has come together, with all that is owed. */
  async settle(hooks: SharedHooks): Promise<void> {
    const { world, tell } = this.#of;
    for (const entry of this.#entries) hooks.addOwed(entry, world);
    this.#entries.clear();
    this.#next = Number.POSITIVE_INFINITY;
    const unsettled = await hooks.settle(world, {});
    const [first] = unsettled;
    this.#count = first === undefined ? 0 : this.#count + 1;
    const isNews = newsOf(first?.failure ?? null) !== newsOf(this.#failure);
    this.#failure = first?.failure ?? null;
    if (first === undefined) return;
    const chance = chanceIn(world);
    const count = this.#count;
    const delay = retryDelay({ verdict: "after-fix", count, leftMs: 0, lifetimeMs: 0, chance, wishMs: null });
    this.#next = world.now().getTime() + delay;
    for (const { entries, failure } of unsettled) {
      for (const entry of entries) this.#entries.add(entry);
      tell({ event: "hooks-failed", entries, failure, next: new Date(this.#next), isNews, count });
    }
  }
}
