/** Tokens are good once: remembered by their identifier, or by their hash where they have none (certificates, UseToken). */
import { createHash } from "node:crypto";
import { audiences, isForOneOf } from "./audience.ts";
import { goList } from "./go-text.ts";
import type { Provisioner } from "./provisioners.ts";
import { otherwise, unauthorized } from "./refusal.ts";
import type { State } from "./state.ts";
import {
  type Claims,
  claimLog,
  claimProblem,
  parseToken,
  type Token,
  unverifiedClaims,
  verifiedClaims,
} from "./token.ts";

/** Types that have no tokens of their own do not remember any. */
const forgetful = ["ACME", "SCEP"];

/** They trust on first use: the key is made of instance data, which a renewal token lacks, so it is always the same. */
const firstUse = ["GCP", "Azure"];

export function useToken({ usedTokens }: State, { type, name }: Provisioner, token: Token): void {
  if (forgetful.includes(type)) return;
  const own = unverifiedClaims(token).id || createHash("sha256").update(token.text).digest("hex");
  const key = firstUse.includes(type) ? `${type} ${name}` : own;
  if (usedTokens.has(key)) throw unauthorized("token already used");
  usedTokens.add(key);
}

/** A provisioner's one-time token, for /sign or /revoke (certificates, authorizeToken of authority and of JWK). */
export function authorizeOneTimeToken(
  state: State,
  text: string,
  path: "sign" | "revoke",
): { provisioner: Provisioner; claims: Claims } {
  const method = path === "sign" ? "AuthorizeSign" : "AuthorizeRevoke";
  const token = otherwise(
    () => parseToken(text),
    (problem) => unauthorized(`error parsing token: ${problem}`),
  );
  const provisioner = provisionerOf(state, token);
  const { issuedAt } = unverifiedClaims(token);
  if (issuedAt !== null && issuedAt * 1000 < Math.floor(state.startedAt.getTime() / 1000) * 1000) {
    throw unauthorized("token issued before the bootstrap of certificate authority");
  }
  useToken(state, provisioner, token);
  const refuse = (problem: string) => unauthorized(`jwk.${method}: jwk.authorizeToken; ${problem}`);
  const claims = otherwise(
    () => verifiedClaims(token, provisioner.publicKey),
    (problem) => refuse(`error parsing jwk claims: ${problem}`),
  );
  const wrong = claimProblem(claims, { issuer: provisioner.name, now: state.now() });
  if (wrong) throw refuse(`invalid jwk claims: ${claimLog(wrong)}`);
  const accepted = audiences(state.dnsNames, path);
  if (!isForOneOf(claims.audience, accepted)) {
    const got = goList(claims.audience);
    throw refuse(`invalid jwk token audience claim (aud); want ${goList(accepted)}, but got ${got}`);
  }
  if (claims.subject === "") throw refuse("jwk token subject cannot be empty");
  return { provisioner, claims };
}

/** By issuer and key id, if the token is for this CA at all. */
function provisionerOf({ provisioners, dnsNames }: State, token: Token): Provisioner {
  const claims = otherwise(
    () => unverifiedClaims(token),
    (problem) => unauthorized(`error unmarshaling token: ${problem}`),
  );
  const all = (["sign", "renew", "revoke"] as const).flatMap((path) => audiences(dnsNames, path));
  const found = provisioners.find(({ name, keyId }) => name === claims.issuer && keyId === token.header["kid"]);
  if (found && isForOneOf(claims.audience, all)) return found;
  throw unauthorized(`provisioner not found or invalid audience (${claims.audience.join(", ")})`);
}
