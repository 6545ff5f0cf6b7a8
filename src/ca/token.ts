/**
 * The x5cInsecure token: a JWT that carries the certificate chain and is signed with its key (smallstep/certificates,
 * authority/authorize.go, `AuthorizeRenewToken`). "Insecure" because the chain may have expired. The door of jose.
 */
import { createHash, type JsonWebKey, type KeyObject } from "node:crypto";
import type { Proof } from "./renew.ts";

export interface TokenRequest extends Proof {
  /**
   * The CA's origin; `/renew` is added. The CA compares host and path with its own, and ignores the port; a prefix that a proxy
   * takes away is none of its paths (smallstep/certificates, authority/config: Audiences).
   */
  audience: string;
  now: Date;
  /** Makes two tokens of one second differ: the CA takes each token once only. */
  id: string;
}

/** What a token says besides its chain; safe to print, unlike the token. */
export interface Claims {
  aud: string;
  iss: string;
  sub: string;
  iat: number;
  nbf: number;
  exp: number;
  jti: string;
}

/** step's own lifetime for renewal tokens. */
const lifetimeSeconds = 5 * 60;

export function claims({ chain, audience, now, id }: Omit<TokenRequest, "key">): Claims {
  const iat = Math.floor(now.getTime() / 1000);
  const sub = chain[0]?.commonName ?? "";
  return {
    aud: `${audience}/renew`,
    iss: "step-ca-client/1.0",
    sub,
    iat,
    nbf: iat,
    exp: iat + lifetimeSeconds,
    jti: id,
  };
}

/** Signs a token. A leaf without a common name has an empty subject, which the CA accepts (step's client does not). */
export async function renewToken(request: TokenRequest): Promise<string> {
  const { SignJWT } = await import("jose/jwt/sign");
  const { key, chain } = request;
  const jwk = key.export({ format: "jwk" });
  const kid = thumbprint(jwk);
  const x5cInsecure = chain.map(({ der }) => Buffer.from(der).toString("base64"));
  return new SignJWT({ ...claims(request) })
    .setProtectedHeader({ alg: algorithm(key), typ: "JWT", kid, x5cInsecure })
    .sign(jwk);
}

/** The one algorithm for each kind of key that step-ca takes (RFC 7518 §3.1, RFC 8037). */
function algorithm({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string {
  if (type === "ec")
    return { prime256v1: "ES256", secp384r1: "ES384", secp521r1: "ES512" }[details?.namedCurve ?? ""] ?? "ES256";
  return type === "ed25519" ? "EdDSA" : "RS256";
}

/** RFC 7638: the public members, in the order of their names. Not by jose, which starts WebCrypto for one hash. */
function thumbprint(jwk: JsonWebKey): string {
  const members = ["crv", "e", "kty", "n", "x", "y"].filter((name) => jwk[name] !== undefined);
  const text = JSON.stringify(Object.fromEntries(members.map((name) => [name, jwk[name]])));
  return createHash("sha256").update(text).digest("base64url");
}
