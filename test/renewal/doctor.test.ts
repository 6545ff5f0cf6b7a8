/** The check-up as its user meets it: what it finds, how it ends, and that it changes nothing. */
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer as createHttpsServer } from "node:https";
import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import type { DevCaOptions, Fault } from "../../src/dev-ca/server.ts";
import { type Scene, scene } from "../support/scene.ts";
import type { WorldOptions } from "../support/world.ts";

let current: Scene;
afterEach(() => current.end());

type Leaf = Parameters<Scene["issue"]>[1];
const good: Leaf = {
  subject: "web.internal",
  names: ["web.internal"],
  usages: ["serverAuth", "clientAuth"],
  from: -2,
  to: 22,
};
const command = "doctor --json web.crt web.key --ca-url CA --root root.crt";

interface Report {
  outcome: string;
  verdict: string;
  checks: { name: string; status: string; says: string; help: string[]; code: string | null }[];
  forecast:
    | { method: string; when: string; verdict: string; cause: string | null; because: string; unless: string[] }[]
    | null;
  rehearsal: { ended: string; serial: string | null } | null;
  today: string[];
  error: { code: string; exit: number } | null;
}

async function report(words = command, world: WorldOptions = {}): Promise<Report & { exit: number }> {
  const before = files();
  const { stdout, exit } = await current.renew(words, world);
  expect(files(), "nothing is changed").toEqual(before);
  return { ...(JSON.parse(stdout) as Report), exit };
}

function files(): Record<string, string> {
  return Object.fromEntries(readdirSync(".").map((name) => [name, readFileSync(name, "base64")]));
}

async function set(
  leaf: Leaf = good,
  ca: DevCaOptions = { crl: true },
  authority: Parameters<typeof scene>[0] = {},
): Promise<void> {
  current = await scene({ intermediate: true, ...authority });
  await current.issue("web", leaf);
  await current.ca(ca);
}

function once(socket: Socket, event: "data", then: () => void): void {
  socket.once(event, then);
}

const statusOf = ({ checks }: Report, wanted: string) => checks.find(({ name }) => name === wanted)?.status;
const cells = ({ forecast }: Report) =>
  forecast?.map(
    ({ method, when, verdict, cause }) => `${method} ${when}: ${verdict}${cause === null ? "" : ` ${cause}`}`,
  );

describe("how it ends", () => {
  test("0 where all is well", async () => {
    await set();
    const found = await report();
    expect(found).toMatchObject({ exit: 0, outcome: "healthy", today: [], error: null });
    expect(found.checks.filter(({ status }) => status !== "ok")).toEqual([]);
    expect(cells(found)).toEqual([
      "mtls now: works",
      "token now: works",
      "mtls after-expiry: refused EXPIRED",
      "token after-expiry: works",
    ]);
  });

  test.each<[string, Leaf, DevCaOptions, number, string[], RegExp]>([
    [
      "the seed's case: for clients only, on an old CA",
      { ...good, usages: ["clientAuth"] },
      { like: "v0.26.1" },
      1,
      [
        "mtls now: works",
        "token now: refused NO_SERVER_AUTH_OLD_CA",
        "mtls after-expiry: refused EXPIRED",
        "token after-expiry: refused NO_SERVER_AUTH_OLD_CA",
      ],
      /renew it before its end, from a timer.*--expires-in 66%/,
    ],
    [
      "an old CA that hides its version",
      { ...good, usages: ["clientAuth"] },
      { like: "v0.26.1", hide: ["/version"] },
      1,
      [
        "mtls now: works",
        "token now: unknown NO_SERVER_AUTH_OLD_CA",
        "mtls after-expiry: refused EXPIRED",
        "token after-expiry: unknown NO_SERVER_AUTH_OLD_CA",
      ],
      /upgrade step-ca to v0.26.2/,
    ],
    [
      "renewal after expiry not allowed",
      { ...good, provisioner: { name: "admin" } },
      {},
      1,
      [
        "mtls now: works",
        "token now: works",
        "mtls after-expiry: refused EXPIRED",
        "token after-expiry: unknown EXPIRED_NOT_ALLOWED",
      ],
      /step ca provisioner update admin --allow-renewal-after-expiry/,
    ],
    [
      "for servers only, on a new CA",
      { ...good, usages: ["serverAuth"] },
      {},
      77,
      [
        "mtls now: refused NO_CLIENT_AUTH",
        "token now: refused NO_CLIENT_AUTH",
        "mtls after-expiry: refused EXPIRED",
        "token after-expiry: refused NO_CLIENT_AUTH",
      ],
      /no renewal can help/,
    ],
    [
      "renewal disabled",
      { ...good, provisioner: { name: "no-renewal" } },
      {},
      77,
      [
        "mtls now: refused RENEWAL_DISABLED",
        "token now: refused RENEWAL_DISABLED",
        "mtls after-expiry: refused EXPIRED",
        "token after-expiry: refused RENEWAL_DISABLED",
      ],
      /--disable-renewal=false/,
    ],
    [
      "expired, and still to be renewed",
      { ...good, from: -30, to: -6 },
      {},
      1,
      [
        "mtls now: refused EXPIRED",
        "token now: works",
        "mtls after-expiry: refused EXPIRED",
        "token after-expiry: works",
      ],
      /^$/,
    ],
  ])("%s", async (_, leaf, ca, exit, expected, today) => {
    await set(leaf, ca);
    const found = await report();
    expect(found.exit).toBe(exit);
    expect(cells(found)).toEqual(expected);
    expect(found.today.join("\n")).toMatch(today);
  });

  test("as a renewal would, where the files are wrong: and the CA is looked at all the same", async () => {
    await set();
    await current.issue("other", good);
    const found = await report(command.replace("web.key", "other.key"));
    expect(found).toMatchObject({
      exit: 65,
      outcome: "failed",
      forecast: null,
      error: { code: "KEY_MISMATCH", exit: 65 },
    });
    expect(statusOf(found, "CA")).toBe("ok");
  });

  test.each([
    ["no certificate", "web.crt", "nowhere.crt", 66, "FILE_MISSING"],
    ["no root", "root.crt", "nowhere.crt", 78, "ROOT_MISSING"],
    ["a root of another CA", "root.crt", "other.crt", 78, "CA_UNTRUSTED"],
  ])("%s", async (_, file, instead, exit, code) => {
    await set();
    writeFileSync("other.crt", (await createAuthority({ subject: "another CA" })).root);
    const found = await report(command.replace(file, instead));
    expect(found).toMatchObject({ exit, outcome: "failed", error: { code, exit } });
  });

  test("nobody listens", async () => {
    current = await scene();
    await current.issue("web", good);
    expect(await report(command.replace("CA", "https://localhost:1"))).toMatchObject({
      exit: 75,
      error: { code: "CA_UNREACHABLE" },
    });
  });

  const nearly = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n";
  test.each<[string, (socket: Socket) => void, string, number]>([
    ["closes as soon as it has accepted", (socket) => socket.destroy(), "CA_CLOSED", 75],
    ["resets the connection", (socket) => socket.resetAndDestroy(), "CA_CLOSED", 75],
    ["closes after the handshake", (socket) => once(socket, "data", () => socket.destroy()), "CA_CLOSED", 75],
    [
      "says half a header",
      (socket) => once(socket, "data", () => socket.end("HTTP/1.1 200 OK\r\nSer")),
      "CA_CLOSED",
      75,
    ],
    ["says half a body", (socket) => once(socket, "data", () => socket.end(`${nearly}\r\n{`)), "CA_CLOSED", 75],
    ["speaks another language", (socket) => once(socket, "data", () => socket.end("ERR unknown\r\n")), "NOT_A_CA", 76],
  ])("a server that %s", async (name, serve, code, exit) => {
    current = await scene();
    await current.issue("web", good);
    const { chain: cert, key } = await current.authority.issue({ names: ["localhost"], usages: ["serverAuth"] });
    const isTcp = /accepted|resets/.test(name);
    await current.listen(isTcp ? createServer(serve) : createTlsServer({ cert, key }, serve));
    const found = await report();
    expect(found).toMatchObject({ exit, outcome: "failed", error: { code, exit } });
    expect(statusOf(found, "CA")).toBe("failed");
    expect((await current.renew(command.replace("doctor", "--force --mtls=false"))).exit, "a renewal").toBe(exit);
  });

  test.each<[string, DevCaOptions, string | null, number]>([
    ["a portal's page", { faults: ["html-200"] }, "NOT_A_CA", 76],
    ["another server's 404", { faults: ["html-404"] }, "NOT_A_CA", 76],
    ["a proxy's 403", { faults: ["html-403"] }, "PROXY_REFUSED", 76],
    ["a proxy's 502", { faults: ["html-502"] }, "CA_UNREACHABLE", 75],
    ["a redirection", { faults: ["redirect"] }, "NOT_A_CA", 76],
    ["a proxy that lets everything through but /renew", { crl: true, hide: ["/renew"] }, "NOT_A_CA", 76],
    ["a proxy that hides /health", { crl: true, hide: ["/health"] }, null, 0],
  ])("%s", async (_, ca, code, exit) => {
    await set(good, ca);
    const found = await report();
    expect(found.exit).toBe(exit);
    expect(found.error?.code ?? null).toBe(code);
    expect(statusOf(found, "CA")).toBe(code === null ? "ok" : "failed");
    expect((await current.renew(command.replace("doctor", "--force"))).exit, "a renewal").toBe(exit);
  });

  test("a proxy that speaks HTTP to the CA", async () => {
    await set();
    await current.proxy({ plain: true });
    expect(await report()).toMatchObject({ exit: 76, error: { code: "NOT_A_CA" } });
  });

  test("a server that renews whatever it is asked to, without proof", async () => {
    await set();
    const { chain, key } = await current.authority.issue({ names: ["localhost"], usages: ["serverAuth"] });
    const body = JSON.stringify({
      certChain: [readFileSync("web.crt", "utf8").split(/(?<=END CERTIFICATE-----\n)/)[0]],
    });
    const server = createHttpsServer({ cert: chain, key }, (_, response) => response.writeHead(201).end(body));
    await current.listen(server);
    expect(statusOf(await report(), "CA")).toBe("warning");
  });

  test("a CA that accepts and never answers costs the time limit and no more", async () => {
    current = await scene();
    await current.issue("web", good);
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await new Promise((listening) => silent.once("listening", listening));
    const address = silent.address();
    const port = typeof address === "object" ? address?.port : 0;
    const found = await report(
      command.replace("CA", `https://127.0.0.1:${port}`).replace("doctor", "doctor --timeout 300ms"),
    );
    silent.close();
    expect(found).toMatchObject({ exit: 75, error: { code: "CA_TIMEOUT" } });
  });
});

describe("what it finds", () => {
  test.each<[string, Leaf, DevCaOptions, string, string]>([
    ["a provisioner that is gone", { ...good, provisioner: { name: "retired" } }, {}, "provisioner", "failed"],
    ["a provisioner that cannot be seen", good, { hide: ["/provisioners"] }, "provisioner", "unknown"],
    ["no provisioner", { ...good, provisioner: null }, {}, "provisioner", "warning"],
    ["a version that cannot be seen", good, { like: "v0.26.1", hide: ["/version"] }, "version", "unknown"],
    ["no CRL", good, {}, "revocation", "unknown"],
    ["no digital signature", { ...good, keyUsages: ["keyEncipherment"] } as Leaf, {}, "key usage", "warning"],
    ["a certificate in its last third", { ...good, from: -20, to: 4 }, {}, "lifetime", "warning"],
    ["a certificate of three minutes", { ...good, from: -0.01, to: 0.04 }, {}, "lifetime", "warning"],
    ["a certificate that has not begun", { ...good, from: 1, to: 24 }, {}, "lifetime", "warning"],
    ["a CA whose clock is 20 minutes ahead", good, { faults: ["skewed-date"] }, "clocks", "warning"],
  ])("%s", async (_, leaf, ca, name, status) => {
    await set(leaf, ca);
    expect(statusOf(await report(), name)).toBe(status);
  });

  test("a revoked serial number", async () => {
    current = await scene({ intermediate: true });
    await current.issue("web", good);
    const ca = await current.ca({ crl: true });
    const { stdout } = await current.renew(command);
    ca.revoke(BigInt((JSON.parse(stdout) as { certificate: { serial: string } }).certificate.serial).toString(16));
    const found = await report();
    expect(statusOf(found, "revocation")).toBe("failed");
    expect(found).toMatchObject({ exit: 77, verdict: expect.stringContaining("REVOKED") });
  });

  test("an issuer that ends before the certificate", async () => {
    await set({ ...good, to: 22 }, {}, { notAfter: new Date(Date.now() + 20 * 3_600_000) });
    const found = await report();
    expect(statusOf(found, "issuers")).toBe("warning");
    expect(cells(found)).toContain("token now: refused OUTLIVES_ISSUER");
    expect(statusOf(found, "lifetime")).toBe("warning");
    expect(found.checks.find(({ name }) => name === "lifetime")?.says).toMatch(
      /its issuer ends in 20h: nothing renews/,
    );
    expect(found.today.join()).toMatch(/--expires-in 60%/);
    expect(found.today.join()).not.toMatch(/--expires-in 66%/);
  });

  test("a leaf without its intermediate, which the CA publishes", async () => {
    await set();
    writeFileSync(
      "web.crt",
      `${readFileSync("web.crt", "utf8").split("-----END CERTIFICATE-----")[0]}-----END CERTIFICATE-----\n`,
    );
    const found = await report();
    expect(statusOf(found, "chain")).toBe("warning");
    expect(found.today.join()).toMatch(/intermediates\.pem/);
    expect(cells(found)).toContain("token now: works");
  });

  test("a leaf in DER without its intermediate: made PEM before anything is added to it", async () => {
    await set();
    const [own = ""] = /(?<=-----\n)[^-]*/.exec(readFileSync("web.crt", "utf8")) ?? [];
    writeFileSync("web.crt", Buffer.from(own, "base64"));
    const { today } = await report();
    expect(today.join()).toMatch(/`openssl x509 -inform DER -in web.crt -out web.crt && curl -sf --cacert root.crt /);
  });

  test("a key that everybody may read", async () => {
    await set();
    chmodSync("web.key", 0o644);
    const found = await report();
    expect(found.exit).toBe(1);
    expect(found.today).toEqual(["close it: `chmod 600 web.key`"]);
  });

  test.each([
    ["a window longer than the lifetime", "30h", "warning"],
    ["a window that leaves no time", "98%", "warning"],
    ["a window as it should be", "66%", "ok"],
  ])("%s", async (_, window, status) => {
    await set();
    expect(statusOf(await report(command.replace("doctor", `doctor --expires-in ${window}`)), "lifetime")).toBe(status);
  });

  test("a key that grows the token beyond nginx's limit", async () => {
    await set({ ...good, names: Array.from({ length: 200 }, (_, n) => `host-${n}.a.rather.long.domain.internal`) });
    expect(statusOf(await report(), "token")).toBe("warning");
  });

  test.each([
    ["--exec /nowhere/reload", "hook", "warning"],
    [`--exec ${process.execPath}`, "hook", "ok"],
    ["--exec-shell 'a | b'", "hook", "ok"],
    ["--pid 4711", "signal", "ok"],
    ["--pid 4712", "signal", "warning"],
    ["--pid-file pid", "signal", "ok"],
    ["--pid-file none", "signal", "warning"],
  ])("what is to follow, and is there or not: %s", async (flags, name, status) => {
    await set();
    current.write("pid", "4711\n");
    const sent: number[] = [];
    const kill = (pid: number, signal: number) => {
      sent.push(signal);
      if (pid !== 4711) throw Object.assign(new Error("ESRCH"), { code: "ESRCH" });
    };
    expect(statusOf(await report(`${command} ${flags}`, { kill }), name)).toBe(status);
    expect(sent.every((signal) => signal === 0)).toBe(true);
  });

  test("a form with the key in it that everybody may read", async () => {
    await set();
    const open = async () => {
      const { checks } = await report(`${command} --also combined=web.pem --also chain=ca.pem`);
      return checks.filter(({ says }) => says.includes("open to everybody on this machine"));
    };
    for (const name of ["web.pem", "ca.pem"]) current.write(name, "");
    chmodSync("web.pem", 0o640);
    expect(await open()).toEqual([]);
    chmodSync("web.pem", 0o644);
    const help = ["close it: `chmod 600 web.pem`"];
    expect(await open()).toMatchObject([{ name: "forms", status: "warning", help }]);
  });

  test("what an earlier renewal owes, also without its hook", async () => {
    await set();
    expect(statusOf(await report(command), "owed")).toBeUndefined();
    current.write(".web.crt.renew-owed", "");
    expect(statusOf(await report(command), "owed")).toBe("warning");
  });
});

describe("a rehearsal", () => {
  const rehearse = command.replace("doctor", "doctor --rehearse");

  test("proves the token's cell by a certificate that is not installed, and says that there is one more", async () => {
    await set();
    const found = await report(rehearse);
    expect(found).toMatchObject({ exit: 0, rehearsal: { ended: "renewed", serial: expect.stringMatching(/^\d+$/) } });
    expect(found.forecast?.find(({ method, when }) => method === "token" && when === "now")?.because).toMatch(
      /rehearsed/,
    );
    expect(found.forecast?.flatMap(({ unless }) => unless)).toEqual([]);
    expect(found.checks.find(({ name }) => name === "rehearsal")?.says).toContain("one more certificate");
  });

  test("shows what the forecast could not know", async () => {
    await set({ ...good, usages: ["clientAuth"] }, { like: "v0.26.1", hide: ["/version"] });
    expect(cells(await report())).toContain("token now: unknown NO_SERVER_AUTH_OLD_CA");
    const found = await report(rehearse);
    expect(cells(found)).toContain("token now: refused NO_SERVER_AUTH_OLD_CA");
    expect(found).toMatchObject({ exit: 1, rehearsal: { ended: "refused", serial: null } });
  });

  test("is not tried where the provisioner takes one token alone", async () => {
    await set({ ...good, provisioner: { name: "cloud", type: 3 } }, { provisioners: [{ name: "cloud" }] });
    expect(await report(rehearse)).toMatchObject({ rehearsal: { ended: "not-tried" } });
  });
});

describe("a rehearsal that is refused", () => {
  const rehearse = command.replace("doctor", "doctor --rehearse");

  test("says as much of mTLS where the CA's records are the reason", async () => {
    current = await scene({ intermediate: true });
    await current.issue("web", good);
    const ca = await current.ca();
    const { stdout } = await current.renew(command);
    ca.revoke(BigInt((JSON.parse(stdout) as { certificate: { serial: string } }).certificate.serial).toString(16));
    const found = await report(rehearse);
    expect(found.exit).toBe(77);
    expect(found.forecast?.[0], "mTLS, now").toMatchObject({ method: "mtls", verdict: "refused" });
    expect((await current.renew(command.replace("doctor", "--force"))).exit, "a renewal").toBe(77);
  });

  test("by the token's own rules says nothing of mTLS", async () => {
    await set(good, { faults: ["no-token-flow"] });
    expect(cells(await report(rehearse))).toContain("mtls now: works");
  });

  test.each<[string, Fault[], string, number]>([
    ["by a closed connection", ["close"], "CA_CLOSED", 75],
    ["by silence", ["hang"], "CA_TIMEOUT", 75],
    ["by a database that fails", ["broken-store"], "CA_FAILED", 75],
    ["by another key's certificate", ["other-key"], "WRONG_CERTIFICATE", 76],
  ])("%s", async (_, faults, code, exit) => {
    await set(good, { faults });
    const found = await report(`${rehearse} --timeout 1s`);
    expect(found).toMatchObject({ exit, outcome: "failed", error: { code, exit } });
  });
});

describe("the verdict", () => {
  test("keeps the conditions of its cell, and loses them by a proof", async () => {
    await set();
    expect((await report()).verdict).toMatch(/works today, unless .*--rehearse/);
    expect((await report(command.replace("doctor", "doctor --rehearse"))).verdict).toBe(
      "a renewal works today; after its end it works, too",
    );
  });

  test("judges the way that our clock makes a renewal take, even if it is wrong", async () => {
    await set({ ...good, from: -23.9, to: 0.1 });
    const ahead = { now: new Date(current.base.getTime() + 20 * 60_000) };
    const { stdout, exit } = await current.renew(command, ahead);
    const found = JSON.parse(stdout) as Report;
    expect(exit).toBe(77);
    expect(found.verdict).toContain("CLOCK_AHEAD");
    expect(found.today.join()).toMatch(/set the clock/);
    const renewal = await current.renew(command.replace("doctor", "--force"), ahead);
    expect(renewal.exit, "a renewal").toBe(77);
    expect(renewal.stdout).toContain("CLOCK_AHEAD");
  });

  test("of an expired certificate that may or may not be renewed says how to know, and how to go on", async () => {
    await set({ ...good, from: -30, to: -6, provisioner: { name: "admin" } });
    const found = await report();
    expect(found.exit).toBe(1);
    expect(found.verdict).toBe("whether a renewal works today cannot be known");
    const today = found.today.join("\n");
    expect(today).toMatch(/renew doctor --rehearse web.crt web.key/);
    expect(today).toMatch(/step ca provisioner update admin --allow-renewal-after-expiry/);
    expect(today).toMatch(/step ca certificate web.internal web.crt web.key/);
  });
});

describe("something in front of the CA", () => {
  test("that asks for certificates may keep them, and the token's header, to itself", async () => {
    await set();
    await current.proxy({ asks: true, authorization: (header) => header });
    const found = await report();
    expect(statusOf(found, "names")).toBe("warning");
    const [mtls, token] = found.forecast ?? [];
    expect(mtls).toMatchObject({ method: "mtls", verdict: "works" });
    expect(mtls?.unless.join()).toMatch(/in front of the CA, which ends TLS, keeps the certificate to itself/);
    expect(token?.unless.join()).toMatch(/in front of the CA, which ends TLS, takes the Authorization header away/);
  });

  test("is not the CA that is asked directly", async () => {
    await set();
    expect((await report()).forecast?.flatMap(({ unless }) => unless).join()).not.toMatch(/in front of/);
  });
});

describe("as a command", () => {
  test("on a narrow screen the cells stand one below the other, each within it", async () => {
    await set();
    const { stdout } = await current.renew(command.replace("--json ", ""), { columns: 50 });
    expect(stdout).toMatch(/^ {2}forecast\n {4}now\n {6}over mTLS {2}works.*\n {6}by token/m);
    const [, cells = ""] = stdout.split("  forecast");
    expect(cells.split("\n").filter((line) => line.length > 50)).toEqual([]);
  });

  test("-q says nothing while all is well, and all when it is not", async () => {
    await set();
    const quiet = command.replace("--json", "-q");
    expect(await current.renew(quiet)).toMatchObject({ exit: 0, stdout: "", stderr: "" });
    chmodSync("web.key", 0o644);
    expect(await current.renew(quiet)).toMatchObject({ exit: 1, stdout: expect.stringContaining("chmod 600") });
  });

  test("a CA without an address is said before any file is opened", async () => {
    current = await scene();
    expect(await current.renew("doctor web.crt web.key")).toMatchObject({
      exit: 78,
      stderr: expect.stringContaining("CA_URL_MISSING"),
    });
  });
});
