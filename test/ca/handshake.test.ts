import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import type { Route } from "../../src/ca/client.ts";
import { askHandshake } from "../../src/ca/handshake.ts";
import { presentedChain } from "../../src/ca/presented.ts";
import { parseCaUrl } from "../../src/ca/url.ts";
import { createAuthority, issuerOf } from "../../src/dev-ca/authority.ts";
import { makeCertificate, pem } from "../../src/dev-ca/issuing/certificate-maker.ts";
import { createKey } from "../../src/dev-ca/issuing/key.ts";
import { type DevCaOptions, startDevCa } from "../../src/dev-ca/server.ts";
import { Extension } from "../../src/dev-ca/x509.ts";

const running: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of running.splice(0).reverse()) await end();
});

const ask = (url: string, { env = {}, limitMs = 3000 } = {}) =>
  askHandshake({ ca: parseCaUrl(url, "--ca-url"), env, signal: AbortSignal.timeout(limitMs) });
const texts = (all: readonly { text: string }[] | null | undefined) => all?.map(({ text }) => text) ?? all;
const subjects = (all: readonly { subject: { text: string } }[]) => all.map(({ subject }) => subject.text);

async function devCa(options: DevCaOptions): Promise<string> {
  const ca = await startDevCa(options);
  running.push(() => ca.close());
  return ca.url;
}

async function listening(server: Server): Promise<string> {
  const open = new Set<Socket>();
  server.on("connection", (socket) => open.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  running.push(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

const raw = (talk: (socket: Socket) => void) =>
  listening(
    createTcpServer((socket) => {
      socket.on("error", () => undefined);
      talk(socket);
    }),
  );

async function tls(options: TlsOptions): Promise<string> {
  const server = createTlsServer(options);
  server.on("tlsClientError", () => undefined);
  return listening(server);
}

describe("the handshake tells", () => {
  test.each([
    ["the root issues", false, ["CN=a"], ["CN=Step Online CA", "CN=a"]],
    ["an intermediate issues", true, ["CN=a", "CN=a intermediate"], ["CN=Step Online CA", "CN=a intermediate"]],
  ])("whose certificates the CA takes, and what it presents, where %s", async (_, intermediate, names, presented) => {
    const url = await devCa({ authority: await createAuthority({ subject: "a", intermediate }) });
    const told = await ask(url);
    expect([told.version, texts(told.acceptable), subjects(told.presented)]).toEqual(["TLS 1.2", names, presented]);
  });

  test("that nobody asks for a certificate, where a proxy ends TLS", async () => {
    const url = await devCa({ faults: ["missing-client-certificate"] });
    expect((await ask(url)).acceptable).toBeNull();
  });

  test("the same of a server that insists on a certificate, and breaks off without one", async () => {
    const authority = await createAuthority({ subject: "strict" });
    const own = await authority.issue({ subject: "own", usages: ["serverAuth"] });
    const url = await tls({
      cert: own.chain,
      key: own.key,
      ca: authority.root,
      requestCert: true,
      maxVersion: "TLSv1.2",
    });
    const told = await ask(url);
    expect([texts(told.acceptable), subjects(told.presented)]).toEqual([["CN=strict"], ["CN=own", "CN=strict"]]);
  });

  test("what is presented, and no more, of a server with TLS 1.3 alone", async () => {
    const authority = await createAuthority({ subject: "new", intermediate: true });
    const own = await authority.issue({ subject: "server", usages: ["serverAuth"] });
    const url = await tls({ cert: own.chain, key: own.key, minVersion: "TLSv1.3", requestCert: true });
    const told = await ask(url);
    expect([told.version, subjects(told.presented)]).toEqual(["TLS 1.3", ["CN=server", "CN=new intermediate"]]);
    expect("acceptable" in told).toBe(false);
  });

  test("the same through a proxy", async () => {
    const url = await devCa({ authority: await createAuthority({ subject: "far" }), dnsNames: ["ca.example"] });
    const { port } = new URL(url);
    const asked: (string | undefined)[] = [];
    const proxy = createHttpServer().on("connect", (request, socket: Socket) => {
      asked.push(request.url);
      const upstream = connect(Number(port), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        upstream.pipe(socket).pipe(upstream);
      });
      socket.on("error", () => upstream.destroy());
      upstream.on("error", () => socket.destroy());
    });
    const { host } = new URL(await listening(proxy));
    const told = await ask(url, { env: { HTTPS_PROXY: `http://${host}` } });
    expect([asked, texts(told.acceptable)]).toEqual([[`ca.example:${port}`], ["CN=far"]]);
  });

  describe("of a certificate that OpenSSL takes and our reader does not", () => {
    const odd = async (maxVersion: "TLSv1.2" | "TLSv1.3") => {
      const authority = await createAuthority({ subject: "odd" });
      const { privatePem, spki } = await createKey("P-256");
      const twice = new Extension("1.2.3.4", false, Buffer.from("0500", "hex"));
      const plan = { subject: [{ CN: ["twice"] }], spki, notBefore: new Date(0), notAfter: new Date(2e12) };
      const issuer = await issuerOf({ certificate: authority.root, key: authority.rootKey });
      const leaf = pem(await makeCertificate({ ...plan, extensions: [twice, twice] }, issuer));
      return tls({ cert: leaf + authority.root, key: privatePem, minVersion: maxVersion, maxVersion });
    };

    test.each(["TLSv1.2", "TLSv1.3"] as const)("the rest, over %s", async (version) => {
      const url = await odd(version);
      const { signal } = new AbortController();
      const route: Pick<Route, "ca" | "env" | "signal"> = { ca: parseCaUrl(url, "--ca-url"), env: {}, signal };
      expect(subjects(await presentedChain(route as Route))).toEqual(["CN=odd"]);
    });
  });
});

describe("nothing comes of", () => {
  test.each<[string, (socket: Socket) => void]>([
    ["a server that hangs up", (socket) => socket.destroy()],
    ["one that hangs up when it has heard", (socket) => socket.once("data", () => socket.end())],
    ["an SSH server", (socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n")],
    ["plain HTTP", (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["an alert", (socket) => socket.end(Buffer.from("15030300020228", "hex"))],
    ["handshake records without end", (socket) => flood(socket, Buffer.from("16030300040b000000".repeat(5000), "hex"))],
    ["bytes without end", (socket) => flood(socket, Buffer.alloc(65536, 22))],
  ])("%s", async (_, talk) => {
    await expect(ask(await raw(talk))).rejects.toThrow();
  });

  test.each<[string, (socket: Socket) => void]>([
    ["is silent", () => undefined],
    ["drips", (socket) => drip(socket, Buffer.from("160303400002003ffc0303", "hex"))],
  ])("a server that %s, and it is left at the limit", async (_, talk) => {
    const url = await raw(talk);
    const started = performance.now();
    await expect(ask(url, { limitMs: 150 })).rejects.toThrow();
    expect(performance.now() - started).toBeLessThan(1000);
  });

  test("nobody at all", async () => {
    await expect(ask("https://localhost:1")).rejects.toThrow();
  });
});

function flood(socket: Socket, bytes: Buffer): void {
  const more = () => {
    while (!socket.destroyed && socket.write(bytes));
  };
  socket.on("drain", more);
  more();
}

function drip(socket: Socket, bytes: Buffer): void {
  let at = 0;
  const timer = setInterval(() => socket.write(bytes.subarray(at, ++at)), 20);
  socket.once("close", () => clearInterval(timer));
}
