/** The truth table in words: a line for each row and version, and what it comes to. */
import { recognise } from "../../../src/failure/diagnosis/recognise.ts";
import type { CaVersion } from "../../real/binaries.ts";
import type { Played } from "./play.ts";
import type { Outcome, Row } from "./row.ts";

export interface Line {
  row: Row;
  version: CaVersion;
  expected: Outcome;
  played: Played;
}

export function print(lines: readonly Line[]): string {
  const shown = lines.map(cells);
  const head = ["case", "step-ca", "the CA's log proves", "renew named first", "step printed"];
  const longest = [56, 10, 25, 36, 76];
  const widths = head.map((_, column) =>
    Math.min(longest[column] ?? 0, Math.max(...[head, ...shown].map((line) => (line[column] ?? "").length))),
  );
  const text = [head, widths.map((width) => "-".repeat(width)), ...shown].map((line) =>
    line
      .map((cell, column) => cut(cell, widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return [...text, "", summary(lines)].join("\n");
}

export function isRight({ expected, played: { said } }: Line): boolean {
  if ("renewed" in expected) return said.outcome === "renewed";
  const first = said.error?.causes[0]?.id;
  return "cause" in expected ? first === expected.cause : said.error?.code === expected.code;
}

/** Named later, as nothing public tells it from what is named first. */
function isOpen({ expected, played: { said } }: Line): boolean {
  if (!("cause" in expected) || expected.after === undefined) return false;
  return said.error?.causes.some(({ id }) => id === expected.cause) ?? false;
}

export function isFalselySure(line: Line): boolean {
  const first = line.played.said.error?.causes[0];
  return first?.certainty === "certain" && !isRight(line);
}

/** step renewed where that is right, or its words lead to this one cause, or say what the row says step says. */
function stepIsRight({ expected, played: { step } }: Line): boolean {
  if ("renewed" in expected) return step === "renewed";
  if (!("cause" in expected)) return expected.stepSays?.test(step) ?? false;
  const ids = recognise(step).flatMap((one) => one.ids);
  return ids.length === 1 && ids[0] === expected.cause;
}

function summary(lines: readonly Line[]): string {
  const renewed = lines.filter(({ expected }) => "renewed" in expected);
  const refused = lines.filter(({ expected }) => !("renewed" in expected));
  const count = (of: readonly Line[], what: (line: Line) => boolean) => of.filter(what).length;
  const certain = count(refused, ({ played }) => played.said.error?.causes[0]?.certainty === "certain");
  return [
    `${lines.length} rows, right by renew: ${count(lines, isRight)}; named later, as nothing public tells it from the first: ${count(lines, isOpen)}; said certain and wrong: ${count(lines, isFalselySure)}`,
    `${refused.length} that cannot renew, named by renew: ${count(refused, isRight)} (${certain} of them as certain, ${count(refused, ({ expected }) => !("cause" in expected))} before a CA was asked); named by step: ${count(refused, stepIsRight)}`,
    `${renewed.length} that can, renewed by renew: ${count(renewed, isRight)}; by step: ${count(renewed, stepIsRight)}`,
  ].join("\n");
}

function cells(line: Line): string[] {
  const { row, version, expected, played } = line;
  const { said, step } = played;
  const first = said.error?.causes[0];
  const named = said.error === null ? `renewed by ${said.method}` : `${first?.id ?? said.error.code}`;
  const sure = first === undefined ? "" : `, ${first.certainty}`;
  const proves =
    "renewed" in expected ? "-" : "cause" in expected && expected.log !== null ? expected.cause : "(not asked)";
  return [
    row.name,
    version,
    proves,
    `${isRight(line) ? "" : isOpen(line) ? "not alone: " : "WRONG: "}${named}${sure}`,
    step,
  ];
}

function cut(cell: string, width: number): string {
  return cell.length > width ? `${cell.slice(0, width - 1)}…` : cell.padEnd(width);
}
