/** What can be asked of the embedded CA besides answers: its options, its log, its end. */
import { X509Certificate } from "node:crypto";
import { connect } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Authority, createAuthority } from "../../src/dev-ca/authority.ts";
import { type DevCa, type DevCaOptions, startDevCa } from "../../src/dev-ca/server.ts";
import { type Answer, ask, get, makeToken, post, postMtls, postToken, type Reply } from "../support/raw.ts";
import { signingRequest } from "../support/signing-request.ts";
import { begin } from "./client.ts";

const hour = 3_600_000;
const started: DevCa[] = [];
async function start(options: DevCaOptions = {}): Promise<DevCa> {
  const ca = await startDevCa(options);
  started.push(ca);
  return ca;
}
afterEach(async () => {
  await Promise.all(started.splice(0).map((ca) => ca.close()));
});

async function pairFrom({ issue }: Authority, spec: Parameters<Authority["issue"]>[0] = {}) {
  const { chain, key } = await issue({ provisioner: { name: "after-expiry" }, ...spec });
  return { cert: chain, key };
}
function jsonOf(answer: Answer): Record<string, unknown> {
  return JSON.parse((answer as Reply).body) as Record<string, unknown>;
}
const leafOf = (answer: Answer) => new X509Certificate(String(jsonOf(answer)["crt"]));

describe("options", () => {
  test("two CAs share one authority: what one refuses, the other renews", async () => {
    const authority = await createAuthority({ notBefore: new Date(Date.now() - 24 * hour) });
    const [oldRule, newRule] = [await start({ authority, like: "v0.26.1" }), await start({ authority })];
    const span = { notBefore: new Date(Date.now() - 3 * hour), notAfter: new Date(Date.now() - hour) };
    const leaf = await authority.issue({ ...span, provisioner: { name: "after-expiry" } });
    expect(await postToken(oldRule, makeToken({ ...leaf, url: oldRule.url }))).toMatchObject({ status: 401 });
    expect(await postToken(newRule, makeToken({ ...leaf, url: newRule.url }))).toMatchObject({ status: 201 });
  });

  test("/version says what it is told to say", async () => {
    expect(jsonOf(await get(await start(), "/version"))).toEqual({ version: "v0.30.2" });
    expect(jsonOf(await get(await start({ like: "v0.26.1", says: "N/A" }), "/version"))).toEqual({ version: "N/A" });
  });

  test("hidden paths are not there, with and without their version, and all below them", async () => {
    const ca = await start({ hide: ["/version", "/root"] });
    for (const path of ["/version", "/1.0/version", "/root/abcd"]) {
      expect(await get(ca, path)).toMatchObject({ status: 404, body: "404 page not found\n" });
    }
    expect(await get(ca, "/roots")).toMatchObject({ status: 201 });
  });

  test("names are in its certificate and in its URL", async () => {
    const ca = await start({ dnsNames: ["127.0.0.1", "ca.example"] });
    expect(ca.url).toBe(`https://127.0.0.1:${ca.port}`);
    expect(await get(ca, "/health")).toMatchObject({ status: 200 });
  });

  test("the clock is the one it is given: in Date, in what it issues and in its rules", async () => {
    const later = new Date(Date.now() + 48 * hour);
    const ca = await start({ now: () => later });
    expect(await get(ca, "/health")).toMatchObject({ headers: { date: later.toUTCString() } });
    expect(await postMtls(ca, await pairFrom(ca.authority))).toEqual({ alert: 45, localPort: expect.any(Number) });
    const fresh = await postMtls(ca, await pairFrom(ca.authority, { notAfter: new Date(Date.now() + 72 * hour) }));
    expect(Date.parse(leafOf(fresh).validFrom)).toBe(Math.floor(later.getTime() / 1000) * 1000);
  });

  test("backdating keeps the whole lifetime, and may eat all of it", async () => {
    const ca = await start({ backdateMs: 60_000 });
    const span = (seconds: number) => ({ notBefore: new Date(), notAfter: new Date(Date.now() + seconds * 1000) });
    const leaf = leafOf(await postMtls(ca, await pairFrom(ca.authority, span(3600))));
    expect(Date.parse(leaf.validTo) - Date.parse(leaf.validFrom)).toBe(3_600_000);
    expect(Date.parse(leaf.validFrom)).toBeLessThan(Date.now() - 58_000);
    const born = leafOf(await postMtls(ca, await pairFrom(ca.authority, span(30))));
    expect(Date.parse(born.validTo)).toBeLessThan(Date.now());
    expect(await postMtls(ca, await pairFrom(ca.authority, span(60)))).toMatchObject({ status: 500 });
  });

  test("claims of the whole authority count, and are not shown", async () => {
    const ca = await start({ claims: { disableRenewal: true }, provisioners: [{ name: "plain" }] });
    const answer = await postMtls(ca, await pairFrom(ca.authority, { provisioner: { name: "plain" } }));
    expect(answer).toMatchObject({ status: 401 });
    expect(ca.log.at(-1)?.error).toContain("renew is disabled for provisioner 'plain'");
    expect(jsonOf(await get(ca, "/provisioners"))["provisioners"]).toEqual([
      { type: "JWK", name: "plain", key: expect.objectContaining({ kty: "EC" }) },
    ]);
  });

  test.each(["SSHPOP", "SCEP"])("provisioners of type %s do not renew", async (type) => {
    const ca = await start({ provisioners: [{ name: "other", type }] });
    await postMtls(ca, await pairFrom(ca.authority, { provisioner: { name: "other" } }));
    expect(ca.log.at(-1)?.error).toContain("provisioner.AuthorizeRenew not implemented");
  });
});

describe("one-time tokens", () => {
  const sign = async (ca: DevCa, ott: string, more = {}) => {
    const { pem } = await signingRequest({ subject: "new.example", names: ["new.example"] });
    return post(ca, "/sign", JSON.stringify({ csr: pem, ott, ...more }));
  };

  test("sign a certificate, once", async () => {
    const ca = await start();
    const ott = ca.token("new.example");
    const answer = await sign(ca, ott);
    expect(answer).toMatchObject({ status: 201 });
    expect(leafOf(answer)).toMatchObject({ subject: "CN=new.example", subjectAltName: "DNS:new.example" });
    expect(await sign(ca, ott)).toMatchObject({ status: 401 });
    expect(ca.log.at(-1)?.error).toBe("authority.Authorize: authority.authorizeSign: token already used");
  });

  test.each([
    ["other names", ["other.example"], {}, 403, "does not contain the valid DNS names - got [new.example]"],
    ["too short a life", undefined, { notAfter: "1m" }, 403, "requested duration of 1m0s is less than"],
    ["too long a life", undefined, { notAfter: "48h" }, 403, "requested duration of 48h0m0s is more than"],
    ["an end in the past", undefined, { notAfter: "2001-01-01T00:00:00Z" }, 400, "notAfter cannot be in the past"],
    ["an end that is no time", undefined, { notAfter: "soon" }, 400, "error decoding json"],
  ])("are refused for %s", async (_, names, more, status, message) => {
    const ca = await start();
    const answer = await sign(ca, ca.token("new.example", names), more);
    expect(answer).toMatchObject({ status, body: expect.stringContaining(message) });
  });

  test("are the asked provisioner's", async () => {
    const ca = await start();
    const signed = leafOf(await sign(ca, ca.token("new.example", undefined, "no-renewal")));
    expect(signed.raw.includes("no-renewal")).toBe(true);
    expect(() => ca.token("new.example", undefined, "nobody")).toThrow("no provisioner nobody");
  });
});

describe("revocation", () => {
  test("by the certificate itself, once, after which it is not renewed", async () => {
    const ca = await start();
    const pair = await pairFrom(ca.authority);
    const serial = BigInt(`0x${new X509Certificate(pair.cert).serialNumber}`).toString();
    const revoke = () => postMtls(ca, pair, { path: "/revoke", body: JSON.stringify({ serial, passive: true }) });
    expect(await revoke()).toMatchObject({ status: 200, body: '{"status":"ok"}\n' });
    expect(await revoke()).toMatchObject({ status: 400, body: expect.stringContaining("is already revoked") });
    expect(await postMtls(ca, pair)).toMatchObject({ status: 401 });
  });

  test.each([
    ["v0.26.2", 400, "serial number in client certificate different than body"],
    ["v0.30.2", 403, "do not match"],
  ] as const)("of another's certificate is refused as %s does", async (like, status, message) => {
    const ca = await start({ like });
    const body = JSON.stringify({ serial: "1", passive: true });
    const answer = await postMtls(ca, await pairFrom(ca.authority), { path: "/revoke", body });
    expect(answer).toMatchObject({ status, body: expect.stringContaining(message) });
  });
});

describe("the log", () => {
  test("has what the client is not told, and which way the request came", async () => {
    const ca = await start();
    const pair = await pairFrom(ca.authority, { provisioner: { name: "gone" } });
    const { requestId } = (await postMtls(ca, pair)) as Reply;
    await ask(ca, { headers: { Authorization: "Bearer nonsense", "X-Request-Id": "mine" } });
    await get(ca, "/health");
    expect(ca.log).toEqual([
      {
        time: expect.any(Date),
        method: "POST",
        path: "/renew",
        status: 401,
        way: "mtls",
        error: "cahandler.Renew: authority.authorizeRenew: provisioner not found",
        requestId,
      },
      expect.objectContaining({ status: 401, way: "token", requestId: "mine" }),
      expect.objectContaining({ method: "GET", path: "/health", status: 200, way: "none" }),
    ]);
  });

  test("has the handshakes that failed", async () => {
    const ca = await start();
    const { localPort } = await postMtls(ca, await pairFrom(ca.authority, { usages: ["serverAuth"] }));
    expect(ca.log.at(-1)).toMatchObject({
      status: 0,
      way: "mtls",
      error: `http: TLS handshake error from 127.0.0.1:${localPort}: tls: failed to verify certificate: x509: certificate specifies an incompatible key usage`,
    });
  });

  test("has plain HTTP, which is told off", async () => {
    const ca = await start();
    const said = await new Promise<string>((resolve) => {
      const socket = connect(ca.port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\n\r\n"));
      socket.once("data", (data) => resolve(data.toString()));
    });
    expect(said).toBe("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n");
    expect(ca.log.at(-1)?.error).toContain("client sent an HTTP request to an HTTPS server");
  });
});

describe("the end", () => {
  test("cuts what is under way and frees the port", async () => {
    const ca = await startDevCa({ faults: ["hang"] });
    const exchange = begin(ca, await pairFrom(ca.authority));
    await vi.waitFor(() => expect(ca.log).toHaveLength(1));
    await ca.close();
    await exchange.gone;
    expect(exchange.received()).toEqual({ status: null, bytes: 0 });
    await expect(get(ca, "/health")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await vi.waitFor(() => expect(networkHandles()).toEqual([]));
  });

  test("cuts a body that trickles, with its timer", async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const ca = await startDevCa({ faults: ["slow-body"] });
    const before = timers();
    const exchange = begin(ca, await pairFrom(ca.authority));
    await vi.waitFor(() => expect(exchange.received().bytes).toBeGreaterThan(0));
    await ca.close();
    await exchange.gone;
    await vi.waitFor(() => expect(timers()).toBeLessThanOrEqual(before));
  });
});

function networkHandles(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /^(TCP|TLS)/.test(name));
}
