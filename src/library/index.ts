/**
 * The package as a library: the use cases of the command, with values in and out. Nothing is printed, no process is ended, no
 * signal is taken, and nothing happens at import.
 *
 * @packageDocumentation
 */
export type { RenewCause, RenewErrorCode } from "./codes.ts";
export { explain } from "./explain.ts";
export type { Page, RenewFailure } from "./failure-types.ts";
export { needsRenewal } from "./needs-renewal.ts";
export { rekey } from "./rekey.ts";
export { renew } from "./renew.ts";
export { RenewError } from "./renew-error.ts";
export type {
  AlsoFile,
  CertificateFacts,
  Hooks,
  InPlace,
  KeyKind,
  NeedOptions,
  NeedResult,
  NotDue,
  Overtaken,
  PairOptions,
  Rekeyed,
  RekeyOptions,
  RekeyResult,
  Renewed,
  RenewOptions,
  RenewResult,
} from "./types.ts";
export { watch } from "./watch.ts";
export type {
  SecureContext,
  TlsServer,
  Watch,
  WatchFailure,
  WatchHandlers,
  WatchOptions,
  WatchRenewal,
} from "./watch-types.ts";
