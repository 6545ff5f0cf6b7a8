/** One exit status for many failures: that of the worst. */

/** What will not mend itself comes first: the user's end, a bug, words and files that somebody has to change, refusals, what the next run may do. */
const order = [130, 143, 129, 70, 78, 64, 65, 66, 77, 76, 73, 69, 75];

/** Null where there is none. The first of several that are as bad. */
export function worst<T>(failures: readonly T[], exitOf: (failure: T) => number): T | null {
  let found: { failure: T; rank: number } | null = null;
  for (const failure of failures) {
    const place = order.indexOf(exitOf(failure));
    const rank = place === -1 ? order.length : place;
    if (found === null || rank < found.rank) found = { failure, rank };
  }
  return found?.failure ?? null;
}
