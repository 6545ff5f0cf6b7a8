/** What a run has found, and how much it has looked at: the rows of the report. */

/** All of them are mistakes of ours. */
export type Kind =
  | "wrong install"
  | "wrong refusal"
  | "crash"
  | "hang"
  | "block"
  | "raw screen"
  | "secret"
  | "wrong words"
  | "memory"
  | "secret";

export interface Finding {
  kind: Kind;
  /** To play it again: `--only`. */
  index: number;
  how: string;
  what: string;
}

export interface Row {
  name: string;
  tried: number;
  taken: number;
  refused: Map<string, number>;
  slowestMs: number;
  slowest: string;
}

export class Tally {
  readonly findings: Finding[] = [];
  readonly rows = new Map<string, Row>();

  count(name: string, { tookMs, how, code }: { tookMs: number; how: string; code: string | null }): void {
    const blank = { name, tried: 0, taken: 0, refused: new Map<string, number>(), slowestMs: 0, slowest: "" };
    const row = this.rows.get(name) ?? blank;
    row.tried++;
    if (code === null) row.taken++;
    else row.refused.set(code, (row.refused.get(code) ?? 0) + 1);
    if (tookMs > row.slowestMs) Object.assign(row, { slowestMs: tookMs, slowest: how });
    this.rows.set(name, row);
  }

  found(finding: Finding): void {
    this.findings.push(finding);
  }

  get tried(): number {
    return [...this.rows.values()].reduce((sum, { tried }) => sum + tried, 0);
  }
}

/** As a table, aligned. */
export function tableOf({ rows }: Pick<Tally, "rows">): string {
  const head = ["mutated", "tried", "taken", "refused with", "slowest"];
  const lines = [...rows.values()].map(({ name, tried, taken, refused, slowestMs, slowest }) => {
    const most = [...refused].sort(([, a], [, b]) => b - a);
    const codes = most.map(([code, count]) => `${code} ${count}`).join(", ");
    return [name, String(tried), String(taken), codes || "-", `${Math.round(slowestMs)} ms (${slowest.slice(0, 60)})`];
  });
  const widths = head.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)));
  const row = (line: readonly string[]) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return [row(head), ...lines.map(row)].join("\n");
}
