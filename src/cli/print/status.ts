/** How certificates stand: a table for people, and a document. */

import { tell } from "../../failure/catalogue/catalogue.ts";
import { shell, shellFile } from "../../failure/shell.ts";
import { instant, relative, span } from "../../failure/time.ts";
import { whom } from "../../pki/certificate.ts";
import { type Listed, needsAttention, type Standing } from "../../renewal/status.ts";
import type { Output } from "../../world.ts";
import { certificateDocument, type Document, type ErrorDocument } from "./json.ts";
import { plain } from "./plain.ts";

export interface StandingDocument {
  file: string;
  state: Standing["state"];
  needsAttention: boolean;
  certificate: Record<string, string> | null;
  issuer: string | null;
  dueFrom: string | null;
  method: "mtls" | "token" | null;
  methodReason: string | null;
  /** When the file was written last. */
  writtenAt: string | null;
  hookOwed: boolean;
  interrupted: boolean;
  lockedBy: { pid: number; host: string; since: string } | null;
  error: ErrorDocument | null;
}

export interface StatusDocument extends Omit<Document, "outcome"> {
  outcome: "fine" | "attention" | "failed";
  certificates: readonly StandingDocument[];
}

/** What a failed run's document has besides what all have. */
export const blank = { certificates: [] };

export function statusDocument(
  standings: readonly Standing[],
  describe: (failure: NonNullable<Standing["failure"]>) => ErrorDocument,
): StatusDocument {
  return {
    schema: 1,
    command: "status",
    ok: true,
    outcome: standings.some(needsAttention) ? "attention" : "fine",
    method: null,
    methodReason: null,
    certificate: null,
    error: null,
    file: null,
    dueFrom: null,
    tookMs: null,
    certificates: standings.map((one) => ({
      file: one.file,
      state: one.state,
      needsAttention: needsAttention(one),
      certificate: one.leaf && certificateDocument(one.file, one.leaf),
      issuer: one.leaf && plain(one.leaf.issuer.text),
      dueFrom: one.dueFrom?.toISOString() ?? null,
      method: one.choice?.method ?? null,
      methodReason: one.choice?.because ?? null,
      writtenAt: one.written?.toISOString() ?? null,
      hookOwed: one.owed !== null,
      interrupted: one.isHalfWay,
      lockedBy: one.holder && { pid: one.holder.pid, host: one.holder.host, since: one.holder.since },
      error: one.failure && describe(one.failure),
    })),
  };
}

const heads = ["CERTIFICATE", "FOR", "UNTIL (UTC)", "DUE", "BY", "STATE"];
const gap = "  ";
/** Of a terminal that is narrower the lines are broken by itself. */
const narrowest = 80;
/** To which a name is cut before its file is: where there is no room for both. */
const shortName = 13;

/** In a file or a pipe nothing is cut: `columns` counts on a terminal. */
export function statusTable(standings: readonly Standing[], now: Date, { isTerminal, columns }: Screen): string {
  const rows = [heads, ...standings.map((one) => cells(one, now))];
  const widths = heads.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const used = isTerminal ? within(Math.max(columns, narrowest), widths) : widths;
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => fitted(cell, used[column] ?? 0, column === 0))
      .join(gap)
      .trimEnd();
  return `${rows.map(line).join("\n")}\n`;
}

export type Screen = Pick<Output, "isTerminal" | "columns">;

/** Files and names share what the others leave. */
function within(columns: number, [file = 0, name = 0, ...others]: readonly number[]): number[] {
  const room = columns - others.reduce((sum, width) => sum + gap.length + width, gap.length);
  const forName = Math.min(name, Math.max(shortName, room - file));
  return [Math.min(file, room - forName), forName, ...others];
}

function cells(one: Standing, now: Date): string[] {
  const { leaf, dueFrom, choice } = one;
  return [
    plain(one.file),
    leaf === null ? "-" : plain(whom(leaf)),
    leaf === null ? "-" : leaf.notAfter.toISOString().slice(0, 19).replace("T", " "),
    dueFrom === null ? "-" : dueFrom <= now ? "now" : span(dueFrom.getTime() - now.getTime()),
    choice === null ? "-" : choice.method === "mtls" ? "mTLS" : "token",
    stateWords[one.state] ?? one.state,
  ];
}

/** Of those that are called otherwise in a table. */
const stateWords: Partial<Record<Standing["state"], string>> = {
  "not-yet-valid": "too early",
  "hook-owed": "owes",
  interrupted: "half-way",
  "at-work": "at work",
};

/** A file is known by its end, a name by its beginning. */
function fitted(text: string, width: number, isFile: boolean): string {
  if (text.length <= width) return text.padEnd(width);
  return isFile ? `…${text.slice(text.length - width + 1)}` : `${text.slice(0, width - 1)}…`;
}

/** What somebody should look at, and what to do about it. */
export function attentionText(one: Standing, now: Date): string[] {
  const { file, leaf, failure, state, listed } = one;
  const named = plain(file);
  const { renew, look, owed } = listed === undefined ? alone(file) : ofList(one, listed);
  const said: string[] = [];
  if (failure !== null) said.push(`${plain(tell(failure).what)}: \`renew explain ${failure.code}\``);
  if (leaf !== null && state === "expired")
    said.push(`${named} expired ${relative(leaf.notAfter, now)}: ${renew}, or \`${look}\``);
  if (leaf !== null && state === "overdue")
    said.push(`${named} has been due since ${instant(one.dueFrom ?? now)}: does its timer run? \`${look}\``);
  if (leaf !== null && state === "not-yet-valid")
    said.push(`${named} is good from ${instant(leaf.notBefore)} on: is the clock right? \`date -u\``);
  if (one.owed !== null) said.push(`${named} still owes its hook: ${owed}; \`rm ${shellFile(one.owed)}\` forgets it`);
  if (one.isHalfWay) said.push(`${named} was left half-way by a run that died: the next run of renew finishes it`);
  return said;
}

/** What renews a certificate, what looks at it, and what makes a hook that is owed good. */
interface Ways {
  readonly renew: string;
  readonly look: string;
  readonly owed: string;
}

function alone(file: string): Ways {
  const pair = `${shellFile(file, "CRT")} KEY`;
  return {
    renew: `\`renew --force ${pair}\``,
    look: `renew doctor ${pair}`,
    owed: "the next run with --exec or --pid-file makes it good",
  };
}

/** Its run renews what has expired without being forced to, and runs what is owed where the list has a hook for it. */
function ofList({ file, state }: Standing, { key, ca, root, hasHook, list, isMtlsAlone, isHeldUp }: Listed): Ways {
  const pair = `${shellFile(file, "CRT")} ${shellFile(key, "KEY")}`;
  const asked = ca === null ? "" : ` --ca-url ${shell(ca, "URL")}`;
  const trusted = root === null ? "" : ` --root ${shellFile(root, "ROOT")}`;
  const named = list === null ? "" : ` --config ${shellFile(list)}`;
  const renew = `\`renew run${named}${isHeldUp ? " --keep-going" : ""}\``;
  return {
    // Nothing but a token renews it, which its entry rules out.
    renew: state === "expired" && isMtlsAlone ? '`"method": "auto"` in the list' : renew,
    look: `renew doctor ${pair}${asked}${trusted}`,
    owed: hasHook
      ? `${renew} makes it good`
      : 'the list has none for it, and the next run once it has ("exec") makes it good',
  };
}

/** Under -v. */
export function detailText(one: Standing): string[] {
  const { leaf, written, holder } = one;
  if (leaf === null) return [];
  const put = written === null ? "" : `, written ${instant(written)}`;
  const held = holder === null ? "" : `, a run is at work on it (process ${holder.pid} on ${plain(holder.host)})`;
  return [`${plain(one.file)} is ${plain(leaf.subject.text)}, by ${plain(leaf.issuer.text)}${put}${held}`];
}
