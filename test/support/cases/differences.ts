/**
 * Where the embedded CA is known to answer otherwise than a real one, each with both answers. None of them matters to a
 * client that does nothing odd. Whoever makes one of them equal moves it to the table.
 */
import { type Answer, ask, postMtls } from "../raw.ts";
import { signingRequest } from "../signing-request.ts";
import { type Bench, type Difference, type Expected, expired, plain, refused, renewed, token } from "./case.ts";

const invalid = "error validating renew token";
const json = "application/json";
const notFound: Expected = { status: 404, type: "text/plain; charset=utf-8", body: "404 page not found\n" };
const noResource =
  "The requested resource could not be found. Please see the certificate authority logs for more info.";
const badJson = "The request could not be completed: error decoding json.";
const missingRequest = refused(400, "The request could not be completed: missing csr.", "missing csr");

/** go-jose reads every header that it knows, wanted or not. */
const tokenHeaders: Difference[] = [
  {
    name: "token: something critical in the header",
    ask: token(expired, { header: { crit: ["x"], x: 1 } }),
    expect: refused(500, invalid, "go-jose/go-jose: error in cryptographic primitive"),
    embedded: renewed,
  },
  {
    name: "token: an x5c header too, which holds no certificate",
    ask: token(expired, { header: { x5c: ["MII="] } }),
    expect: refused(
      401,
      invalid,
      `error parsing x5cInsecure token: failed to unmarshal x5c header: x509: malformed certificate: "[\\"MII=\\"]"`,
    ),
    embedded: renewed,
  },
  {
    name: "token: x5cInsecure is null",
    ask: token(expired, { header: { x5cInsecure: null } }),
    expect: noChain("missing x5cInsecure header"),
    embedded: noChain("x5cInsecure header has wrong type; expected []string, but got object"),
  },
  {
    name: "token: a number for a subject",
    ask: token(expired, { claims: { sub: 5 } }),
    expect: refused(500, invalid, "json: cannot unmarshal number into Go value of type string"),
    embedded: refused(500, invalid, "json: cannot unmarshal number into Go struct field Claims.sub of type string"),
  },
];

function noChain(problem: string): Expected {
  return refused(401, invalid, `error extracting x5cInsecure cert chain: ssh check-host token ${problem}`);
}

/** Go's JSON ignores the case of names and what follows the first value; and it names its own types. */
const bodies: Difference[] = [
  {
    name: "rekey, CSR in upper case",
    ask: async (bench) => rekey(bench, JSON.stringify({ CSR: (await signingRequest()).pem })),
    expect: renewed,
    embedded: missingRequest,
  },
  {
    name: "rekey, something after the JSON",
    ask: async (bench) => rekey(bench, `${JSON.stringify({ csr: (await signingRequest()).pem })} more`),
    expect: renewed,
    embedded: refused(400, badJson, "error decoding json: unexpected EOF"),
  },
  {
    name: "rekey, the body is a list",
    ask: (bench) => rekey(bench, "[]"),
    expect: refused(
      400,
      badJson,
      "error decoding json: json: cannot unmarshal array into Go value of type api.RekeyRequest",
    ),
    embedded: missingRequest,
  },
];

async function rekey(bench: Bench, body: string): Promise<Answer> {
  const { chain, key } = await bench.issue();
  return postMtls(bench.ca, { cert: chain, key }, { path: "/rekey", body });
}

/** What has nothing to do with renewal is not played. */
const otherEndpoints: Difference[] = [
  ...(
    [
      ["/provisioners/abc/encrypted-key", "encrypted key with kid abc was not found"],
      ["/ssh/roots", "no keys found"],
    ] as const
  ).map(([path, log]) => ({
    name: path,
    ask: plain(path),
    expect: refused(404, noResource, log),
    embedded: notFound,
  })),
  {
    name: "/acme/acme/directory",
    ask: plain("/acme/acme/directory"),
    expect: refused(404, "provisioner acme not found", "provisioner acme not found"),
    embedded: notFound,
  },
  {
    name: "/provisioners after the last",
    ask: plain(`/provisioners?cursor=${"f".repeat(40)}`),
    expect: { status: 200, type: json, body: { provisioners: null, nextCursor: "" } },
    embedded: { status: 200, type: json, body: { provisioners: [], nextCursor: "" } },
  },
  {
    name: "headers of more than a megabyte",
    ask: ({ ca }) => ask(ca, { method: "GET", path: "/health", headers: { "X-Big": "x".repeat(1_200_000) } }),
    expect: { status: 431, type: "text/plain; charset=utf-8", body: "431 Request Header Fields Too Large" },
    embedded: { status: 431, type: null, body: "" },
  },
];

export const differences: readonly Difference[] = [...tokenHeaders, ...bodies, ...otherEndpoints];
