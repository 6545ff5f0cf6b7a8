/** What a cause is: a value that weighs evidence, and knows how it is mended. */
import type { CauseId, Evidence, Mender } from "../evidence.ts";
import type { Symptom } from "./symptom.ts";

/**
 * `proved`: the CA says so itself, or a definite fact that must produce this answer. `speaks`: a fact that makes it likely.
 * `silent`: nothing for or against it. `contradicted`: a fact that excludes it. A fact that is missing may only turn a
 * weight towards `silent`, never from one end to the other.
 */
export type Weight = {
  verdict: "proved" | "speaks" | "silent" | "contradicted";
  because: string;
  /** Of a silent one: not excluded, and hardly so. */
  isUnlikely?: true;
};

export interface Cause {
  id: CauseId;
  /** One line, for lists. */
  title: string;
  who: Mender;
  /** Where the evidence shows that it is somebody else this time. */
  mender?(evidence: Evidence): Mender;
  /** The answers it produces. */
  symptoms: readonly Symptom[];
  /** The check of the CA that it fails. */
  step: Step;
  /** Where it can only happen one way. */
  only?: Evidence["method"];
  /** Weighs the facts alone, for whatever answer: the engine compares the answer with `symptoms` and `step`. */
  weigh(evidence: Evidence): Weight;
  /** What to do, most likely remedy first. */
  help(evidence: Evidence): readonly string[];
  /** Paragraphs for `renew explain`, a blank line between them; those that begin with two spaces are not wrapped. */
  page: string;
  /** Sentences of the CA's log that prove it; each is a part of a line. */
  logs: readonly string[];
  /** The one of them that this refusal leaves, if any does; the first one where that is always so. */
  log?(evidence: Evidence): string | undefined;
}

/** Causes by their id, as the family files hold them. */
export type Family<Id extends CauseId> = { readonly [K in Id]: Cause & { id: K } };

export const proved = (because: string): Weight => ({ verdict: "proved", because });
export const speaks = (because: string): Weight => ({ verdict: "speaks", because });
export const silent = (because: string): Weight => ({ verdict: "silent", because });
/** Silent, and so far-fetched that it is not worth a word beside a cause that is proved. */
export const unlikely = (because: string): Weight => ({ verdict: "silent", because, isUnlikely: true });
export const contradicted = (because: string): Weight => ({ verdict: "contradicted", because });

/** The CA's checks. "wire" is everything before the CA: proxies, paths, connections. */
export type Step =
  | "wire"
  | "chain"
  | "signature"
  | "provisioner"
  | "use"
  | "claims"
  | "revocation"
  | "renewal"
  | "names"
  | "signing"
  | "storing";

/**
 * In the CA's order, which is why a sentence from a later check rules out the earlier ones (smallstep/certificates,
 * authority/authorize.go: AuthorizeRenewToken, then authorizeRenew; authority/tls.go: renewContext). A token's provisioner is
 * looked up before the token counts as used; over mTLS that comes after revocation.
 */
export const order: Record<Evidence["method"], readonly Step[]> = {
  token: [
    "wire",
    "chain",
    "signature",
    "provisioner",
    "use",
    "claims",
    "revocation",
    "renewal",
    "names",
    "signing",
    "storing",
  ],
  mtls: ["wire", "chain", "signature", "revocation", "provisioner", "renewal", "names", "signing", "storing"],
};
