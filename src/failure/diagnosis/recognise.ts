/**
 * Messages that people paste: lines of step-ca's log, step's output, an error of Go, Node or OpenSSL, our own. Each leads to the
 * codes and causes that it can mean.
 */
import { certificateAlerts } from "../causes.ts";
import type { CauseId } from "../evidence.ts";
import type { Code } from "../facts.ts";
import { causes } from "./causes.ts";
import { alertNames, type Meaning, messages } from "./messages.ts";
import { type Symptom, symptomOf } from "./symptom.ts";

export interface Recognised {
  /** The first of the lines that mean this. */
  line: string;
  ids: Meaning;
  /** How many lines mean it. */
  count: number;
}

/** More of a line says nothing more. */
const longestLine = 4096;

/** What was recognised, each meaning once, in the order of the lines. */
export function recognise(text: string): Recognised[] {
  const lines = text.split(/\r\n|[\r\n\u2028\u2029]/).map(tidy);
  const isOurs = lines.some((line) => ownCode.test(line));
  const found = new Map<string, Recognised>();
  let before = "";
  for (const line of lines.filter(Boolean)) {
    const alone = isOurs ? ourOwn(line) : meaning(line);
    // A sentence that a terminal has broken in two.
    const ids = alone.length > 0 || isOurs || before === "" ? alone : meaning(`${before} ${line}`);
    const shown = ids === alone ? line : `${before} ${line}`;
    before = ids.length > 0 ? "" : line;
    if (ids.length === 0) continue;
    const key = ids.join();
    const known = found.get(key);
    found.set(key, known ? { ...known, count: known.count + 1 } : { line: shown, ids, count: 1 });
  }
  return [...found.values()];
}

/** Without colours, with plain quotes and blanks. */
function tidy(line: string): string {
  return line
    .slice(0, longestLine)
    .replace(/\u001b\[[0-?]*[ -/]*[@-~]/g, "")
    .replace(/[\u2018\u2019\u201a\u201b]/g, "'")
    .replace(/[\u201c\u201d\u201e\u201f]/g, '"')
    .replace(/[\u00a0\u2007\u202f]/g, " ")
    .trim();
}

const ownCode = /^error\[([A-Z_]+)\]:/;
const ids = Object.keys(causes) as CauseId[];
const logs = ids.flatMap((id) => causes[id].logs.map((log) => ({ id, sentence: log.toLowerCase() })));
const isCause = (text: string): text is CauseId => Object.hasOwn(causes, text);

/** Our own message, as people or programs see it: the code, and the causes that are left. */
function ourOwn(line: string): Meaning {
  const code = ownCode.exec(line)?.[1];
  if (code !== undefined) return [code as Code];
  const cause = /^(?:causes?\s+)?([A-Z_]+) \((?:certain|likely|possible)\)/.exec(line)?.[1] ?? "";
  return isCause(cause) ? [cause] : [];
}

/** Lines of which only the message itself means anything: the CA's about its clients, and OpenSSL's about the server. */
const decided = /TLS handshake error|SSL certificate problem|verify (error|return code)/i;

/** How Go's clients of a CA report what became of a request, step's own as that of a registration authority. */
const wrapped = /\bclient (?:GET|POST) \S+ failed: (.+)$/i;
/** A line of a log, or of step at a terminal. */
const logged = /\blevel=|"level" ?:|\bstatus=\d|"status" ?:|cahandler\.|authority\.|step-ca\b/i;
const byStep = /error (renewing|rekeying) certificate: client /i;

function meaning(line: string): Meaning {
  const request = wrapped.exec(line)?.[1];
  if (request === undefined || logged.test(line)) return meaningOf(line);
  const inner = meaningOf(request);
  if (inner.length === 0) return meaningOf(line);
  return byStep.test(line) ? inner : [...new Set([...inner, ...meaningOf(line)])];
}

function meaningOf(line: string): Meaning {
  const ours = /"code": ?"([A-Z_]+)"/.exec(line)?.[1];
  if (ours !== undefined) return [ours as Code];
  const message = messages.find(([pattern]) => pattern.test(line));
  if (decided.test(line) && message !== undefined) return message[1];
  const symptoms = symptomsIn(line);
  const quoted = symptoms.length === 0 ? endOfLog(line) : [];
  const proved = new Set([...fromLog(line), ...quoted]);
  if (proved.size > 0) return ids.filter((id) => proved.has(id));
  if (symptoms.length > 0) return bySymptom(symptoms);
  const alert = alertIn(line);
  if (alert !== undefined) return byAlert(alert);
  if (message !== undefined) return message[1];
  return isServersCertificate(line) ? [serverCode(line)] : [];
}

/** step checks the server's certificate with the same words that the CA has for the client's; a server's usage is never wrong. */
function isServersCertificate(line: string): boolean {
  return (
    /(failed to verify certificate|unable to connect to the server|Get "https|Post "https).*x509:/i.test(line) &&
    !/TLS handshake error|client certificate|key usage/i.test(line)
  );
}

function serverCode(line: string): Code {
  if (!/has expired or is not yet valid/i.test(line)) return "CA_UNTRUSTED";
  return /is before/i.test(line) ? "CA_CERT_NOT_YET_VALID" : "CA_CERT_EXPIRED";
}

/** The CA's own log: the longest sentence that the line holds decides, because it says most, with those that are a part of it. */
function fromLog(line: string): CauseId[] {
  if (isServersCertificate(line)) return [];
  const lower = line.toLowerCase();
  const held = logs.filter(({ sentence }) => lower.includes(sentence));
  const longest = held.reduce((best, { sentence }) => (sentence.length > best.length ? sentence : best), "");
  const fitting = new Set(held.filter(({ sentence }) => longest.includes(sentence)).map(({ id }) => id));
  return ids.filter((id) => fitting.has(id) && isOfLine(id, line));
}

/** "x509: …" as people quote it: every cause whose sentence in the log ends as the line does. */
function endOfLog(line: string): CauseId[] {
  if (isServersCertificate(line)) return [];
  const words = line
    .toLowerCase()
    .replace(/^["'`]+|["'`.]+$/g, "")
    .split(": ")
    .slice(-6);
  const ends = words.map((_, from) => words.slice(from).join(": ")).filter((end) => end.length >= 16);
  const end = ends.find((one) => logs.some(({ sentence }) => sentence.endsWith(one)));
  const fitting = end === undefined ? [] : logs.filter(({ sentence }) => sentence.endsWith(end)).map(({ id }) => id);
  return ids.filter((id) => fitting.includes(id) && isOfLine(id, line));
}

const early: readonly CauseId[] = ["NOT_YET_VALID", "ISSUER_YOUNGER", "LIVED_UNDER_A_MINUTE"];
const late: readonly CauseId[] = ["EXPIRED", "OUTLIVES_ISSUER", "CLOCK_BEHIND"];

/** A handshake's line is not about tokens, and the reverse; a time that is too early is not too late. */
function isOfLine(id: CauseId, line: string): boolean {
  const { only } = causes[id];
  if (/current time .* is before/i.test(line) && late.includes(id)) return false;
  if (/current time .* is after/i.test(line) && early.includes(id)) return false;
  if (/TLS handshake error/i.test(line)) return only !== "token";
  return /x5cInsecure|renew token/i.test(line) ? only !== "mtls" : true;
}

function alertIn(line: string): number | undefined {
  const number = /alert number (\d{1,3})/i.exec(line)?.[1] ?? alertNames.find(([pattern]) => pattern.test(line))?.[1];
  return number === undefined ? undefined : Number(number);
}

function byAlert(number: number): Meaning {
  if (!(number in certificateAlerts)) return ["NOT_A_CA"];
  return bySymptom([symptomOf({ alert: number })]);
}

/** A sentence of many causes: those that are met most, and that are met least, in this order. */
const often: Partial<Record<Symptom, readonly CauseId[]>> = {
  "token-invalid": ["NO_SERVER_AUTH_OLD_CA", "NO_CLIENT_AUTH", "CHAIN_INCOMPLETE", "UNKNOWN_ISSUER"],
};
const seldom: readonly CauseId[] = ["LIVED_UNDER_A_MINUTE"];

/** Then those first for which it is the first of their symptoms, as it is met with them most. */
function bySymptom(symptoms: readonly Symptom[]): Meaning {
  const first = symptoms.flatMap((symptom) => [...(often[symptom] ?? [])]);
  const place = (id: CauseId) => causes[id].symptoms.findIndex((symptom) => symptoms.includes(symptom));
  const isMet = (id: CauseId) => place(id) >= 0 && !first.includes(id) && !seldom.includes(id);
  const others = ids.filter(isMet).sort((a, b) => place(a) - place(b));
  return [...first, ...others, ...seldom.filter((id) => place(id) >= 0)];
}

const internal: readonly Symptom[] = [
  "internal",
  "internal-bad-request",
  "internal-not-implemented",
  "internal-foreign-status",
];

/** The CA's sentences, wherever they stand in the line: as step prints them, or in the JSON that came over the wire. */
const sentences: readonly (readonly [RegExp, string])[] = [
  [
    /lacked necessary authorization to be completed(?!: certificate expired)/i,
    "The request lacked necessary authorization to be completed. Please see",
  ],
  [
    /could not be completed; malformed or missing data/i,
    "The request could not be completed; malformed or missing data.",
  ],
  [/error validating renew token(?!: )/i, "error validating renew token"],
  [
    /certificate authority encountered an internal server error/i,
    "The certificate authority encountered an Internal Server Error.",
  ],
  [/client sent an http request to an https server/i, "Client sent an HTTP request to an HTTPS server."],
  [/"message": ?"error renewing certificate"|^(error: )?error renewing certificate$/i, "error renewing certificate"],
];

function symptomsIn(line: string): readonly Symptom[] {
  const said = sentences.find(([pattern]) => pattern.test(line))?.[1] ?? line.toLowerCase();
  const status = /"status": ?(\d{3})|\bstatus[=:] ?(\d{3})/i.exec(line);
  const number = Number(status?.[1] ?? status?.[2] ?? (/Internal Server Error/.test(said) ? 500 : 401));
  const symptom = symptomOf({ answer: { said, status: number, shape: "status" } });
  if (symptom === "other") return [];
  return status === null && symptom === "internal" ? internal : [symptom];
}
