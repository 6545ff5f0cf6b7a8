/**
 * Evidence: facts about one refusal, as plain values. It is gathered after the failure, each fact is optional where the CA
 * may hide it, and nothing here asks the network. `diagnosis` reasons over it.
 */

/** What was said over HTTP, by whoever said it. `said` is foreign text: quote it, never print it raw. */
export interface Answered {
  status: number;
  said: string;
  /** Who shaped the body: step-ca's two error shapes, another JSON, a page, plain text, or nothing. */
  shape: "status" | "type" | "json" | "html" | "text" | "empty";
  requestId?: string;
  date?: Date;
  server?: string;
  via?: string;
}

/** One thing about the certificate that the CA returned that is not what was asked for. */
export interface ChangeNotMade {
  what: string;
  was: string;
  is: string;
}

/** What Go's chain verification would say (see `pki/path`). */
export type PathVerdict =
  | { ok: true }
  | { ok: false; reason: "usage" | "usage-nesting" | "unknown-authority" | "chain-incomplete" | "expired" | "not-yet-valid" | "lived-under-a-minute" | "constraint"; who: string; detail: string };

export interface CertificateFacts {
  file: string;
  subject: string;
  serial: string;
  issuer: string;
  names: readonly string[];
  /** Extended key usages by name; null when the certificate has no such extension (so: any usage). */
  usages: readonly string[] | null;
  /** Key usage bits by name; null when the certificate has no such extension. */
  keyUsages: readonly string[] | null;
  notBefore: Date;
  notAfter: Date;
  /** Certificates in the file, the leaf included. */
  count: number;
  provisioner?: { type: string; name: string; credentialId: string };
}

export interface ProvisionerFacts {
  name: string;
  type: string;
  disableRenewal?: boolean;
  allowRenewalAfterExpiry?: boolean;
}

/** What the CA's public endpoints said. Every fact is optional: production guides hide most of them. */
export interface CaFacts {
  url: string;
  /** As /version said it, "N/A" included. */
  version?: string;
  /** 501 comes from a registration authority of v0.27.3 or later. */
  intermediates?: "answers" | "not-found" | "not-implemented";
  provisioners?: readonly ProvisionerFacts[];
  /** The CA's clock, from an answer's Date header, and ours at that moment (half the round trip taken off). */
  clock?: { ca: Date; ours: Date };
  crl?: { lists: boolean; usable: boolean; issued?: Date };
}

export interface Evidence {
  at: Date;
  method: "mtls" | "token";
  certificate: CertificateFacts;
  answer?: Answered;
  /** The TLS alert's number; null when the connection was closed without one. */
  alert?: number | null;
  ca: CaFacts;
  /** The chain, as the CA would judge it with our roots: over mTLS, and for a token under either rule. */
  path?: { mtls: PathVerdict; tokenServerAuth: PathVerdict; tokenClientAuth: PathVerdict };
  tokenTimes?: { issued: Date; expires: Date };
}

export type Certainty = "certain" | "likely" | "possible";

export interface RankedCause {
  id: CauseId;
  certainty: Certainty;
  because: string;
  help: readonly string[];
}

export interface Diagnosis {
  causes: readonly RankedCause[];
  ruledOut: readonly { id: CauseId; because: string }[];
  evidence: readonly (readonly [label: string, value: string])[];
}

export type CauseId =
  | "REVOKED"
  | "RENEWAL_DISABLED"
  | "PROVISIONER_GONE"
  | "PROVISIONER_CANNOT_RENEW"
  | "NOT_YET_VALID"
  | "EXPIRED_NOT_ALLOWED"
  | "EXPIRED_OVER_MTLS"
  | "NO_CLIENT_AUTH"
  | "NO_SERVER_AUTH_OLD_CA"
  | "NO_EXTENSION_FOR_TOKEN"
  | "NO_DIGITAL_SIGNATURE"
  | "CHAIN_INCOMPLETE"
  | "UNKNOWN_ISSUER"
  | "OUTLIVES_ISSUER"
  | "ISSUER_YOUNGER"
  | "ISSUER_FORBIDS_USAGE"
  | "LIVED_UNDER_A_MINUTE"
  | "KEY_MISMATCH"
  | "CLOCK_AHEAD"
  | "CLOCK_BEHIND"
  | "AUDIENCE_NOT_A_CA_NAME"
  | "TOKEN_REUSED"
  | "NAME_NOT_PERMITTED"
  | "RA_NEEDS_TOKEN"
  | "RA_UPSTREAM"
  | "CAS_CANNOT_RENEW"
  | "CA_STORE_FAILED"
  | "PROXY_ANSWERED"
  | "HEADER_TOO_LARGE"
  | "TLS_TERMINATED"
  | "CERTIFICATE_NOT_SENT";
