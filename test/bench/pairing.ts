/** A table of ratios: how many times as much renew takes as somebody else. */
import { compare, type Goal } from "./statistics.ts";
import { goalText, judge, metText, ratioText, type Section, spreadText, type Table } from "./table.ts";

const columns = [
  "run",
  "against",
  "it takes",
  "the other",
  "ratio",
  "half of the rounds",
  "of the best",
  "goal",
  "met",
];

export interface Pairing {
  run: string;
  against: string;
  own: readonly number[];
  peer: readonly number[];
  goal: Goal | null;
}

/** Ratios of medians, and how the ratios of single rounds spread. A pairing is left out whose peer is not here. */
export function paired(
  head: Pick<Table, "title" | "note">,
  pairings: readonly Pairing[],
  text: (value: number) => string,
): Section {
  const here = pairings.filter(({ peer }) => peer.length > 0);
  const found = here.map((pairing) => ({ ...pairing, ...compare(pairing.own, pairing.peer) }));
  const judged = found.map(({ run, against, ratio, goal }) => goal && judge(`${run} / ${against}`, ratio, goal));
  const rows = found.map((row, at) => [
    row.run,
    row.against,
    text(row.ownMedian),
    text(row.peerMedian),
    ratioText(row.ratio),
    spreadText(row),
    ratioText(row.best),
    row.goal === null ? "" : goalText(row.goal),
    row.goal === null ? "" : metText(judged[at]?.met ?? false),
  ]);
  const shown = columns.length - (judged.some((goal) => goal !== null) ? 0 : 2);
  return {
    tables: [{ ...head, columns: columns.slice(0, shown), rows: rows.map((row) => row.slice(0, shown)) }],
    goals: judged.filter((goal) => goal !== null),
    data: found,
  };
}

export const atMost = (value: number): Goal => ({ is: "at most", value });
