/** A file of many certificates as it is written: its values, and where each of them stands. */

export type Step = string | number;

export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Written {
  readonly value: unknown;
  /** Of each entry of `certificates`. */
  readonly lines: readonly number[];
  /** Where a value stands, or its key where it has one. Looked for when it is asked for: most files are without fault. */
  where(path: readonly Step[]): Position;
}

/** Where reading has ended, and in which entry, from 1; null where it was in none. */
export interface Stop {
  readonly position: Position;
  readonly entry: number | null;
}

export type Reading =
  | { written: Written }
  /** It is not what its name says. */
  | { fault: Stop & { readonly said: string } }
  | { twice: Stop & { readonly key: string } }
  /** Only with its aliases written out. */
  | { tooLarge: Stop }
  /** But for comments. */
  | { empty: true }
  | { tooDeep: true };

/** Offsets to lines and columns, from 1. */
export function ruler(text: string): (offset: number) => Position {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}
