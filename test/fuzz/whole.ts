/** The whole command against a CA that answers with anything: what is on the disk and on the screen afterwards. */

import { createPublicKey } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main } from "../../src/cli/main.ts";
import { Pkcs10CertificateRequest } from "../../src/dev-ca/x509.ts";
import { run } from "../support/program.ts";
import { hasRaw } from "../support/screen.ts";
import { watch } from "../support/secrets.ts";
import { testWorld } from "../support/world.ts";
import { families, mutated, pemFor } from "./answers.ts";
import { cutAt, deliveries, lengthOf, slow, whole } from "./deliveries.ts";
import type { Kind, Tally } from "./findings.ts";
import { objections } from "./oracle.ts";
import { type Random, randomOf } from "./random.ts";
import { type FuzzCa, type Serve, startFuzzCa } from "./server.ts";
import { type Stage, stageOf } from "./stage.ts";

/** A run ends by its own limits long before. */
const hangLimitMs = 60_000;
const timeouts = { slow: "400ms", other: "20s" };

export interface Whole {
  seed: number;
  from: number;
  count: number;
  /** Of these, so many as processes of their own. */
  processes: number;
  /** Besides: the connection cut at each so many-th byte of a good answer; 0: at none. */
  cutEvery: number;
  lanes: number;
  tally: Tally;
  after?(done: number): void;
}

/** One try: what the CA does, and to which command. */
interface Try {
  index: number;
  row: string;
  how: string;
  words: readonly string[];
  serve: Serve;
  isRight: boolean;
  asProcess: boolean;
}

export async function fuzzWhole(options: Whole): Promise<void> {
  const { seed, tally, after, lanes } = options;
  const stage = stageOf(seed, new Date(Math.floor(Date.now() / 1000) * 1000));
  const tries = triesOf(options, stage);
  let done = 0;
  const lane = async () => {
    const ca = await startFuzzCa(stage);
    const folder = mkdtempSync(join(tmpdir(), "renew-fuzz-"));
    try {
      for (let next = tries.next(); !next.done; next = tries.next()) {
        await play(next.value, { stage, ca, folder, tally });
        after?.(++done);
      }
    } finally {
      await ca.close();
      rmSync(folder, { recursive: true, force: true });
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

const commands = [[], [], ["--mtls=false"], ["rekey"]] as const;

function* triesOf({ seed, from, count, processes, cutEvery }: Whole, stage: Stage): Generator<Try> {
  for (let index = from; index < from + count; index++) {
    yield tryOf(index, randomOf(seed, index), stage, index - from < processes);
  }
  if (cutEvery === 0) return;
  const message = { body: bodyOf(stage, stage.old.plan.spki), date: stage.now.toUTCString() };
  for (let at = 0; at < lengthOf(message); at += cutEvery) {
    const base = { index: -1 - at, row: "cut at each byte", how: `cut at ${at}`, words: [], asProcess: false };
    yield { ...base, serve: cutAt(message, at), isRight: false };
  }
}

function tryOf(index: number, random: Random, stage: Stage, asProcess: boolean): Try {
  const words = [
    ...random.pick(commands),
    ...(random.chance(0.3) ? ["--json"] : []),
    ...(random.chance(0.2) ? ["-v"] : []),
  ];
  const date = stage.now.toUTCString();
  const rest = { index, words, asProcess };
  if (random.chance(0.5)) {
    const [name, deliver] = random.pick(Object.entries(deliveries));
    const serve: Serve = (socket, request) =>
      deliver({ body: bodyOf(stage, keyIn(request, stage)), date }, random)(socket, request);
    return { ...rest, row: "HTTP", how: name, serve, isRight: name === "as it should be" };
  }
  const family = random.pick(families);
  const again = random.int(2 ** 30);
  const made = (spki: Buffer) => mutated(family, stage, spki, randomOf(again, index));
  const serve: Serve = (socket, request) => void socket.end(whole({ body: made(keyIn(request, stage)).body, date }));
  const { how, isRight } = made(stage.old.plan.spki);
  return { ...rest, row: family, how, serve, isRight };
}

/** What is asked for: the key of the request, where there is one. */
function keyIn(request: string, stage: Stage): Buffer {
  const csr = /"csr":"([^"]+)"/.exec(request)?.[1]?.replaceAll("\\n", "\n");
  if (csr === undefined) return stage.old.plan.spki;
  return Buffer.from(new Pkcs10CertificateRequest(csr).publicKey.rawData);
}

function bodyOf(stage: Stage, spki: Buffer): Buffer {
  return mutated("right", { ...stage }, spki, randomOf(0, 3)).body;
}

interface Place {
  stage: Stage;
  ca: FuzzCa;
  folder: string;
  tally: Tally;
}

async function play(one: Try, { stage, ca, folder, tally }: Place): Promise<void> {
  const before = laidOut(stage, folder);
  ca.next(one.serve);
  const file = (name: string) => join(folder, name);
  const argv = [
    ...one.words,
    "--force",
    "--timeout",
    slow.includes(one.how) ? timeouts.slow : timeouts.other,
    file("web.crt"),
    file("web.key"),
  ];
  const place = ["--ca-url", ca.url, "--root", file("root.crt")];
  const found = (kind: Kind, what: string) =>
    tally.found({ kind, index: one.index, how: `whole, ${one.words.join(" ")}, ${one.row}: ${one.how}`, what });
  const started = performance.now();
  const ended = await within(
    hangLimitMs,
    one.asProcess ? asProcess([...argv, ...place]) : inProcess([...argv, ...place]),
  );
  const tookMs = performance.now() - started;
  if (ended === null) return found("hang", `more than ${hangLimitMs} ms`);
  const { exit, screen } = ended;
  const code =
    exit === 0
      ? null
      : (/error\[([A-Z_]+)\]|"code": "([A-Z_]+)"/.exec(screen)?.slice(1).find(Boolean) ?? `exit ${exit}`);
  tally.count(one.asProcess ? "in processes" : one.row, { tookMs, how: one.how, code });
  // 502, 503 and 504 are a proxy's, which was reached and did not reach the CA.
  if (code === "CA_UNREACHABLE" && !/answered 50[234]:/.test(screen)) found("wrong words", screen);
  if (exit === 70 || exit === null || code === `exit ${exit}`) found("crash", screen);
  if (hasRaw(screen)) found("raw screen", JSON.stringify(screen));
  for (const secret of watch.found()) found("secret", secret);
  if (one.isRight && exit !== 0) found("wrong refusal", screen);
  for (const what of disagreements(stage, folder, before, exit)) found("wrong install", what);
}

type Files = Readonly<Record<string, string>>;

function laidOut(stage: Stage, folder: string): Files {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, "web.crt"), pemFor(stage.old.der) + pemFor(stage.intermediate.der));
  const key = stage.old.key.private.export({ type: "pkcs8", format: "pem" });
  writeFileSync(join(folder, "web.key"), key, { mode: 0o600 });
  writeFileSync(join(folder, "root.crt"), pemFor(stage.root.der));
  return filesIn(folder);
}

function filesIn(folder: string): Files {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

/** What is on the disk and should not be. */
function disagreements(stage: Stage, folder: string, before: Files, exit: number | null): string[] {
  const after = filesIn(folder);
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changed = names.filter((name) => before[name] !== after[name]);
  if (exit !== 0) return changed.map((name) => `${name} has changed, with exit ${exit}`);
  const isRekey = changed.join() === "web.crt,web.key";
  if (!isRekey && changed.join() !== "web.crt") return [`changed, with exit 0: ${changed.join() || "nothing"}`];
  const blocks = (after["web.crt"] ?? "").match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? [];
  if (blocks.join("") !== after["web.crt"]) return ["web.crt holds more than certificates"];
  const chain = blocks.map((block) => Buffer.from(block.replace(/-----[^-]*-----/g, ""), "base64"));
  const { old, root } = stage;
  const spki = createPublicKey(after["web.key"] ?? "").export({ type: "spki", format: "der" });
  if (isRekey === spki.equals(old.plan.spki)) return ["the key is another one than it should be"];
  return objections({ chain, old: old.der, roots: [root.der], spki, now: new Date() });
}

async function inProcess(argv: readonly string[]): Promise<{ exit: number | null; screen: string }> {
  const world = { ...testWorld(), elapsed: () => performance.now() };
  try {
    const exit = await main(argv, world);
    return { exit, screen: world.out.text + world.err.text };
  } catch (error) {
    return { exit: null, screen: `thrown: ${error instanceof Error ? error.stack : error}` };
  }
}

async function asProcess(argv: readonly string[]): Promise<{ exit: number | null; screen: string }> {
  const { exit, stdout, stderr } = await run(argv);
  return { exit, screen: stdout + stderr };
}

async function within<T>(ms: number, work: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
