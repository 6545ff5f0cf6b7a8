/** Which real step-ca is played, and what differs between them (certificates v0.26.1, v0.26.2 and v0.30.2). */
import type { Usage } from "./issuing/leaf.ts";

export type Like = "v0.26.1" | "v0.26.2" | "v0.30.2";

export interface Traits {
  /** What the chain of a token must be good for: changed by smallstep/crypto#503, in step-ca since v0.26.2. */
  tokenUsage: Usage;
  /** /intermediates, since v0.27.3. */
  publishesIntermediates: boolean;
  /** /root/{sha} names the fingerprint that it did not find, since v0.30.0. */
  namesMissingRoot: boolean;
  /** A revocation's serial number must be the one in the token; before, the token's subject was not looked at. */
  revokesOnlyTheSubject: boolean;
  crlFile: "crl.der" | "crl.crl";
  /** The revocation list's distribution point says that it lists no CAs. */
  crlForUsersOnly: boolean;
  /** It says why each certificate was revoked. */
  crlHasReasons: boolean;
}

const v0261: Traits = {
  tokenUsage: "serverAuth",
  publishesIntermediates: false,
  namesMissingRoot: false,
  revokesOnlyTheSubject: false,
  crlFile: "crl.der",
  crlForUsersOnly: true,
  crlHasReasons: false,
};

export const traits: Record<Like, Traits> = {
  "v0.26.1": v0261,
  "v0.26.2": { ...v0261, tokenUsage: "clientAuth" },
  "v0.30.2": {
    tokenUsage: "clientAuth",
    publishesIntermediates: true,
    namesMissingRoot: true,
    revokesOnlyTheSubject: true,
    crlFile: "crl.crl",
    crlForUsersOnly: false,
    crlHasReasons: true,
  },
};
