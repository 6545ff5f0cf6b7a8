/** A failure for people, in the one form that all of them have. */
import type { Told } from "../../failure/catalogue/catalogue.ts";
import type { Diagnosis, RankedCause } from "../../failure/evidence.ts";
import { shortened } from "./fingerprints.ts";
import { advice, table, wrap } from "./layout.ts";
import { brief, plain } from "./plain.ts";
import type { Style } from "./style.ts";

export interface Page {
  told: Told;
  diagnosis: Diagnosis | undefined;
  state: string;
  columns: number;
  verbose: boolean;
  style: Style;
}

/** More ruled-out causes than this are only counted, unless -v asks for all. */
const ruledOutShown = 3;

export function renderFailure({ told, diagnosis, state, columns, verbose, style }: Page): string {
  const width = Math.min(Math.max(columns, 40), 100);
  const { code, what, why, evidence, help } = told;
  const lines = [
    `${style.error(`error[${code}]`)}: ${style.strong(plain(what))}`,
    `  ${style.label("why:")} ${wrap(plain(why), width, 7)}`,
    "",
    ...sections(
      [
        ...evidenceSection(evidence),
        ...causeSections(diagnosis, why, verbose),
        ...(verbose && diagnosis ? askedSection(diagnosis) : []),
      ],
      width,
      style,
    ),
    `  ${style.label("state:")} ${wrap(plain(state), width, 9)}`,
    ...advice("help", help, width, style),
    `  ${style.label("more:")} renew explain ${diagnosis?.causes[0]?.id ?? code}`,
  ];
  return `${lines.join("\n")}\n`;
}

type Section = readonly [title: string, lines: (width: number, indent: number) => string[]];

function evidenceSection(evidence: Told["evidence"]): Section[] {
  if (evidence.length === 0) return [];
  const values = shortened(evidence.map(([, value]) => brief(value)));
  const rows = evidence.map(([label], index) => [plain(label), values[index] ?? ""] as const);
  return [["evidence", (width, indent) => table(rows, width, indent)]];
}

function causeSections(diagnosis: Diagnosis | undefined, why: string, verbose: boolean): Section[] {
  if (diagnosis === undefined || diagnosis.causes.length === 0) return [];
  const { causes, ruledOut } = diagnosis;
  const [first] = causes;
  const isTold = causes.length === 1 && why.includes(first?.because.slice(1) ?? "");
  // What is certain stands behind "why" already.
  const line = ({ id, certainty, because }: RankedCause) =>
    isTold || certainty === "certain" ? `${id} (${certainty})` : `${id} (${certainty}): ${plain(because)}`;
  const cause: Section = [
    causes.length === 1 ? "cause" : "causes",
    (width, indent) => causes.map((one) => wrap(line(one), width, indent + 2)),
  ];
  const shown = verbose ? ruledOut : ruledOut.slice(0, ruledOutShown);
  const rest = ruledOut.length - shown.length;
  const out: Section = [
    "ruled out",
    (width, indent) => [
      ...shown.map(({ id, because }) => wrap(`${id}: ${plain(because)}`, width, indent + 2)),
      ...(rest > 0 ? [`and ${rest} more (-v)`] : []),
    ],
  ];
  return ruledOut.length === 0 ? [cause] : [cause, out];
}

/** Where the evidence is from: -v alone shows it. */
function askedSection({ asked }: Diagnosis): Section[] {
  if (asked.length === 0) return [];
  const rows = asked.map(
    ({ source, tookMs, outcome }) => [source, `${brief(outcome)}, after ${Math.round(tookMs)} ms`] as const,
  );
  return [["asked", (width, indent) => table(rows, width, indent)]];
}

function sections(all: readonly Section[], width: number, style: Style): string[] {
  if (all.length === 0) return [];
  const column = Math.max(...all.map(([title]) => title.length)) + 2;
  const indent = 2 + column;
  const lines = all.flatMap(([title, render]) =>
    render(width, indent).map((line, index) => `  ${style.label((index === 0 ? title : "").padEnd(column))}${line}`),
  );
  return [...lines, ""];
}
