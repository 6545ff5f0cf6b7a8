/**
 * What the CA and its server tell everybody, asked for evidence after a failure: all at once, each optional. Production guides
 * hide most of it, and whatever a server answers, it must not hide the first error.
 */
import type { Asked, CaFacts } from "../failure/evidence.ts";
import type { Certificate } from "../pki/certificate.ts";
import type { Answer } from "./answer.ts";
import { type Belonging, belonging } from "./belonging.ts";
import { certificatesOf } from "./certificates.ts";
import { exchange, type Route } from "./client.ts";
import { type ClockReading, clockFrom, clockReading } from "./clock.ts";
import { askHandshake, type Handshake } from "./handshake.ts";
import { handshakeFacts } from "./meeting.ts";
import { type ProvisionerList, readProvisioners } from "./provisioners.ts";
import { Questions, questionsMs } from "./questions.ts";
import { isRecord, parseJson } from "./response.ts";
import { crlLimit, readRevocation } from "./revocation.ts";
import { noSuchRoot, signsOf } from "./signs.ts";

export interface CaAnswers {
  facts: CaFacts;
  /** As /roots published them over the verified connection; [] where it did not, or where they are another CA's. */
  roots: readonly Certificate[];
  /** Those of /intermediates, or where it does not answer those that the server presents; all lead to a root in use. */
  intermediates: readonly Certificate[];
  /** The CA's clock, as each answer told it. */
  clocks: readonly ClockReading[];
  asked: readonly Asked[];
}

/**
 * Asks everything there is to ask, `limitMs` in all. Never throws for what the CA does or does not say. `issuers` are the
 * certificates above the leaf, as far as they are known.
 */
export async function askCa(
  route: Route,
  leaf: Certificate,
  issuers: readonly Certificate[],
  limitMs = questionsMs,
): Promise<CaAnswers> {
  const questions = new Questions(route, limitMs);
  try {
    const heard = await hear(questions, route);
    return conclude(heard, { questions, route, leaf, issuers });
  } finally {
    questions.close();
  }
}

/** The CA's current intermediates (v0.27.3 or later), [] where it does not say. */
export async function askIntermediates(route: Route): Promise<readonly Certificate[]> {
  try {
    const answer = await exchange(route, { method: "GET", path: "/intermediates" });
    return answer.status === 201 ? certificatesOf(answer) : [];
  } catch {
    return []; // the CA may still take the chain as it is
  }
}

type Heard = Awaited<ReturnType<typeof hear>>;

async function hear(questions: Questions, { ca, env }: Route) {
  const { signal } = questions;
  const provisioners: ProvisionerList = { found: [], partial: "the rest did not come" };
  const [version, health, roots, intermediates, crl, noRoot, handshake] = await Promise.all([
    questions.get("/version"),
    questions.get("/health"),
    questions.get("/roots"),
    questions.get("/intermediates"),
    questions.get("/crl", crlLimit),
    questions.get(noSuchRoot),
    questions.ask(
      "TLS handshake",
      () => askHandshake({ ca, env, signal }),
      (told) => told.version,
    ),
    questions.ask(
      "GET /provisioners",
      () => readProvisioners(provisioners, (path) => questions.fetch(path)),
      ({ status }) => String(status),
    ),
  ]);
  return { version, health, roots, intermediates, crl, noRoot, handshake, provisioners };
}

interface About {
  questions: Questions;
  route: Route;
  leaf: Certificate;
  issuers: readonly Certificate[];
}

function conclude(heard: Heard, { questions, route, leaf, issuers }: About): CaAnswers {
  const { handshake, provisioners } = heard;
  const answers = [heard.health, heard.version, heard.roots, heard.intermediates, heard.noRoot, heard.crl];
  const clocks = answers.flatMap((answer) => (answer && clockReading(answer)) ?? []);
  const clock = clockFrom(clocks);
  const anchors = route.roots;
  const presented = handshake?.presented ?? [];
  const claimed = {
    roots: published(heard.roots, "/roots", questions),
    intermediates: published(heard.intermediates, "/intermediates", questions),
  };
  const own = belonging(claimed, { anchors, presented });
  for (const path of own.foreign) questions.judge(`GET /${path}`, "not usable: another CA's");
  const now = clock === undefined ? route.now() : new Date(route.now().getTime() + leadOf(clock));
  const crl = heard.crl?.status === 200 ? heard.crl : undefined;
  const revocation = crl && readRevocation(crl.body, { leaf, signers: [...own.inUse, ...issuers], now });
  const whyNot = revocation === undefined ? "it cannot be read" : revocation.why;
  if (crl && whyNot !== undefined) questions.judge("GET /crl", `not usable: ${whyNot}`);
  const version = versionOf(heard.version, questions);
  const list = usableList(provisioners, leaf, questions);
  const presence = presenceOf(heard.intermediates, own);
  const isFronted = answers.some((answer) => answer?.headers["server"] ?? answer?.headers["via"]);
  const signs = signsOf(heard, handshake, own);
  return {
    roots: own.roots,
    intermediates: own.intermediates.length > 0 ? own.intermediates : acceptedOf(own.presented, handshake),
    clocks,
    asked: questions.asked,
    facts: {
      url: route.ca.href,
      ...(version !== undefined && { version }),
      ...(presence && { intermediates: presence }),
      ...(list && { provisioners: list }),
      ...(clock && { clock }),
      ...(revocation && { crl: revocation }),
      ...(handshake && { handshake: handshakeFacts(handshake, { leaf, issuers, anchors, own, isFronted }) }),
      ...(signs.length > 0 && { signs }),
      ...(own.foreign.length > 0 && { foreign: own.foreign }),
    },
  };
}

function leadOf({ ca, ours }: NonNullable<CaFacts["clock"]>): number {
  return ca.getTime() - ours.getTime();
}

function published(answer: Answer | undefined, path: string, questions: Questions): readonly Certificate[] {
  if (answer?.status !== 201) return [];
  const certificates = certificatesOf(answer);
  if (certificates.length === 0) questions.judge(`GET ${path}`, "not usable: no certificates that can be read");
  return certificates;
}

/** Longer than any version; what is longer must not reach a screen or a log through us. */
const longestVersion = 64;

function versionOf(answer: Answer | undefined, questions: Questions): string | undefined {
  if (answer?.status !== 200) return undefined;
  const body = parseJson(answer.body.toString("utf8"));
  const said = isRecord(body) ? body["version"] : undefined;
  if (typeof said === "string" && said.length <= longestVersion) return said;
  questions.judge("GET /version", "not usable: it names no version");
  return undefined;
}

/** A part of the list tells about the certificate's own provisioner, if that is in it, and of no other. */
function usableList(
  { found, partial }: ProvisionerList,
  leaf: Certificate,
  questions: Questions,
): CaFacts["provisioners"] {
  if (partial === null) return found;
  if (
    found.length > 0 ||
    questions.asked.some(({ source, outcome }) => source === "GET /provisioners" && outcome === "200")
  )
    questions.judge("GET /provisioners", `not whole: ${partial}`);
  return found.some(({ name }) => name === leaf.provisioner?.name) ? found : undefined;
}

function presenceOf(answer: Answer | undefined, { intermediates }: Belonging): CaFacts["intermediates"] {
  if (answer === undefined) return undefined;
  if (answer.status === 201) return intermediates.length > 0 ? "answers" : undefined;
  if (answer.status === 501) return "not-implemented";
  return answer.status === 404 ? "not-found" : undefined;
}

/** A CA takes certificates of those that it names; what it presents may be older, or a proxy's. */
function acceptedOf(presented: readonly Certificate[], handshake: Handshake | undefined): readonly Certificate[] {
  const names = handshake?.acceptable ?? [];
  const isNamed = ({ subject }: Certificate) => names.some(({ der }) => Buffer.compare(der, subject.der) === 0);
  return names.length === 0 ? presented : presented.filter(isNamed);
}
