/**
 * Evidence: facts about one refusal, as plain values. It is gathered after the failure, each fact is optional where the CA
 * may hide it, and nothing here asks the network. `diagnosis` reasons over it.
 */
import type { CauseId } from "./cause-id.ts";

export type { CauseId } from "./cause-id.ts";

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
  | {
      ok: false;
      reason:
        | "usage"
        | "usage-nesting"
        | "unknown-authority"
        | "chain-incomplete"
        | "expired"
        | "not-yet-valid"
        | "lived-under-a-minute"
        | "issued-anew"
        | "constraint";
      who: string;
      detail: string;
      /** Of `chain-incomplete`: whether the CA has such an intermediate now, by name; left out where its are not known. */
      isPublished?: boolean;
    };

export interface CertificateFacts {
  file: string;
  /** The file is a kubeconfig, and this its user. */
  kubeUser?: string;
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
  /** Certificates that were sent, the leaf included. */
  count: number;
  provisioner?: { type: string; name: string; credentialId: string };
}

export interface ProvisionerFacts {
  name: string;
  type: string;
  disableRenewal?: boolean;
  allowRenewalAfterExpiry?: boolean;
  /** A JWK provisioner's key id: the same one under another name is a renamed provisioner. */
  keyId?: string;
  /** False when the CA says disableTrustOnFirstUse: then every token counts for itself (AWS, Azure, GCP). */
  trustOnFirstUse?: boolean;
  /** "Uninitialized" since v0.27.0, for a provisioner that could not start. */
  state?: string;
}

/** Who signs what a CA issues now, and so what a renewal gives. */
export interface IssuerFacts {
  name: string;
  /** Its end, or that of what is above it, whichever comes first. */
  until: Date;
  /** Whether it, and all above it, allows certificates for clients. */
  isForClients: boolean;
  /** Whether it is the key and name that signed this certificate. */
  isOwn: boolean;
}

/** What the CA's public endpoints said. Every fact is optional: production guides hide most of them. */
export interface CaFacts {
  url: string;
  /** As /version said it, "N/A" included. */
  version?: string;
  /** 501 comes from a registration authority of v0.27.3 or later. */
  intermediates?: "answers" | "not-found" | "not-implemented";
  /** Left out where the CA shows none. */
  issuer?: IssuerFacts;
  /** It answered mTLS, before this try, as a registration authority does that needs a token. */
  wantsToken?: boolean;
  /** All of them, or as many as there are with the certificate's own; else left out: a part of the list proves nothing. */
  provisioners?: readonly ProvisionerFacts[];
  /** The CA's clock, from its answers' Date headers, and ours at that moment. */
  clock?: { ca: Date; ours: Date };
  /** Usable when it is this CA's and either lists the certificate or is whole and of today; else `why` says why not. */
  crl?: { lists: boolean; usable: boolean; issued?: Date; why?: string };
  handshake?: HandshakeFacts;
  /** What only newer versions do, beyond `intermediates` and the provisioners' states. */
  signs?: readonly VersionSign[];
  /** What it published that does not fit the connection: another CA's, and not used. */
  foreign?: readonly ("roots" | "intermediates")[];
}

/** `crl-endpoint`: /crl is there, also where lists are not made. `request-id`: one that no proxy has put on the answer. */
export type VersionSign = "crl-endpoint" | "request-id" | "root-not-found";

/** What the TLS handshake of the CA's server told, on a connection of its own. */
export interface HandshakeFacts {
  version: "TLS 1.2" | "TLS 1.3";
  /** Subjects of the certificates that it presents, its own first. */
  presented: readonly string[];
  /** Whether it asks for a client certificate, as step-ca always does; left out with TLS 1.3, which hides it. */
  asks?: boolean;
  /** The names of the issuers whose certificates it takes; [] where any may come. */
  acceptable?: readonly string[];
  /** Which issuer of the certificate that was sent is among them, by name. Left out where none is named. */
  accepts?: "issuer" | "above" | "none";
  /**
   * Whether TLS ends in the CA itself: it names the CA's roots as those whose certificates it takes. False where it names none of
   * the CA's, or where its answers bear another server's header; left out where nothing tells.
   */
  isCaItself?: boolean;
  /** The provisioner that its own certificate notes: step-ca signs its own without one, and a registration authority enrols. */
  provisioner?: string;
  /** It presents the very intermediate that is missing below the root, for the certificate that was sent. */
  presentsMissing?: boolean;
}

/** A question that was asked for evidence, and in a few words what came of it. */
export interface Asked {
  source: string;
  at: Date;
  tookMs: number;
  outcome: string;
}

export interface Evidence {
  at: Date;
  method: "mtls" | "token";
  /** Left out: "renew". */
  operation?: "renew" | "rekey";
  certificate: CertificateFacts;
  answer?: Answered;
  /** The TLS alert's number; null when the connection was closed without one. */
  alert?: number | null;
  /** The connection was closed before anything came back: no certificate was sent, and none judged. */
  isBeforeTls?: true;
  ca: CaFacts;
  /** Where all this is from. */
  asked?: readonly Asked[];
  /**
   * The chain, as the CA would judge it: over mTLS, and for a token under either rule. `roots` says by whose roots: ours, which
   * may differ from the CA's (that is what is meant when it is left out), or those that the CA itself published.
   */
  path?: {
    mtls: PathVerdict;
    tokenServerAuth: PathVerdict;
    tokenClientAuth: PathVerdict;
    roots?: "ours" | "ca";
    /** A name that the CA's current issuer would not certify again, in Go's words. */
    forbidden?: { by: string; why: string };
  };
  tokenTimes?: { issued: Date; expires: Date };
  /** The other files of the command, so that the help can give commands to copy. */
  files?: { key?: string; root?: string; kubeUser?: string } | undefined;
}

export type Certainty = "certain" | "likely" | "possible";

/** Who can mend a cause. */
export type Mender = "you" | "admin" | "both";

export interface RankedCause {
  id: CauseId;
  certainty: Certainty;
  who: Mender;
  because: string;
  help: readonly string[];
}

export interface Diagnosis {
  causes: readonly RankedCause[];
  ruledOut: readonly { id: CauseId; because: string }[];
  evidence: readonly (readonly [label: string, value: string])[];
  asked: readonly Asked[];
}
