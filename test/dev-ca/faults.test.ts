/** Each fault does what its name says, and nothing else stops working. */
import { createHash, X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Authority, createAuthority, type Issued } from "../../src/dev-ca/authority.ts";
import { type DevCa, type Fault, faults, startDevCa } from "../../src/dev-ca/server.ts";
import { type Answer, get, makeToken, postMtls, postToken, type Reply } from "../support/raw.ts";
import { begin } from "./client.ts";

let authority: Authority;
let leaf: Issued;
let ca: DevCa;

beforeAll(async () => {
  authority = await createAuthority({ intermediate: true });
  leaf = await authority.issue({ names: ["web.example"], provisioner: { name: "after-expiry" } });
  ca = await startDevCa({ authority });
});
afterAll(async () => ca.close());

const pair = () => ({ cert: leaf.chain, key: leaf.key });
const renew = (): Promise<Answer> => postMtls(ca, pair());
const byToken = (claims = {}) => postToken(ca, makeToken({ ...leaf, url: ca.url, claims }));

function reply(answer: Answer): Reply {
  if ("status" in answer) return answer;
  throw new Error(JSON.stringify(answer));
}

/** The certificates of an answer, leaf first as long as the order is right. */
async function issued(): Promise<X509Certificate[]> {
  const body = JSON.parse(reply(await renew()).body) as { certChain?: string[] };
  return (body.certChain ?? []).map((pem) => new X509Certificate(pem));
}
async function newLeaf(): Promise<X509Certificate> {
  const [certificate] = await issued();
  if (!certificate) throw new Error("no certificate");
  return certificate;
}

const old = () => new X509Certificate(leaf.certificate);
const keyOf = (certificate: X509Certificate) =>
  createHash("sha256")
    .update(certificate.publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
const page = async (status: number) => {
  expect(reply(await renew())).toMatchObject({ status, headers: { "content-type": "text/html" } });
  expect(reply(await get(ca, "/version"))).toMatchObject({ status, headers: { "content-type": "text/html" } });
};
const refusesUs = (code: string) => expect(renew()).rejects.toMatchObject({ code });

const internal = { status: 500, body: expect.stringContaining("Internal Server Error") };
const refusedWith = async (status: number, said: string, log: string) => {
  expect(reply(await renew())).toMatchObject({ status, body: expect.stringContaining(said) });
  expect(ca.log.at(-1)?.error).toContain(log);
};

const checks: Record<Fault, () => Promise<unknown>> = {
  hang: async () => {
    const exchange = begin(ca, pair());
    await vi.waitFor(() => expect(ca.log.at(-1)).toMatchObject({ path: "/renew", status: 0 }));
    expect(exchange.received()).toEqual({ status: null, bytes: 0 });
    exchange.abort();
  },
  close: async () => expect(await renew()).toMatchObject({ closed: true }),
  "slow-body": async () => {
    const exchange = begin(ca, pair());
    await vi.waitFor(() => expect(exchange.received()).toEqual({ status: 201, bytes: 1 }));
    exchange.abort();
  },
  "huge-body": async () => expect(reply(await renew()).body.length).toBeGreaterThan(1024 * 1024),
  "endless-headers": async () => refusesUs("HPE_HEADER_OVERFLOW"),
  "garbage-json": async () => {
    const { status, body } = reply(await renew());
    expect(status).toBe(201);
    expect(() => JSON.parse(body)).toThrow();
  },
  "empty-201": async () => expect(reply(await renew())).toMatchObject({ status: 201, body: "" }),
  "html-200": () => page(200),
  "html-404": () => page(404),
  "html-403": () => page(403),
  "html-502": () => page(502),
  "html-400-header-too-large": async () => {
    expect(reply(await byToken())).toMatchObject({ status: 400, body: expect.stringContaining("Header Or Cookie") });
  },
  redirect: async () =>
    expect(reply(await renew())).toMatchObject({ status: 302, headers: { location: "https://login.example/" } }),
  "too-many-requests": async () =>
    expect(reply(await renew())).toMatchObject({ status: 429, headers: { "retry-after": "30" } }),
  "busy-503": async () =>
    expect(reply(await renew())).toMatchObject({ status: 503, headers: { "retry-after": "120" } }),
  "server-error-500": async () => {
    expect(reply(await renew())).toMatchObject({ status: 500, body: expect.stringContaining("Internal Server Error") });
  },
  "broken-store": async () => {
    expect(reply(await renew())).toMatchObject(internal);
    expect(ca.log.at(-1)?.error).toContain("authority.authorizeRenew: error checking revocation bucket");
    expect(reply(await byToken())).toMatchObject(internal);
    expect(ca.log.at(-1)?.error).toContain("failed when attempting to store token");
  },
  "lost-certificate": () => refusedWith(500, "Internal Server Error", "database Set error"),
  "broken-signer": () => refusedWith(500, "Internal Server Error", "cloudCAS CreateCertificate failed"),
  vault: () => refusedWith(501, "Internal Server Error", "vaultCAS does not support renewals"),
  "upstream-refuses": () => refusedWith(401, "Internal Server Error", "lacked necessary authorization"),
  "upstream-unreachable": () => refusedWith(500, "Internal Server Error", "/renew failed: dial tcp"),
  panic: async () => {
    expect(await renew()).toMatchObject({ closed: true });
    expect(ca.log.at(-1)?.error).toContain("http: panic serving");
  },
  "name-not-permitted": () => refusedWith(403, 'web.example\\" is not permitted by any', "is not permitted by any"),
  "name-unreadable": () => refusedWith(500, "error renewing certificate", "cannot parse rfc822Name"),
  "no-tokens": async () => {
    expect(reply(await byToken())).toMatchObject({ status: 400, body: expect.stringContaining("missing client") });
    expect(await renew()).toMatchObject({ status: 201 });
  },
  "no-token-flow": async () => {
    expect(reply(await byToken())).toMatchObject({ status: 400, body: expect.stringContaining("not supported") });
    expect(await renew()).toMatchObject({ status: 201 });
  },
  "refuses-subject": async () =>
    expect(reply(await byToken())).toMatchObject({ status: 401, body: expect.stringContaining("(sub)") }),
  "refuses-issuer": async () => {
    expect(reply(await byToken())).toMatchObject({ status: 401, body: expect.stringContaining("(iss)") });
    expect(await byToken({ iss: "after-expiry" })).toMatchObject({ status: 201 });
  },
  "unsupported-key": async () => expect(await renew()).toMatchObject({ alert: 43 }),
  "escape-sequences": async () => {
    const body = Buffer.from(reply(await renew()).body, "latin1").toString();
    const { message } = JSON.parse(body) as { message: string };
    for (const odd of ["\u001b[2J", "\u202e", "\u0000", "\r\n"]) expect(message).toContain(odd);
  },
  "bad-aud-close": async () => {
    expect(await byToken({ aud: "https://ca.example/renew" })).toMatchObject({ closed: true });
    expect(await byToken()).toMatchObject({ status: 201 });
  },
  "missing-client-certificate": async () => {
    expect(reply(await renew())).toMatchObject({ status: 400, body: expect.stringContaining("missing client") });
    expect(await byToken()).toMatchObject({ status: 201 });
  },
  "skewed-date": async () => {
    const date = Date.parse(String(reply(await get(ca, "/health")).headers.date));
    expect(date - Date.now()).toBeGreaterThan(19 * 60_000);
  },
  "other-key": async () => expect(keyOf(await newLeaf())).not.toBe(keyOf(old())),
  "other-subject": async () => expect((await newLeaf()).subject).toBe("CN=someone else"),
  "other-names": async () => expect((await newLeaf()).subjectAltName).toBe("DNS:other.example"),
  "other-usages": async () => expect((await newLeaf()).keyUsage).toEqual(["1.3.6.1.5.5.7.3.3"]),
  "other-root": async () => {
    const [certificate, issuer] = await issued();
    expect(issuer && certificate?.verify(issuer.publicKey)).toBe(true);
    expect(issuer?.verify(new X509Certificate(authority.root).publicKey)).toBe(false);
  },
  "already-expired": async () => expect(Date.parse((await newLeaf()).validTo)).toBeLessThan(Date.now()),
  older: async () => {
    const end = Date.parse((await newLeaf()).validTo);
    expect(end).toBeLessThan(Date.parse(old().validTo));
    expect(end).toBeGreaterThan(Date.now());
  },
  "is-a-ca": async () => expect((await newLeaf()).ca).toBe(true),
  "no-provisioner-extension": async () => expect((await newLeaf()).raw.includes("after-expiry")).toBe(false),
  "wrong-order": async () => expect((await issued()).map(({ ca: isCa }) => isCa)).toEqual([true, false]),
  "leaf-only": async () => expect(await issued()).toHaveLength(1),
  "legacy-answer": async () => {
    const body: unknown = JSON.parse(reply(await renew()).body);
    expect(body).toEqual({ crt: expect.any(String), ca: expect.any(String), tlsOptions: expect.anything() });
  },
  "expired-server-certificate": () => refusesUs("CERT_HAS_EXPIRED"),
  "not-yet-valid-server-certificate": () => refusesUs("CERT_NOT_YET_VALID"),
  "wrong-server-name": () => refusesUs("ERR_TLS_CERT_ALTNAME_INVALID"),
  "other-server-root": () => refusesUs("SELF_SIGNED_CERT_IN_CHAIN"),
  "server-leaf-only": () => refusesUs("UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
};

describe("a fault", () => {
  test.each(Object.keys(faults) as Fault[])("%s", async (fault) => {
    ca.faults.add(fault);
    try {
      await checks[fault]();
    } finally {
      ca.faults.delete(fault);
    }
    expect(await renew()).toMatchObject({ status: 201 });
  });

  test("leaves what is not a renewal alone, unless it says otherwise", async () => {
    ca.faults.add("server-error-500");
    expect(await get(ca, "/version")).toMatchObject({ status: 200 });
    ca.faults.clear();
  });

  test("is told apart from the CA's own words: in the log, and by the request id that a proxy lacks", async () => {
    ca.faults.add("html-502");
    const { headers } = reply(await renew());
    ca.faults.clear();
    expect(headers["x-request-id"]).toBeUndefined();
    expect(ca.log.at(-1)).toMatchObject({ path: "/renew", status: 502, error: "fault: html-502" });
  });
});
