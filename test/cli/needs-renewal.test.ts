/** `renew needs-renewal`: step's exit statuses and streams, for files and for servers. */
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createAuthority, type LeafSpec } from "../../src/dev-ca/authority.ts";
import { type Scene, scene } from "../support/scene.ts";
import { startTlsServer, type TlsServer } from "../support/tls-server.ts";
import type { WorldOptions } from "../support/world.ts";

let s: Scene;
beforeEach(async () => {
  s = await scene({ intermediate: true });
});
afterEach(() => s.end());

const yes = "certificate needs renewal\n";
const no = "certificate does not need renewal\n";

async function run(line: string, options: WorldOptions = {}) {
  const { exit, stdout, stderr } = await s.renew(`needs-renewal ${line}`, options);
  const code = /^error\[([A-Z_]+)\]/m.exec(stderr)?.[1];
  return code === undefined ? { exit, stdout, stderr } : { exit, stdout, code };
}

describe("a file", () => {
  beforeEach(async () => {
    await s.issue("web", { from: -10, to: 10 });
    await s.issue("due", { from: -67, to: 33 });
    await s.issue("expired", { from: -30, to: -6 });
  });

  test.each([
    ["web.crt", 1],
    ["due.crt", 0],
    ["expired.crt", 0],
    ["web.crt --expires-in 50%", 0],
    ["web.crt --expires-in 51%", 1],
    ["web.crt --expires-in=100h", 0],
    ["web.crt --expires-in 9h59m59s", 1],
    ["web.crt --expires-in 10h", 0],
    ["web.crt --expires-in 1d", 0],
    ["web.crt --expires-in 0%", 0],
    ["web.crt --expires-in=-0%", 0],
    ["web.crt -expires-in 50%", 0],
    ["-expires-in=51% web.crt", 1],
    ["web.crt --expires-in=", 1],
    ["due.crt --expires-in=", 0],
    ["expired.crt --expires-in 0s", 0],
    ["expired.crt --expires-in=-7h", 1],
    ["web.crt --roots nope.crt --servername other", 1],
  ])("%s ends with %i, silently", async (line, exit) => {
    expect(await run(line)).toEqual({ exit, stdout: "", stderr: "" });
  });

  test.each([
    ["due.crt -v", 0, yes, ""],
    ["-verbose due.crt", 0, yes, ""],
    ["--verbose=true due.crt", 0, yes, ""],
    ["web.crt -v", 1, "", no],
    ["web.crt --verbose", 1, "", no],
    ["web.crt -v=false", 1, "", ""],
  ])("%s says so in step's words, on step's streams", async (line, exit, stdout, stderr) => {
    expect(await run(line)).toEqual({ exit, stdout, stderr });
  });

  test.each([
    ["STEP_EXPIRES_IN", { STEP_EXPIRES_IN: "50%" }, { exit: 0, stdout: "" }],
    ["STEP_VERBOSE", { STEP_VERBOSE: "true" }, { exit: 1, stderr: no }],
    ["STEP_CONTEXT, where there are none", { STEP_CONTEXT: "one" }, { exit: 1, stderr: "" }],
    ["a bad STEP_EXPIRES_IN", { STEP_EXPIRES_IN: "soon" }, { exit: 255, code: "BAD_DURATION" }],
  ])("%s", async (_, env, expected) => {
    expect(await run("web.crt", { env })).toMatchObject(expected);
  });

  test.each([
    ["nope.crt", 2, "FILE_MISSING"],
    ["''", 2, "FILE_MISSING"],
    ["localhost:443", 2, "FILE_MISSING"],
    ["http://localhost", 2, "FILE_MISSING"],
    ["web.crt/x", 255, "FILE_MISSING"],
    [".", 255, "FILE_IS_FOLDER"],
    ["empty.crt", 255, "FILE_EMPTY"],
    ["words.crt", 255, "NOT_PEM"],
    ["web.key", 255, "NO_CERTIFICATE"],
    ["broken.crt", 255, "BAD_CERTIFICATE"],
    ["", 255, "BAD_FLAG"],
    ["web.crt due.crt", 255, "BAD_FLAG"],
    ["web.crt --nope", 255, "BAD_FLAG"],
    ["web.crt --expires-in", 255, "BAD_FLAG"],
    ["web.crt --bundle=maybe", 255, "BAD_FLAG"],
    ["web.crt --expires-in soon", 255, "BAD_DURATION"],
    ["web.crt --expires-in 66", 255, "BAD_DURATION"],
    ["web.crt --expires-in 66.5%", 255, "BAD_DURATION"],
    ["web.crt --expires-in 101%", 255, "BAD_DURATION"],
    ["web.crt --timeout 0", 255, "BAD_DURATION"],
    ["nope.crt --expires-in soon", 255, "BAD_DURATION"],
    ["tls://", 255, "BAD_URL"],
    ["web.crt --context one", 255, "NO_CONTEXT"],
    ["web.crt --context one --config two", 255, "FLAG_CONFLICT"],
  ])("%s ends with %i and %s on stderr", async (line, exit, code) => {
    s.write("empty.crt", "");
    s.write("words.crt", "words");
    s.write("broken.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    expect(await run(line)).toEqual({ exit, stdout: "", code });
  });

  test("a file that may not be read is 255, and not a missing one", async () => {
    const denied = () => {
      throw Object.assign(new Error("EACCES"), { code: "EACCES" });
    };
    const fs = new Proxy((await import("../../src/files/system.ts")).realFileSystem, {
      get: (target, name) => (name === "stat" ? denied : Reflect.get(target, name)),
    });
    expect(await run("web.crt", { fs })).toEqual({ exit: 255, stdout: "", code: "FILE_UNREADABLE" });
  });

  test("a bug is 255 too: nothing else would be noticed", async () => {
    const now = () => {
      throw new Error("a bug");
    };
    expect(await run("web.crt", { now })).toEqual({ exit: 255, stdout: "", code: "BUG" });
  });

  test("of a bundle the first counts, and every one with --bundle", async () => {
    const at = (hours: number) => new Date(s.base.getTime() + hours * 3_600_000);
    const due = await s.authority.issue({ notBefore: at(-67), notAfter: at(33) });
    const fresh = await s.authority.issue({ notBefore: at(-1), notAfter: at(99) });
    s.write("second.crt", fresh.certificate + due.certificate);
    s.write("first.crt", due.certificate + fresh.certificate);
    s.write("none.crt", fresh.certificate + fresh.certificate);
    for (const [line, exit] of [
      ["second.crt", 1],
      ["second.crt --bundle", 0],
      ["second.crt --bundle=false", 1],
      ["first.crt", 0],
      ["first.crt --bundle", 0],
      ["none.crt --bundle", 1],
      ["second.crt --bundle --expires-in 30h", 1],
      ["second.crt --bundle --expires-in 40h", 0],
    ] as const)
      expect([line, await run(line)]).toEqual([line, { exit, stdout: "", stderr: "" }]);
  });

  test("a defaults.json that cannot be read is passed over, and said", async () => {
    s.write("broken.json", "{");
    expect(await run("web.crt --expires-in 50% --config broken.json")).toMatchObject({
      exit: 255,
      code: "BAD_CONFIGURATION",
    });
    const { mkdirSync, writeFileSync } = await import("node:fs");
    mkdirSync("step/config", { recursive: true });
    writeFileSync("step/config/defaults.json", "{");
    const { exit, stderr } = (await run("due.crt", { env: { STEPPATH: "step" } })) as { exit: number; stderr: string };
    expect([exit, stderr]).toEqual([0, "passed over: step/config/defaults.json cannot be used\n"]);
    writeFileSync("step/config/defaults.json", '{"expires-in":"50%","bundle":true}');
    expect(await run("web.crt", { env: { STEPPATH: "step" } })).toEqual({ exit: 0, stdout: "", stderr: "" });
  });
});

describe("as JSON", () => {
  const keys = async (line: string) => {
    const { exit, stdout, stderr } = await s.renew(`needs-renewal --json ${line}`);
    expect(stderr).toBe("");
    return { exit, document: JSON.parse(stdout) as Record<string, unknown> };
  };

  test("there is one document, with the same keys however it ends", async () => {
    await s.issue("web", { from: -10, to: 10 });
    const due = await keys("--expires-in 50% web.crt");
    const fresh = await keys("web.crt -v");
    const missing = await keys("nope.crt");
    const usage = await keys("web.crt --nope");
    expect(
      [due, fresh, missing, usage].map(({ exit, document }) => [exit, document["ok"], document["outcome"]]),
    ).toEqual([
      [0, true, "needs-renewal"],
      [1, true, "not-due"],
      [2, false, "failed"],
      [255, false, "failed"],
    ]);
    const [first = [], ...others] = [due, fresh, missing, usage].map(({ document }) => Object.keys(document).sort());
    for (const other of others) expect(other).toEqual(first);
    expect(missing.document).toMatchObject({ error: { code: "FILE_MISSING", exit: 2 }, expiresIn: null, checked: [] });
    expect(usage.document).toMatchObject({ error: { code: "BAD_FLAG", exit: 255 } });
  });

  test("it tells the threshold, the share used, and from when it is due", async () => {
    await s.issue("web", { from: -10, to: 10 });
    const { document } = await keys("web.crt --bundle");
    const dueFrom = new Date(s.base.getTime() + 3.2 * 3_600_000).toISOString();
    expect(document).toMatchObject({
      schema: 1,
      command: "needs-renewal",
      expiresIn: "66%",
      dueFrom,
      certificate: { file: "web.crt" },
      checked: [{ needsRenewal: false, usedPercent: 50, dueFrom }, { certificate: { file: "web.crt" } }],
    });
  });
});

/** OpenSSL looks at the real clock, so these certificates are of the real day. */
describe("a server", () => {
  const servers: TlsServer[] = [];
  const hour = 3_600_000;
  const at = (hours: number) => new Date(Date.now() + hours * hour);
  const present = async (spec: LeafSpec, more: string[] = [], options = {}) => {
    const names = ["localhost", "127.0.0.1", "0.0.0.0"];
    const leaf = { names, usages: ["serverAuth" as const], notBefore: at(-10), notAfter: at(10) };
    const { chain, key } = await s.authority.issue({ ...leaf, ...spec });
    const server = await startTlsServer({ cert: chain + more.join(""), key, ...options });
    servers.push(server);
    return server;
  };
  const look = (port: number, flags = "", options: WorldOptions = {}) =>
    run(`tls://127.0.0.1:${port} --roots root.crt ${flags}`.trim(), { now: () => new Date(), ...options });

  beforeAll(() => {
    delete process.env["HTTPS_PROXY"];
  });
  afterAll(() => Promise.all(servers.map((server) => server.close())));

  test.each([
    ["fresh", {}, "", 1],
    ["over the threshold", {}, "--expires-in 40%", 0],
    ["soon at its end", { notAfter: at(1) }, "", 0],
    ["by its name", {}, "--servername localhost", 1],
  ])("%s: silent, and nothing is sent", async (_, spec, flags, exit) => {
    const server = await present(spec);
    expect(await look(server.port, flags)).toEqual({ exit, stdout: "", stderr: "" });
    expect(server.received()).toBe(0);
  });

  test.each(["tcp", "tls", "https", "smtps", "ldaps", "TLS"])("%s:// is an address", async (scheme) => {
    const { port } = await present({});
    const line = `${scheme}://localhost:${port}/path --roots root.crt -v`;
    expect(await run(line)).toEqual({ exit: 1, stdout: "", stderr: no });
  });

  test("an IPv6 address, in brackets", async () => {
    const { chain, key } = await s.authority.issue({
      names: ["::1"],
      usages: ["serverAuth"],
      notBefore: at(-10),
      notAfter: at(10),
    });
    const server = await startTlsServer({ cert: chain, key }, "::1").catch(() => null);
    if (server === null) return; // a machine without IPv6
    servers.push(server);
    expect(await run(`tls://[::1]:${server.port} --roots root.crt`)).toEqual({ exit: 1, stdout: "", stderr: "" });
  });

  test.each([
    ["expired", { notBefore: at(-20), notAfter: at(-1) }, ""],
    ["not yet valid", { notBefore: at(1), notAfter: at(20) }, ""],
    ["for another name", { names: ["other.internal"] }, ""],
    ["for another name than is asked for", {}, "--servername other.internal"],
    ["with a common name only", { subject: "web.internal", names: [] }, "--servername web.internal"],
    ["for clients only", { usages: ["clientAuth" as const] }, ""],
  ])("one %s is an error, as for step: it cannot be verified", async (_, spec, flags) => {
    const { port } = await present(spec);
    expect(await look(port, flags)).toEqual({ exit: 255, stdout: "", code: "SERVER_UNTRUSTED" });
  });

  test("one of another CA is an error, and so are roots that are not there", async () => {
    const { port } = await present({});
    s.write("other.crt", (await createAuthority()).root);
    expect(await run(`tls://127.0.0.1:${port} --roots other.crt`)).toMatchObject({
      exit: 255,
      code: "SERVER_UNTRUSTED",
    });
    expect(await run(`tls://127.0.0.1:${port} --roots nope.crt`)).toMatchObject({ exit: 255, code: "ROOT_MISSING" });
    expect(await run(`tls://127.0.0.1:${port} --roots other.crt,root.crt`)).toMatchObject({ exit: 1 });
    expect(await run(`tls://127.0.0.1:${port} --roots .`)).toMatchObject({ exit: 1 });
  });

  test("an intermediate may be the one that is trusted, as by Go", async () => {
    const { chain, certificate } = await s.authority.issue({});
    s.write("intermediate.crt", chain.replace(certificate, ""));
    const { port } = await present({});
    expect(await run(`tls://127.0.0.1:${port} --roots intermediate.crt`)).toMatchObject({ exit: 1 });
  });

  test("without --roots the system's count", async () => {
    const { port } = await present({});
    const line = `tls://127.0.0.1:${port}`;
    expect(await run(line)).toMatchObject({ exit: 255, code: "SERVER_UNTRUSTED" });
    expect(await run(line, { env: { SSL_CERT_FILE: "root.crt" } })).toMatchObject({ exit: 1 });
    expect(await run(`${line} --roots=`, { env: { SSL_CERT_FILE: "root.crt" } })).toMatchObject({ exit: 1 });
  });

  test("with --bundle all that it presents counts, and nothing that it does not", async () => {
    const old = await createAuthority({ subject: "of long ago", notBefore: at(-1000), notAfter: at(10) });
    const alone = await present({});
    const along = await present({}, [old.root]);
    s.write("both.crt", s.authority.root + old.root);
    const line = (port: number) => `tls://127.0.0.1:${port} --roots both.crt --expires-in 90%`;
    expect(await run(`${line(alone.port)} --bundle`)).toMatchObject({ exit: 1 });
    expect(await run(line(along.port))).toMatchObject({ exit: 1 });
    expect(await run(`${line(along.port)} --bundle`)).toMatchObject({ exit: 0 });
  });

  test("one that wants a client certificate shows its own first, with TLS 1.3", async () => {
    const { port } = await present({}, [], { requestCert: true, rejectUnauthorized: true });
    expect(await look(port)).toMatchObject({ exit: 1 });
  });

  const listening = async (answer: (socket: import("node:net").Socket) => void) => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      answer(socket);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    servers.push({ port: 0, received: () => 0, close: async () => void server.close() });
    return (server.address() as AddressInfo).port;
  };

  test("none listens", async () => {
    const port = await listening(() => undefined);
    await servers.pop()?.close();
    expect(await look(port)).toEqual({ exit: 255, stdout: "", code: "SERVER_UNREACHABLE" });
  });

  test.each([
    ["closes", (socket: import("node:net").Socket) => void socket.destroy()],
    ["speaks in the clear", (socket: import("node:net").Socket) => void socket.end("220 mail.example ESMTP\r\n")],
  ])("one that %s", async (_, answer) => {
    expect(await look(await listening(answer))).toEqual({ exit: 255, stdout: "", code: "SERVER_UNREACHABLE" });
  });

  test("one that never answers is given up after --timeout", async () => {
    const open: import("node:net").Socket[] = [];
    const port = await listening((socket) => void open.push(socket));
    const { stderr, exit } = await s.renew(`needs-renewal tls://127.0.0.1:${port} --roots root.crt --timeout 100ms`);
    for (const socket of open) socket.destroy();
    expect([exit, stderr]).toEqual([255, expect.stringContaining("does not answer within 0.1s")]);
  });

  test("an interruption ends it as a signal does", async () => {
    const interruption = new AbortController();
    const port = await listening(() => interruption.abort("SIGINT"));
    expect(await look(port, "", { signal: interruption.signal })).toEqual({
      exit: 130,
      stdout: "",
      code: "INTERRUPTED",
    });
  });

  describe("behind a proxy", () => {
    /** Leads every tunnel to one port, and counts them. */
    const startTunnels = async (port: number) => {
      let count = 0;
      const proxy = createHttpServer().listen(0, "127.0.0.1");
      proxy.on("connect", (_request, socket) => {
        count++;
        const through = connect(port, "127.0.0.1", () => {
          socket.write("HTTP/1.1 200 OK\r\n\r\n");
          through.pipe(socket).pipe(through);
        });
        for (const end of [through, socket]) end.on("error", () => undefined);
      });
      await once(proxy, "listening");
      servers.push({ port: 0, received: () => 0, close: async () => void proxy.close() });
      const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      return { env: { HTTPS_PROXY: url }, count: () => count };
    };

    test("it is tried where there is no direct way", async () => {
      const { port } = await present({});
      const closed = await listening(() => undefined);
      await servers.pop()?.close();
      const { env, count } = await startTunnels(port);
      const line = `tls://0.0.0.0:${closed} --roots root.crt`;
      expect(await run(line, { env })).toEqual({ exit: 1, stdout: "", stderr: "" });
      expect(count()).toBe(1);
      expect(await run(line)).toMatchObject({ exit: 255, code: "SERVER_UNREACHABLE" });
      expect(await run(line, { env: { ...env, NO_PROXY: "0.0.0.0" } })).toMatchObject({ exit: 255 });
      expect(await run(line, { env: { HTTPS_PROXY: "ftp://x" } })).toMatchObject({ exit: 255, code: "BAD_URL" });
      const failing = await s.renew(`needs-renewal ${line}`, { env: { HTTPS_PROXY: "127.0.0.1:1" } });
      expect(failing.exit).toBe(255);
      expect(failing.stderr).toMatch(
        /SERVER_UNREACHABLE[\s\S]*There is no direct way to it, and the proxy of HTTPS_PROXY,\s+127\.0\.0\.1:1,/,
      );
    });

    test("it is not asked where there is one, as by step", async () => {
      const { port } = await present({});
      const { env, count } = await startTunnels(port);
      expect(await run(`tls://0.0.0.0:${port} --roots root.crt`, { env })).toMatchObject({ exit: 1 });
      expect(await run(`tls://0.0.0.0:${port} --roots root.crt`, { env: { HTTPS_PROXY: "ftp://x" } })).toMatchObject({
        exit: 1,
      });
      expect(count()).toBe(0);
    });
  });
});
