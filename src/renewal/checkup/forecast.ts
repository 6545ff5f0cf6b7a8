/** The four cells: over mTLS and by token, now and after the certificate's end. Pure. */
import type { Method } from "../../ca/credential.ts";
import { type Cause, order } from "../../failure/diagnosis/cause.ts";
import { causes } from "../../failure/diagnosis/causes.ts";
import { type Cell, foresee, foreseeProven, type Outlook } from "../../failure/diagnosis/forecast.ts";
import type { CaFacts, RankedCause } from "../../failure/evidence.ts";
import type { Identity } from "../../pki/identity.ts";
import { type Known, outlookOf } from "../evidence.ts";
import type { Rehearsal } from "./rehearsal.ts";

export interface Column {
  /** By the CA's clock where it is known. */
  readonly at: Date;
  readonly outlooks: Readonly<Record<Method, Outlook>>;
  readonly cells: Readonly<Record<Method, Cell>>;
}

export interface Forecast {
  readonly now: Column;
  /** A minute after the end; the same as now where that is past. */
  readonly after: Column;
}

export interface Foreseen extends Omit<Known, "identity" | "method"> {
  /** As the file has it, and as a token carries it. */
  identity: Identity;
  sent: Identity;
}

const minute = 60_000;

export function forecast(known: Foreseen): Forecast {
  const { identity, at, clock } = known;
  const skewMs = clock === undefined ? 0 : clock.ours.getTime() - clock.ca.getTime();
  const end = identity.leaf.notAfter.getTime() + minute;
  const now = column(known);
  if (at.getTime() - skewMs >= end) return { now, after: now };
  // That the CA's clock will have passed the end is what "after" means.
  const later = { ca: new Date(end), ours: new Date(end + skewMs) };
  return { now, after: column({ ...known, at: later.ours, clock: later }) };
}

function column(known: Foreseen): Column {
  const outlooks = {
    mtls: outlookOf({ ...known, method: "mtls" }),
    token: outlookOf({ ...known, identity: known.sent, method: "token" }),
  };
  const at = known.clock === undefined ? known.at : caTime(known.at, known.clock);
  return { at, outlooks, cells: { mtls: foresee(outlooks.mtls), token: foresee(outlooks.token) } };
}

function caTime(at: Date, { ca, ours }: NonNullable<CaFacts["clock"]>): Date {
  return new Date(at.getTime() + ca.getTime() - ours.getTime());
}

/**
 * What a rehearsal has shown: of the token in both columns, where only the leave to renew after expiry may differ, and of mTLS
 * what the CA's records and claims say of a renewal either way.
 */
export function withRehearsal({ now, after }: Forecast, rehearsal: Rehearsal): Forecast {
  const rehearsed = { ...now, cells: rehearsedCells(now, rehearsal) };
  if (after === now) return { now: rehearsed, after: rehearsed };
  const { token } = after.outlooks;
  const later = rehearsal.ended === "renewed" ? foreseeProven(token) : afterRefusal(after, rehearsed.cells.token);
  return { now: rehearsed, after: { ...after, cells: { ...after.cells, token: later } } };
}

function rehearsedCells({ cells }: Column, rehearsal: Rehearsal): Column["cells"] {
  if (rehearsal.ended === "renewed") {
    const token: Cell = { verdict: "works", because: "rehearsed: the CA renewed it by token just now", unless: [] };
    return { token, mtls: cells.mtls.verdict === "works" ? { ...cells.mtls, unless: [] } : cells.mtls };
  }
  if (rehearsal.ended === "not-tried") return cells;
  const [first] = rehearsal.causes;
  if (first === undefined) return cells;
  const isForeseen = "cause" in cells.token && cells.token.cause === first.id;
  const because = isForeseen ? cells.token.because : first.because;
  return { token: { verdict: "refused", cause: first.id, because }, mtls: alike(cells.mtls, rehearsal.causes) };
}

/** What comes after the proof of identity is the same for both ways: a refusal there says as much of mTLS. */
function alike(mtls: Cell, found: readonly RankedCause[]): Cell {
  const shared = found.filter(({ id }) => isOfBothWays(causes[id]));
  const [first] = shared;
  if (mtls.verdict !== "works" || first === undefined) return mtls;
  const isSure = shared.length === found.length && shared.every(({ id }) => isOfRecords(causes[id]));
  return {
    verdict: isSure ? "refused" : "unknown",
    cause: first.id,
    because: `refused by token just now, and mTLS would meet the same: ${first.because}`,
  };
}

function isOfBothWays({ step, only }: Cause): boolean {
  return only === undefined && order.mtls.indexOf(step) >= order.mtls.indexOf("revocation");
}

/** The CA's records and settings do not change from one request to the next, as a database that fails may. */
function isOfRecords({ symptoms }: Cause): boolean {
  return symptoms.includes("unauthorized") || symptoms.includes("name-forbidden");
}

/** What was refused now is refused later, too, as far as it was foreseen; else it may have been of the moment. */
function afterRefusal({ cells }: Column, refused: Cell): Cell {
  if (!("cause" in refused)) return cells.token;
  return cells.token.verdict === "works" ? { ...refused, verdict: "unknown" } : cells.token;
}
