/** What many rounds say: medians, and how far the pairs of one round lie apart. */

export interface Comparison {
  ownMedian: number;
  peerMedian: number;
  /** Of the medians. */
  ratio: number;
  /** Of the fastest, or smallest, of each: what a busy machine disturbs least. */
  best: number;
  /** A quarter of the rounds' own ratios lies below the first, a quarter above the second. */
  quartiles: readonly [number, number];
}

export interface Goal {
  is: "at most" | "at least";
  value: number;
}

/** `own` and `peer` have one number for each round; `own / peer`. */
export function compare(own: readonly number[], peer: readonly number[]): Comparison {
  const ratios = own.map((value, round) => value / (peer[round] ?? Number.NaN));
  const [ownMedian, peerMedian] = [median(own), median(peer)];
  return {
    ownMedian,
    peerMedian,
    ratio: ownMedian / peerMedian,
    best: Math.min(...own) / Math.min(...peer),
    quartiles: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
  };
}

export function isMet(goal: Goal, value: number): boolean {
  return goal.is === "at most" ? value <= goal.value : value >= goal.value;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Between two values it lies on the line from one to the other. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * part;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
