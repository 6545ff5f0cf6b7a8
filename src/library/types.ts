/** What goes into the library and comes out of it: plain values, which stay as they are from one minor version to the next. */

/** One certificate in plain values. */
export interface CertificateFacts {
  /** In decimal, as step prints it. */
  readonly serial: string;
  /** `CN=web.internal`. */
  readonly subject: string;
  /** "" where there is none. */
  readonly commonName: string;
  /** `CN=Our Intermediate CA`. */
  readonly issuer: string;
  /** Subject alternative names. */
  readonly names: readonly string[];
  /** Extended key usages by name, else by OID; null where the certificate has no such extension, and so is for any use. */
  readonly usages: readonly string[] | null;
  /** From when on it is good. */
  readonly notBefore: Date;
  /** Until when it is good. */
  readonly notAfter: Date;
  /** `sha256:` and 64 digits, over the DER. */
  readonly fingerprint: string;
  /** It alone, as PEM. */
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

/** The certificate in another form, for a program that cannot read it as it is. */
export interface AlsoFile {
  /**
   * `leaf`: it alone, `chain`: what is above it, `fullchain`: both, `combined`: both and the key (PEM, all of these); `der`: it
   * alone, binary; `p12`: PKCS#12 of key and chain; `root`: the roots (PEM).
   */
  readonly form: "leaf" | "chain" | "fullchain" | "combined" | "der" | "p12" | "root";
  /** Where it goes. A new file that holds the key is its owner's alone; one that is there keeps mode and owner. */
  readonly file: string;
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
  /**
   * Write it in other forms as well, all as one with the certificate. A file that is missing or stale is written also when nothing
   * is due. One that is there is replaced with `force` only; `watch` replaces it.
   */
  readonly also?: readonly AlsoFile[] | undefined;
  /** The file that holds the passphrase of each `p12` in `also`, in its first line. */
  readonly p12PassphraseFile?: string | undefined;
  /** What follows a renewal. */
  readonly hooks?: Hooks | undefined;
  /** Ends the work, unless the new files are being put in place: then the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** The clock. Default: the system's. */
  readonly now?: (() => Date) | undefined;
}

/** For {@link renew}. */
export interface RenewOptions extends PairOptions {
  /** Renew also what has expired, by a signed token; and replace `out`, and the files of `also`, where they exist. */
  readonly force?: boolean | undefined;
  /** Write the new chain there, and leave `certificate` as it is. */
  readonly out?: string | undefined;
  /** How to prove identity: over mTLS, by a signed token, or by what can work. Default: `"auto"`. */
  readonly method?: "auto" | "mtls" | "token" | undefined;
}

/** A certificate that is in its place, with what is above it. */
export interface InPlace {
  /** The leaf. */
  readonly certificate: CertificateFacts;
  /** The leaf and what is above it, as PEM: what the file holds. */
  readonly chain: string;
}

/** It is not time yet: nobody was asked. */
export interface NotDue extends InPlace {
  readonly outcome: "not-due";
  /** When it will be. */
  readonly dueFrom: Date;
}

/** The new certificate is in its place. */
export interface Renewed extends InPlace {
  readonly outcome: "renewed";
  /** What it replaced. */
  readonly previous: CertificateFacts;
  /** Where the new chain is. */
  readonly file: string;
  /** How identity was proved. */
  readonly method: "mtls" | "token";
  /** From the first request to the file that is in its place. */
  readonly tookMs: number;
}

/** Another run renewed it while this one waited for its turn: `certificate` is that one's. */
export interface Overtaken extends InPlace {
  readonly outcome: "overtaken";
  /** Where the new chain is. */
  readonly file: string;
}

/** The new pair is in its place. */
export interface Rekeyed extends InPlace {
  readonly outcome: "rekeyed";
  /** What it replaced. */
  readonly previous: CertificateFacts;
  /** Where the new chain is. */
  readonly file: string;
  /** Where the new key is. */
  readonly keyFile: string;
  /** What the new key is. */
  readonly kind: KeyKind;
  /** From the making of the key to the files that are in their places. */
  readonly tookMs: number;
}

/** What {@link renew} resolves with. */
export type RenewResult = NotDue | Renewed | Overtaken;

/** A kind of key. A size or a curve that is left out of a wish stays what it was, if the type does. */
export type KeyKind =
  | { readonly type: "EC"; readonly curve?: "P-256" | "P-384" | "P-521"; readonly bits?: never }
  | { readonly type: "RSA"; readonly bits?: number; readonly curve?: never }
  | { readonly type: "OKP"; readonly curve?: never; readonly bits?: never };

/** For {@link rekey}. */
export interface RekeyOptions extends PairOptions {
  /** The kind of the new key. Default: the old one's. */
  readonly kind?: KeyKind | undefined;
  /** Write the new chain there, and leave the old one as it is. One that exists is replaced with `force` only. */
  readonly outCertificate?: string | undefined;
  /** Write the new key there, and leave the old one as it is. One that exists is replaced with `force` only. */
  readonly outKey?: string | undefined;
  /** Replace `outCertificate`, `outKey` and the files of `also` where they exist. */
  readonly force?: boolean | undefined;
}

/** What {@link rekey} resolves with. */
export type RekeyResult = NotDue | Rekeyed | (Overtaken & { readonly keyFile: string });

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
  /** Ends the work: then the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** The clock. Default: the system's. */
  readonly now?: (() => Date) | undefined;
}

/** What {@link needsRenewal} resolves with. */
export interface NeedResult {
  /** Whether it is time. */
  readonly needed: boolean;
  /** The first one that needs renewal, else the leaf. */
  readonly certificate: CertificateFacts;
  /** Of that one's lifetime: below 0 before its beginning, above 100 after its end. */
  readonly usedPercent: number;
  /** From when on it needs renewal. */
  readonly dueFrom: Date;
  /** A run that died has left the file half-way: the next renewal makes it whole, and so is needed. */
  readonly isHalfWay: boolean;
}
