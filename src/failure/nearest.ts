/** The known word that a mistyped one most likely stands for. */

/** Undefined where none is near: more than a third of the letters are wrong. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const rated = known
    .map((candidate) => ({ candidate, distance: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance: wrong }) => wrong <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return rated[0]?.candidate;
}

/** Letters to insert, delete, replace, or swap with the next one. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= a.length; row++) {
    const line = [row];
    for (let column = 1; column <= b.length; column++) {
      const at = (up: number, left: number) => rows[row - up]?.[column - left] ?? 0;
      const isSame = a[row - 1] === b[column - 1];
      const isSwapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const ways = [at(1, 0) + 1, (line[column - 1] ?? 0) + 1, at(1, 1) + (isSame ? 0 : 1)];
      line.push(Math.min(...ways, ...(isSwapped ? [at(2, 2) + 1] : [])));
    }
    rows.push(line);
  }
  return rows[a.length]?.[b.length] ?? 0;
}
