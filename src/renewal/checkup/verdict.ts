/** From checks and cells to one judgement: how a renewal would end today and after the end, and what to do about it. Pure. */
import { type Choice, choose, type Method } from "../../ca/credential.ts";
import { tell } from "../../failure/catalogue/catalogue.ts";
import { causes } from "../../failure/diagnosis/causes.ts";
import { renewCommand } from "../../failure/diagnosis/commands.ts";
import type { Cell, Outlook } from "../../failure/diagnosis/forecast.ts";
import type { Failure } from "../../failure/failure.ts";
import type { Checkup } from "../doctor.ts";
import type { Column } from "./forecast.ts";
import { timelyPercent } from "./local.ts";

export interface Judgement {
  outcome: "healthy" | "warnings" | "failed";
  /** As a renewal's would be; 1 for warnings. */
  exit: number;
  /** One sentence. */
  says: string;
  /** What to do today, most urgent first. */
  today: readonly string[];
  /** The way that a renewal would go now; null where it would not come that far. */
  choice: Choice | null;
  /** What a renewal would meet first, where that is a failure of files, network or trust. */
  failure: Failure | null;
}

const refusedExit = 77;
const warningsExit = 1;

export function judge(checkup: Checkup): Judgement {
  const { checks, forecast } = checkup;
  const obstacle = checks.find(
    ({ name, failure }) => failure !== undefined && (name !== "rehearsal" || isOfAnyRenewal(checkup)),
  );
  const advice = checks.filter(({ status }) => status !== "ok").flatMap(({ help }) => help);
  if (obstacle?.failure !== undefined) {
    const { code, exit } = tell(obstacle.failure);
    const today = unique([...obstacle.help, ...advice]);
    const says = `a renewal would end with ${code}`;
    return { outcome: "failed", exit, today, says, choice: null, failure: obstacle.failure };
  }
  if (forecast === null || checkup.leaf === null) {
    const says = "what an interrupted run has begun comes first: the next renewal finishes it";
    return { outcome: "warnings", exit: warningsExit, today: unique(advice), says, choice: null, failure: null };
  }
  const { now, after } = forecast;
  const choice = wayNow(checkup.leaf, now);
  const way = choice.method;
  const base = { choice, failure: null };
  const [cell, night] = [now.cells[way], after.cells.token];
  if (cell.verdict === "refused") {
    const today = unique([...otherWay(way, now), ...helpFor(cell, now.outlooks[way]), ...advice]);
    return { ...base, outcome: "failed", exit: refusedExit, today, says: `a renewal would be refused: ${cell.cause}` };
  }
  const isCalm = now === after || night.verdict === "works";
  const isWell =
    isCalm && cell.verdict === "works" && checks.every(({ status }) => status === "ok" || status === "unknown");
  const doubts = cell.verdict === "unknown" ? inDoubt(cell, now.outlooks[way], checkup) : [];
  const today = unique([
    ...doubts,
    ...tonight(night, { now, after, way, used: timelyPercent(checkup.leaf, checkup.issuersEnd) }),
    ...advice,
  ]);
  const says = sentence(cell, now === after ? null : night, checkup);
  return isWell
    ? { ...base, outcome: "healthy", exit: 0, today: [], says }
    : { ...base, outcome: "warnings", exit: warningsExit, today, says };
}

/** A rehearsal that the network or no known cause has ended says of a renewal what no forecast can. */
function isOfAnyRenewal({ rehearsal, forecast, leaf }: Checkup): boolean {
  if (rehearsal?.ended !== "refused" || forecast === null || leaf === null) return false;
  const [first] = rehearsal.causes;
  if (first === undefined) return true;
  if (tell(rehearsal.failure).exit === refusedExit) return false; // the cells say it
  const isOfTokens = causes[first.id].only === "token" || first.id === "HEADER_TOO_LARGE";
  return !isOfTokens || wayNow(leaf, forecast.now).method === "token";
}

function sentence(today: Cell, night: Cell | null, { rehearsal }: Checkup): string {
  const isOpen = today.verdict === "works" && today.unless.length > 0;
  const proof = rehearsal === null ? " (`--rehearse` tells)" : "";
  const works = `a renewal works today${isOpen ? `, unless what cannot be seen from here forbids it${proof}` : ""}`;
  if (today.verdict === "works") return night === null ? works : `${works}; after its end ${afterwards[night.verdict]}`;
  const unsure = "whether a renewal works";
  if (night?.verdict === "unknown") return `${unsure} cannot be known, neither today nor after its end`;
  const now = `${unsure} today cannot be known`;
  return night === null
    ? now
    : `${now}; after its end ${night.verdict === "works" ? "one works" : "nothing renews it"}`;
}

const afterwards = {
  works: "it works, too",
  unknown: "that cannot be known",
  refused: "nothing renews it",
};

/** The way that a renewal ends up with: it changes its mind where the CA never sees the certificate or wants a token. */
function wayNow(leaf: NonNullable<Checkup["leaf"]>, { outlooks, cells }: Column): Choice {
  const { mtls } = cells;
  if ("cause" in mtls && mtls.cause === "TLS_TERMINATED") return { method: "token", because: "certificate-not-seen" };
  if ("cause" in mtls && mtls.cause === "RA_NEEDS_TOKEN") return { method: "token", because: "registration-authority" };
  return choose(leaf, { mtls: true }, outlooks.mtls.at); // by our clock, as a renewal chooses, even if it is wrong
}

/** A handshake that fails is not followed by a token, unless that is asked for. */
function otherWay(way: Method, { cells, outlooks }: Column): string[] {
  if (way === "token" || cells.token.verdict !== "works") return [];
  return [`prove identity by token, which works: \`${renewCommand(outlooks.token, "--force", "--mtls=false")}\``];
}

function helpFor(cell: Cell, outlook: Outlook): readonly string[] {
  return "cause" in cell ? causes[cell.cause].help(outlook) : [];
}

/** Where it cannot be known: how it could be, and what would make it work. */
function inDoubt(cell: Cell, outlook: Outlook, { rehearsal }: Checkup): string[] {
  const proof = `\`${renewCommand(outlook, "--rehearse").replace("renew ", "renew doctor ")}\``;
  const know = outlook.method === "token" && rehearsal === null ? [`know it: ${proof}`] : [];
  return [...know, ...helpFor(cell, outlook)];
}

/** What keeps the night of the expiry quiet: a renewal before it, and what the CA's administrator can do. */
function tonight(
  night: Cell,
  { now, after, way, used }: { now: Column; after: Column; way: Method; used: number },
): string[] {
  if (night.verdict === "works" || now === after) return [];
  const early = `\`${renewCommand(now.outlooks[way], "-q", "--force", "--expires-in", `${used}%`)}\``;
  const admin = helpFor(night, after.outlooks.token).filter((text) => /administrator/.test(text));
  return [`renew it before its end, from a timer that runs often: ${early}`, ...admin];
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
