/** What a CA tells everyone, and what it says to a request that makes no sense. */
import { createHash, X509Certificate } from "node:crypto";
import { ask, get } from "../raw.ts";
import { alert, type Case, type Expected, expired, outOfTime, plain, refused } from "./case.ts";

const json = "application/json";
const missing: Expected = refused(
  400,
  "The request could not be completed: missing client certificate.",
  "missing client certificate",
);
const notFound: Expected = { status: 404, type: "text/plain; charset=utf-8", body: "404 page not found\n" };
const notAllowed: Expected = { status: 405, type: null, body: "" };
const since0273 =
  (body: unknown): Case["expect"] =>
  (version) =>
    version.startsWith("v0.30") ? { status: 201, type: json, body } : notFound;

export const endpoints: Case[] = [
  { name: "neither certificate nor token", ask: plain("/renew", { method: "POST" }), expect: missing },
  { name: "neither, at /1.0/renew", ask: plain("/1.0/renew", { method: "POST" }), expect: missing },
  {
    name: "another kind of authorization",
    ask: ({ ca }) => ask(ca, { headers: { Authorization: "Basic abc" } }),
    expect: missing,
  },
  { name: "GET /renew", ask: plain("/renew"), expect: notAllowed },
  { name: "POST /health", ask: plain("/health", { method: "POST" }), expect: notAllowed },
  { name: "GET /nope", ask: plain("/nope"), expect: notFound },
  { name: "GET /", ask: plain("/"), expect: notFound },
  { name: "POST /nope", ask: plain("/nope", { method: "POST" }), expect: notFound },
  { name: "/health", ask: plain("/health"), expect: { status: 200, type: json, body: { status: "ok" } } },
  { name: "HEAD /health", ask: plain("/health", { method: "HEAD" }), expect: { status: 200, type: json, body: "" } },
  { name: "/1.0/health", ask: plain("/1.0/health"), expect: { status: 200, type: json, body: { status: "ok" } } },
  { name: "/version", ask: plain("/version"), expect: (version) => ({ status: 200, type: json, body: { version } }) },
  {
    name: "/provisioners?limit=2",
    ask: plain("/provisioners?limit=2"),
    expect: {
      status: 200,
      type: json,
      body: {
        provisioners: [
          { type: "JWK", name: "admin" },
          { type: "JWK", name: "after-expiry", claims: { allowRenewalAfterExpiry: true } },
        ],
        nextCursor: "<more>",
      },
    },
  },
  {
    name: "/provisioners, the next page",
    ask: async ({ ca }) => {
      const first = await get(ca, "/provisioners?limit=2");
      const [, cursor] = /"nextCursor":"(.*?)"/.exec("body" in first ? first.body : "") ?? [];
      return get(ca, `/provisioners?limit=2&cursor=${cursor}`);
    },
    expect: {
      status: 200,
      type: json,
      body: { provisioners: [{ name: "no-renewal", claims: { disableRenewal: true } }], nextCursor: "" },
    },
  },
  {
    name: "/provisioners?limit=a",
    ask: plain("/provisioners?limit=a"),
    expect: refused(
      400,
      "The request could not be completed: limit 'a' is not an integer.",
      `limit 'a' is not an integer: strconv.Atoi: parsing "a": invalid syntax`,
    ),
  },
  { name: "/roots", ask: plain("/roots"), expect: { status: 201, type: json, body: { crts: ["<root>"] } } },
  {
    name: "/roots.pem",
    ask: plain("/roots.pem"),
    expect: { status: 200, type: "application/x-pem-file", body: "<root>" },
  },
  { name: "/federation", ask: plain("/federation"), expect: { status: 201, type: json, body: { crts: ["<root>"] } } },
  {
    name: "/root/{sha}",
    ask: async ({ ca }) => get(ca, `/root/${fingerprint(ca.authority.root)}`),
    expect: { status: 200, type: json, body: { ca: "<root>" } },
  },
  {
    name: "/root/{SHA}, upper case with dashes",
    ask: async ({ ca }) =>
      get(
        ca,
        `/root/${fingerprint(ca.authority.root)
          .toUpperCase()
          .replace(/..(?=.)/g, "$&-")}`,
      ),
    expect: { status: 200, type: json, body: { ca: "<root>" } },
  },
  {
    name: "/root/abcd, which is none",
    ask: plain("/root/abcd"),
    expect: (version) =>
      version.startsWith("v0.30")
        ? refused(
            404,
            `root certificate with fingerprint "abcd" was not found`,
            "certificate with fingerprint abcd was not found",
          )
        : refused(
            404,
            "The requested resource could not be found. Please see the certificate authority logs for more info.",
            "/root/abcd was not found: certificate with fingerprint abcd was not found",
          ),
  },
  { name: "/intermediates", ask: plain("/intermediates"), expect: since0273({ crts: ["<intermediate>"] }) },
  {
    name: "/intermediates, the root itself issues",
    at: "root",
    ask: plain("/intermediates"),
    expect: since0273({ crts: ["<root>"] }),
  },
  {
    name: "/intermediates of a registration authority",
    at: "ra",
    ask: plain("/intermediates"),
    expect: (version) =>
      version.startsWith("v0.30")
        ? refused(
            501,
            "The requested method is not implemented by the certificate authority. Please see the certificate authority logs for more info.",
            "error getting intermediates: method not implemented",
          )
        : notFound,
  },
  {
    name: "/crl, off",
    ask: plain("/crl"),
    expect: refused(
      404,
      "The certificate authority received an unexpected HTTP status code - '404'. Please see the certificate authority logs for more info.",
      "authority.GetCertificateRevocationList: Certificate Revocation Lists are not enabled",
    ),
  },
  { name: "/renew/", ask: plain("/renew/", { method: "POST" }), expect: notFound },
  { name: "/RENEW", ask: plain("/RENEW", { method: "POST" }), expect: notFound },
  { name: "//renew", ask: plain("//renew", { method: "POST" }), expect: notFound },
  { name: "/2.0/health", ask: plain("/2.0/health"), expect: notFound },
  { name: "HEAD /renew", ask: plain("/renew", { method: "HEAD" }), expect: notAllowed },
  { name: "PUT /renew", ask: plain("/renew", { method: "PUT" }), expect: notAllowed },
  { name: "HEAD /roots", ask: plain("/roots", { method: "HEAD" }), expect: { status: 201, type: json, body: "" } },
  { name: "/metrics", ask: plain("/metrics"), expect: notFound },
  {
    name: "a certificate is not needed for /health, but a bad one is noticed",
    ask: async (bench) => {
      const { chain, key } = await bench.issue(expired);
      return ask(bench.ca, { method: "GET", path: "/health", pair: { cert: chain, key } });
    },
    expect: alert(45, `${outOfTime} is after <time>`),
  },
  ...["0", "-1", "1000", "", "%2B2"].map((limit) => ({
    name: `/provisioners?limit=${limit}`,
    ask: plain(`/provisioners?limit=${limit}`),
    expect: { status: 200, type: json, body: { nextCursor: limit === "%2B2" ? "<more>" : "" } },
  })),
];

function fingerprint(certificate: string): string {
  return createHash("sha256").update(new X509Certificate(certificate).raw).digest("hex");
}
