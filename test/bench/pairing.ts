/** A table of ratios: how many times as much renew takes as somebody else. */
import { compare, type Goal } from "./statistics.ts";
import { goalText, judge, metText, ratioText, type Section, spreadText, type Table } from "./table.ts";

export interface Pairing {
  run: string;
  against: string;
  own: readonly number[];
  peer: readonly number[];
  goal: Goal | null;
}

/**
 * Ratios of medians, and how the ratios of single rounds spread. A pairing is left out whose peer is not here. `best`: whether the
 * smallest of all rounds says something; of a high-water mark that is read now and then it does not.
 */
export function paired(
  head: Pick<Table, "title" | "note">,
  pairings: readonly Pairing[],
  { text, best = true }: { text: (value: number) => string; best?: boolean },
): Section {
  const found = pairings
    .filter(({ peer }) => peer.length > 0)
    .map((pairing) => ({ ...pairing, ...compare(pairing.own, pairing.peer) }))
    .map((row) => ({ ...row, judged: row.goal && judge(`${row.run} / ${row.against}`, row.ratio, row.goal) }));
  const goals = found.flatMap(({ judged }) => judged ?? []);
  type Row = (typeof found)[number];
  const columns: readonly (readonly [name: string, cell: (row: Row) => string])[] = [
    ["run", ({ run }) => run],
    ["against", ({ against }) => against],
    ["it takes", ({ ownMedian }) => text(ownMedian)],
    ["the other", ({ peerMedian }) => text(peerMedian)],
    ["ratio", ({ ratio }) => ratioText(ratio)],
    ["half of the rounds", spreadText],
    ...(best ? [["of the best", (row: Row) => ratioText(row.best)] as const] : []),
    ...(goals.length > 0
      ? ([
          ["goal", ({ goal }: Row) => (goal === null ? "" : goalText(goal))],
          ["met", ({ judged }: Row) => (judged === null ? "" : metText(judged.met))],
        ] as const)
      : []),
  ];
  const rows = found.map((row) => columns.map(([, cell]) => cell(row)));
  return { tables: [{ ...head, columns: columns.map(([name]) => name), rows }], goals, data: found };
}

export const atMost = (value: number): Goal => ({ is: "at most", value });
