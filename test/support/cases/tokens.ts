/** What a token must be like. */
import { postToken } from "../raw.ts";
import { type Case, type Expected, expired, refused, renewed, token, tokenFor, unauthorized } from "./case.ts";

const invalid = "error validating renew token";

/** The claim named to the client; the log has go-jose's own words. */
function badClaim(status: number, problem: string): Expected {
  return refused(status, `${invalid}: ${problem}`, `go-jose/go-jose/jwt: validation failed, ${problem}`);
}

/** Seconds since 1970, that many minutes from now. */
function minutes(count: number): number {
  return Math.floor(Date.now() / 1000) + count * 60;
}
const clock = (behind: number) => () => ({ iat: minutes(behind), nbf: minutes(behind), exp: minutes(behind + 5) });

const goodTokens: Case[] = [
  {
    name: "issuer is the provisioner's name, as old clients had it",
    ask: token(expired, { claims: { iss: "after-expiry" } }),
    expect: renewed,
  },
  {
    name: "audience is /1.0/renew",
    ask: token(expired, { claims: ({ ca }) => ({ aud: `${ca.url}/1.0/renew` }) }),
    expect: renewed,
  },
  { name: "sent to /1.0/renew", ask: token(expired, { path: "/1.0/renew" }), expect: renewed },
  { name: "sent to /re-sign", ask: token(expired, { path: "/re-sign" }), expect: renewed },
  {
    name: "the audience's port is another",
    ask: token(expired, { claims: { aud: "https://localhost:1/renew" } }),
    expect: renewed,
  },
  {
    name: "the audience has another of the CA's names",
    ask: token(expired, { claims: { aud: "https://127.0.0.1/renew" } }),
    expect: renewed,
  },
  {
    name: "two audiences, one of them right",
    ask: token(expired, { claims: { aud: ["https://a.example", "https://localhost/renew"] } }),
    expect: renewed,
  },
  {
    name: "no identifier, no times",
    ask: token(expired, { claims: { jti: undefined, iat: undefined, nbf: undefined, exp: undefined } }),
    expect: renewed,
  },
  {
    name: "within a minute of the CA's clock",
    ask: token(expired, { claims: () => ({ iat: minutes(0.5), nbf: minutes(0.5) }) }),
    expect: renewed,
  },
  {
    name: "an array of one for an audience",
    ask: token(expired, { claims: ({ ca }) => ({ aud: [`${ca.url}/renew`] }) }),
    expect: renewed,
  },
];

const badClaims: Case[] = [
  {
    name: "another issuer",
    ask: token(expired, { claims: { iss: "someone" } }),
    expect: refused(401, `${invalid}: invalid issuer claim (iss)`, `${invalid}: invalid issuer claim (iss)`),
  },
  {
    name: "no issuer",
    ask: token(expired, { claims: { iss: undefined } }),
    expect: refused(401, `${invalid}: invalid issuer claim (iss)`, `${invalid}: invalid issuer claim (iss)`),
  },
  {
    name: "another subject",
    ask: token(expired, { claims: { sub: "someone" } }),
    expect: badClaim(401, "invalid subject claim (sub)"),
  },
  {
    name: "a subject where the leaf has none",
    ask: token({ ...expired, subject: null }, { claims: { sub: "someone" } }),
    expect: renewed,
  },
  {
    name: "another host in the audience",
    ask: token(expired, { claims: { aud: "https://ca.example/renew" } }),
    expect: badClaim(500, "invalid audience claim (aud)"),
  },
  {
    name: "audience without a path",
    ask: token(expired, { claims: ({ ca }) => ({ aud: ca.url }) }),
    expect: badClaim(500, "invalid audience claim (aud)"),
  },
  {
    name: "no audience",
    ask: token(expired, { claims: { aud: undefined } }),
    expect: badClaim(500, "invalid audience claim (aud)"),
  },
  {
    name: "of a clock 10 minutes ahead",
    ask: token(expired, { claims: clock(10) }),
    expect: badClaim(401, "token not valid yet (nbf)"),
  },
  {
    name: "of a clock 20 minutes behind",
    ask: token(expired, { claims: clock(-20) }),
    expect: badClaim(401, "token is expired (exp)"),
  },
  {
    name: "issued in the future",
    ask: token(expired, { claims: () => ({ iat: minutes(10), nbf: undefined }) }),
    expect: refused(
      401,
      `${invalid}: token issued in the future (iat)`,
      "go-jose/go-jose/jwt: validation field, token issued in the future (iat)",
    ),
  },
  {
    name: "wrong subject and wrong audience: the subject is looked at first",
    ask: token(expired, { claims: { sub: "x", aud: "x" } }),
    expect: badClaim(401, "invalid subject claim (sub)"),
  },
  {
    name: "wrong audience and wrong issuer: the audience is looked at first",
    ask: token(expired, { claims: { aud: "x", iss: "x" } }),
    expect: badClaim(500, "invalid audience claim (aud)"),
  },
];

const badTokens: Case[] = [
  {
    name: "used twice",
    ask: async (bench) => {
      const twice = await tokenFor(bench, expired);
      await postToken(bench.ca, twice);
      return postToken(bench.ca, twice);
    },
    expect: refused(401, unauthorized, "token already used"),
  },
  {
    name: "used up by a claim that was wrong",
    ask: async (bench) => {
      const twice = await tokenFor(bench, expired, { claims: { sub: "someone" } });
      await postToken(bench.ca, twice);
      return postToken(bench.ca, twice);
    },
    expect: refused(401, unauthorized, "token already used"),
  },
  {
    name: "signed with another key",
    ask: token(expired, { key: async ({ authority }) => (await authority.issue()).key }),
    expect: refused(500, invalid, "go-jose/go-jose: error in cryptographic primitive"),
  },
  {
    name: "no token at all: three words",
    ask: ({ ca }) => postToken(ca, "not.a.token"),
    expect: refused(401, invalid, "error parsing x5cInsecure token: illegal base64 data at input byte 0"),
  },
  {
    name: "no token at all: one word",
    ask: ({ ca }) => postToken(ca, "token"),
    expect: refused(
      401,
      invalid,
      "error parsing x5cInsecure token: go-jose/go-jose: compact JWS format must have three parts",
    ),
  },
  {
    name: "no x5cInsecure header",
    ask: token(expired, { header: { x5cInsecure: undefined } }),
    expect: refused(
      401,
      invalid,
      "error extracting x5cInsecure cert chain: ssh check-host token missing x5cInsecure header",
    ),
  },
  {
    name: "x5cInsecure is text",
    ask: token(expired, { header: { x5cInsecure: "MII" } }),
    expect: refused(
      401,
      invalid,
      "error extracting x5cInsecure cert chain: ssh check-host token x5cInsecure header has wrong type; expected []string, but got string",
    ),
  },
  {
    name: "x5cInsecure holds no certificate",
    ask: token(expired, { header: { x5cInsecure: ["MII="] } }),
    expect: refused(
      401,
      invalid,
      "error extracting x5cInsecure cert chain: error decoding x5cInsecure header certs: error parsing x5c cert: x509: malformed certificate",
    ),
  },
  {
    name: "x5cInsecure is empty: the CA's handler panics",
    ask: token(expired, { header: { x5cInsecure: [] } }),
    expect: { closed: true, log: "runtime error: index out of range [0] with length 0" },
  },
];

export const tokens: Case[] = [...goodTokens, ...badClaims, ...badTokens].map((one) => ({
  ...one,
  name: `token: ${one.name}`,
}));
