/** Handshakes that another thread makes: the answer, the failure and the end are those that one's own thread would have met. */
import { type AddressInfo, createServer } from "node:net";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ClientCertificate, Route } from "../../src/ca/client.ts";
import { exchange } from "../../src/ca/client.ts";
import { type Crew, crewOf, type Member } from "../../src/ca/crew.ts";
import { serve } from "../../src/ca/crew-member.ts";
import type { Answered } from "../../src/ca/crew-words.ts";
import { parseCaUrl } from "../../src/ca/url.ts";
import { type DevCa, startDevCa } from "../../src/dev-ca/server.ts";
import { ConnectionEnded } from "../../src/failure/causes.ts";
import { certificatesIn } from "../support/issued.ts";

let ca: DevCa;
let identity: ClientCertificate;
let ports: MessagePort[] = [];
let crew: Crew;
beforeEach(async () => {
  ca = await startDevCa();
  const { chain, key } = await ca.authority.issue({
    names: ["web"],
    usages: ["clientAuth"],
    provisioner: { name: "admin" },
  });
  identity = { chain, key };
  crew = crewOf([memberOn(new MessageChannel()), memberOn(new MessageChannel())]);
});
afterEach(async () => {
  crew.close();
  for (const port of ports) port.close();
  ports = [];
  await ca.close();
});

/** The very thread of this test, by way of messages, which are copied as those between threads are. */
function memberOn({ port1, port2 }: MessageChannel, isDeaf = false): Member {
  ports.push(port1, port2);
  if (!isDeaf) serve(port1);
  return {
    postMessage: (asked) => port2.postMessage(asked),
    on: (event: string, hear: (answered: Answered) => void) => port2.on(event === "exit" ? "close" : event, hear),
    end: () => port2.close(),
  };
}

function route(change: Partial<Route> = {}): Route {
  const limits = { timeoutMs: 5000, connectTimeoutMs: 5000, now: () => new Date(), elapsed: () => performance.now() };
  const roots = certificatesIn(ca.authority.root);
  // Not to be copied as it is: the environment of a process is more than an object.
  return {
    ca: parseCaUrl(ca.url, "url"),
    roots,
    env: process.env,
    signal: new AbortController().signal,
    ...limits,
    ...change,
  };
}

const renew = { method: "POST", path: "/renew" } as const;

test("answers come back whole, each to its own question", async () => {
  const all = await Promise.all(Array.from({ length: 6 }, () => crew.exchange(route(), renew, identity)));
  for (const { status, body, at, headers } of all) {
    expect({ status, isBuffer: Buffer.isBuffer(body), isDate: at instanceof Date }).toEqual({
      status: 201,
      isBuffer: true,
      isDate: true,
    });
    expect(JSON.parse(body.toString()).certChain.length).toBeGreaterThan(0);
    expect(headers["content-type"]).toContain("json");
  }
  expect(new Set(all.map(({ body }) => body.toString())).size).toBe(6);
});

describe("what goes wrong is what would have gone wrong here:", () => {
  const ways: [string, () => Partial<Route>, () => ClientCertificate][] = [
    ["nobody listens", () => ({ ca: parseCaUrl("https://localhost:1", "url") }), () => identity],
    ["another root", () => ({ roots: certificatesIn(identity.chain) }), () => identity],
    ["a key that is another's", () => ({}), () => ({ ...identity, key: ca.authority.rootKey })],
  ];
  test.each(ways)("%s", async (_, change, shown) => {
    const thrown = async (by: typeof exchange) => by(route(change()), renew, shown()).catch((error: unknown) => error);
    const [own, theirs] = [await thrown(exchange), await thrown(crew.exchange)];
    expect(own).toBeInstanceOf(Error);
    expect(theirs).toBeInstanceOf((own as Error).constructor);
    expect(JSON.stringify({ ...(theirs as Error) })).toBe(
      JSON.stringify({ ...(own as Error) }).replace(/,?"cause":\{[^}]*\}/, ""),
    );
  });

  test("a refused client certificate, by its alert", async () => {
    const other = await (await startOther()).issue({ names: ["web"], usages: ["clientAuth"] });
    const refused = crew.exchange(route(), renew, { chain: other.chain, key: other.key });
    const error = await refused.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConnectionEnded);
    expect((error as ConnectionEnded).alert).not.toBeNull();
  });
});

async function startOther() {
  const { createAuthority } = await import("../../src/dev-ca/authority.ts");
  return createAuthority({ subject: "another" });
}

test("the end that is asked for reaches the other thread", async () => {
  const end = new AbortController();
  const silent = createServer();
  const closed = new Promise<void>((done) => {
    silent.once("connection", (socket) => {
      socket
        .resume()
        .on("error", () => undefined)
        .once("close", () => done());
      end.abort();
    });
  });
  await new Promise<void>((done) => silent.listen(0, "127.0.0.1", done));
  const url = parseCaUrl(`https://127.0.0.1:${(silent.address() as AddressInfo).port}`, "url");
  await expect(crew.exchange(route({ signal: end.signal, ca: url }), renew, identity)).rejects.toThrow();
  await closed;
  silent.close();
});

test("where a thread is gone, this one does its work", async () => {
  const channel = new MessageChannel();
  const alone = crewOf([memberOn(channel, true)]);
  const asked = alone.exchange(route(), renew, identity);
  channel.port2.close();
  expect((await asked).status).toBe(201);
  expect((await alone.exchange(route(), renew, identity)).status).toBe(201);
});
