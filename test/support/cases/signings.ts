/** POST /sign: a certificate for a one-time token. */
import { type Answer, post } from "../raw.ts";
import { signingRequest } from "../signing-request.ts";
import { type Bench, type Case, refused, signed, unauthorized } from "./case.ts";

interface Wish {
  subject?: string;
  names?: string[];
  /** What the token allows, where that is something else. */
  allowed?: string[];
  token?: string;
}

async function request(bench: Bench, wish: Wish = {}): Promise<Answer> {
  const { subject = "new.example", names = ["new.example"], allowed = names } = wish;
  const { pem } = await signingRequest({ subject, names });
  const ott = wish.token ?? bench.oneTimeToken(subject, allowed);
  return post(bench.ca, "/sign", JSON.stringify({ csr: pem, ott }));
}

function bad(words: string): Case["expect"] {
  return refused(400, `The request could not be completed: ${words}.`, words);
}

const otherNames = "certificate request does not contain the valid DNS names - got [new.example], want [other.example]";

export const signings: Case[] = [
  { name: "sign", ask: (bench) => request(bench), expect: signed },
  {
    name: "sign, two names",
    ask: (bench) => request(bench, { names: ["new.example", "www.new.example"] }),
    expect: signed,
  },
  { name: "sign, the root itself issues", at: "root", ask: (bench) => request(bench), expect: signed },
  {
    name: "sign, a token used twice",
    ask: async (bench) => {
      const token = bench.oneTimeToken("new.example", ["new.example"]);
      await request(bench, { token });
      return request(bench, { token });
    },
    expect: refused(401, unauthorized, "authority.Authorize: authority.authorizeSign: token already used"),
  },
  {
    name: "sign, other names than the token allows",
    ask: (bench) => request(bench, { allowed: ["other.example"] }),
    expect: refused(403, `The request was forbidden by the certificate authority: ${otherNames}.`, otherNames),
  },
  {
    name: "sign, no request",
    ask: ({ ca }) => post(ca, "/sign", "{}"),
    expect: bad("missing csr"),
  },
  {
    name: "sign, no token",
    ask: async ({ ca }) => post(ca, "/sign", JSON.stringify({ csr: (await signingRequest()).pem })),
    expect: bad("missing ott"),
  },
  {
    name: "sign, a token that is none",
    ask: (bench) => request(bench, { token: "x" }),
    expect: refused(
      401,
      unauthorized,
      "authority.Authorize: authority.authorizeSign: error parsing token: go-jose/go-jose: compact JWS format must have three parts",
    ),
  },
];
