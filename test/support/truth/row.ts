/** One case of the truth table: what is in the files, to whom it is sent, and what must come of it. */
import type { Authority, Issued, LeafSpec } from "../../../src/dev-ca/authority.ts";
import type { CauseId, Certainty } from "../../../src/failure/evidence.ts";
import type { Code } from "../../../src/failure/facts.ts";
import type { CaVersion } from "../../real/binaries.ts";
import type { Authorities } from "./authorities.ts";
import type { Place, Standing } from "./places.ts";

export interface Row {
  name: string;
  /** Default: an intermediate under the root, CRL off. */
  at?: Place;
  /** Default: both rules for tokens, and the newest. */
  on?: readonly CaVersion[];
  leaf?: LeafSpec | ((scene: Omit<Scene, "issued">) => LeafSpec);
  by?: keyof Authorities;
  /** What the certificate's file holds; the leaf and its intermediates when left out. */
  file?(issued: Issued, authorities: Authorities): string;
  /** The key's file, where it holds anything but the leaf's key. */
  keyFile?(issued: Issued, authorities: Authorities): string | Promise<string>;
  /** After the files are written, before anything is asked. */
  before?(scene: Scene): Promise<void> | void;
  /** In place of the CA's own URL. It is closed after the row. */
  through?(scene: Scene): Promise<Front>;
  /** Over what is given always: --force, the URL and the root. Null leaves one of those out. */
  flags?(scene: Scene): readonly string[];
  without?: readonly ("--force" | "--ca-url" | "--root")[];
  /** How far the client's clock is ahead, in minutes. step is not tried then. */
  clock?: number;
  /** step is not asked where it would wait for ever. */
  noStep?: string;
  expect: Outcome | ((version: CaVersion) => Outcome);
}

export interface Scene {
  version: CaVersion;
  standing: Standing;
  authorities: Authorities;
  issued: Issued;
  authority: Authority;
  /** Where this row's files are. */
  folder: string;
}

/** Something between the client and the CA. */
export interface Front {
  url: string;
  close(): Promise<void>;
}

export type Method = "mtls" | "token";
export type Outcome = Renewed | Refused | Stopped;
export interface Renewed {
  renewed: Method;
}
/** The CA refused, or what is before it: its log, where it has one, proves the cause. */
export interface Refused {
  cause: CauseId;
  /** No less sure than this. */
  certainty: Certainty;
  method: Method;
  code: Code;
  /** A part of the line in the CA's log; null where the CA was not reached. */
  log: string | null;
  /** What the advice has to say, in this order. */
  help?: readonly RegExp[];
  /** Named first, and not as certain, because nothing that a client can see tells the two apart. */
  after?: CauseId;
}
/** Ended before a CA could judge: the code says why, and there is no cause. `stepSays` is how step would name it. */
export interface Stopped {
  code: Code;
  stepSays?: RegExp;
}

/** The exit status of every code that the table meets (sysexits, as the README has them). */
export const exits: Readonly<Partial<Record<Code, number>>> = {
  BAD_FLAG: 64,
  FLAG_CONFLICT: 64,
  BAD_DURATION: 64,
  BAD_URL: 64,
  WOULD_OVERWRITE: 64,
  FILE_EMPTY: 65,
  NOT_PEM: 65,
  NO_CERTIFICATE: 65,
  NO_KEY: 65,
  SWAPPED: 65,
  BAD_CERTIFICATE: 65,
  PUBLIC_KEY: 65,
  KEY_ENCRYPTED: 65,
  WRONG_PASSPHRASE: 65,
  KEY_MISMATCH: 65,
  EXPIRED_NEEDS_FORCE: 65,
  CERT_NOT_YET_VALID: 65,
  CA_CERTIFICATE: 65,
  FILE_MISSING: 66,
  FILE_IS_FOLDER: 66,
  CANNOT_WRITE: 73,
  CA_UNREACHABLE: 75,
  CA_TIMEOUT: 75,
  CA_CLOSED: 75,
  CA_BUSY: 75,
  CA_FAILED: 75,
  NOT_A_CA: 76,
  BAD_RESPONSE: 76,
  WRONG_CERTIFICATE: 76,
  PROXY_REFUSED: 76,
  CA_REFUSED: 77,
  CERT_EXPIRED: 77,
  CLIENT_REJECTED: 77,
  CA_URL_MISSING: 78,
  ROOT_MISSING: 78,
  ROOT_NOT_PEM: 78,
  CA_UNTRUSTED: 78,
  CA_NAME_MISMATCH: 78,
  CA_CERT_EXPIRED: 78,
};

const hour = 3_600_000;
const minute = 60_000;
const start = Date.now();

/** A time so many hours from the beginning of the run. */
export function hours(count: number): Date {
  return new Date(start + count * hour);
}
export function minutes(count: number): Date {
  return new Date(start + count * minute);
}
export const valid = { notBefore: hours(-1), notAfter: hours(1) };
export const expired = { notBefore: hours(-3), notAfter: hours(-1) };
export const notYet = { notBefore: hours(1), notAfter: hours(3) };

export const mtls: Renewed = { renewed: "mtls" };
export const token: Renewed = { renewed: "token" };

/** A refusal in words, over mTLS or by token, certain unless said. */
export function refused(method: Method, cause: CauseId, log: string | null, more: Partial<Refused> = {}): Refused {
  return { cause, certainty: "certain", method, code: "CA_REFUSED", log, ...more };
}

/** A refusal in the handshake. */
export function rejected(cause: CauseId, log: string, more: Partial<Refused> = {}): Refused {
  return refused("mtls", cause, `failed to verify certificate: ${log}`, { code: "CLIENT_REJECTED", ...more });
}

/** A token whose chain the CA does not take. */
export function badChain(cause: CauseId, log: string, more: Partial<Refused> = {}): Refused {
  return refused("token", cause, `error verifying x5cInsecure certificate chain: ${log}`, more);
}

export function stopped(code: Code, stepSays?: RegExp): Stopped {
  return { code, ...(stepSays && { stepSays }) };
}

/** The sentences of Go's chain verification. */
export const x509 = {
  usage: "x509: certificate specifies an incompatible key usage",
  unknown: "x509: certificate signed by unknown authority",
  time: "x509: certificate has expired or is not yet valid",
};
export const newest = ["v0.30.2"] as const;
export const oldAndNew = ["v0.26.1", "v0.30.2"] as const;
export const all = ["v0.26.1", "v0.26.2", "v0.30.2", "v0.30.2-na"] as const;
