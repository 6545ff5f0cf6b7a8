/** One question to a CA and the answer that every step-ca of that version gives, real or embedded. */
import type { Authority, Issued, LeafSpec } from "../../../src/dev-ca/authority.ts";
import type { CaVersion } from "../../real/binaries.ts";
import { type Answer, type AskedCa, ask, makeToken, postMtls, postToken, type Sent } from "../raw.ts";

export interface Case {
  name: string;
  /** Default: an intermediate under the root, CRL off. "root": the root issues itself, CRL on. "ra": a registration authority. */
  at?: Place;
  ask(bench: Bench): Promise<Answer>;
  expect: Expected | ((version: CaVersion) => Expected);
}
/** What the embedded CA is known to do otherwise. */
export interface Difference extends Case {
  embedded: Expected;
}
export type Place = "intermediate" | "root" | "ra";

/** What a case finds when it begins. */
export interface Bench {
  readonly ca: AskedCa;
  readonly authority: Authority;
  /** Another CA altogether. */
  readonly foreign: Authority;
  /** Another CA with the same names. */
  readonly impostor: Authority;
  /** An intermediate that the CA had before, under the same root. */
  readonly earlier: Authority;
  /** An intermediate under the same root that may issue for servers only. */
  readonly forServers: Authority;
  revoke(serial: string): Promise<void>;
  /** A one-time token of the provisioner admin, for /sign. */
  oneTimeToken(subject: string, names: string[]): string;
  /** Issues a certificate and remembers it, so that the answer can be compared with it. */
  issue(spec?: LeafSpec, by?: Authority): Promise<Issued>;
}

/** What every CA must answer. Times in `log` and `message` are written <time>. */
export type Expected =
  | { status: 201; renewed: true }
  | { status: 201; signed: true }
  | { status: number; message: string; log?: string }
  | { status: number; type: string | null; body?: unknown }
  | { alert: number; log: string }
  | { closed: true; log: string };

export const unauthorized =
  "The request lacked necessary authorization to be completed. Please see the certificate authority logs for more info.";
export const internal =
  "The certificate authority encountered an Internal Server Error. Please see the certificate authority logs for more info.";

export const renewed: Expected = { status: 201, renewed: true };
/** By /sign, for a one-time token. */
export const signed: Expected = { status: 201, signed: true };
export const wrongUsage = "x509: certificate specifies an incompatible key usage";
export const unknownAuthority = "x509: certificate signed by unknown authority";
export const outOfTime = "x509: certificate has expired or is not yet valid: current time <time>";

/** Refused in the TLS handshake. */
export function alert(number: number, reason: string): Expected {
  return { alert: number, log: `tls: failed to verify certificate: ${reason}` };
}

/** Refused with a message, and with the reason in the log alone. */
export function refused(status: number, message: string, log: string): Expected {
  return { status, message, log };
}

/** The one answer for a token whose chain the CA does not take. */
export function badChain(reason: string): Expected {
  return refused(401, "error validating renew token", `error verifying x5cInsecure certificate chain: ${reason}`);
}

/** Refused by the rules of renewal: the same for both ways, as both come to that point. */
export function noRenewal(reason: string, endpoint = "Renew"): Expected {
  return refused(401, unauthorized, `cahandler.${endpoint}: authority.authorizeRenew: ${reason}`);
}

const hour = 3_600_000;
const now = Date.now();

/** A time so many hours from now. The authorities of the cases began 30 days ago and end in 30 days. */
export function hours(count: number): Date {
  return new Date(now + count * hour);
}
export const authorityLife = { notBefore: hours(-30 * 24), notAfter: hours(30 * 24) };
export const valid = { notBefore: hours(-1), notAfter: hours(1) };
export const expired = { notBefore: hours(-3), notAfter: hours(-1) };
export const notYetValid = { notBefore: hours(1), notAfter: hours(3) };

/** What is sent, where it differs from a plain renewal. */
export interface TokenChange {
  path?: string;
  body?: string;
  by?: (bench: Bench) => Authority;
  chain?: (leaf: Issued) => string;
  claims?: Record<string, unknown> | ((bench: Bench) => Record<string, unknown>);
  header?: Record<string, unknown>;
  key?: (bench: Bench) => Promise<string>;
}
export type Change = Pick<TokenChange, "path" | "body" | "by" | "chain"> & Pick<Sent, "tls">;

/** With the certificate in the handshake. */
export function mtls(spec: LeafSpec = {}, change: Change = {}): Case["ask"] {
  return async (bench) => {
    const leaf = await bench.issue(spec, change.by?.(bench));
    return postMtls(bench.ca, { cert: change.chain?.(leaf) ?? leaf.chain, key: leaf.key }, change);
  };
}

/** With a token. */
export function token(spec: LeafSpec = {}, change: TokenChange = {}): Case["ask"] {
  return async (bench) => postToken(bench.ca, await tokenFor(bench, spec, change), change);
}

export async function tokenFor(bench: Bench, spec: LeafSpec, change: TokenChange = {}): Promise<string> {
  const leaf = await bench.issue(spec, change.by?.(bench));
  const claims = typeof change.claims === "function" ? change.claims(bench) : change.claims;
  return makeToken({
    chain: change.chain?.(leaf) ?? leaf.chain,
    key: (await change.key?.(bench)) ?? leaf.key,
    url: bench.ca.url,
    ...(claims !== undefined && { claims }),
    ...(change.header !== undefined && { header: change.header }),
  });
}

/** With neither certificate nor token. */
export function plain(path: string, { method = "GET", body = "" } = {}): Case["ask"] {
  return async ({ ca }) => ask(ca, { method, path, body });
}

/** A case for each way; a valid leaf, where the way is mTLS. */
export function bothWays(name: string, spec: LeafSpec, expect: Case["expect"]): Case[] {
  return [
    { name: `${name}, mTLS`, ask: mtls({ ...valid, ...spec }), expect },
    { name: `${name}, token`, ask: token({ ...expired, ...spec }), expect },
  ];
}
