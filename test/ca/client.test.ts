/** One exchange with a server that may be anybody: what it is sent, how often it is asked, and what its answers become. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createSecureContext, createServer, type SecureContext, type TLSSocket } from "node:tls";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Exchange, exchange, type Route } from "../../src/ca/client.ts";
import { keptToAll } from "../../src/ca/pool.ts";
import { parseCaUrl } from "../../src/ca/url.ts";
import { type Authority, createAuthority, type LeafSpec } from "../../src/dev-ca/authority.ts";
import { ConnectionEnded } from "../../src/failure/causes.ts";
import { isFailure } from "../../src/failure/failure.ts";
import { certificatesIn } from "../support/issued.ts";

const running: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of running.splice(0).reverse()) await end();
});

let authority: Authority;
let stranger: Authority;
let client: { chain: string; key: string };
let contexts: Record<"plain" | "not plain" | "a stranger's" | "expired" | "of another name", SecureContext>;

beforeAll(async () => {
  authority = await createAuthority({ intermediate: true });
  stranger = await createAuthority({ intermediate: true });
  client = await authority.issue();
  const usual: LeafSpec = { names: ["localhost"], usages: ["serverAuth"] };
  const contextOf = async (by: Authority, spec: LeafSpec = {}) => {
    const { chain, key } = await by.issue({ ...usual, ...spec });
    return createSecureContext({ cert: chain, key });
  };
  const past = (hours: number) => new Date(Date.now() - hours * 3_600_000);
  contexts = {
    plain: await contextOf(authority),
    // OpenSSL trusts it; not every program would.
    "not plain": await contextOf(authority, { keyUsages: ["keyEncipherment"] }),
    "a stranger's": await contextOf(stranger),
    expired: await contextOf(authority, { notBefore: past(3), notAfter: past(2) }),
    "of another name": await contextOf(authority, { names: ["other.internal"] }),
  };
});

type Shown = keyof typeof contexts;
interface Shop {
  url: string;
  /** Handshakes that were begun, and bytes of applications that came. */
  seen: { connections: number; bytes: number; text: string };
}

async function listening(server: Server): Promise<number> {
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  running.push(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

/** Shows one certificate after the other, the last one for good; answers when a whole head has come. */
async function shop(
  shown: readonly Shown[],
  answer: (socket: TLSSocket) => unknown = (socket) => socket.end(ok),
): Promise<Shop> {
  const seen = { connections: 0, bytes: 0, text: "" };
  const server = createServer({
    SNICallback: (_, done) => done(null, contexts[shown[Math.min(seen.connections++, shown.length - 1)] ?? "plain"]),
    requestCert: true,
    rejectUnauthorized: false,
  });
  server.on("tlsClientError", () => undefined);
  server.on("secureConnection", (socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      seen.bytes += data.length;
      seen.text += data.toString("latin1");
      if (seen.text.includes("\r\n\r\n")) answer(socket);
    });
  });
  return { url: `https://localhost:${await listening(server)}`, seen };
}

/** Passes bytes on, as a proxy does after CONNECT. */
async function tunnel(): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.once("data", (head) => {
      const [, host = "", port = ""] = /^CONNECT ([^:]+):(\d+)/.exec(head.toString("latin1")) ?? [];
      const to = connect(Number(port), host === "localhost" ? "127.0.0.1" : host, () => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        socket.pipe(to).pipe(socket);
      });
      to.on("error", () => socket.destroy());
      socket.on("close", () => to.destroy());
    });
  });
  return `http://127.0.0.1:${await listening(server)}`;
}

type Options = Partial<Omit<Route, "ca">> & { by?: typeof exchange; identity?: boolean; what?: Partial<Exchange> };

async function ask(url: string, { by = exchange, identity = false, what = {}, ...route }: Options = {}) {
  const whole: Route = {
    ca: parseCaUrl(url, "--ca-url"),
    roots: certificatesIn(authority.root),
    timeoutMs: 10_000,
    connectTimeoutMs: 10_000,
    env: {},
    now: () => new Date(),
    elapsed: () => performance.now(),
    signal: new AbortController().signal,
    ...route,
  };
  const headers = { authorization: "Bearer token-of-ours" };
  const asking: Exchange = { method: "POST", path: "/renew", headers, body: "{}", ...what };
  try {
    const { status, headers: got, body } = await by(whole, asking, identity ? client : undefined);
    return { status, headers: got, body: body.toString() };
  } catch (error) {
    if (isFailure(error)) return { code: error.code, facts: error.facts };
    if (error instanceof ConnectionEnded) return { code: "ended", alert: error.alert };
    return { code: "other", error };
  }
}

describe("a server that is not trusted is sent nothing, and asked twice", () => {
  const cases: [string, readonly Shown[], string][] = [
    ["a stranger's certificate", ["a stranger's"], "CA_UNTRUSTED"],
    ["an expired one", ["expired"], "CA_CERT_EXPIRED"],
    ["another name's", ["of another name"], "CA_NAME_MISMATCH"],
    ["one that is not plain, and then a stranger's", ["not plain", "a stranger's"], "CA_UNTRUSTED"],
    ["an expired one, and then a stranger's", ["expired", "a stranger's"], "CA_UNTRUSTED"],
  ];
  const ways = [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ];
  test.each(cases.flatMap((one) => ways.map(([identity, proxied]) => [...one, identity, proxied] as const)))(
    "%s (%j: %s; with a client certificate: %j; through a proxy: %j)",
    async (_, shown, code, identity = false, proxied) => {
      const { url, seen } = await shop(shown);
      const env: Record<string, string> = proxied ? { HTTPS_PROXY: await tunnel() } : {};
      expect(await ask(url, { identity, env })).toMatchObject({ code });
      expect(seen).toEqual({ connections: 2, bytes: 0, text: "" });
    },
  );
});

describe("a proxy that fails is named, and not the CA", () => {
  const answering = (answer: (socket: Socket) => void) =>
    listening(
      createTcpServer((socket) => {
        socket.on("error", () => undefined);
        socket.once("data", () => answer(socket));
      }),
    );
  test.each<[string, (socket: Socket) => void, string, Partial<Options>]>([
    ["closes", (socket) => socket.destroy(), "CA_UNREACHABLE", {}],
    ["speaks no HTTP", (socket) => socket.end("220 mail ready\r\n"), "CA_UNREACHABLE", {}],
    ["cannot reach it", (socket) => socket.end("HTTP/1.1 503 No\r\n\r\n"), "CA_UNREACHABLE", {}],
    ["refuses", (socket) => socket.end("HTTP/1.1 403 No\r\n\r\n"), "PROXY_REFUSED", {}],
    ["says nothing", () => undefined, "CA_TIMEOUT", { connectTimeoutMs: 50 }],
  ])("one that %s", async (_, answer, code, limits) => {
    const proxy = `127.0.0.1:${await answering(answer)}`;
    const env = { HTTPS_PROXY: `http://user:sesame@${proxy}` };
    const { exchange: kept, close } = keptToAll(1);
    for (const by of [exchange, kept]) {
      const failure = await ask("https://ca.internal", { env, by, ...limits });
      expect(failure).toMatchObject({ code, facts: { proxy } });
      expect(JSON.stringify(failure)).not.toContain("sesame");
    }
    close();
  });
});

test("an answer that is cut off says how far it came, whichever connection it was on", async () => {
  const { chain, key } = await authority.issue({ names: ["localhost"], usages: ["serverAuth"] });
  const server = createServer({ cert: chain, key }, (socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.write("HTTP/1.1 201 OK\r\nContent-Length: 9\r\n\r\nhalf", () => socket.destroy()));
  });
  const url = `https://localhost:${await listening(server)}`;
  const { exchange: kept, close } = keptToAll(1);
  for (const by of [exchange, kept])
    expect(await ask(url, { by })).toMatchObject({ code: "CA_CLOSED", facts: { cut: { status: 201, bytes: 4 } } });
  close();
});

describe("a server that is trusted is sent one request", () => {
  test.each<[readonly Shown[], number]>([
    [["plain"], 1],
    [["plain", "a stranger's"], 1],
    [["not plain"], 2],
    [["a stranger's", "plain"], 2],
    [["expired", "not plain"], 2],
  ])("%j, by %i connections", async (shown, connections) => {
    for (const env of [{}, { HTTPS_PROXY: await tunnel() }]) {
      const { url, seen } = await shop(shown);
      expect(await ask(url, { env })).toMatchObject({ status: 200, body: "{}" });
      expect(seen.connections).toBe(connections);
      expect(seen.text.match(/POST \/renew/g)).toHaveLength(1);
    }
  });

  test("an intermediate in the root file is an anchor", async () => {
    const { url, seen } = await shop(["plain"]);
    expect(await ask(url, { roots: certificatesIn(authority.intermediates.join("")) })).toMatchObject({ status: 200 });
    expect(seen.connections).toBe(1);
  });
});

/** The n-th connection is taken, and nothing ever comes of it. */
async function silentAt(number: number): Promise<{ url: string; came: Promise<void> }> {
  const { url } = await shop(["not plain"]);
  const port = Number(new URL(url).port);
  let count = 0;
  let here: () => void = () => undefined;
  const came = new Promise<void>((resolve) => {
    here = resolve;
  });
  const server = createTcpServer((socket) => {
    if (++count === number) return here();
    const to = connect(port, "127.0.0.1");
    to.on("error", () => socket.destroy());
    socket.on("close", () => to.destroy());
    socket.pipe(to).pipe(socket);
  });
  return { url: `https://localhost:${await listening(server)}`, came };
}

describe.each([1, 2])("where connection %i is silent", (number) => {
  test("the time to connect is limited", async () => {
    const { url } = await silentAt(number);
    const facts = { phase: "connect", limitMs: 700 };
    expect(await ask(url, { connectTimeoutMs: 700 })).toMatchObject({ code: "CA_TIMEOUT", facts });
  });

  test("the time for all is limited", async () => {
    const { url } = await silentAt(number);
    const facts = { phase: "connect", limitMs: 700 };
    expect(await ask(url, { timeoutMs: 700 })).toMatchObject({ code: "CA_TIMEOUT", facts });
  });

  test("Ctrl-C ends it", async () => {
    const { url, came } = await silentAt(number);
    const controller = new AbortController();
    const asked = ask(url, { signal: controller.signal });
    await came;
    controller.abort();
    expect(await asked).toMatchObject({ code: "other" });
  });
});

test("a server that never answers is waited for as long as was said", async () => {
  const { url } = await shop(["plain"], () => undefined);
  const facts = { phase: "exchange", limitMs: 700 };
  expect(await ask(url, { timeoutMs: 700, connectTimeoutMs: 600 })).toMatchObject({ code: "CA_TIMEOUT", facts });
});

describe("answers", () => {
  const head = (...lines: string[]) => `${lines.join("\r\n")}\r\n\r\n`;
  const says = (text: string) => shop(["plain"], (socket) => socket.end(text));

  test.each<[string, string, unknown]>([
    [
      "a change of protocol",
      head("HTTP/1.1 101 Switching Protocols", "Upgrade: h2c", "Connection: Upgrade"),
      { code: "NOT_A_CA" },
    ],
    [
      "a change to nothing",
      head("HTTP/1.1 101 Switching Protocols"),
      { code: expect.stringMatching(/NOT_A_CA|ended/) },
    ],
    ["100 and then 200", head("HTTP/1.1 100 Continue") + ok, { status: 200, body: "{}" }],
    ["103 and then 200", head("HTTP/1.1 103 Early Hints", "Link: </x>") + ok, { status: 200, body: "{}" }],
    ["100 and nothing", head("HTTP/1.1 100 Continue"), { code: "ended" }],
    ["a header twice", head("HTTP/1.1 200 OK", "X: a", "x: b", "Content-Length: 0"), { headers: { x: "a, b" } }],
    ["a header called __proto__", head("HTTP/1.1 200 OK", "__proto__: a", "Content-Length: 0"), { status: 200 }],
    ["too many headers", head("HTTP/1.1 200 OK", `X: ${"x".repeat(20_000)}`), { code: "RESPONSE_TOO_LARGE" }],
    ["two lengths", head("HTTP/1.1 200 OK", "Content-Length: 1", "Content-Length: 2"), { code: "NOT_A_CA" }],
    [
      "a length and chunks",
      head("HTTP/1.1 200 OK", "Content-Length: 1", "Transfer-Encoding: chunked"),
      { code: "NOT_A_CA" },
    ],
    ["a body that is cut short", `${head("HTTP/1.1 200 OK", "Content-Length: 9")}{}`, { code: "CA_CLOSED" }],
    [
      "a chunk that is cut short",
      `${head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked")}9\r\n{}`,
      { code: "CA_CLOSED" },
    ],
    ["no last chunk", `${head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked")}2\r\n{}\r\n`, { code: "CA_CLOSED" }],
    ["chunks of nonsense", `${head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked")}zz\r\n{}`, { code: "NOT_A_CA" }],
    ["nonsense", "nonsense\r\n\r\n", { code: "NOT_A_CA" }],
    ["a head that is cut short", "HTTP/1.1 200 OK\r\nContent-Le", { code: "ended" }],
    ["nothing", "", { code: "ended" }],
    ["no length, and the end", `${head("HTTP/1.1 200 OK", "Connection: close")}{}`, { status: 200, body: "{}" }],
    ["HTTP/1.0", `${head("HTTP/1.0 201 Created")}{}`, { status: 201, body: "{}" }],
    ["204", head("HTTP/1.1 204 No Content"), { status: 204, body: "" }],
    ["a second answer behind the first", ok + ok, { status: 200, body: "{}" }],
  ])("%s", async (_, text, expected) => {
    const { url } = await says(text);
    expect(await ask(url)).toMatchObject(expected as object);
  });

  test("a body up to the limit is read, and none above", async () => {
    const { url } = await says(`${head("HTTP/1.1 200 OK", "Content-Length: 10")}0123456789`);
    expect(await ask(url, { what: { limit: 10 } })).toMatchObject({ body: "0123456789" });
    expect(await ask(url, { what: { limit: 9 } })).toMatchObject({ code: "RESPONSE_TOO_LARGE", facts: { limit: 9 } });
  });

  test("a connection that is torn down", async () => {
    const { url } = await shop(["plain"], (socket) => socket.destroy());
    expect(await ask(url)).toMatchObject({ code: "ended", alert: null });
  });

  test("an answer before the question is whole", async () => {
    const { url } = await says(ok);
    const body = "x".repeat(200_000);
    expect(await ask(url, { what: { body } })).toMatchObject({ status: 200 });
  });

  test("Ctrl-C in the middle of one", async () => {
    const controller = new AbortController();
    const { url } = await shop(["plain"], (socket) => {
      socket.write(head("HTTP/1.1 200 OK", "Content-Length: 9"));
      controller.abort();
    });
    expect(await ask(url, { signal: controller.signal })).toMatchObject({ code: "other" });
  });
});
