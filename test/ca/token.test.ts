import { createPrivateKey, createPublicKey, type KeyObject, verify, X509Certificate } from "node:crypto";
import { calculateJwkThumbprint, decodeProtectedHeader, exportJWK, jwtVerify } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { claims, renewToken, type TokenRequest } from "../../src/ca/token.ts";
import { type Authority, createAuthority, type KeyKind, type LeafSpec } from "../../src/dev-ca/authority.ts";
import { issued } from "../support/issued.ts";

const now = new Date("2026-03-02T12:00:00.900Z");
const seconds = Date.parse("2026-03-02T12:00:00Z") / 1000;

let authority: Authority;
beforeAll(async () => {
  authority = await createAuthority({ intermediate: true });
});

async function request(spec: LeafSpec = {}, id = "1"): Promise<TokenRequest> {
  const { chain, key } = await issued(spec, authority);
  return { chain, key: createPrivateKey(key), audience: "https://ca.internal:9000", now, id };
}

const part = (token: string, index: number) => Buffer.from(token.split(".")[index] ?? "", "base64url");

describe("the claims are step's, with an id of their own", () => {
  test("audience, issuer, subject and five minutes", async () => {
    expect(claims(await request({ subject: "dave" }))).toEqual({
      aud: "https://ca.internal:9000/renew",
      iss: "step-ca-client/1.0",
      sub: "dave",
      iat: seconds,
      nbf: seconds,
      exp: seconds + 300,
      jti: "1",
    });
  });

  test("a leaf without a common name has an empty subject", async () => {
    expect(claims(await request({ subject: null, names: ["web.internal"] }))).toMatchObject({ sub: "" });
  });

  test("a name of the world stays as it is", async () => {
    const token = await renewToken(await request({ subject: "Zoë 東京" }));
    expect(JSON.parse(part(token, 1).toString("utf8"))).toMatchObject({ sub: "Zoë 東京" });
  });
});

/** How node:crypto checks each algorithm's signature (RFC 7518 §3). */
const digests: Record<string, string | null> = {
  ES256: "sha256",
  ES384: "sha384",
  ES512: "sha512",
  RS256: "sha256",
  EdDSA: null,
};

function isSigned(token: string, alg: string, key: KeyObject): boolean {
  const [header = "", payload = ""] = token.split(".");
  const how = { key, dsaEncoding: "ieee-p1363" as const };
  return verify(digests[alg] ?? null, Buffer.from(`${header}.${payload}`), how, part(token, 2));
}

describe.each<[KeyKind, string]>([
  ["P-256", "ES256"],
  ["P-384", "ES384"],
  ["P-521", "ES512"],
  ["RSA-2048", "RS256"],
  ["Ed25519", "EdDSA"],
])("a token of a %s key", (key, alg) => {
  test(`is signed by ${alg}, as jose and node:crypto each find with the certificate's key`, async () => {
    const made = await request({ key });
    const token = await renewToken(made);
    const { publicKey } = new X509Certificate(made.chain[0]?.der ?? "");
    const { payload } = await jwtVerify(token, publicKey, { currentDate: now, issuer: "step-ca-client/1.0" });
    expect(payload).toEqual(claims(made));
    expect(isSigned(token, alg, publicKey)).toBe(true);
  });

  test("carries the chain, leaf first, and the thumbprint of its key", async () => {
    const made = await request({ key });
    const header = decodeProtectedHeader(await renewToken(made));
    const kid = await calculateJwkThumbprint(await exportJWK(createPublicKey(made.key)));
    const chain = made.chain.map(({ der }) => Buffer.from(der).toString("base64"));
    expect(header).toEqual({ alg, typ: "JWT", kid, x5cInsecure: chain });
    expect(chain).toHaveLength(2);
  });

  test("holds nothing of the private key", async () => {
    const made = await request({ key });
    const token = await renewToken(made);
    const { d = "none" } = made.key.export({ format: "jwk" });
    expect(d).not.toBe("none");
    for (const index of [0, 1]) expect(part(token, index).toString()).not.toContain(d);
  });
});

test("two tokens of one second differ, because the CA takes each once", async () => {
  const made = await request({ key: "Ed25519" });
  expect(await renewToken(made)).toBe(await renewToken(made));
  expect(await renewToken({ ...made, id: "2" })).not.toBe(await renewToken(made));
});
