/** Inside of one process: the parts that every renewal has, beside who else could do them. */
import "reflect-metadata";
import { createPrivateKey, X509Certificate as NodeCertificate, randomBytes } from "node:crypto";
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KeyUsagesExtension, SubjectAlternativeNameExtension, X509Certificate } from "@peculiar/x509";
import { Bench } from "tinybench";
import { renewToken } from "../../src/ca/token.ts";
import { goalOf } from "../../src/files/goal.ts";
import { install } from "../../src/files/install.ts";
import { release, seize } from "../../src/files/lock.ts";
import { realFileSystem } from "../../src/files/system.ts";
import { syncFolder } from "../../src/files/whole.ts";
import { readCertificate } from "../../src/pki/certificate.ts";
import { pemBlocks } from "../../src/pki/pem.ts";
import { verify } from "../../src/renewal/verify.ts";
import { makeToken } from "../support/raw.ts";
import type { Fixture } from "./fixture.ts";
import type { Section } from "./table.ts";

/** How long each of them runs. */
const timeMs = 600;

export async function inside(fixture: Fixture): Promise<Section> {
  const folder = mkdtempSync(join(tmpdir(), "renew-bench-inside-"));
  try {
    const bench = new Bench({ time: timeMs, warmupTime: 200 });
    await reading(bench, fixture);
    await tokens(bench, fixture);
    await verifying(bench, fixture);
    installing(bench, fixture, folder);
    await bench.run();
    const found = bench.tasks.map(({ name, result }) => {
      if (!("latency" in result)) throw new Error(`${name} did not run: ${JSON.stringify(result)}`);
      const { p50, p75, samplesCount } = result.latency;
      return { name, p50, p75, runs: samplesCount };
    });
    const microseconds = (ms: number | undefined) => `${((ms ?? 0) * 1000).toFixed(1)} µs`;
    return {
      tables: [
        {
          title: "Inside of one process",
          note: `Each for ${timeMs} ms; half of the runs took no longer than the median, three quarters no longer than the last column.`,
          columns: ["what", "median", "three quarters"],
          rows: found.map(({ name, p50, p75 }) => [name, microseconds(p50), microseconds(p75)]),
        },
      ],
      goals: [],
      data: found,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** More than are remembered: one that is met again is not read again. */
const unknown = 64;

function inTurn<T>(all: readonly T[]): () => T {
  let index = 0;
  return () => all[index++ % all.length] as T;
}

/** Each says the same of it: whose it is, from when to when, for which names and for which use. */
async function reading(bench: Bench, fixture: Fixture): Promise<void> {
  const next = inTurn((await fixture.pairs(unknown)).map(({ chain }) => derOf(chain)));
  bench.add("read a certificate: ours", () => {
    const { subject, notBefore, notAfter, names, keyUsages } = readCertificate(next());
    return [subject, notBefore, notAfter, names, keyUsages];
  });
  bench.add("read a certificate: node:crypto, which tells no key usage", () => {
    const { subject, validFrom, validTo, subjectAltName } = new NodeCertificate(next());
    return [subject, new Date(validFrom), new Date(validTo), subjectAltName];
  });
  bench.add("read a certificate: @peculiar/x509", () => {
    const certificate = new X509Certificate(next());
    const names = certificate.getExtension(SubjectAlternativeNameExtension)?.names.toJSON();
    const usages = certificate.getExtension(KeyUsagesExtension)?.usages;
    return [certificate.subject, certificate.notBefore, certificate.notAfter, names, usages];
  });
}

async function tokens(bench: Bench, fixture: Fixture): Promise<void> {
  const [pair] = await fixture.pairs(1);
  if (pair === undefined) throw new Error("no certificate");
  const chain = pemBlocks(pair.chain).map(({ der }) => readCertificate(der));
  const key = createPrivateKey(pair.key);
  const audience = "https://localhost";
  bench.add("make a token: ours, with jose", async () => {
    await renewToken({ chain, key, audience, now: new Date(), id: "bench" });
  });
  bench.add("make a token: node:crypto alone, key and chain read anew", () => {
    makeToken({ ...pair, url: audience });
  });
}

async function verifying(bench: Bench, fixture: Fixture): Promise<void> {
  const [old] = await fixture.pairs(1);
  if (old === undefined) throw new Error("no certificate");
  const before = readCertificate(await leafOf(fixture));
  const publicKeyPem = new NodeCertificate(old.chain).publicKey.export({ type: "spki", format: "pem" }).toString();
  const answers: Uint8Array[] = [];
  while (answers.length < unknown) {
    const { certificate } = await fixture.authority.issue({
      subject: before.commonName,
      names: [...before.names],
      usages: ["serverAuth", "clientAuth"],
      notAfter: new Date(before.notAfter.getTime() + 86_400_000),
      provisioner: { name: "admin" },
      publicKeyPem,
    });
    answers.push(derOf(certificate));
  }
  const next = inTurn(answers);
  const anchors = [readCertificate(derOf(fixture.authority.root))];
  bench.add("read an answer, and verify it against the old certificate and the root", () => {
    const answered = [readCertificate(next())] as const;
    verify({ old: before, answered: [...answered], anchors, now: new Date(), url: "https://localhost/renew" });
  });
}

/** What the disk takes is in it; then the dearest of its parts alone. */
function installing(bench: Bench, { authority }: Fixture, folder: string): void {
  const file = join(folder, "web.crt");
  const contents = Buffer.from(authority.root);
  writeFileSync(file, contents);
  bench.add("lock, install with fsync, unlock", () => {
    const token = randomBytes(6).toString("hex");
    const now = new Date();
    const seized = seize(file, { token, until: new Date(now.getTime() + 60_000).toISOString() }, now, realFileSystem);
    if (seized.is !== "ours") throw new Error(`the lock is ${seized.is}`);
    install(goalOf(file, token, realFileSystem), contents, realFileSystem);
    release(seized.lock, token, realFileSystem);
  });
  bench.add("of that: a lock taken and given back", () => {
    const token = randomBytes(6).toString("hex");
    const now = new Date();
    const seized = seize(file, { token, until: new Date(now.getTime() + 60_000).toISOString() }, now, realFileSystem);
    if (seized.is === "ours") release(seized.lock, token, realFileSystem);
  });
  const other = join(folder, "other.crt");
  writeFileSync(other, contents);
  bench.add("of that: the old file's attributes copied", () => realFileSystem.copyAttributes(file, other));
  bench.add("of that: the folder synced", () => syncFolder(folder, realFileSystem));
  bench.add("for comparison: a file written and synced", () => {
    const handle = openSync(other, "w");
    writeSync(handle, contents);
    fsyncSync(handle);
    closeSync(handle);
  });
}

async function leafOf(fixture: Fixture): Promise<Buffer> {
  const [pair] = await fixture.pairs(1);
  return derOf(pair?.chain ?? "");
}

function derOf(pem: string): Buffer {
  const [block] = pemBlocks(pem);
  if (block === undefined) throw new Error("no certificate");
  return Buffer.from(block.der);
}
