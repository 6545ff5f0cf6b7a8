/** What a machine that dies may find again: all that was synced, and any part of what was not. */

/** What the disk has for certain, and what has happened since. */
export interface Kept<T> {
  safe: T;
  since: ((before: T) => T)[];
}

/** As every process sees it. What was known after some of the changes is not worked out again. */
export function now<T>(kept: Kept<T>): T {
  const { safe, since } = kept;
  const last = known.get(kept) as Known<T> | undefined;
  const isOf = last !== undefined && last.safe === safe && last.count <= since.length;
  const [from, count] = isOf ? [last.value, last.count] : [safe, 0];
  const value = since.slice(count).reduce((before, change) => change(before), from);
  known.set(kept, { safe, count: since.length, value });
  return value;
}

interface Known<T> {
  safe: T;
  count: number;
  value: T;
}
const known = new WeakMap<object, Known<unknown>>();

export function settle<T>(kept: Kept<T>): void {
  kept.safe = now(kept);
  kept.since = [];
}

/** Any of the changes may be missing; what is there is in its order. */
export function outcomes<T>({ safe, since }: Kept<T>): T[] {
  return since.reduce<T[]>((states, change) => states.concat(states.map(change)), [safe]);
}

/** Each name with each of its states. */
export function* combinations<T>(choices: readonly (readonly [string, readonly T[]])[]): Generator<Map<string, T>> {
  const [first, ...rest] = choices;
  if (first === undefined) return yield new Map();
  for (const tail of combinations(rest)) for (const one of first[1]) yield new Map(tail).set(first[0], one);
}

export function written(data: Buffer, bytes: Uint8Array, offset: number): Buffer {
  const whole = resized(data, Math.max(data.length, offset + bytes.length));
  whole.set(bytes, offset);
  return whole;
}

export function resized(data: Buffer, size: number): Buffer {
  return Buffer.concat([data, Buffer.alloc(Math.max(0, size - data.length))]).subarray(0, size);
}
