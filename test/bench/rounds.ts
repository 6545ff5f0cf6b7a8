/** Rounds in which everybody runs once: what disturbs the machine for a while disturbs all of them. */

/** Runs once and says what it took, in whatever is compared. */
export type Contestant = () => Promise<number>;

/** What each round of one of them took; empty for one that did not take part. */
export type Taken<Name extends string> = (name: Name) => readonly number[];

/**
 * One round to warm up, which does not count; then each round goes the other way round than the one before, so that nobody always
 * runs after the same one.
 */
export async function inTurn<Name extends string>(
  contestants: { readonly [name in Name]?: Contestant },
  { rounds, warmUp = true }: { rounds: number; warmUp?: boolean },
): Promise<Taken<Name>> {
  const forth = Object.entries(contestants) as [Name, Contestant][];
  const back = [...forth].reverse();
  const taken = new Map<Name, number[]>(forth.map(([name]) => [name, []]));
  for (let round = warmUp ? -1 : 0; round < rounds; round++) {
    for (const [name, contestant] of round % 2 === 0 ? forth : back) {
      const took = await contestant();
      if (round >= 0) taken.get(name)?.push(took);
    }
  }
  return (name) => taken.get(name) ?? [];
}
