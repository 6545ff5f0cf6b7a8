/** Tables for a terminal and for Markdown, and the rows that most of them have. */
import { type Comparison, type Goal, isMet } from "./statistics.ts";

export interface Table {
  title: string;
  /** One sentence on what stands in it. */
  note: string;
  columns: readonly string[];
  rows: readonly (readonly string[])[];
}

/** What a bench found: tables for people, the same as values, and what of it has a goal. */
export interface Section {
  tables: readonly Table[];
  goals: readonly Judged[];
  data: unknown;
}

export interface Judged {
  name: string;
  value: number;
  goal: Goal;
  met: boolean;
}

export function judge(name: string, value: number, goal: Goal): Judged {
  return { name, value, goal, met: isMet(goal, value) };
}

/** "≤ 1.3", "≥ 6". */
export function goalText({ is, value }: Goal, unit = ""): string {
  return `${is === "at most" ? "≤" : "≥"} ${value}${unit}`;
}

export const metText = (met: boolean): string => (met ? "yes" : "no");

export function ratioText(ratio: number): string {
  return ratio.toFixed(2);
}

export function spreadText({ quartiles: [low, high] }: Pick<Comparison, "quartiles">): string {
  return `${ratioText(low)} to ${ratioText(high)}`;
}

/** In milliseconds, to a tenth below a hundred. */
export function msText(ms: number): string {
  return `${ms < 100 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

export function mebibytes(kibibytes: number): string {
  return `${(kibibytes / 1024).toFixed(1)} MiB`;
}

export function asMarkdown({ title, note, columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = line(columns.map(() => "---"));
  return [`**${title}.** ${note}`, "", line(columns), rule, ...rows.map(line), ""].join("\n");
}

export function asText({ title, note, columns, rows }: Table): string {
  const plain = [columns, ...rows].map((row) => row.map((cell) => cell.replaceAll("`", "")));
  const widths = columns.map((_, column) => Math.max(...plain.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `  ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ")}`.trimEnd();
  return [title, `  ${note}`, "", ...plain.map(line), ""].join("\n");
}
