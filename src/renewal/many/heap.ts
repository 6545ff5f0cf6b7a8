/** Moments in their order: the next is found at once, and put or taken in as many steps as their number has digits. */

interface Item<T> {
  readonly at: number;
  readonly value: T;
}

/** A binary heap; the earliest is on top. */
export class Heap<T> {
  readonly #items: Item<T>[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The earliest moment; undefined when there is none. */
  get next(): Readonly<Item<T>> | undefined {
    return this.#items[0];
  }

  put(at: number, value: T): void {
    const items = this.#items;
    let index = items.push({ at, value }) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (this.#at(above) <= this.#at(index)) return;
      this.#swap(above, index);
      index = above;
    }
  }

  /** Takes the earliest. */
  take(): T | undefined {
    const items = this.#items;
    const [top] = items;
    const last = items.pop();
    if (top === undefined || last === undefined) return undefined;
    if (items.length > 0) {
      items[0] = last;
      this.#sink();
    }
    return top.value;
  }

  /** Leaves those alone for which this holds. */
  keepOnly(isWanted: (value: T) => boolean): void {
    const wanted = this.#items.filter(({ value }) => isWanted(value));
    this.#items.length = 0;
    for (const { at, value } of wanted) this.put(at, value);
  }

  #sink(): void {
    for (let index = 0; ; ) {
      const [left, right] = [2 * index + 1, 2 * index + 2];
      let least = index;
      if (this.#at(left) < this.#at(least)) least = left;
      if (this.#at(right) < this.#at(least)) least = right;
      if (least === index) return;
      this.#swap(least, index);
      index = least;
    }
  }

  #at(index: number): number {
    return this.#items[index]?.at ?? Number.POSITIVE_INFINITY;
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#items[one], this.#items[other]];
    if (a === undefined || b === undefined) return;
    this.#items[one] = b;
    this.#items[other] = a;
  }
}
