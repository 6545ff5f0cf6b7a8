/** A signed JWT in compact form, parsed and verified with the words and the order of go-jose v3. */
import { constants, type KeyObject, verify } from "node:crypto";

export interface Token {
  text: string;
  header: Record<string, unknown>;
  payload: Buffer;
  input: string;
  signature: Buffer;
}

export interface Claims {
  issuer: string;
  subject: string;
  audience: string[];
  id: string;
  /** Seconds since 1970. */
  expiry: number | null;
  notBefore: number | null;
  issuedAt: number | null;
  /** step's own: the names that a certificate may have. */
  sans: string[];
}

export function parseToken(text: string): Token {
  const [header, payload, signature, ...more] = text.replace(/\s/g, "").split(".");
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0) {
    throw new Error("go-jose/go-jose: compact JWS format must have three parts");
  }
  const [rawHeader, rawPayload, rawSignature] = [decode(header), decode(payload), decode(signature)];
  return {
    text,
    header: objectFrom(rawHeader),
    payload: rawPayload,
    input: `${header}.${payload}`,
    signature: rawSignature,
  };
}

/** The claims, once the signature is known to be good. */
export function verifiedClaims(token: Token, key: KeyObject): Claims {
  if (!isSignedBy(token, key)) throw new Error("go-jose/go-jose: error in cryptographic primitive");
  return unverifiedClaims(token);
}

export function unverifiedClaims({ payload }: Token): Claims {
  const claims = objectFrom(payload);
  const text = (name: string) => {
    const value = claims[name] ?? "";
    if (typeof value === "string") return value;
    throw new Error(`json: cannot unmarshal ${typeof value} into Go struct field Claims.${name} of type string`);
  };
  const date = (name: string) => {
    const value = claims[name] ?? null;
    if (value === null || typeof value === "number") return value === null ? null : Math.trunc(value);
    throw new Error("go-jose/go-jose/jwt: expected number value to unmarshal NumericDate");
  };
  return {
    issuer: text("iss"),
    subject: text("sub"),
    audience: audienceFrom(claims["aud"]),
    id: text("jti"),
    expiry: date("exp"),
    notBefore: date("nbf"),
    issuedAt: date("iat"),
    sans: Array.isArray(claims["sans"]) ? claims["sans"].map(String) : [],
  };
}

export interface Expected {
  /** "" expects nothing. */
  issuer?: string;
  subject?: string;
  now: Date;
}
export type ClaimProblem = "iss" | "sub" | "nbf" | "exp" | "iat";

const LEEWAY_SECONDS = 60;

/** Which claim is wrong first, in the order of go-jose's ValidateWithLeeway, with a minute of leeway. */
export function claimProblem(claims: Claims, { issuer = "", subject = "", now }: Expected): ClaimProblem | null {
  const seconds = now.getTime() / 1000;
  if (issuer !== "" && issuer !== claims.issuer) return "iss";
  if (subject !== "" && subject !== claims.subject) return "sub";
  if (claims.notBefore !== null && seconds + LEEWAY_SECONDS < claims.notBefore) return "nbf";
  if (claims.expiry !== null && seconds - LEEWAY_SECONDS > claims.expiry) return "exp";
  if (claims.issuedAt !== null && seconds + LEEWAY_SECONDS < claims.issuedAt) return "iat";
  return null;
}

export const claimWords: Record<ClaimProblem | "aud", string> = {
  iss: "invalid issuer claim (iss)",
  sub: "invalid subject claim (sub)",
  nbf: "token not valid yet (nbf)",
  exp: "token is expired (exp)",
  iat: "token issued in the future (iat)",
  aud: "invalid audience claim (aud)",
};

/** go-jose writes "validation field" for one of them. */
export function claimLog(problem: ClaimProblem | "aud"): string {
  return `go-jose/go-jose/jwt: validation ${problem === "iat" ? "field" : "failed"}, ${claimWords[problem]}`;
}

const curves: Record<string, string> = { ES256: "prime256v1", ES384: "secp384r1", ES512: "secp521r1" };

function isSignedBy({ header, input, signature }: Token, key: KeyObject): boolean {
  const algorithm = String(header["alg"]);
  const hash = `sha${algorithm.slice(2)}`;
  const data = Buffer.from(input);
  switch (key.asymmetricKeyType) {
    case "ec":
      if (curves[algorithm] !== key.asymmetricKeyDetails?.namedCurve) return false;
      return verify(hash, data, { key, dsaEncoding: "ieee-p1363" }, signature);
    case "rsa":
      if (/^RS(256|384|512)$/.test(algorithm)) return verify(hash, data, key, signature);
      if (!/^PS(256|384|512)$/.test(algorithm)) return false;
      return verify(hash, data, { key, padding: constants.RSA_PKCS1_PSS_PADDING }, signature);
    case "ed25519":
      return algorithm === "EdDSA" && verify(null, data, key, signature);
    default:
      return false;
  }
}

function decode(part: string): Buffer {
  const text = part.replace(/=+$/, "");
  const bad = text.search(/[^A-Za-z0-9_-]/);
  const at = bad >= 0 ? bad : text.length % 4 === 1 ? text.length - 1 : -1;
  if (at >= 0) throw new Error(`illegal base64 data at input byte ${at}`);
  return Buffer.from(text, "base64url");
}

function objectFrom(bytes: Buffer): Record<string, unknown> {
  const text = bytes.toString();
  const value = parseJson(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Error("json: cannot unmarshal value into Go value of type jwt.Claims");
}

/** In Go's words where it is no JSON. */
export function parseJson(text: string): unknown {
  if (text.trim() === "") throw new Error("EOF");
  try {
    return JSON.parse(text);
  } catch (error) {
    const [, odd] = /^Unexpected token '?(.)'?/u.exec(error instanceof Error ? error.message : "") ?? [];
    throw new Error(odd ? `invalid character '${odd}' looking for beginning of value` : "unexpected EOF");
  }
}

function audienceFrom(value: unknown): string[] {
  if (value === undefined) return [];
  if (typeof value === "string") return [value];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw new Error("go-jose/go-jose/jwt: expected string or array value to unmarshal to Audience");
}
