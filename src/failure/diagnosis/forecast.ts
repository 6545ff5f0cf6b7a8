/**
 * What would happen: the causes of a diagnosis, weighed before there is an answer. Pure. A forecast is as sure as its evidence:
 * what only an answer could tell makes it unknown, or is said as a condition.
 */
import type { CauseId, Evidence } from "../evidence.ts";
import { span } from "../time.ts";
import { type Cause, order, type Weight } from "./cause.ts";
import { causes } from "./causes.ts";
import { lifeByCa, lifeByUs, skewMs, skewText } from "./clock.ts";
import { diagnose } from "./diagnose.ts";
import { lifetimeMs, predictions, provisionerInList, registrationAuthoritySign } from "./leaf.ts";
import { isSince } from "./version.ts";
import { quoted } from "./words.ts";

/** What is known before anything is asked; `at` is the moment that is foreseen, and `ca.clock` the CA's at that moment. */
export type Outlook = Omit<Evidence, "answer" | "alert">;

export type Cell =
  | { verdict: "works"; because: string; unless: readonly string[] }
  | { verdict: "refused" | "unknown"; cause: CauseId; because: string; otherwise?: Reason };

/** Where the cause is in doubt and the refusal is not: what would refuse it if that did not. */
export interface Reason {
  cause: CauseId;
  because: string;
}

type Obstacle = Extract<Cell, { cause: CauseId }>;
/** One check of the CA, foreseen: null where nothing speaks against it. */
type Gate = (outlook: Outlook) => Obstacle | null;

/** Foresees one way at one moment. The first check of the CA that may fail is named; one that must fail decides. */
export function foresee(outlook: Outlook): Cell {
  const found = gates[outlook.method].map((gate) => gate(outlook)).filter((obstacle) => obstacle !== null);
  const [first] = found;
  if (first === undefined) return { verdict: "works", because: fitness(outlook), unless: conditions(outlook) };
  const sure = found.find(({ verdict }) => verdict === "refused");
  if (sure === undefined || sure === first) return first;
  return { ...first, verdict: "refused", otherwise: { cause: sure.cause, because: sure.because } };
}

/** The same once a token has been taken: only the end of the certificate can change that. */
export function foreseeProven(outlook: Outlook): Cell {
  const because = "a token was taken just now, and its provisioner renews after expiry";
  return afterExpiry(outlook) ?? { verdict: "works", because, unless: [] };
}

function fitness({ method, ca, certificate, at }: Outlook): string {
  if (method === "mtls") return "it is valid, and fit for clients";
  const rule = ca.version === undefined ? "this CA" : `a CA of version ${quoted(ca.version)}`;
  return at > certificate.notAfter
    ? `its chain is fit for a token to ${rule}, and its provisioner renews after expiry`
    : `its chain is fit for a token to ${rule}`;
}

/** Something in front that asks for no client certificate keeps it from the CA. */
const wire: Gate = (outlook) => {
  if (outlook.ca.handshake?.asks !== false) return null;
  const said = "The request could not be completed: missing client certificate.";
  const { weigh } = causes.TLS_TERMINATED;
  const { because } = weigh({ ...outlook, answer: { ...refusal(said), status: 400 } });
  return { verdict: "refused", cause: "TLS_TERMINATED", because };
};

/** The chain is what the handshake and the token are judged by first. */
const chain: Gate = (outlook) => {
  const failing = predictions(outlook).flatMap(({ verdict }) => (verdict.ok ? [] : [verdict]));
  const isUnsigned = outlook.method === "token" && !outlook.certificate.keyUsages?.includes("digitalSignature");
  const [problem] = failing;
  if (problem === undefined && !isUnsigned) return null;
  const alert = { expired: 45, "not-yet-valid": 45, "unknown-authority": 48, "chain-incomplete": 48 };
  const number: number = (alert as Record<string, number>)[problem?.reason ?? ""] ?? 42;
  const answer = outlook.method === "mtls" ? { alert: number } : { answer: refusal("error validating renew token") };
  const [first] = diagnose({ ...outlook, ...answer }).causes;
  if (first === undefined) return null;
  const because = first.id === "EXPIRED" ? "no handshake takes an expired certificate, on any server" : first.because;
  return { verdict: first.certainty === "certain" ? "refused" : "unknown", cause: first.id, because };
};

/** Whether the provisioner and the CA's records allow it: one sentence for all of them. */
const leave: Gate = (outlook) => {
  const evidence = { ...outlook, answer: refusal(unauthorized) };
  const weighed = Object.values(causes)
    .filter((cause) => cause.symptoms.includes("unauthorized") && isOfThisWay(cause, outlook))
    .filter(({ id }) => id !== "EXPIRED_NOT_ALLOWED")
    .sort((a, b) => stepOf(a, outlook) - stepOf(b, outlook))
    .map((cause) => ({ cause: cause.id, ...cause.weigh(evidence) }));
  const sure = weighed.find(({ verdict }) => verdict === "proved");
  if (sure !== undefined) return { verdict: "refused", cause: sure.cause, because: sure.because };
  const doubt = weighed.find((one) => one.verdict === "speaks" && isForeseeable(one, outlook));
  return doubt === undefined ? null : { verdict: "unknown", cause: doubt.cause, because: doubt.because };
};

/** These are likely once the CA has said no and nothing else is left; before that, they are not. */
function isForeseeable({ cause }: Weight & { cause: CauseId }, { ca }: Outlook): boolean {
  return cause === "REVOKED" ? ca.crl?.lists === true : cause !== "RENEWAL_DISABLED";
}

/** Renewal after expiry takes the provisioner's leave; claims of the whole CA, which no endpoint shows, may give it too. */
const afterExpiry: Gate = (outlook) => {
  const life = lifeByCa(outlook);
  const isAfter = life === null || life === "edge" ? lifeByUs(outlook) === "after" : life === "after";
  if (!isAfter) return null;
  const cause = "EXPIRED_NOT_ALLOWED";
  const listed = provisionerInList(outlook);
  if (typeof listed === "string") {
    const because = "the CA hides its provisioners, and so whether renewal after expiry is allowed (the default is no)";
    return { verdict: "unknown", cause, because };
  }
  const { name, allowRenewalAfterExpiry } = listed;
  if (allowRenewalAfterExpiry === true) return null;
  if (allowRenewalAfterExpiry === false) {
    const because = `its provisioner ${quoted(name)} is listed with allowRenewalAfterExpiry: false`;
    return { verdict: "refused", cause, because };
  }
  const because =
    `its provisioner ${quoted(name)} does not set allowRenewalAfterExpiry (the default is no),` +
    " and only claims of the whole CA, which it does not show, could allow it";
  return { verdict: "unknown", cause, because };
};

/** A token is good from now for five minutes by our clock, and the CA allows one minute either way. */
const clocks: Gate = (outlook) => {
  const skew = skewMs(outlook);
  if (skew === undefined) return null;
  const because = `${skewText(skew)}, and a token may be one minute early and six minutes late`;
  if (skew > minute + leeway) return { verdict: "refused", cause: "CLOCK_AHEAD", because };
  if (skew < -6 * minute - leeway) return { verdict: "refused", cause: "CLOCK_BEHIND", because };
  const isNear = skew > minute - leeway || skew < -6 * minute + leeway;
  return isNear ? { verdict: "unknown", cause: skew > 0 ? "CLOCK_AHEAD" : "CLOCK_BEHIND", because } : null;
};

/** A cloud provisioner that could not start makes the CA's handler crash. */
const ready: Gate = (outlook) => {
  const { verdict, because } = causes.PROVISIONER_NOT_READY.weigh({ ...outlook, alert: null });
  return verdict === "proved" ? { verdict: "refused", cause: "PROVISIONER_NOT_READY", because } : null;
};

/** The CA holds every name against its current issuer's constraints, since v0.23.0 (authority/tls.go). */
const names: Gate = ({ path, ca }) => {
  const forbidden = path?.forbidden;
  if (forbidden === undefined || isSince(ca, [0, 23, 0]) === false) return null;
  const because = `the CA's issuer ${quoted(forbidden.by)} forbids a name of the certificate: ${forbidden.why}`;
  return { verdict: "refused", cause: "NAME_NOT_PERMITTED", because };
};

const behindAuthority: Gate = (outlook) =>
  registrationAuthoritySign(outlook.ca) !== undefined
    ? {
        verdict: "unknown",
        cause: "RA_NEEDS_TOKEN",
        because: "the CA is a registration authority, and most of them renew by token only",
      }
    : null;

/** A new certificate lasts as long as the old one less the CA's backdate, which is a minute unless it is configured. */
const lifetime: Gate = ({ certificate }) => {
  const ms = lifetimeMs(certificate);
  if (ms > minute) return null;
  const because = `it was valid for ${span(ms)}, and the CA takes its backdate (a minute by default) off the next one`;
  return { verdict: "unknown", cause: "LIFETIME_IS_BACKDATE", because };
};

const gates: Record<Evidence["method"], readonly Gate[]> = {
  mtls: [wire, chain, leave, ready, names, behindAuthority, lifetime],
  token: [chain, clocks, leave, ready, afterExpiry, names, lifetime],
};

/** What nobody can see beforehand, in words that go behind "unless". */
function conditions(outlook: Outlook): string[] {
  const { ca } = outlook;
  const { crl } = ca;
  const listed = provisionerInList(outlook);
  const found: string[] = [];
  if (listed === "not-known" && outlook.certificate.provisioner !== undefined) {
    found.push("its provisioner is gone or disables renewal, as the CA hides its provisioners");
  } else if (typeof listed === "object" && listed.disableRenewal === undefined) {
    found.push("the claims of the whole CA, which it does not show, disable renewal");
  }
  if (outlook.method === "token" && ca.handshake?.asks === false) {
    found.push("the address is none of the CA's own names, as something in front of it ends TLS");
  }
  if (ca.handshake?.isCaItself === false) {
    const isMtls = outlook.method === "mtls";
    const keeps = isMtls ? "keeps the certificate to itself" : "takes the Authorization header away";
    found.push(`something in front of the CA, which ends TLS, ${keeps}`);
  }
  if (!crl?.usable) found.push("it was revoked, as the CA publishes no list that would show it");
  return found;
}

function isOfThisWay({ only }: Cause, { method }: Outlook): boolean {
  return only === undefined || only === method;
}

function stepOf({ step }: Cause, { method }: Outlook): number {
  return order[method].indexOf(step);
}

const minute = 60_000;
/** A Date header has whole seconds, and a request takes its time. */
const leeway = 2_000;

const refusal = (said: string) => ({ status: 401, said, shape: "status" as const });

const unauthorized =
  "The request lacked necessary authorization to be completed. Please see the certificate authority logs for more info.";
