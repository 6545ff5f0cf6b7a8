/** Renewals that another thread asks for: the answer, the failure and the end are those that one's own thread would have met. */
import { createPrivateKey, randomUUID } from "node:crypto";
import { type AddressInfo, createServer } from "node:net";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Route } from "../../src/ca/client.ts";
import { type Crew, crewOf, type Member } from "../../src/ca/crew.ts";
import { serve } from "../../src/ca/crew-member.ts";
import type { Answered } from "../../src/ca/crew-words.ts";
import { type Proof, postRenew, type Renewing } from "../../src/ca/renew.ts";
import { parseCaUrl } from "../../src/ca/url.ts";
import { type DevCa, startDevCa } from "../../src/dev-ca/server.ts";
import { ConnectionEnded } from "../../src/failure/causes.ts";
import { certificatesIn } from "../support/issued.ts";

let ca: DevCa;
let proof: Proof;
let shown: { chain: string; key: string };
let ports: MessagePort[] = [];
let crew: Crew;
beforeEach(async () => {
  ca = await startDevCa();
  shown = await ca.authority.issue({
    names: ["web"],
    usages: ["clientAuth"],
    provisioner: { name: "admin" },
  });
  proof = proofOf(shown);
  crew = crewOf([memberOn(new MessageChannel()), memberOn(new MessageChannel())], own);
});
afterEach(async () => {
  crew.close();
  for (const port of ports) port.close();
  ports = [];
  await ca.close();
});

const own: Renewing = (asked, shown, method) => postRenew(asked, shown, method, { id: randomUUID });

function proofOf({ chain, key }: { chain: string; key: string }): Proof {
  return { chain: certificatesIn(chain), key: createPrivateKey(key) };
}

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

const methods = ["mtls", "token"] as const;

test.each(methods)("%s: answers come back whole, each to its own question", async (method) => {
  const all = await Promise.all(Array.from({ length: 6 }, () => crew.renewing(route(), proof, method)));
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
  const changes: [string, () => Partial<Route>, (typeof methods)[number], () => Partial<Proof>][] = [
    ["nobody listens", () => ({ ca: parseCaUrl("https://localhost:1", "url") }), "mtls", () => ({})],
    ["nobody listens, by token", () => ({ ca: parseCaUrl("https://localhost:1", "url") }), "token", () => ({})],
    ["another root", () => ({ roots: certificatesIn(shown.chain) }), "mtls", () => ({})],
    ["another root, by token", () => ({ roots: certificatesIn(shown.chain) }), "token", () => ({})],
    ["a key that is another's", () => ({}), "mtls", () => ({ key: createPrivateKey(ca.authority.rootKey) })],
  ];
  test.each(changes)("%s", async (_, change, method, other) => {
    const thrown = async (by: Renewing) =>
      by(route(change()), { ...proof, ...other() }, method).catch((error: unknown) => error);
    const [here, theirs] = [await thrown(own), await thrown(crew.renewing)];
    expect(here).toBeInstanceOf(Error);
    expect(theirs).toBeInstanceOf((here as Error).constructor);
    expect(JSON.stringify({ ...(theirs as Error) })).toBe(
      JSON.stringify({ ...(here as Error) }).replace(/,?"cause":\{[^}]*\}/, ""),
    );
  });

  test("a token signed by another key is refused in the CA's words", async () => {
    const strange = { ...proof, key: createPrivateKey(ca.authority.rootKey) };
    const [here, theirs] = [await own(route(), strange, "token"), await crew.renewing(route(), strange, "token")];
    expect(theirs.status).toBe(500);
    expect({ status: theirs.status, body: theirs.body }).toEqual({ status: here.status, body: here.body });
  });

  test("a refused client certificate, by its alert", async () => {
    const other = await (await startOther()).issue({ names: ["web"], usages: ["clientAuth"] });
    const refused = crew.renewing(route(), proofOf(other), "mtls");
    const error = await refused.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConnectionEnded);
    expect((error as ConnectionEnded).alert).not.toBeNull();
  });
});

async function startOther() {
  const { createAuthority } = await import("../../src/dev-ca/authority.ts");
  return createAuthority({ subject: "another" });
}

test.each(methods)("%s: the end that is asked for reaches the other thread", async (method) => {
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
  await expect(crew.renewing(route({ signal: end.signal, ca: url }), proof, method)).rejects.toThrow();
  if (method === "token") crew.close(); // its connection is everybody's, and ends with all
  await closed;
  silent.close();
});

test("where a thread is gone, this one does its work", async () => {
  const channel = new MessageChannel();
  const alone = crewOf([memberOn(channel, true)], own);
  const asked = alone.renewing(route(), proof, "mtls");
  channel.port2.close();
  expect((await asked).status).toBe(201);
  expect((await alone.renewing(route(), proof, "mtls")).status).toBe(201);
});

describe("where every thread has much to do", () => {
  /** Says nothing until it is told to. */
  function quiet(): Member & { answer(): void } {
    let hear: (answered: Answered) => void = () => undefined;
    const orders: number[] = [];
    const at = new Date();
    return {
      postMessage: (asked) => void ("order" in asked && orders.push(asked.order.id)),
      on: (event: string, hears: (answered: Answered) => void) => {
        if (event === "message") hear = hears;
      },
      end: () => undefined,
      answer: () => {
        for (const id of orders.splice(0))
          hear({ id, answer: { url: "", status: 201, headers: {}, body: Buffer.from("theirs"), at, roundTripMs: 0 } });
      },
    };
  }

  test("this one helps with one at a time", async () => {
    const member = quiet();
    const begun: (() => void)[] = [];
    const alone = crewOf([member], async (...asked) => {
      await new Promise<void>((go) => begun.push(go));
      return own(...asked);
    });
    const asked = Array.from({ length: 8 }, () => alone.renewing(route(), proof, "mtls"));
    expect(begun.length).toBe(1);
    begun[0]?.();
    const helped = await Promise.race(asked);
    expect(helped.body.toString()).not.toBe("theirs");
    asked.push(alone.renewing(route(), proof, "mtls"));
    expect(begun.length).toBe(2);
    begun[1]?.();
    member.answer();
    const bodies = (await Promise.all(asked)).map(({ body }) => body.toString());
    expect(bodies.filter((body) => body === "theirs").length).toBe(7);
  });
});
