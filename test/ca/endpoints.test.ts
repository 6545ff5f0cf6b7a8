/** Evidence from a CA that answers as it should not: nothing of it is believed, nothing is thrown, and it ends in time. */
import { sign } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import type { Route } from "../../src/ca/client.ts";
import { askCa } from "../../src/ca/endpoints.ts";
import { parseCaUrl } from "../../src/ca/url.ts";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { encode, integer } from "../../src/dev-ca/issuing/der.ts";
import { type DevCa, type DevCaOptions, startDevCa } from "../../src/dev-ca/server.ts";
import { bytes, json, type Replies, startHostileCa, troubles } from "../support/hostile-ca.ts";
import { certificatesIn, issued } from "../support/issued.ts";

const authority = await createAuthority({ subject: "ours", intermediate: true });
const other = await createAuthority({ subject: "another CA", intermediate: true });
const web = await issued({ provisioner: { name: "admin" } }, authority);

const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.close();
});

function routeTo(url: string, roots: readonly string[] = [authority.root]): Route {
  return {
    ca: parseCaUrl(url, "--ca-url"),
    roots: roots.flatMap(certificatesIn),
    timeoutMs: 30_000,
    connectTimeoutMs: 10_000,
    env: {},
    now: () => new Date(),
    elapsed: () => performance.now(),
    signal: new AbortController().signal,
  };
}

async function hostile(replies: Replies): Promise<string> {
  const ca = await startHostileCa(authority, replies);
  running.push(ca);
  return ca.url;
}

async function devCa(options: DevCaOptions): Promise<DevCa> {
  const ca = await startDevCa({ authority, ...options });
  running.push(ca);
  return ca;
}

const ask = (url: string, limitMs?: number) => askCa(routeTo(url), web.leaf, web.chain.slice(1), limitMs);
const outcomes = (asked: Awaited<ReturnType<typeof askCa>>["asked"]) =>
  Object.fromEntries(asked.map(({ source, outcome }) => [source, outcome]));

const intermediate = () => authority.intermediates[0] ?? "";
const plain = (): Replies => ({
  "/version": json(200, { version: "v0.30.2" }),
  "/health": json(200, { status: "ok" }),
  "/roots": json(201, { crts: [authority.root] }),
  "/intermediates": json(201, { crts: [intermediate()] }),
  "/provisioners": json(200, { provisioners: [{ name: "admin", type: "JWK" }], nextCursor: "" }),
});

describe("a CA as it should be", () => {
  test("is asked everything once, and every question leaves a note", async () => {
    const before = Date.now();
    const { facts, asked, roots, intermediates } = await ask((await devCa({ crl: true })).url);
    expect(outcomes(asked)).toEqual({
      "GET /version": "200",
      "GET /health": "200",
      "GET /roots": "201",
      "GET /intermediates": "201",
      "GET /crl": "200",
      "GET /root/00": "404",
      "GET /provisioners": "200",
      "TLS handshake": "TLS 1.2",
    });
    for (const { at, tookMs } of asked) {
      expect(at.getTime()).toBeGreaterThanOrEqual(before);
      expect(tookMs).toBeLessThan(3000);
    }
    expect(roots.map(({ subject }) => subject.text)).toEqual(["CN=ours"]);
    expect(intermediates.map(({ subject }) => subject.text)).toEqual(["CN=ours intermediate"]);
    expect(facts).toMatchObject({
      version: "v0.30.2",
      intermediates: "answers",
      crl: { lists: false, usable: true },
      signs: ["root-not-found", "request-id"],
      handshake: { version: "TLS 1.2", asks: true, accepts: "issuer", acceptable: ["CN=ours", "CN=ours intermediate"] },
    });
    expect(facts.provisioners?.map(({ name }) => name)).toEqual(["admin", "after-expiry", "no-renewal"]);
  });

  test("before v0.27.3 shows its intermediate in the handshake", async () => {
    const { facts, intermediates } = await ask((await devCa({ like: "v0.26.1" })).url);
    expect(intermediates.map(({ subject }) => subject.text)).toEqual(["CN=ours intermediate"]);
    expect(facts).toMatchObject({ intermediates: "not-found", signs: ["crl-endpoint", "request-id"] });
  });

  test.each([
    ["whole", true, undefined],
    ["without its intermediate", false, true],
  ])("presents what is missing, for a chain that is %s", async (_, isWhole, presentsMissing) => {
    const ca = await devCa({ like: "v0.26.1" });
    const { facts } = await askCa(routeTo(ca.url), web.leaf, isWhole ? web.chain.slice(1) : []);
    expect(facts.handshake?.presentsMissing).toBe(presentsMissing);
  });

  test("takes none of another CA's certificates, and presents nothing that they miss", async () => {
    const foreign = await issued({}, other);
    const { facts } = await askCa(routeTo((await devCa({})).url), foreign.leaf, []);
    expect(facts.handshake).toMatchObject({ accepts: "none" });
    expect(facts.handshake?.presentsMissing).toBeUndefined();
  });

  test("is not mistaken for the issuer of a namesake's certificate", async () => {
    const twin = await issued({}, await createAuthority({ subject: "ours", intermediate: true }));
    const { facts } = await askCa(routeTo((await devCa({})).url), twin.leaf, []);
    expect(facts.handshake).toMatchObject({ accepts: "issuer" });
    expect(facts.handshake?.presentsMissing).toBeUndefined();
  });

  test("puts its own request ids on answers, and a proxy's do not count", async () => {
    const id = { "X-Request-Id": "9f0c" };
    const signsOf = async (headers: Record<string, string>) =>
      (await ask(await hostile({ ...plain(), "/health": json(200, { status: "ok" }, headers) }))).facts.signs ?? [];
    expect(await signsOf(id)).toEqual(["request-id"]);
    expect(await signsOf({ ...id, Server: "envoy" })).toEqual([]);
    expect(await signsOf({ ...id, Via: "1.1 proxy" })).toEqual([]);
    const ended = await devCa({ faults: ["missing-client-certificate"], like: "v0.26.1" });
    expect((await ask(ended.url)).facts.signs).toEqual(["crl-endpoint"]);
  });
});

describe("trouble", () => {
  const paths = ["/version", "/health", "/roots", "/intermediates", "/crl", "/root/00", "/provisioners"];
  const limitMs = 1000; // a handshake on a busy machine is within it

  test.each(Object.entries(troubles))("everywhere: what %s", async (_, reply) => {
    const url = await hostile({ "*": reply });
    const started = performance.now();
    const { facts, roots, intermediates, asked } = await ask(url, limitMs);
    expect(performance.now() - started).toBeLessThan(limitMs + 1000);
    const { clock, handshake, ...rest } = facts;
    expect(rest).toEqual({ url });
    expect([roots.length, intermediates.length]).toEqual([0, 1]);
    expect(handshake).toMatchObject({ asks: true });
    expect(asked).toHaveLength(paths.length + 1);
    if (clock !== undefined) expect(Math.abs(clock.ca.getTime() - clock.ours.getTime())).toBeLessThan(1500);
  });

  test.each(paths)("at %s alone leaves the rest as it is", async (path) => {
    for (const name of ["never answers", "is a page", "is no HTTP"] as const) {
      const url = await hostile({ ...plain(), ...{ [path]: troubles[name] } } as Replies);
      const { facts, asked } = await ask(url, 1500);
      const others = Object.entries(outcomes(asked)).filter(([source]) => source !== `GET ${path}`);
      expect(others.filter(([, outcome]) => !/^(20[01]|404|TLS 1\.2)$/.test(outcome))).toEqual([]);
      if (path !== "/version") expect(facts.version).toBe("v0.30.2");
      if (path !== "/provisioners") expect(facts.provisioners).toEqual([{ name: "admin", type: "JWK" }]);
    }
  });

  test("is told in a few words", async () => {
    const url = await hostile({
      "/version": troubles["never answers"] ?? bytes(200, ""),
      "/health": troubles["hangs up"] ?? bytes(200, ""),
      "/roots": json(201, { crts: ["no certificate"] }),
      "/intermediates": bytes(201, Buffer.alloc(2 * 1024 * 1024, 32)),
      "/crl": bytes(200, "no list"),
      "/provisioners": bytes(200, "no list"),
      "/root/00": troubles["is no HTTP"] ?? bytes(200, ""),
    });
    expect(outcomes((await ask(url, 300)).asked)).toEqual({
      "GET /version": "no answer in 0.3 s",
      "GET /health": "closed",
      "GET /roots": "not usable: no certificates that can be read",
      "GET /intermediates": "not usable: more than 1 MiB",
      "GET /crl": "not usable: it cannot be read",
      "GET /root/00": "no answer: NOT_A_CA",
      "GET /provisioners": "not whole: not the JSON of a list",
      "TLS handshake": "TLS 1.2",
    });
  });

  test("with nobody there at all is over at once", async () => {
    const { facts, asked } = await ask("https://localhost:1");
    expect(facts).toEqual({ url: "https://localhost:1" });
    expect(new Set(asked.map(({ outcome }) => outcome.split(":")[0]))).toEqual(new Set(["no answer"]));
  });

  test("ends when the user ends it", async () => {
    const url = await hostile({ "*": troubles["never answers"] ?? bytes(200, "") });
    const ended = AbortSignal.timeout(100);
    const started = performance.now();
    await askCa({ ...routeTo(url), signal: ended }, web.leaf, []);
    await askCa({ ...routeTo(url), signal: ended }, web.leaf, []);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe("a list of provisioners", () => {
  const page = (request: { url?: string | undefined }) => Number(/cursor=(\d+)/.exec(request.url ?? "")?.[1] ?? 0);
  const many = (last: number, mine: number): Replies => ({
    ...plain(),
    "/provisioners": (response, request) => {
      const number = page(request);
      const entries = Array.from({ length: 100 }, (_, n) => ({ name: `p${number}-${n}`, type: "JWK" }));
      if (number === mine) entries.push({ name: "admin", type: "JWK" });
      json(200, { provisioners: entries, nextCursor: number < last ? String(number + 1) : "" })(response, {} as never);
    },
  });

  test("of ten thousand is read to its end", async () => {
    const { facts } = await ask(await hostile(many(99, 99)), 10_000);
    expect(facts.provisioners).toHaveLength(10_001);
  });

  test.each([
    ["never ends", many(Number.POSITIVE_INFINITY, -1), undefined, /^not whole: /],
    ["never ends, and has the certificate's", many(Number.POSITIVE_INFINITY, 1), "admin", /^not whole: /],
    [
      "stops in the middle",
      { ...many(3, -1), ...stopping(2, many(3, -1)) },
      undefined,
      /^not whole: the rest did not come/,
    ],
    ["repeats itself", repeating([{ name: "x" }]), undefined, /^not whole: it repeats itself$/],
    ["repeats itself, and has the certificate's", repeating([{ name: "admin" }]), "admin", /^not whole: /],
    ["has an entry without a name", single([{ type: "JWK" }, { name: "x" }]), undefined, /an entry has no name$/],
    ["has an entry that is none", single([null, 7, "admin", ["admin"]]), undefined, /an entry has no name$/],
    ["has a name that is none", single([{ name: 7 }, { name: "admin" }]), "admin", /an entry has no name$/],
    ["is empty", single([]), "nobody", /^200$/],
    ["has claims that are none", single([{ name: "admin", claims: null, key: 7, state: {} }]), "admin", /^200$/],
    ["has claims of another kind", single([{ name: "admin", claims: { disableRenewal: "yes" } }]), "admin", /^200$/],
    [
      "has claims inside claims",
      single([{ name: "admin", claims: { claims: { disableRenewal: true } } }]),
      "admin",
      /^200$/,
    ],
  ])("that %s", async (_, replies, found, outcome) => {
    const { facts, asked } = await ask(await hostile(replies), 1000);
    expect(outcomes(asked)["GET /provisioners"]).toMatch(outcome);
    if (found === undefined) expect(facts.provisioners).toBeUndefined();
    else if (found === "nobody") expect(facts.provisioners).toEqual([]);
    else
      expect(facts.provisioners?.find(({ name }) => name === found)).toEqual({ name: found, type: expect.any(String) });
  });

  function single(provisioners: unknown[]): Replies {
    return { "/provisioners": json(200, { provisioners, nextCursor: "" }) };
  }
  function repeating(provisioners: unknown[]): Replies {
    return { "/provisioners": json(200, { provisioners, nextCursor: "again" }) };
  }
  function stopping(at: number, { "/provisioners": reply = bytes(500, "") }: Replies): Replies {
    return {
      "/provisioners": (response, request) =>
        page(request) === at ? json(500, {})(response, request) : reply(response, request),
    };
  }
});

describe("what is another CA's", () => {
  const pems = (...all: (string | undefined)[]) => json(201, { crts: all });

  test("roots and intermediates that do not fit the connection are left out, and said so", async () => {
    const published = { "/roots": pems(other.root), "/intermediates": pems(other.intermediates[0]) };
    const { facts, roots, intermediates, asked } = await ask(await hostile({ ...plain(), ...published }));
    expect(roots).toEqual([]);
    expect(intermediates.map(({ subject }) => subject.text)).toEqual(["CN=ours intermediate"]);
    expect(facts.foreign).toEqual(["roots", "intermediates"]);
    expect(facts.intermediates).toBeUndefined();
    expect(outcomes(asked)).toMatchObject({ "GET /roots": "not usable: another CA's" });
  });

  test("a list that has our root among others is the CA's", async () => {
    const { roots, facts } = await ask(await hostile({ ...plain(), "/roots": pems(other.root, authority.root) }));
    expect([roots.length, facts.foreign]).toEqual([2, undefined]);
  });

  test("a root above the intermediate that we trust is the CA's", async () => {
    const { url } = await devCa({});
    const { roots } = await askCa(routeTo(url, [intermediate()]), web.leaf, []);
    expect(roots.map(({ subject }) => subject.text)).toEqual(["CN=ours"]);
  });

  test("our file may trust several CAs: the one that the server's certificate leads to counts", async () => {
    const url = await hostile({ ...plain(), "/roots": pems(other.root) });
    const { roots } = await askCa(routeTo(url, [other.root, authority.root]), web.leaf, []);
    expect(roots).toEqual([]);
  });

  test("a namesake is another CA", async () => {
    const twin = await createAuthority({ subject: "ours" });
    const { facts } = await ask(await hostile({ ...plain(), "/roots": pems(twin.root) }));
    expect(facts.foreign).toEqual(["roots"]);
  });

  test("certificates by the thousand are none", async () => {
    const crowd = Array.from({ length: 1000 }, () => authority.root);
    const { roots, asked } = await ask(
      await hostile({ ...plain(), "/roots": pems(...crowd), "/intermediates": pems(crowd.join("")) }),
    );
    expect(roots).toEqual([]);
    expect(outcomes(asked)["GET /roots"]).toMatch(/^not usable/);
  });
});

describe("a revocation list of sixteen megabytes", () => {
  /** Signed as it should be; entries of 35 bytes with serial numbers from 2^120 on. */
  function list(megabytes: number, last?: bigint): Buffer {
    const entry = (serial: bigint) => `30210210${serial.toString(16).padStart(32, "0")}170d3236303330323132303030305a`;
    const count = Math.floor((megabytes * 1024 * 1024) / 35);
    const all = Array.from({ length: count }, (_, n) => entry(2n ** 120n + BigInt(n)));
    const entries = Buffer.from(all.join("") + (last === undefined ? "" : entry(last)), "hex");
    const algorithm = Buffer.from("300a06082a8648ce3d040302", "hex");
    const [issuer] = certificatesIn(intermediate());
    const name = Buffer.from(issuer.subject.der);
    const time = encode(0x17, Buffer.from("260302120000Z"));
    const tbs = encode(0x30, integer(1), algorithm, name, time, encode(0x30, entries));
    const signature = sign("sha256", tbs, authority.issuerKey);
    return encode(0x30, tbs, algorithm, encode(0x03, Buffer.from([0]), signature));
  }

  test.each([
    ["does not hold it", undefined, { lists: false, usable: true }],
    ["holds it at its end", BigInt(web.leaf.serial), { lists: true, usable: true }],
  ])("that %s is read in time", async (_, last, said) => {
    const url = await hostile({ ...plain(), "/crl": bytes(200, list(15.9, last)) });
    const started = performance.now();
    const { facts } = await ask(url);
    expect(facts.crl).toMatchObject(said);
    expect(performance.now() - started).toBeLessThan(3000);
  });

  test("and more is not read", async () => {
    const { facts, asked } = await ask(await hostile({ ...plain(), "/crl": bytes(200, list(16.1)) }));
    expect(facts.crl).toBeUndefined();
    expect(outcomes(asked)["GET /crl"]).toBe("not usable: more than 16 MiB");
  });
});
