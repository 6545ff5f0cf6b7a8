/**
 * The CA's public endpoints, asked for evidence after a failure: all at once, each optional. Production guides hide most of
 * them, and whatever one of them does, it must not hide the first error.
 */
import type { CaFacts, ProvisionerFacts } from "../failure/evidence.ts";
import { type Certificate, readCertificate } from "../pki/certificate.ts";
import { readCrl } from "../pki/crl.ts";
import { pemBlocks } from "../pki/pem.ts";
import type { Answer } from "./answer.ts";
import { exchange, type Route } from "./client.ts";
import { isRecord, parseJson, readAnswered } from "./response.ts";

/** All questions together may take this long. */
export const questionsMs = 3000;

/** More pages of provisioners than any CA has; a CA that never ends its list must not keep us. */
const mostPages = 20;

export interface CaAnswers {
  facts: CaFacts;
  /** As /roots published them over the verified connection; [] where it did not. */
  roots: readonly Certificate[];
  intermediates: readonly Certificate[];
}

/** Asks everything there is to ask. Never throws for what the CA does or does not say. */
export async function askCa(route: Route, leaf: Certificate, issuers: readonly Certificate[]): Promise<CaAnswers> {
  const brief = { ...route, timeoutMs: questionsMs, connectTimeoutMs: questionsMs };
  const get = (path: string, limit?: number) =>
    optional(() => exchange(brief, { method: "GET", path, ...(limit && { limit }) }));
  const [version, health, roots, intermediates, list, provisioners] = await Promise.all([
    get("/version"),
    get("/health"),
    get("/roots"),
    get("/intermediates"),
    get("/crl", 16 * 1024 * 1024),
    readProvisioners(get),
  ]);
  const presence = intermediatesPresence(intermediates);
  const clock = readClock(health ?? version);
  const crl = list && readRevocation(list, leaf, issuers);
  const said = version?.status === 200 ? textOf(version, "version") : undefined;
  return {
    roots: roots?.status === 201 ? certificatesOf(roots) : [],
    intermediates: intermediates?.status === 201 ? certificatesOf(intermediates) : [],
    facts: {
      url: route.ca.href,
      ...(said !== undefined && { version: said }),
      ...(presence && { intermediates: presence }),
      ...(provisioners && { provisioners }),
      ...(clock && { clock }),
      ...(crl && { crl }),
    },
  };
}

/** The CA's current intermediates (v0.27.3 or later), [] where it does not say. */
export async function askIntermediates(route: Route): Promise<readonly Certificate[]> {
  const answer = await optional(() => exchange(route, { method: "GET", path: "/intermediates" }));
  return answer?.status === 201 ? certificatesOf(answer) : [];
}

async function optional<T>(question: () => Promise<T>): Promise<T | undefined> {
  try {
    return await question();
  } catch {
    return undefined; // evidence is optional: the failure being explained is the one to tell
  }
}

function intermediatesPresence(answer: Answer | undefined): CaFacts["intermediates"] {
  if (answer === undefined) return undefined;
  if (answer.status === 201) return "answers";
  if (answer.status === 501) return "not-implemented";
  return answer.status === 404 ? "not-found" : undefined;
}

/** Half the round trip is taken off; the header itself has whole seconds. */
function readClock(answer: Answer | undefined): CaFacts["clock"] {
  const ca = answer && readAnswered(answer).date;
  return ca && answer ? { ca, ours: new Date(answer.at.getTime() - answer.roundTripMs / 2) } : undefined;
}

async function readProvisioners(
  get: (path: string) => Promise<Answer | undefined>,
): Promise<ProvisionerFacts[] | undefined> {
  const found: ProvisionerFacts[] = [];
  let cursor = "";
  for (let page = 0; page < mostPages; page++) {
    const answer = await get(`/provisioners?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    const body = answer?.status === 200 ? parseJson(answer.body.toString("utf8")) : undefined;
    if (!isRecord(body) || !Array.isArray(body["provisioners"])) return undefined;
    found.push(...body["provisioners"].filter(isRecord).map(provisionerFacts));
    cursor = typeof body["nextCursor"] === "string" ? body["nextCursor"] : "";
    if (cursor === "") return found;
  }
  return undefined; // an unfinished list proves nothing
}

function provisionerFacts({
  name,
  type,
  claims,
  key,
  state,
  disableTrustOnFirstUse,
}: Record<string, unknown>): ProvisionerFacts {
  const { disableRenewal, allowRenewalAfterExpiry } = isRecord(claims) ? claims : {};
  const keyId = isRecord(key) ? key["kid"] : undefined;
  return {
    name: String(name),
    type: String(type),
    ...(typeof disableRenewal === "boolean" && { disableRenewal }),
    ...(typeof allowRenewalAfterExpiry === "boolean" && { allowRenewalAfterExpiry }),
    ...(typeof keyId === "string" && { keyId }),
    ...(typeof state === "string" && { state }),
    ...(typeof disableTrustOnFirstUse === "boolean" && { trustOnFirstUse: !disableTrustOnFirstUse }),
  };
}

function readRevocation(answer: Answer, leaf: Certificate, issuers: readonly Certificate[]): CaFacts["crl"] {
  if (answer.status !== 200) return undefined;
  try {
    const list = readCrl(answer.body);
    const isCurrent = list.expires === null || list.expires > answer.at;
    const usable = isCurrent && issuers.some((issuer) => list.isSignedBy(issuer));
    return { lists: usable && list.serials.has(leaf.serial), usable, issued: list.issued };
  } catch {
    return { lists: false, usable: false }; // what cannot be read proves nothing, and is said so
  }
}

function certificatesOf(answer: Answer): Certificate[] {
  const body = parseJson(answer.body.toString("utf8"));
  const pems =
    isRecord(body) && Array.isArray(body["crts"]) ? body["crts"].filter((pem) => typeof pem === "string") : [];
  try {
    return pems.flatMap((pem: string) => pemBlocks(pem)).map(({ der }) => readCertificate(der));
  } catch {
    return []; // not certificates: then it tells us nothing
  }
}

function textOf(answer: Answer, key: string): string | undefined {
  const body = parseJson(answer.body.toString("utf8"));
  const value = isRecord(body) ? body[key] : undefined;
  return typeof value === "string" ? value : undefined;
}
