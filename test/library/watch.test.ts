/** A watch with a real TLS server, on a clock that the test sets forward. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer as createPlainServer } from "node:http";
import { Agent, createServer, request, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Watch, WatchFailure, WatchOptions, WatchRenewal } from "../../src/library/index.ts";
import { RenewError, renew, watch } from "../../src/library/index.ts";
import { watchPolicy } from "../../src/library/policy.ts";
import { quietWorld } from "../../src/library/quiet-world.ts";
import { Account } from "../../src/library/told.ts";
import { listenForEnd } from "../../src/library/watch-end.ts";
import { Watcher } from "../../src/library/watcher.ts";
import { type Scene, scene } from "../support/scene.ts";
import { learnFrom } from "../support/secrets.ts";

const hour = 3_600_000;
const slice = 60_000;

let s: Scene;
let clock: Clock;
const ends: (() => unknown)[] = [];

beforeEach(async () => {
  s = await scene({ intermediate: true });
  clock = new Clock(s.base);
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await s.end();
});

/** Stands still until it is set forward; then whoever sleeps is woken. */
class Clock {
  now: Date;
  readonly #sleepers = new Set<() => void>();
  constructor(now: Date) {
    this.now = now;
  }

  sleep = (_ms: number, ...signals: (AbortSignal | undefined)[]): Promise<void> =>
    new Promise((resolve) => {
      const end = () => {
        this.#sleepers.delete(end);
        for (const signal of signals) signal?.removeEventListener("abort", end);
        resolve();
      };
      this.#sleepers.add(end);
      for (const signal of signals) signal?.addEventListener("abort", end, { once: true });
      if (signals.some((signal) => signal?.aborted)) end();
    });

  async to(moment: Date): Promise<void> {
    await vi.waitFor(() => expect(this.#sleepers.size).toBeGreaterThan(0));
    this.now = moment;
    for (const wake of [...this.#sleepers]) wake();
  }

  forward(ms: number): Promise<void> {
    return this.to(new Date(this.now.getTime() + ms));
  }
}

interface Watching {
  watching: Watch;
  renewals: WatchRenewal[];
  failures: (WatchFailure & { error: RenewError })[];
}

const pairOptions = (): WatchOptions => ({
  certificate: "web.crt",
  key: "web.key",
  caUrl: s.url(),
  root: "root.crt",
  timeoutMs: 5000,
});

/** As `watch` does it, but for the clock. */
async function begin(more: Partial<WatchOptions> = {}, signal?: AbortSignal): Promise<Watching> {
  const renewals: Watching["renewals"] = [];
  const failures: Watching["failures"] = [];
  const options = { ...pairOptions(), ...more };
  const handlers = {
    onRenewed: (renewal: WatchRenewal) => void renewals.push(renewal),
    onFailure: (error: RenewError, how: WatchFailure) => void failures.push({ ...how, error }),
    ...(signal && { signal }),
  };
  const end = new AbortController();
  const { world: quiet } = quietWorld({ now: () => clock.now, signal: end.signal });
  const world = { ...quiet, sleep: (ms: number, wake?: AbortSignal) => clock.sleep(ms, wake, end.signal) };
  const account = new Account("renew");
  const unlisten = listenForEnd({ options, handlers }, end);
  const policy = watchPolicy(options, handlers);
  const watcher = new Watcher({ policy, options, handlers, world, end, unlisten, account });
  await watcher.start();
  ends.push(() => watcher.stop());
  return { watching: watcher, renewals, failures };
}

async function issue(from = -12, to = 12): Promise<void> {
  const hours = (clock.now.getTime() - s.base.getTime()) / hour;
  await s.issue("web", {
    subject: "web.internal",
    names: ["web.internal"],
    usages: ["serverAuth", "clientAuth"],
    from: from + hours,
    to: to + hours,
  });
  learnFrom(["web.key"], s.folder);
}

async function serve(server: Server): Promise<number> {
  server.on("request", (_, response) => response.end("served"));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  ends.push(() => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  });
  return (server.address() as AddressInfo).port;
}

/** The serial number, as ours are, of what a new connection is shown. */
function presented(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", servername: "web.internal", rejectUnauthorized: false }, () => {
      resolve(BigInt(`0x${socket.getPeerCertificate().serialNumber}`).toString());
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

function get(port: number, agent: Agent): Promise<{ body: string; socket: TLSSocket }> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: "127.0.0.1", agent, servername: "web.internal", rejectUnauthorized: false });
    sent.on("error", reject).on("response", (response) => {
      const socket = response.socket as TLSSocket;
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => resolve({ body, socket }));
    });
    sent.end();
  });
}

describe("a server", () => {
  test("has the pair at once, and a new one in time; an open connection stays open", async () => {
    await issue();
    await s.ca({ now: () => clock.now });
    const server = createServer();
    const port = await serve(server);
    const { watching, renewals } = await begin({ server, hooks: { execShell: "echo x >> hooked" } });
    const first = watching.certificate.serial;
    expect(await presented(port)).toBe(first);
    expect(renewals, "what is there at the start is no news").toEqual([]);

    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    ends.push(() => agent.destroy());
    const before = await get(port, agent);
    expect(watching.next.getTime()).toBeGreaterThan(s.base.getTime());
    expect(watching.next.getTime()).toBeLessThanOrEqual(s.base.getTime() + 4 * hour);
    await clock.to(watching.next);
    await vi.waitFor(() => expect(renewals.length).toBe(1));

    expect(renewals[0]).toMatchObject({ by: "watch", chain: readFileSync("web.crt", "utf8") });
    expect(renewals[0]?.certificate.serial).not.toBe(first);
    expect(renewals[0]?.next.getTime()).toBe(watching.next.getTime());
    expect(watching.certificate).toEqual(renewals[0]?.certificate);
    expect(await presented(port)).toBe(watching.certificate.serial);
    const after = await get(port, agent);
    expect([after.body, after.socket === before.socket]).toEqual(["served", true]);
    expect(readFileSync("hooked", "utf8")).toBe("x\n");
  });

  test("has what somebody else puts there, within a minute, as soon as it is whole", async () => {
    await issue();
    const server = createServer();
    const port = await serve(server);
    const { watching, renewals, failures } = await begin({ server });
    const first = watching.certificate.serial;
    const oldKey = readFileSync("web.key");
    await issue();
    const newKey = readFileSync("web.key");
    writeFileSync("web.key", oldKey);
    await clock.forward(slice);
    await vi.waitFor(() => expect(failures.length).toBe(1));
    expect(failures[0]).toMatchObject({ count: 1, isNews: true, error: { code: "KEY_MISMATCH" } });
    expect(await presented(port)).toBe(first);

    writeFileSync("web.key", newKey);
    await clock.to(watching.next);
    await vi.waitFor(() => expect(renewals.length).toBe(1));
    expect(renewals[0]).toMatchObject({ by: "other" });
    expect(await presented(port)).toBe(watching.certificate.serial);
    expect(watching.certificate.serial).not.toBe(first);
  });

  test("keeps what else it was made with: a client of another CA is refused as before", async () => {
    await issue();
    await s.ca({ now: () => clock.now });
    const [cert, key, ca] = ["web.crt", "web.key", "root.crt"].map((file) => readFileSync(file, "utf8"));
    const own = { cert, key, ca } as { cert: string; key: string; ca: string };
    const server = createServer({ ...own, requestCert: true, minVersion: "TLSv1.2", maxVersion: "TLSv1.2" });
    const port = await serve(server);
    const { watching, renewals } = await begin({ server });
    await clock.to(watching.next);
    await vi.waitFor(() => expect(renewals.length).toBe(1));
    const shown = (client: { cert: string; key: string } | object) =>
      new Promise<string>((resolve) => {
        const options = { port, host: "127.0.0.1", servername: "web.internal", rejectUnauthorized: false };
        const socket = connect({ ...options, ...client }, () => socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
        socket.once("data", () => resolve(`served by ${socket.getProtocol()}`)).once("error", () => resolve("refused"));
        socket.once("close", () => resolve("refused"));
        ends.push(() => socket.destroy());
      });
    expect(await shown({})).toBe("refused");
    expect(await shown({ cert: own.cert, key: own.key })).toBe("served by TLSv1.2");
  });

  test("that is closed ends the watch", async () => {
    await issue();
    const server = createServer();
    await serve(server);
    const { watching } = await begin({ server });
    server.close();
    await watching.stopped;
  });
});

describe("without a server", () => {
  test("what has expired is renewed at once, by token", async () => {
    await issue(-30, -1);
    await s.ca({ now: () => clock.now });
    const { watching, renewals } = await begin();
    await vi.waitFor(() => expect(renewals.length).toBe(1));
    expect(renewals[0]).toMatchObject({ by: "watch", next: watching.next });
    expect(watching.certificate.notAfter.getTime()).toBeGreaterThan(clock.now.getTime());
  });

  test("a CA that is away is told, and tried again until it is back", async () => {
    await issue();
    const ca = await s.ca({ now: () => clock.now });
    ca.faults.add("busy-503");
    const { watching, renewals, failures } = await begin();
    for (const count of [1, 2, 3]) {
      await clock.to(watching.next);
      await vi.waitFor(() => expect(failures.length).toBe(count));
    }
    expect(failures.map(({ isNews, count, error }) => [isNews, count, error.code])).toEqual([
      [true, 1, "CA_BUSY"],
      [false, 2, "CA_BUSY"],
      [false, 3, "CA_BUSY"],
    ]);
    expect(failures[2]?.next.getTime()).toBe(watching.next.getTime());
    ca.faults.delete("busy-503");
    await clock.to(watching.next);
    await vi.waitFor(() => expect(renewals.length).toBe(1));
  });

  test("renewNow renews before it is time", async () => {
    await issue();
    await s.ca({ now: () => clock.now });
    const { watching, renewals } = await begin();
    watching.renewNow();
    await vi.waitFor(() => expect(renewals.length).toBe(1));
    expect(renewals[0]?.by).toBe("watch");
  });

  test("a hook that fails: the certificate is new, and the failure says so", async () => {
    await issue();
    await s.ca({ now: () => clock.now });
    const { watching, renewals, failures } = await begin({ hooks: { exec: "false" } });
    await clock.to(watching.next);
    await vi.waitFor(() => expect([renewals.length, failures.length]).toEqual([1, 1]));
    expect(failures[0]?.error).toMatchObject({ code: "HOOK_FAILED", state: { changed: true } });
  });

  test("a hook that failed is owed also where the disk takes no note of it", async () => {
    await issue();
    await s.ca({ now: () => clock.now });
    mkdirSync(".web.crt.renew-owed.new"); // in the way of the note
    const { watching, failures } = await begin({ hooks: { execShell: "echo x >> ran; test -e mended" } });
    await clock.to(watching.next);
    await vi.waitFor(() => expect(failures.length).toBe(1));
    expect(existsSync(".web.crt.renew-owed")).toBe(false);
    await clock.to(watching.next);
    await vi.waitFor(() => expect(failures.length).toBe(2));
    expect(failures[1]).toMatchObject({ count: 2, error: { code: "HOOK_FAILED" } });
    writeFileSync("mended", "");
    await clock.to(watching.next);
    await vi.waitFor(() => expect(readFileSync("ran", "utf8")).toBe("x\nx\nx\n"));
    expect(failures.length).toBe(2);
  });

  test("other forms are kept with it, and replaced without being asked", async () => {
    await issue();
    await s.ca({ now: () => clock.now });
    const { watching, renewals } = await begin({ also: [{ form: "combined", file: "web.pem" }] });
    const first = readFileSync("web.pem", "utf8");
    expect(first).toBe(readFileSync("web.crt", "utf8") + readFileSync("web.key", "utf8"));
    await clock.to(watching.next);
    await vi.waitFor(() => expect(renewals.length).toBe(1));
    expect(readFileSync("web.pem", "utf8")).toBe(renewals[0]?.chain + readFileSync("web.key", "utf8"));
  });

  test("the new chain goes where it is said, and is what is looked at from then on", async () => {
    await issue();
    await s.ca({ now: () => clock.now });
    const before = readFileSync("web.crt", "utf8");
    const { watching, renewals } = await begin({ out: "new.crt" });
    await clock.to(watching.next);
    await vi.waitFor(() => expect(renewals.length).toBe(1));
    expect(readFileSync("web.crt", "utf8")).toBe(before);
    expect(readFileSync("new.crt", "utf8")).toBe(renewals[0]?.chain);
  });

  test.each(["handlers", "options"])("ends by the signal of the %s, in the middle of a renewal too", async (whose) => {
    await issue();
    const ca = await s.ca({ now: () => clock.now });
    ca.faults.add("hang");
    const end = new AbortController();
    const { watching, failures } =
      whose === "handlers" ? await begin({}, end.signal) : await begin({ signal: end.signal });
    watching.renewNow();
    await vi.waitFor(() => expect(ca.log.length).toBeGreaterThan(0));
    end.abort();
    await watching.stopped;
    expect(failures).toEqual([]);
  });

  test("does not begin with files that no renewal can use", async () => {
    await expect(begin()).rejects.toMatchObject({ code: "FILE_MISSING" });
  });
});

describe("watch itself", () => {
  test.each<[string, (server: Server) => Promise<void>]>([
    ["before", (server) => new Promise((done) => server.close(() => done()))],
    ["while it begins", async (server) => void server.close()],
  ])("a server that was closed %s ends it", async (_, close) => {
    await issue();
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const closing = close(server);
    if (_ === "before") await closing;
    const watching = await watch({ ...pairOptions(), server });
    await watching.stopped;
    expect(server.listenerCount("close"), "and is let go of").toBe(0);
  });

  test("a server that does not listen yet is served", async () => {
    await issue();
    const server = createServer();
    const watching = await watch({ ...pairOptions(), server });
    const port = await serve(server);
    expect(await presented(port)).toBe(watching.certificate.serial);
    server.close();
    await watching.stopped;
  });

  test.each<[string, Partial<WatchOptions>, object]>([
    ["roots that are not there", { root: "nope" }, { code: "ROOT_MISSING", exit: 78 }],
    ["roots that are none", { root: "web.key" }, { code: "ROOT_NOT_PEM" }],
    ["no folder for the new chain", { out: "nowhere/new.crt" }, { code: "CANNOT_WRITE" }],
    ["a hook in no folder of PATH", { hooks: { exec: "no-such-program x" } }, { code: "FILE_MISSING", exit: 66 }],
    ["a hook that is not there", { hooks: { exec: ["./nope"] } }, { code: "FILE_MISSING" }],
    ["a hook that may not be run", { hooks: { exec: ["./web.crt"] } }, { code: "FILE_UNREADABLE" }],
    ["a hook that is a folder", { hooks: { exec: ["./"] } }, { code: "FILE_IS_FOLDER" }],
    [
      "no passphrase in its file",
      { also: [{ form: "p12", file: "a" }], p12PassphraseFile: "b" },
      { code: "FILE_MISSING" },
    ],
  ])("settings that would fail once it is due keep it from beginning: %s", async (_, more, error) => {
    await issue();
    await expect(watch({ ...pairOptions(), ...more })).rejects.toMatchObject(error);
  });

  test("a clock that goes wrong later is named", async () => {
    await issue();
    let calls = 0;
    const now = () => (++calls < 2 ? new Date() : new Date(Number.NaN));
    await expect(watch({ ...pairOptions(), now })).rejects.toThrow(/^now must give a valid Date, and gave an invalid/);
  });

  test("begins, knows the certificate, and ends", async () => {
    await issue();
    const before = ["SIGHUP", "SIGTERM", "SIGINT", "SIGUSR1"].map((name) => process.listenerCount(name));
    const watching = await watch({ ...pairOptions() });
    expect(watching.certificate.commonName).toBe("web.internal");
    expect(watching.next.getTime()).toBeGreaterThan(Date.now());
    expect(["SIGHUP", "SIGTERM", "SIGINT", "SIGUSR1"].map((name) => process.listenerCount(name))).toEqual(before);
    await watching.stop();
    await watching.stopped;
  });

  test("what keeps it from beginning is a RenewError", async () => {
    const error: unknown = await watch(pairOptions()).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RenewError);
    expect(error).toMatchObject({ code: "FILE_MISSING", state: { changed: false } });
    for (const server of [{}, createPlainServer(), 1]) {
      const call = watch({ ...pairOptions(), server } as unknown as WatchOptions);
      await expect(call).rejects.toThrow(/^watch: server must be a TLS server.*, and is an? (object|number)$/);
    }
    await expect(watch({ ...pairOptions(), serverr: 1 } as WatchOptions)).rejects.toThrow(/is server meant/);
    await expect(watch(undefined as unknown as WatchOptions)).rejects.toThrow(TypeError);
  });

  test("an end that was asked for before", async () => {
    await issue();
    const reason = new Error("enough");
    await expect(watch({ ...pairOptions(), signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(watch(pairOptions(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(renew({ ...pairOptions(), signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
