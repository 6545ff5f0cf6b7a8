/** What may be written otherwise in a token or around it, and what may not. */
import { sign } from "node:crypto";
import { ask, makeToken, postToken } from "../raw.ts";
import { type Bench, type Case, type Expected, expired, refused, renewed, token, tokenFor } from "./case.ts";

const invalid = "error validating renew token";
const badSignature = refused(500, invalid, "go-jose/go-jose: error in cryptographic primitive");
const badAudience = refused(
  500,
  `${invalid}: invalid audience claim (aud)`,
  "go-jose/go-jose/jwt: validation failed, invalid audience claim (aud)",
);
const missing = refused(
  400,
  "The request could not be completed: missing client certificate.",
  "missing client certificate",
);

function minutes(count: number): number {
  return Math.floor(Date.now() / 1000) + count * 60;
}

/** Compared as text: neither a slash more nor another spelling, though browsers would see no difference. */
const audiences: Case[] = [
  "https://localhost/renew/",
  "https://LOCALHOST/renew",
  "https://localhost/RENEW",
  "http://localhost/renew",
  "https://localhost/renew?x=1",
  "https://localhost/renew#after-expiry",
  "https://localhost/x/../renew",
  "https://localhost//renew",
  "https://localhost/rekey",
  "https://localhost/2.0/renew",
  "localhost/renew",
  "",
].map((aud) => ({
  name: `audience ${aud === "" ? "of no letters" : aud}`,
  ask: token(expired, { claims: { aud } }),
  expect: badAudience,
}));

const types: Case[] = (
  [
    [{ aud: 5 }, "go-jose/go-jose/jwt: expected string or array value to unmarshal to Audience"],
    [{ aud: [5] }, "go-jose/go-jose/jwt: expected string or array value to unmarshal to Audience"],
    [{ exp: "soon" }, "go-jose/go-jose/jwt: expected number value to unmarshal NumericDate"],
  ] as const
).map(([claims, log]) => ({
  name: `claims of another type: ${JSON.stringify(claims)}`,
  ask: token(expired, { claims }),
  expect: refused(500, invalid, log),
}));

const times: Case[] = (
  [
    ["ended 55 s ago", () => ({ exp: minutes(0) - 55 }), renewed],
    ["ended 65 s ago", () => ({ exp: minutes(0) - 65 }), timed("token is expired (exp)")],
    ["begins in 55 s", () => ({ nbf: minutes(0) + 55 }), renewed],
    ["begins in 65 s", () => ({ nbf: minutes(0) + 65 }), timed("token not valid yet (nbf)")],
    ["ended and not begun", () => ({ nbf: minutes(10), exp: 1 }), timed("token not valid yet (nbf)")],
    ["with half a second", () => ({ exp: minutes(5) + 0.5 }), renewed],
  ] as const
).map(([name, claims, expect]) => ({ name: `a token that ${name}`, ask: token(expired, { claims }), expect }));

function timed(problem: string): Expected {
  return refused(401, `${invalid}: ${problem}`, `go-jose/go-jose/jwt: validation failed, ${problem}`);
}

const headers: Case[] = [
  { name: "no typ", ask: token(expired, { header: { typ: undefined } }), expect: renewed },
  { name: "a kid", ask: token(expired, { header: { kid: "x" } }), expect: renewed },
  ...["none", "HS256", "ES384", "RS256", undefined].map((alg) => ({
    name: `algorithm ${alg} for a P-256 key`,
    ask: token(expired, { header: { alg } }),
    expect: badSignature,
  })),
  {
    name: "x5cInsecure is no base64",
    ask: token(expired, { header: { x5cInsecure: ["***"] } }),
    expect: refused(
      401,
      invalid,
      "error extracting x5cInsecure cert chain: error decoding x5cInsecure header certs: error decoding base64 encoded x5c cert: illegal base64 data at input byte 0",
    ),
  },
];

const order: Case[] = [
  {
    name: "the leaf twice",
    ask: token(expired, { chain: ({ certificate, chain }) => certificate + chain }),
    expect: renewed,
  },
  {
    name: "the intermediate before the leaf",
    ask: token(expired, { chain: ({ certificate, chain }) => chain.replace(certificate, "") + certificate }),
    expect: badSignature,
  },
  { name: "the root too", ask: withMore((bench) => bench.authority.root), expect: renewed },
  { name: "another CA's root too", ask: withMore((bench) => bench.foreign.root), expect: renewed },
];

function withMore(more: (bench: Bench) => string): Case["ask"] {
  return async (bench) => {
    const { chain, key } = await bench.issue(expired);
    return postToken(bench.ca, makeToken({ chain: chain + more(bench), key, url: bench.ca.url }));
  };
}

const altered: Case[] = [
  { name: "signature cut", ask: changed((jwt) => jwt.slice(0, -4)), expect: badSignature },
  { name: "no signature", ask: changed((jwt) => jwt.replace(/[^.]*$/, "")), expect: badSignature },
  {
    name: "other claims under the same signature",
    ask: changed((jwt) => jwt.replace(/\..*\./, ".e30.")),
    expect: badSignature,
  },
  {
    name: "four parts",
    ask: changed((jwt) => `${jwt}.x`),
    expect: refused(
      401,
      invalid,
      "error parsing x5cInsecure token: go-jose/go-jose: compact JWS format must have three parts",
    ),
  },
  {
    name: "claims that are no JSON",
    ask: async (bench) => {
      const { chain, key } = await bench.issue(expired);
      const [header] = makeToken({ chain, key, url: bench.ca.url }).split(".");
      const input = `${header}.${Buffer.from("hello").toString("base64url")}`;
      const signature = sign("sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" });
      return postToken(bench.ca, `${input}.${signature.toString("base64url")}`);
    },
    expect: refused(500, invalid, "invalid character 'h' looking for beginning of value"),
  },
];

function changed(change: (jwt: string) => string): Case["ask"] {
  return async (bench) => postToken(bench.ca, change(await tokenFor(bench, expired)));
}

const authorizations: Case[] = [
  { name: "bearer in lower case", ask: authorized((jwt) => `bearer ${jwt}`), expect: missing },
  { name: "two spaces after Bearer", ask: authorized((jwt) => `Bearer  ${jwt}`), expect: renewed },
  { name: "Bearer after another scheme", ask: authorized((jwt) => `Basic YTpi, Bearer ${jwt}`), expect: renewed },
  { name: "Bearer alone", ask: authorized(() => "Bearer "), expect: missing },
  { name: "something after the token", ask: authorized((jwt) => `Bearer ${jwt} x`), expect: badSignature },
];

function authorized(header: (jwt: string) => string): Case["ask"] {
  return async (bench) => ask(bench.ca, { headers: { Authorization: header(await tokenFor(bench, expired)) } });
}

export const liberties: Case[] = [
  ...audiences,
  ...types,
  ...times,
  ...headers,
  ...order,
  ...altered,
  ...authorizations,
].map((one) => ({ ...one, name: `token: ${one.name}` }));
