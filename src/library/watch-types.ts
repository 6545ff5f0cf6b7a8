/** What goes into a watch and comes out of it. */
import type { RenewError } from "./renew-error.ts";
import type { CertificateFacts, InPlace, PairOptions } from "./types.ts";

/** What a server's secure context is made of. */
export interface SecureContext {
  /** The chain, as PEM. */
  readonly cert: string;
  /** The private key, as PEM. */
  readonly key: string;
}

/** A `tls.Server`, and so an `https.Server` and an `http2.Http2SecureServer`. */
export interface TlsServer {
  setSecureContext(context: SecureContext): void;
  once(event: "close", listener: () => void): unknown;
  off(event: "close", listener: () => void): unknown;
}

/** For {@link watch}: as for {@link renew}, but that it decides itself when, and renews what has expired as well. */
export interface WatchOptions extends PairOptions {
  /** Write the new chain there from the first renewal on, and leave `certificate` as it is. */
  readonly out?: string | undefined;
  /** How to prove identity. Default: `"auto"`. */
  readonly method?: "auto" | "mtls" | "token" | undefined;
  /**
   * Gets the pair at once, and every new one: new connections have the new certificate, those that are open stay. All else that
   * the server was made with, such as `ca` and `minVersion`, stays as it is. When it is closed the watch ends.
   */
  readonly server?: TlsServer | undefined;
}

/** A new certificate that is in use now. */
export interface WatchRenewal extends InPlace {
  /** Who put it there: this watch, or somebody else. */
  readonly by: "watch" | "other";
  /** When it is renewed next. */
  readonly next: Date;
}

/** How a failure goes on. */
export interface WatchFailure {
  /** When it is tried again. */
  readonly next: Date;
  /** Failures in a row. */
  readonly count: number;
  /** False where it is the same as the one before. */
  readonly isNews: boolean;
}

/** What {@link watch} tells. What a handler throws is an uncaught exception, as of any event listener. */
export interface WatchHandlers {
  /** A new certificate is in its place, and the server has it. */
  readonly onRenewed?: ((renewal: WatchRenewal) => void) | undefined;
  /** Nothing ends with it: it is tried again. */
  readonly onFailure?: ((error: RenewError, how: WatchFailure) => void) | undefined;
  /** Ends the watch. */
  readonly signal?: AbortSignal | undefined;
}

/** A certificate that is kept renewed. */
export interface Watch {
  /** The certificate that is in use. */
  readonly certificate: CertificateFacts;
  /** When it is renewed next, or tried again. */
  readonly next: Date;
  /** Renews now, due or not. How it ends is told to the handlers. */
  renewNow(): void;
  /** Ends it; resolves when nothing is under way any more. */
  stop(): Promise<void>;
  /** Resolves when it has ended, by whatever. */
  readonly stopped: Promise<void>;
}
