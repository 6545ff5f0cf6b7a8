/** Revoked certificates: how, what then, and where it can be read. */
import { type Answer, get, makeToken, post, postMtls, postToken } from "../raw.ts";
import { type Bench, type Case, type Expected, expired, noRenewal, refused, unauthorized } from "./case.ts";

const revoked: Case[] = [
  {
    name: "revoked, mTLS",
    ask: async (bench) => {
      const leaf = await bench.issue();
      await bench.revoke(leaf.serial);
      return postMtls(bench.ca, { cert: leaf.chain, key: leaf.key });
    },
    expect: noRenewal("certificate has been revoked"),
  },
  {
    name: "revoked, then expired, token",
    ask: async (bench) => {
      const leaf = await bench.issue(expired);
      await bench.revoke(leaf.serial);
      return postToken(bench.ca, makeToken({ ...leaf, url: bench.ca.url }));
    },
    expect: noRenewal("certificate has been revoked"),
  },
];

/** A certificate may revoke itself. */
async function revokeOwn(bench: Bench, change: Record<string, unknown> = {}): Promise<Answer> {
  const leaf = await bench.issue();
  const serial = BigInt(`0x${leaf.serial}`).toString();
  const body = JSON.stringify({ serial, passive: true, ...change });
  return postMtls(bench.ca, { cert: leaf.chain, key: leaf.key }, { path: "/revoke", body });
}
function ask(body: Record<string, unknown>): Case["ask"] {
  return ({ ca }) => post(ca, "/revoke", JSON.stringify(body));
}
function bad(words: string): Expected {
  return refused(400, `The request could not be completed: ${words}.`, words);
}

const notImplemented =
  "The requested method is not implemented by the certificate authority. Please see the certificate authority logs for more info.";

const revoking: Case[] = [
  {
    name: "revoke, over mTLS",
    ask: revokeOwn,
    expect: { status: 200, type: "application/json", body: { status: "ok" } },
  },
  {
    name: "revoke, over mTLS, another's serial number",
    ask: (bench) => revokeOwn(bench, { serial: "77" }),
    expect: (version) =>
      version.startsWith("v0.30")
        ? refused(
            403,
            `The request was forbidden by the certificate authority: request serial number "77" and certificate serial number "<serial>" do not match.`,
            `request serial number "77" and certificate serial number "<serial>" do not match`,
          )
        : bad("serial number in client certificate different than body"),
  },
  {
    name: "revoke twice",
    ask: async (bench) => {
      const leaf = await bench.issue();
      const serial = BigInt(`0x${leaf.serial}`).toString();
      const again = (): Promise<Answer> =>
        postMtls(
          bench.ca,
          { cert: leaf.chain, key: leaf.key },
          { path: "/revoke", body: JSON.stringify({ serial, passive: true }) },
        );
      await again();
      return again();
    },
    expect: bad("certificate with serial number '<serial>' is already revoked"),
  },
  { name: "revoke, nothing said", ask: ask({}), expect: bad("missing serial") },
  {
    name: "revoke, neither",
    ask: ask({ serial: "1", passive: true }),
    expect: bad("missing ott or client certificate"),
  },
  {
    name: "revoke, a reason that is none",
    ask: ask({ serial: "1", passive: true, reasonCode: 99 }),
    expect: bad("reasonCode out of bounds"),
  },
  {
    name: "revoke, actively",
    ask: ask({ serial: "1", passive: false }),
    expect: refused(501, notImplemented, "non-passive revocation not implemented"),
  },
  {
    name: "revoke, a token that is none",
    ask: ask({ serial: "1", passive: true, ott: "x" }),
    expect: refused(
      401,
      unauthorized,
      "authority.Authorize: authority.authorizeRevoke: error parsing token: go-jose/go-jose: compact JWS format must have three parts",
    ),
  },
];

const lists: Case[] = [
  {
    name: "/crl, on",
    at: "root",
    ask: async (bench) => {
      await bench.revoke((await bench.issue()).serial);
      return get(bench.ca, "/crl");
    },
    expect: { status: 200, type: "application/pkix-crl", body: { issuer: "CN=root", lists: "it" } },
  },
  {
    name: "/crl?pem, on",
    at: "root",
    ask: async (bench) => {
      await bench.issue();
      return get(bench.ca, "/crl?pem=true");
    },
    expect: { status: 200, type: "application/x-pem-file", body: { issuer: "CN=root", lists: "not it" } },
  },
];

export const revocations: Case[] = [...revoked, ...revoking, ...lists];
