/** A check-up for people: the checks, the forecast with its notes, and what to do today. */
import type { Cell } from "../../failure/diagnosis/forecast.ts";
import { instant } from "../../failure/time.ts";
import type { Check } from "../../renewal/checkup/check.ts";
import type { Column, Forecast } from "../../renewal/checkup/forecast.ts";
import type { Judgement } from "../../renewal/checkup/verdict.ts";
import type { Checkup } from "../../renewal/doctor.ts";
import type { ErrorDocument } from "./json.ts";
import { advice, wrap } from "./layout.ts";
import { plain } from "./plain.ts";
import type { Style } from "./style.ts";

export interface CheckupPage {
  /** Whose certificate, at which CA. */
  title: string;
  checks: readonly Check[];
  forecast: Forecast | null;
  judgement: Judgement;
  columns: number;
  style: Style;
}

export function renderCheckup({ title, checks, forecast, judgement, columns, style }: CheckupPage): string {
  const width = Math.min(Math.max(columns, 40), 100);
  const lines = [style.strong(plain(title)), "", ...checkLines(checks, width, style), ""];
  if (forecast !== null) lines.push(...forecastLines(forecast, width, style), "");
  lines.push(`  ${style.label("verdict:")} ${wrap(plain(judgement.says), width, 11)}`);
  // A failure has a page of its own, with its own help.
  if (judgement.failure !== null) return `${lines.join("\n")}\n`;
  lines.push(...advice("today", judgement.today, width, style));
  const [cause] = forecast === null ? [] : causesOf(forecast);
  if (cause !== undefined && judgement.outcome !== "healthy")
    lines.push(`  ${style.label("more:")} renew explain ${cause}`);
  return `${lines.join("\n")}\n`;
}

function checkLines(checks: readonly Check[], width: number, style: Style): string[] {
  const paint = { ok: style.good, warning: style.command, failed: style.error, unknown: style.label };
  const column = Math.max(...checks.map(({ name }) => name.length)) + 2;
  return checks.map(({ name, status, says }) => {
    const words = wrap(plain(says), width, 11 + column);
    return `  ${paint[status](status.padEnd(9))}${name.padEnd(column)}${words}`;
  });
}

const ways = ["mtls", "token"] as const;
const wayNames = { mtls: "over mTLS", token: "by token" };

/** The four cells, with a number for each different reason. */
function forecastLines({ now, after }: Forecast, width: number, style: Style): string[] {
  const columns = now === after ? [now] : [now, after];
  const notes: string[] = [];
  const cell = (one: Cell) => {
    const note = noteOf(one);
    if (note === null) return words[one.verdict];
    if (!notes.includes(note)) notes.push(note);
    return `${words[one.verdict]}${one.verdict === "works" ? ", unless" : ""} (${notes.indexOf(note) + 1})`;
  };
  const heads =
    now === after ? ["now, after its end"] : ["now", `after ${instant(after.outlooks.token.certificate.notAfter)}`];
  const rows = [
    ["forecast", ...heads],
    ...ways.map((way) => [wayNames[way], ...columns.map(({ cells }) => cell(cells[way]))]),
  ];
  const table = width < narrow ? belowEachOther(rows, style) : besideEachOther(rows, style);
  return [...table, "", ...notes.map((note, index) => `  (${index + 1}) ${wrap(plain(note), width, 6)}`)];
}

/** Below this, two columns of cells do not fit. */
const narrow = 66;

type Rows = readonly (readonly string[])[];

function besideEachOther(rows: Rows, style: Style): string[] {
  const first = Math.max(...rows.map(([text = ""]) => text.length)) + 2;
  const second = Math.max(...rows.map(([, text = ""]) => text.length)) + 2;
  return rows.map(([name = "", left = "", right = ""]) =>
    `  ${style.label(name.padEnd(first))}${left.padEnd(second)}${right}`.trimEnd(),
  );
}

function belowEachOther([[title = "", ...heads] = [], ...rows]: Rows, style: Style): string[] {
  const moments = heads.flatMap((head, index) => [
    `    ${head}`,
    ...rows.map(([name = "", ...cells]) => `      ${style.label(name.padEnd(11))}${cells[index] ?? ""}`),
  ]);
  return [`  ${style.label(title)}`, ...moments];
}

const words = { works: "works", refused: "will be refused", unknown: "cannot be known" };

/** Null where a cell needs no more words. */
function noteOf(cell: Cell): string | null {
  if ("cause" in cell) {
    const { otherwise } = cell;
    return `${cell.cause}: ${cell.because}${otherwise ? `; or else ${otherwise.cause}: ${otherwise.because}` : ""}`;
  }
  return cell.unless.length === 0 ? null : `unless ${cell.unless.join("; or ")}`;
}

function causesOf({ now, after }: Forecast): string[] {
  const cells = [now, after].flatMap(({ cells: { mtls, token } }: Column) => [mtls, token]);
  return cells.flatMap((cell) => ("cause" in cell && cell.cause !== "EXPIRED" ? [cell.cause] : []));
}

export interface CheckupDocument {
  schema: 1;
  command: string;
  ok: boolean;
  outcome: Judgement["outcome"];
  certificate: Record<string, string> | null;
  /** The way that a renewal would go now, and why; null where it would not come that far. */
  method: string | null;
  methodReason: string | null;
  verdict: string;
  checks: readonly {
    name: string;
    status: Check["status"];
    says: string;
    help: readonly string[];
    code: string | null;
  }[];
  /** Four cells; null where the certificate or the CA could not be had. */
  forecast: readonly ForecastDocument[] | null;
  rehearsal: { ended: string; serial: string | null } | null;
  today: readonly string[];
  error: ErrorDocument | null;
}

export interface ForecastDocument {
  method: string;
  when: "now" | "after-expiry";
  at: string;
  verdict: Cell["verdict"];
  cause: string | null;
  because: string;
  otherwise: { cause: string; because: string } | null;
  unless: readonly string[];
}

/** The same as data. */
export function checkupDocument(input: {
  command: string;
  certificate: Record<string, string> | null;
  checkup: Checkup;
  judgement: Judgement;
  error: ErrorDocument | null;
}): CheckupDocument {
  const { command, certificate, checkup, judgement, error } = input;
  const { outcome, says, today, choice } = judgement;
  const { checks, forecast, rehearsal } = checkup;
  return {
    schema: 1,
    command,
    ok: outcome === "healthy",
    outcome,
    certificate,
    method: choice?.method ?? null,
    methodReason: choice?.because ?? null,
    verdict: plain(says),
    checks: checks.map(({ name, status, says: words, help, failure }) => ({
      name,
      status,
      says: plain(words),
      help: help.map(plain),
      code: failure?.code ?? null,
    })),
    forecast: forecast && [...cellDocuments(forecast.now, "now"), ...cellDocuments(forecast.after, "after-expiry")],
    rehearsal: rehearsal && {
      ended: rehearsal.ended,
      serial: rehearsal.ended === "renewed" ? rehearsal.leaf.serial : null,
    },
    today: today.map(plain),
    error,
  };
}

function cellDocuments({ at, cells }: Column, when: ForecastDocument["when"]): ForecastDocument[] {
  return ways.map((method) => {
    const cell = cells[method];
    return {
      method,
      when,
      at: at.toISOString(),
      verdict: cell.verdict,
      cause: "cause" in cell ? cell.cause : null,
      because: plain(cell.because),
      otherwise: otherwiseOf(cell),
      unless: "unless" in cell ? cell.unless.map(plain) : [],
    };
  });
}

function otherwiseOf(cell: Cell): ForecastDocument["otherwise"] {
  const { otherwise } = "cause" in cell ? cell : {};
  return otherwise === undefined ? null : { cause: otherwise.cause, because: plain(otherwise.because) };
}
