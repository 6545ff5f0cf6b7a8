/**
 * Hooks that several certificates share, and that are owed in a daemon: each has its own moment, and is run again until it
 * succeeds. A renewal that it follows runs it at once, with all that is owed of it.
 */
import type { Failure } from "../../failure/failure.ts";
import { retryDelay } from "../cadence.ts";
import { newsOf } from "../daemon.ts";
import { isOwing } from "../hooks.ts";
import { type Attended, chanceIn } from "./attendance.ts";
import type { Failing } from "./event.ts";
import type { Entry } from "./plan.ts";
import { type Settled, type SharedHooks, sharedName } from "./shared-hooks.ts";
import type { Slot } from "./slot.ts";

interface Debt {
  /** By the file that is written: an entry that is read again is another one. */
  readonly entries: Map<string, Entry>;
  /** Null where an earlier run owes it, and nobody has tried it since. */
  readonly failure: Failure | null;
  readonly count: number;
  /** In milliseconds of the epoch. */
  readonly next: number;
}

const nothing = { failure: null, count: 0 };

export class Unpaid {
  readonly #of: Pick<Attended, "world" | "tell" | "rota">;
  /** By what makes two hooks the same. */
  #debts = new Map<string, Debt>();

  constructor(of: Pick<Attended, "world" | "tell" | "rota">) {
    this.#of = of;
  }

  /** When the first of them is run again, in milliseconds of the epoch. */
  get next(): number {
    return [...this.#debts.values()].reduce((first, { next }) => Math.min(first, next), Number.POSITIVE_INFINITY);
  }

  /** Those that were tried and have failed, each told of by one of its certificates. */
  get failing(): Failing[] {
    return [...this.#debts.values()].flatMap(({ entries, failure, count, next }) => {
      const [entry, ...others] = entries.values();
      if (failure === null || entry === undefined) return [];
      return [{ entry, failure, count, next: new Date(next), others: others.length }];
    });
  }

  /**
   * A plan was taken up, and all that is owed is settled at once. What is shared no more goes over to the slot of its certificate,
   * and what has come to be shared is taken from there.
   */
  change(hooks: SharedHooks): void {
    const { world, rota } = this.#of;
    const now = world.now().getTime();
    const before = this.#debts;
    this.#debts = new Map();
    for (const slot of rota.slots) {
      const { entry } = slot;
      const name = sharedName(entry);
      if (name === null) continue;
      const known = before.get(name);
      const debt = known?.entries.has(fileOf(entry)) ? known : null;
      const isOwn = slot.failure?.code === "HOOK_FAILED";
      if (!hooks.has(entry)) {
        if (debt === null) continue;
        slot.isLeft = true;
        if (slot.failure === null) Object.assign(slot, { failure: debt.failure, count: debt.count });
        rota.put(slot, now);
      } else if (debt !== null || isOwn || slot.isLeft) {
        const { failure, count } = debt ?? (isOwn ? slot : nothing);
        this.#add(name, entry, { failure, count, next: now });
        if (isOwn) Object.assign(slot, { failure: null, count: 0 });
      }
    }
  }

  #add(name: string, entry: Entry, { failure, count, next }: Omit<Debt, "entries">): void {
    const known = this.#debts.get(name) ?? { entries: new Map<string, Entry>(), ...nothing };
    const { entries } = known;
    entries.set(fileOf(entry), entry);
    this.#debts.set(name, { entries, failure: known.failure ?? failure, count: Math.max(known.count, count), next });
  }

  /** Runs what has come together, and what is owed where its moment has come. */
  async settle(hooks: SharedHooks): Promise<void> {
    const { world } = this.#of;
    const now = world.now().getTime();
    const due = [...this.#debts].filter(([name, { next }]) => next <= now || hooks.isCalled(name));
    for (const [, { entries }] of due) for (const entry of entries.values()) hooks.addOwed(entry, world);
    const settled = new Map((await hooks.settle(world, {})).map((one) => [one.name, one]));
    for (const name of new Set([...due.map(([name]) => name), ...settled.keys()])) this.#note(name, settled.get(name));
  }

  /** `settled` is left out where there was nothing to run it for. */
  #note(name: string, settled: Settled | undefined): void {
    const { world, tell } = this.#of;
    const before = this.#debts.get(name) ?? { entries: new Map<string, Entry>(), ...nothing };
    const entries = new Map(settled?.failure ? settled.entries.map((entry) => [fileOf(entry), entry]) : []);
    // Somebody else is at work on these, and may leave them owed.
    const told = new Set(settled?.entries.map(fileOf));
    for (const [file, entry] of before.entries)
      if (!told.has(file) && isOwing(file, world.fs)) entries.set(file, entry);
    const failure = settled === undefined ? before.failure : settled.failure;
    const count = settled === undefined ? before.count : failure === null ? 0 : before.count + 1;
    const [one, ...others] = settled?.entries ?? [];
    const isOver = settled?.failure === null && (settled.wasOwed || before.failure !== null);
    if (isOver && one !== undefined) tell({ event: "hooks-settled", entries: [one, ...others] });
    this.#debts.delete(name);
    if (entries.size === 0) return;
    const next = world.now().getTime() + this.#delay(entries, Math.max(count, 1));
    this.#debts.set(name, { entries, failure, count, next });
    if (settled === undefined || settled.failure === null) return;
    const isNews = newsOf(settled.failure) !== newsOf(before.failure);
    const facts = { entries: settled.entries, failure: settled.failure, next: new Date(next) };
    tell({ event: "hooks-failed", ...facts, isNews, count });
  }

  /** By the certificate that ends first, as a hook of its own would be. */
  #delay(entries: ReadonlyMap<string, Entry>, count: number): number {
    const { world, rota } = this.#of;
    let first: Pick<Slot, "notAfter" | "lifetimeMs"> = { notAfter: Number.POSITIVE_INFINITY, lifetimeMs: 0 };
    for (const slot of rota.slots)
      if (slot.notAfter > 0 && slot.notAfter < first.notAfter && entries.has(fileOf(slot.entry))) first = slot;
    const leftMs = first.notAfter - world.now().getTime();
    const { lifetimeMs } = first;
    return retryDelay({ verdict: "after-fix", count, leftMs, lifetimeMs, chance: chanceIn(world), wishMs: null });
  }
}

/** The one that is written. */
function fileOf({ policy: { paths, out = paths.certificate } }: Entry): string {
  return out;
}
