/** Kept connections: how many, what happens to one that the CA has closed, and which failures come through. */
import { createPublicKey, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Route } from "../../src/ca/client.ts";
import { type Kept, keptConnections } from "../../src/ca/pool.ts";
import { postRenew } from "../../src/ca/renew.ts";
import { parseCaUrl } from "../../src/ca/url.ts";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { load } from "../../src/renewal/load.ts";
import { certificatesIn } from "../support/issued.ts";
import { Folder, PlainCa } from "../support/many.ts";
import { testWorld } from "../support/world.ts";

let folder: Folder;
let ca: PlainCa;
let kept: Kept;
beforeEach(async () => {
  folder = await Folder.make();
  await folder.issue("c0");
  const publicKeyPem = createPublicKey(readFileSync(folder.file("c0.key"))).export({ type: "spki", format: "pem" });
  ca = await PlainCa.start(
    folder.authority,
    (await folder.authority.issue({ publicKeyPem: publicKeyPem.toString() })).chain,
  );
  kept = keptConnections({ ...route(), connections: 3 });
});
afterEach(async () => {
  kept.close();
  await ca.close();
  folder.end();
});

function route(change: Partial<Route> = {}): Route {
  const { now } = testWorld();
  const limits = { timeoutMs: 5000, connectTimeoutMs: 5000, elapsed: () => performance.now() };
  const signal = new AbortController().signal;
  return {
    ca: parseCaUrl(ca.url, "url"),
    roots: certificatesIn(folder.authority.root),
    env: {},
    now,
    signal,
    ...limits,
    ...change,
  };
}

async function renew(by: Kept = kept, change: Partial<Route> = {}) {
  const paths = { certificate: folder.file("c0.crt"), key: folder.file("c0.key") };
  const identity = await load(paths, testWorld());
  return postRenew(route(change), identity, "token", { id: randomUUID, kept: by.exchange });
}

test("no more than so many, for however many requests; no token is sent twice", async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => renew()));
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(201));
  expect(ca.accepted).toBeLessThanOrEqual(3);
  expect(ca.mostAtOnce).toBeLessThanOrEqual(3);
  expect(new Set(ca.tokens).size).toBe(20);
});

test("a dozen that are made at once are no leak, and Node warns of none", async () => {
  const warnings: string[] = [];
  const warned = ({ message }: Error) => warnings.push(message);
  process.on("warning", warned);
  const many = keptConnections({ ...route(), connections: 16 });
  try {
    const answers = await Promise.all(Array.from({ length: 16 }, () => renew(many)));
    expect(answers.every(({ status }) => status === 201)).toBe(true);
    expect(ca.accepted).toBeGreaterThan(10);
    await new Promise(setImmediate); // a warning is told a turn later
    expect(warnings).toEqual([]);
  } finally {
    process.off("warning", warned);
    many.close();
  }
});

test("one that was closed before anything of an answer came: once more, with a new token", async () => {
  await renew();
  ca.before = (request) => (request === 2 ? "cut" : "answer");
  expect((await renew()).status).toBe(201);
  expect(ca.tokens.length).toBe(3);
  expect(new Set(ca.tokens).size).toBe(3);
  expect((await renew()).status).toBe(201);
});

test("a CA that closes every time is told of, after two tries", async () => {
  ca.before = () => "cut";
  await expect(renew()).rejects.toThrow("socket hang up");
  expect(ca.tokens.length).toBe(2);
});

test("another root, a port where nobody listens, silence, and the end that is asked for", async () => {
  const other = (await createAuthority()).root;
  const distrusting = keptConnections({ ...route(), roots: certificatesIn(other), connections: 1 });
  await expect(renew(distrusting)).rejects.toMatchObject({ code: "CA_UNTRUSTED" });
  distrusting.close();
  const stopped = keptConnections({ ...route(), ca: parseCaUrl("https://localhost:1", "url"), connections: 1 });
  await expect(renew(stopped)).rejects.toMatchObject({ code: "CA_UNREACHABLE" });
  stopped.close();
  const end = new AbortController();
  ca.before = () => {
    end.abort();
    return "answer";
  };
  await expect(renew(kept, { signal: end.signal })).rejects.toMatchObject({ name: "AbortError" });
  expect(ca.tokens.length).toBe(1);
});
