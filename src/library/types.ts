/** What goes into the library and comes out of it: plain values, which stay as they are from one minor version to the next. */
import type { RenewCause, RenewErrorCode } from "./codes.ts";

/** One certificate in plain values. */
export interface CertificateFacts {
  /** In decimal, as step prints it. */
  readonly serial: string;
  /** `CN=web.internal`. */
  readonly subject: string;
  /** "" where there is none. */
  readonly commonName: string;
  readonly issuer: string;
  /** Subject alternative names. */
  readonly names: readonly string[];
  /** Extended key usages by name, else by OID; null where the certificate has no such extension, and so is for any use. */
  readonly usages: readonly string[] | null;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** `sha256:` and 64 digits, over the DER. */
  readonly fingerprint: string;
  readonly pem: string;
}

/** What follows a renewal. What of it fails is owed, and made good by the next call that has hooks. */
export interface Hooks {
  /** A program with its arguments; a text is split as by a shell, and no shell runs. Its output goes to this process's stderr. */
  readonly exec?: string | readonly string[] | undefined;
  /** A line for /bin/sh, in place of `exec`. */
  readonly execShell?: string | undefined;
  /** Limit for the program and all it has started. Default: 60,000. */
  readonly execTimeoutMs?: number | undefined;
  /** The process that gets a signal. */
  readonly pid?: number | undefined;
  /** The file that holds its pid by then, in place of `pid`. */
  readonly pidFile?: string | undefined;
  /** `SIGHUP`, `HUP` or 1. Default: SIGHUP. */
  readonly signal?: string | number | undefined;
}

/** What all calls take that work on a certificate and its key. */
export interface PairOptions {
  /** The certificate's file: the leaf first, then what is above it. */
  readonly certificate: string;
  /** The file of its private key. */
  readonly key: string;
  /** `https://ca.internal:9000`; a path prefix is kept. */
  readonly caUrl: string | URL;
  /** The CA's root certificates, the only ones that are trusted: a file, a folder, or several. */
  readonly root: string | readonly string[];
  /**
   * Renew only when no more than this is left (`"8h"`, `"2d"`), or when this share of the lifetime is used (`"66%"`). Without it
   * `renew` and `rekey` do their work each time, and `watch` does it in the last third of the lifetime.
   */
  readonly expiresIn?: string | undefined;
  /** The file that holds the passphrase of an encrypted key. */
  readonly passphraseFile?: string | undefined;
  /** The passphrase of an encrypted key: asked for when it is needed. Null: there is none. */
  readonly passphrase?: (() => string | null | Promise<string | null>) | undefined;
  /** Limit for the whole exchange with the CA. Default: 30,000. */
  readonly timeoutMs?: number | undefined;
  /** How long another run on the same certificate is waited for. Default: 30,000. */
  readonly lockTimeoutMs?: number | undefined;
  /** Keep the last so many that were replaced, 1 to 99, for `renew rollback`. */
  readonly backup?: number | undefined;
  /** What follows a renewal. */
  readonly hooks?: Hooks | undefined;
  /** Ends the work, unless the new files are being put in place: then the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** The clock. Default: the system's. */
  readonly now?: (() => Date) | undefined;
}

/** For {@link renew}. */
export interface RenewOptions extends PairOptions {
  /** Renew also what has expired, by a signed token; and replace `out` where it exists. */
  readonly force?: boolean | undefined;
  /** Write the new chain there, and leave `certificate` as it is. */
  readonly out?: string | undefined;
  /** How to prove identity: over mTLS, by a signed token, or by what can work. Default: `"auto"`. */
  readonly method?: "auto" | "mtls" | "token" | undefined;
}

/** What {@link renew} resolves with. */
export type RenewResult =
  | {
      readonly outcome: "not-due";
      readonly certificate: CertificateFacts;
      /** All certificates of the file, as PEM. */
      readonly chain: string;
      readonly dueFrom: Date;
    }
  | {
      readonly outcome: "renewed";
      readonly certificate: CertificateFacts;
      readonly previous: CertificateFacts;
      /** The new certificate and what is above it, as PEM: what is in `file` now. */
      readonly chain: string;
      readonly file: string;
      readonly method: "mtls" | "token";
      readonly tookMs: number;
    }
  | {
      /** Another run renewed it while this one waited for its turn: `certificate` is that one's. */
      readonly outcome: "overtaken";
      readonly certificate: CertificateFacts;
      readonly chain: string;
      readonly file: string;
    };

/** A kind of key. A size or a curve that is left out of a wish stays what it was, if the type does. */
export type KeyKind =
  | { readonly type: "EC"; readonly curve?: "P-256" | "P-384" | "P-521" }
  | { readonly type: "RSA"; readonly bits?: number }
  | { readonly type: "OKP" };

/** For {@link rekey}. */
export interface RekeyOptions extends PairOptions {
  /** The kind of the new key. Default: the old one's. */
  readonly kind?: KeyKind | undefined;
  /** Write the new chain and the new key there, and leave the old pair as it is. One that exists is replaced with `force` only. */
  readonly outCertificate?: string | undefined;
  readonly outKey?: string | undefined;
  readonly force?: boolean | undefined;
}

/** What {@link rekey} resolves with. */
export type RekeyResult =
  | {
      readonly outcome: "not-due";
      readonly certificate: CertificateFacts;
      readonly chain: string;
      readonly dueFrom: Date;
    }
  | {
      readonly outcome: "rekeyed";
      readonly certificate: CertificateFacts;
      readonly previous: CertificateFacts;
      readonly chain: string;
      readonly file: string;
      readonly keyFile: string;
      readonly kind: KeyKind;
      readonly tookMs: number;
    }
  | {
      readonly outcome: "overtaken";
      readonly certificate: CertificateFacts;
      readonly chain: string;
      readonly file: string;
      readonly keyFile: string;
    };

/** For {@link needsRenewal}. */
export interface NeedOptions {
  /** A certificate's file, or where a TLS server is: `https://web.internal`, `tls://10.0.0.7:8443`. */
  readonly certificate: string;
  /** Default: `"66%"`. */
  readonly expiresIn?: string | undefined;
  /** Every certificate of the file, or of the server, counts; else the first. */
  readonly bundle?: boolean | undefined;
  /** What a server's certificate has to lead to. Default: the system's roots. */
  readonly roots?: string | readonly string[] | undefined;
  /** The name to ask a server for, and to hold it to. */
  readonly serverName?: string | undefined;
  /** Limit for reaching a server. Default: 10,000. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly now?: (() => Date) | undefined;
}

/** What {@link needsRenewal} resolves with. */
export interface NeedResult {
  readonly needed: boolean;
  /** The first one that needs renewal, else the leaf. */
  readonly certificate: CertificateFacts;
  /** Of that one's lifetime: below 0 before its beginning, above 100 after its end. */
  readonly usedPercent: number;
  readonly dueFrom: Date;
  /** A run that died has left the file half-way: the next renewal makes it whole, and so is needed. */
  readonly isHalfWay: boolean;
}

/** A failure as data: the same as `error` in what `renew --json` prints, which `x5c-renew/output.schema.json` describes. */
export interface RenewFailure {
  readonly code: RenewErrorCode;
  /** The exit status of the command, and so the family: 64 usage, 65 files, 75 try later, 77 refused, 78 trust, … */
  readonly exit: number;
  /** Whether trying again can help: of itself, once somebody has changed something, or not at all. */
  readonly retry: "never" | "later" | "after-fix";
  /** One line: what happened. */
  readonly what: string;
  /** One or two sentences: why. */
  readonly why: string;
  /** What to do next, most likely first. Commands stand in backticks, in the words of the command line. */
  readonly help: readonly string[];
  /** Why a CA refused, likeliest first; empty for failures that need no reasoning. */
  readonly causes: readonly {
    readonly id: RenewCause;
    readonly certainty: "certain" | "likely" | "possible";
    readonly mendedBy: "you" | "admin" | "both";
    readonly because: string;
  }[];
  /** What could have been the cause, and what contradicts it. */
  readonly ruledOut: readonly { readonly id: RenewCause; readonly because: string }[];
  /** What was found out. */
  readonly evidence: {
    /** Of HTTP. */
    readonly status: number | null;
    /** The other side's own words, cut where they are long. */
    readonly said: string | null;
    /** To look for in the CA's log. */
    readonly requestId: string | null;
    readonly caVersion: string | null;
    /** The number of the TLS alert that ended the handshake. */
    readonly tlsAlert: number | null;
    readonly lines: readonly { readonly label: string; readonly value: string }[];
    /** The questions that it is from, with their times. */
    readonly asked: readonly {
      readonly source: string;
      readonly at: string;
      readonly tookMs: number;
      readonly outcome: string;
    }[];
  };
  /** What is on the disk: `changed` is true where the new certificate is in its place all the same (HOOK_FAILED). */
  readonly state: { readonly file: string | null; readonly changed: boolean; readonly notAfter: string | null };
  /** The whole message as the command prints it, for 80 columns, without colour. */
  readonly rendered: string;
}

/** A page about an error or a cause. */
export interface Page {
  readonly id: RenewErrorCode | RenewCause;
  /** What happened, or why a CA refused. */
  readonly kind: "code" | "cause";
  readonly title: string;
  readonly text: string;
}
