/**
 * Many at once on one pair, on a real CA whose own log counts what it has issued: one renewal comes of it, whoever wins, and
 * each of the others says so. And who waits for whom, for how long, and what a run leaves that was killed while it was at it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { type Gate, startGate } from "../support/gate.ts";
import { bin, type Ran, run } from "../support/program.ts";
import { get } from "../support/raw.ts";
import { realBinary, type StepCa, startStepCa } from "../support/step-ca.ts";
import { connectsAs } from "../support/tls-pair.ts";

const hour = 3_600_000;

describe.skipIf(realBinary("step-ca-v0.30.2") === undefined)("on step-ca v0.30.2", () => {
  const folder = mkdtempSync(join(tmpdir(), "renew-race-"));
  const hook = join(folder, "hook");
  let ca: StepCa;
  let count = 0;

  beforeAll(async () => {
    const authority = await createAuthority({ intermediate: true, notBefore: new Date(Date.now() - 48 * hour) });
    ca = await startStepCa({ version: "v0.30.2", authority });
    writeFileSync(hook, '#!/bin/sh\necho "$RENEW_SERIAL" >> "$HOOKED"\n', { mode: 0o755 });
  });
  afterAll(async () => {
    await ca?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  interface Place {
    /** Holds the pair and nothing else. */
    cwd: string;
    env: Record<string, string>;
    /** Of each renewal that a hook was told of. */
    hooked(): string[];
  }

  const lives = {
    valid: { from: -hour, until: hour },
    expired: { from: -25 * hour, until: -hour },
  };

  async function place(life: keyof typeof lives = "valid", names: readonly string[] = ["web"]): Promise<Place> {
    const cwd = join(folder, String(++count));
    mkdirSync(cwd);
    for (const name of names) {
      const { chain, key } = await ca.authority.issue({
        subject: `${name}.internal`,
        names: [`${name}.internal`],
        usages: ["serverAuth", "clientAuth"],
        provisioner: { name: "after-expiry" },
        notBefore: new Date(Date.now() + lives[life].from),
        notAfter: new Date(Date.now() + lives[life].until),
      });
      writeFileSync(join(cwd, `${name}.crt`), chain);
      writeFileSync(join(cwd, `${name}.key`), key, { mode: 0o600 });
    }
    const HOOKED = `${cwd}.hooked`;
    const hooked = () => (existsSync(HOOKED) ? readFileSync(HOOKED, "utf8").trim().split("\n") : []);
    return { cwd, env: { HOOKED, HOME: cwd }, hooked };
  }

  const reach = (url = ca.url) => ["--ca-url", url, "--root", ca.rootFile];
  const renew = (name = "web", url = ca.url) => ["--force", `${name}.crt`, `${name}.key`, ...reach(url)];
  const rekey = (name = "web", url = ca.url) => ["rekey", ...renew(name, url)];
  const serial = (at: Place, file = "web.crt") => new X509Certificate(readFileSync(join(at.cwd, file))).serialNumber;

  /** How many certificates came of it, by the CA's own log. */
  async function issuedSince(mark: number): Promise<{ renew: number; rekey: number }> {
    await ca.logOf(await get(ca, "/roots")); // what it wrote before, it has written
    const issued = ca
      .log()
      .slice(mark)
      .filter((line) => line.includes('"status":201') && !line.includes('"/roots"'));
    const on = (path: string) => issued.filter((line) => line.includes(`"path":"${path}"`)).length;
    return { renew: on("/renew"), rekey: on("/rekey") };
  }

  /** Belongs together, is one that a server lets in, and stands alone. */
  async function isGood(at: Place, names: readonly string[] = ["web"]): Promise<void> {
    for (const name of names) {
      const [cert, key] = ["crt", "key"].map((end) => readFileSync(join(at.cwd, `${name}.${end}`), "utf8"));
      const pair = { cert: cert ?? "", key: key ?? "" };
      const whole = new X509Certificate(pair.cert);
      expect(whole.publicKey.equals(createPublicKey(createPrivateKey(pair.key)))).toBe(true);
      expect(await connectsAs(pair, ca.authority)).toEqual({ serial: whole.serialNumber });
    }
    expect(readdirSync(at.cwd).sort()).toEqual(names.flatMap((name) => [`${name}.crt`, `${name}.key`]).sort());
  }

  const isDone = ({ stderr, stdout }: Ran, did: string) => `${stdout}${stderr}`.startsWith(`${did} web.crt`);
  const isLate = ({ stderr, stdout }: Ran, did: string) => `${stdout}${stderr}`.includes(`was ${did} by another run`);
  const told = (runs: readonly Ran[]) => runs.map(({ exit, stderr }) => `${exit}: ${stderr}`).join("\n");

  const crowds = [
    { about: "renew", life: "valid", words: renew, did: "renewed", at: "renew", sizes: [2, 10, 50] },
    { about: "renew, expired", life: "expired", words: renew, did: "renewed", at: "renew", sizes: [2, 10, 50] },
    { about: "rekey", life: "valid", words: rekey, did: "rekeyed", at: "rekey", sizes: [2, 10] },
  ] as const;

  describe.each(crowds)("$about", ({ life, words, did, at, sizes }) => {
    test.each(sizes)("%i at once: one certificate, one hook, and nobody fails", async (size) => {
      const there = await place(life);
      const before = serial(there);
      const mark = ca.log().length;
      const started = performance.now();
      const args = [...words(), "--exec", hook];
      const runs = await Promise.all(Array.from({ length: size }, () => run(args, there)));
      console.log(`${size} times ${did}, ${life}: ${Math.round(performance.now() - started)} ms`);
      expect(
        runs.filter(({ exit }) => exit !== 0),
        told(runs),
      ).toEqual([]);
      expect(await issuedSince(mark), told(runs)).toEqual({ renew: 0, rekey: 0, [at]: 1 });
      expect(
        runs.filter((one) => isDone(one, did)),
        told(runs),
      ).toHaveLength(1);
      expect(
        runs.filter((one) => isLate(one, did)),
        told(runs),
      ).toHaveLength(size - 1);
      expect(serial(there)).not.toBe(before);
      expect(there.hooked()).toEqual([BigInt(`0x${serial(there)}`).toString()]);
      await isGood(there);
    });
  });
});
