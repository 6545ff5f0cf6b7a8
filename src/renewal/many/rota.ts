/** Whose turn is when: the slots of all entries, and their moments in a heap. */
import { Heap } from "./heap.ts";
import type { Entry } from "./plan.ts";
import { type Slot, slotFor } from "./slot.ts";

interface Turn {
  readonly slot: Slot;
  readonly at: number;
}

export class Rota {
  readonly #slots = new Map<string, Slot>();
  readonly #heap = new Heap<Turn>();

  get slots(): Iterable<Slot> {
    return this.#slots.values();
  }

  get size(): number {
    return this.#slots.size;
  }

  /**
   * Takes these entries up, and drops all others; what is the same goes on as before. Returns the slots that begin, of entries that
   * are new and of those `changed`: they write what one before them wrote, and say something else of it.
   */
  change(entries: readonly Entry[], now: Date): { begun: Slot[]; changed: number; gone: number } {
    const before = new Map(this.#slots);
    this.#slots.clear();
    const begun: Slot[] = [];
    for (const entry of entries) {
      const fresh = slotFor(entry, now);
      const known = before.get(fresh.name);
      if (known === undefined) begun.push(fresh);
      else known.entry = entry; // its line may be another one
      this.#slots.set(fresh.name, known ?? fresh);
      before.delete(fresh.name);
    }
    for (const slot of before.values()) slot.isKept = false;
    const dropped = new Set([...before.values()].map(writtenBy));
    const changed = begun.filter((slot) => dropped.has(writtenBy(slot))).length;
    return { begun, changed, gone: before.size - changed };
  }

  /** Its moment, in place of any other that it had. */
  put(slot: Slot, at: number): void {
    slot.next = at;
    this.#heap.put(at, { slot, at });
    // Each change leaves the old moment in the heap until it comes.
    if (this.#heap.size > 2 * this.#slots.size + 16) this.#heap.keepOnly(isValid);
  }

  /** The slot whose moment is the next. */
  get first(): Slot | null {
    for (let next = this.#heap.next; next !== undefined; next = this.#heap.next) {
      if (isValid(next.value)) return next.value.slot;
      this.#heap.take();
    }
    return null;
  }

  /** Those whose moment has come, one after another; each is taken out. */
  *due(now: number): Iterable<Slot> {
    for (let slot = this.first; slot !== null && slot.next <= now; slot = this.first) {
      this.#heap.take();
      yield slot;
    }
  }
}

function writtenBy({ entry: { policy } }: Slot): string {
  return policy.out ?? policy.paths.certificate;
}

function isValid({ slot, at }: Turn): boolean {
  return slot.isKept && slot.next === at;
}
