/**
 * What each failure knows about itself. A thrower fills in these facts and writes no prose; the catalogue turns them into
 * words. A code is what the user meets: few, permanent, never renamed. Why it happened is a cause (see `diagnosis`).
 */
import type { Answered, ChangeNotMade, Diagnosis } from "./evidence.ts";
import type { FormFacts } from "./form-facts.ts";
import type { KubeFacts } from "./kube-facts.ts";
import type { FileUse, RunConfigProblem, RunPlace } from "./run-config.ts";
import type { ScheduleFacts } from "./schedule-facts.ts";

/** Which of the user's files a failure speaks about. */
export type Role =
  | "certificate"
  | "key"
  | "root"
  | "passphrase"
  | "p12-passphrase"
  | "output"
  | "message"
  | "kubeconfig"
  | "hook";

/** A hook or a signal that did not succeed. */
export interface HookProblem {
  kind: "hook" | "signal";
  /** In a few words. */
  what: string;
  said: string;
  /** The whole command, or the pid file. */
  of?: string;
  /** The run was to end, before it was begun or in its middle: nothing is wrong with it. */
  ended?: "unbegun" | "cut";
}

type OfFile = { file: string; role: Role };
type OfRequest = { url: string };
/** A fault in the network below HTTP: what Node said, without interpretation. */
type Network = OfRequest & { said: string; errno: string };

export interface Facts extends KubeFacts, FormFacts, ScheduleFacts {
  // 64: usage
  BAD_FLAG: { said: string; because?: string; nearest?: string; command: string };
  FLAG_NOT_BUILT: { flag: "--offline" | "--kms"; from: string; certificate: string; key: string };
  /** `problem`: what makes it none. `limit`: it is one, but no longer than nothing, or not shorter than so many ms, a lifetime. */
  BAD_DURATION: { flag: string; value: string } & ({ problem: string } | { limit: "least" | number });
  BAD_URL: { from: string; value: string; problem: string };
  /** The new key would be written over certificates. */
  WOULD_LOSE_CERTIFICATE: { file: string; operation?: "rollback" };

  // 65: what is in the user's files
  FILE_EMPTY: OfFile;
  NOT_PEM: OfFile & { looksLike: string };
  NO_CERTIFICATE: OfFile & { found: readonly string[] };
  NO_KEY: OfFile & { found: readonly string[] };
  SWAPPED: { certificate: string; key: string };
  BAD_CERTIFICATE: OfFile & { problem: string; position: number };
  CA_CERTIFICATE: OfFile & { subject: string; leafAt?: number };
  CERTIFICATE_REQUEST: OfFile;
  PUBLIC_KEY: OfFile;
  BAD_KEY: OfFile & { problem: string };
  KEY_ENCRYPTED: OfFile;
  WRONG_PASSPHRASE: OfFile & { passphraseFrom: string; cipher?: string };
  KEY_MISMATCH: { certificate: string; key: string; certificateKey: string; ownKey: string; matchesAt?: number };
  /** `only`: a token is not to be taken, with or without force. */
  EXPIRED_NEEDS_FORCE: { file: string; key: string; notAfter: Date; now: Date; only?: "mtls"; kubeUser?: string };
  /** Known before the CA is asked: a rekey works over mTLS alone. */
  CANNOT_REKEY: { file: string; reason: "expired" | "not-a-client"; notAfter: Date; now: Date; diagnosis: Diagnosis };
  /** What is kept cannot be gone back to. `key`: as the user named it. */
  BACKUP_UNUSABLE: {
    file: string;
    key: string;
    backup: string;
    problem: "unreadable" | "expired" | "no-key";
    /** What reading it met. */
    said?: string;
    serial?: string;
    notAfter?: Date;
    now: Date;
  };
  CERT_NOT_YET_VALID: { file: string; notBefore: Date; alert: number | null; diagnosis: Diagnosis };

  // 66: a file is missing or unreadable
  FILE_MISSING: OfFile & { similar: readonly string[] };
  FILE_UNREADABLE: OfFile & { errno: string };
  FILE_IS_FOLDER: OfFile;
  /** `asked`: the one that was named; null where any would have done. `known`: the serial numbers of those there are. */
  NO_BACKUP: { file: string; key: string; asked: string | null; known: readonly string[]; looked: string };

  NO_UNIT_FOLDER: { folder: string; problem: "missing" | "not-a-folder"; isUsual: boolean };

  // 69: renewed, and what was to follow did not succeed
  HOOK_FAILED: {
    file: string;
    /** This run has renewed it; else an earlier one has. */
    isNew: boolean;
    /** foreseen: of a dry run, which has run nothing. */
    did: "renewed" | "rekeyed" | "rolled back" | "foreseen";
    /** Where several have it in common, and it is run once for all: the files of all. */
    files?: readonly string[];
    problems: readonly [HookProblem, ...HookProblem[]];
    /** The disk took no note of it: no other run will know. */
    unnoted?: true;
  };

  // 70: a bug of ours
  BUG: { said: string; stack: string };

  // 75, but of this machine
  TOO_MANY_FILES: { said: string; errno: string };

  // 73: can't write
  CANNOT_WRITE: {
    file: string;
    folder: string;
    step: string;
    errno: string;
    asked: "before-request" | "after-answer";
    kept?: string;
    /** The file itself could be written; but never in place, which a crash would leave half done. */
    onlyFolder?: true;
    /** The private key that belongs to the chain in `kept`. */
    keptKey?: string;
    /** What was to be written is a backup, which is there still: no CA takes part. */
    operation?: "rollback";
    /** What could not be taken away again: the next run does that. */
    left?: readonly string[];
    /** It is one file of a certificate and its key, which are replaced together. */
    ofPair?: true;
    /** The flag that names it, where it is another form of the certificate. */
    also?: string;
    /** Set when it is not whole, or one file of a pair is new and the other is not: the next run goes on from there. */
    unfinished?: true;
  };

  /** `nearest`: the folder that is there, of one that is not. `there`: what the file looks like that would be lost. */
  CANNOT_WRITE_METRICS: { file: string; folder: string; errno: string; nearest: string; there?: string };

  /** Somebody else has replaced a file since it was read; the new pair is kept beside it where there is one. */
  TARGET_CHANGED: { file: string; kept: readonly string[]; operation?: "rollback" | "install" };
  /** Another run is at work on the same certificate. */
  LOCKED: {
    file: string;
    lock: string;
    pid: number;
    host: string;
    since: string;
    /** Its process can be looked at from here, and lives. */
    isSeen: boolean;
    /** What it was started as. */
    command: string | null;
    waitedMs: number;
  };
  /** What an interrupted run has left of a pair can neither be finished nor taken back. */
  PAIR_UNFINISHED: { file: string; journal: string; problem: string; kept: readonly string[] };

  // 75: temporary
  /** `proxy`: of HTTPS_PROXY, which is the one that failed. */
  CA_UNREACHABLE: Network & { host: string; diagnosis?: Diagnosis; status?: number; proxy?: string };
  CA_TIMEOUT: OfRequest & { phase: "connect" | "exchange"; limitMs: number; proxy?: string };
  /** `cut`: an answer had begun. */
  CA_CLOSED: Network &
    (
      | { method: "mtls" | "token"; isBeforeTls?: true; diagnosis: Diagnosis }
      | { cut: { status: number; bytes: number } }
    );
  CA_BUSY: OfRequest & Answered & { retryAfter?: string };
  CA_FAILED: OfRequest & Answered & Refused;

  /** `proxy`: of HTTPS_PROXY, which was tried when the direct way had failed. */
  SERVER_UNREACHABLE: Network & { problem: "connect" | "timeout" | "tls"; limitMs: number; proxy?: string };

  // 76: the answer is not what was asked for
  NOT_A_CA: OfRequest & { diagnosis?: Diagnosis; problem: string; said?: string; status?: number; errno?: string };
  BAD_RESPONSE: OfRequest & { problem: string; status: number; said: string };
  RESPONSE_TOO_LARGE: OfRequest & { limit: number };
  WRONG_CERTIFICATE: OfRequest & { changes: readonly ChangeNotMade[]; operation: "renew" | "rekey" };
  PROXY_REFUSED: OfRequest & Answered & { proxy?: string; problem: string; diagnosis?: Diagnosis };

  // 77: the CA said no
  CA_REFUSED: OfRequest & Answered & Refused;
  CERT_EXPIRED: OfRequest & Answered & Refused;
  CLIENT_REJECTED: OfRequest & Refused & { alert: number | null; said: string };

  // 78: trust and configuration
  CA_URL_MISSING: { looked: readonly string[] };
  /** `isList`: it is a list of certificates, which `renew run` keeps. */
  BAD_CONFIGURATION: { file: string; problem: string; isList?: true };
  /** `named`: by whom, where somebody has named it. */
  NO_RUN_CONFIG: {
    looked: readonly string[];
    named: string | null;
    similar: readonly string[];
    command: "run" | "status";
  };
  /** `others`: how many entries are broken besides. */
  BAD_RUN_CONFIG: RunPlace & { problem: RunConfigProblem; others?: number };
  SAME_FILE_TWICE: { file: string; uses: readonly [FileUse, FileUse] };
  /** `named` is left out where none was, and none is current. */
  NO_CONTEXT: { file: string; known: readonly string[]; named?: { name: string; from: string }; nearest?: string };
  ROOT_MISSING: { file: string; from: string; errno: string };
  ROOT_NOT_PEM: { file: string; found: readonly string[] };
  CA_UNTRUSTED: Network & {
    roots: readonly string[];
    presented: readonly string[];
    kind: "unknown-issuer" | "same-name" | "leaf-only";
  };
  CA_NAME_MISMATCH: Network & { host: string; names: readonly string[] };
  CA_CERT_EXPIRED: Network & { notAfter?: Date; now: Date };
  CA_CERT_NOT_YET_VALID: Network & { notBefore?: Date; now: Date };
  SERVER_UNTRUSTED: OfRequest & {
    problem: "unknown-issuer" | "name" | "expired" | "not-yet-valid";
    said: string;
    /** That the certificate should be for. */
    name: string;
    names: readonly string[];
    subject: string;
    issuer: string;
    notBefore: Date;
    notAfter: Date;
    now: Date;
  };

  // 130, 143
  /** `replaced`: of a run of many, how many certificates were renewed by then. */
  INTERRUPTED: { signal: "SIGINT" | "SIGTERM" | "SIGHUP"; replaced?: number };
}

/** What every refusal carries: how we asked, and what the evidence says of the cause. */
export interface Refused {
  method: "mtls" | "token";
  certificate: string;
  /** Left out: "renew". */
  operation?: "renew" | "rekey";
  diagnosis: Diagnosis;
  /** As /version said it; absent when the CA hides it. */
  caVersion?: string;
}

export type Code = keyof Facts;
