/**
 * A daemon over hundreds of renewals on a real CA, while everything happens to it that may: signals, an end by force at any
 * moment, a CA that goes and comes, other runs on the same pair. The CA's own log counts.
 *
 * SOAK_RENEWALS says how many (200), SOAK_SEED repeats what chance has chosen; where a process is met is the machine's to say.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pass } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { commandOf, run } from "../support/program.ts";
import { get } from "../support/raw.ts";
import { realBinary, type StepCa, startStepCa } from "../support/step-ca.ts";
import { connectsAs } from "../support/tls-pair.ts";

const wanted = Number(process.env["SOAK_RENEWALS"] || 200);
const seed = Number(process.env["SOAK_SEED"] || Date.now() % 2 ** 31);
/** An expired certificate is renewed only where it has lived for more than a minute. */
const lifetimeMs = 90_000;
/** By the calendar as well, so that not every renewal is one that somebody asked for. */
const periodMs = 1_000;

/** From 0 to 1, the same for the same seed (mulberry32). */
function chanceFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The share of each in all that happens; what is left is "hangup". */
const shares = { kill: 0.18, other: 0.06, stop: 0.04, restart: 0.02 };
type Happening = keyof typeof shares | "hangup";

function chosenBy(chance: number): Happening {
  let sum = 0;
  const found = Object.entries(shares).find(([, share]) => {
    sum += share;
    return chance < sum;
  });
  return (found?.[0] ?? "hangup") as Happening;
}

interface Line {
  event: string;
  next: string | null;
  error: { code: string } | null;
}

const residentKb = ({ pid }: ChildProcess) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
const handlesOf = ({ pid }: ChildProcess) => readdirSync(`/proc/${pid}/fd`).length;

describe.skipIf(process.platform !== "linux" || realBinary("step-ca-v0.30.2") === undefined)(
  "on step-ca v0.30.2",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "renew-soak-"));
    const hook = join(folder, "hook");
    const root = join(folder, "root.crt");
    let ca: StepCa;

    beforeAll(async () => {
      ca = await startStepCa({ version: "v0.30.2", authority: await createAuthority({ intermediate: true }) });
      writeFileSync(root, ca.authority.root); // the CA's own is written anew when it is started again
      writeFileSync(hook, '#!/bin/sh\necho "$RENEW_SERIAL" >> "$HOOKED"\n', { mode: 0o755 });
    });
    afterAll(async () => {
      await ca?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    /** By the CA's own log. */
    const issued = () =>
      ca.log().filter((line) => /"path":"\/re(new|key)"/.test(line) && line.includes('"status":201'));

    async function place(name: string) {
      const cwd = join(folder, name);
      mkdirSync(cwd);
      const now = Date.now();
      const { chain, key } = await ca.authority.issue({
        subject: "web.internal",
        names: ["web.internal"],
        usages: ["serverAuth", "clientAuth"],
        provisioner: { name: "after-expiry" },
        notBefore: new Date(now),
        notAfter: new Date(now + lifetimeMs),
      });
      writeFileSync(join(cwd, "web.crt"), chain);
      writeFileSync(join(cwd, "web.key"), key, { mode: 0o600 });
      const HOOKED = `${cwd}.hooked`;
      const hooked = () => (existsSync(HOOKED) ? readFileSync(HOOKED, "utf8").trim().split("\n") : []);
      return { cwd, env: { HOOKED, HOME: cwd }, hooked };
    }

    /** What is there while nobody is at it: between two runs that replace both files, one may be new and the other old. */
    async function pairIn(cwd: string): Promise<{ cert: string; key: string }> {
      const isAtWork = () => readdirSync(cwd).some((name) => name.includes(".renew-journal"));
      const read = () => ["crt", "key"].map((end) => readFileSync(join(cwd, `web.${end}`), "utf8"));
      for (;;) {
        const before = isAtWork() ? [] : read();
        const after = read();
        const [cert, key] = after;
        if (cert !== undefined && key !== undefined && before.join() === after.join() && !isAtWork())
          return { cert, key };
        await pass(5);
      }
    }

    async function belongs(cwd: string): Promise<{ cert: string; key: string; serial: string }> {
      const { cert, key } = await pairIn(cwd);
      const leaf = new X509Certificate(cert);
      expect(leaf.publicKey.equals(createPublicKey(createPrivateKey(key)))).toBe(true);
      return { cert, key, serial: leaf.serialNumber };
    }

    test.each([
      ["renew", [], "--renew-period", wanted],
      ["rekey", ["rekey"], "--rekey-period", Math.ceil(wanted / 4)],
    ] as const)(
      `%s: one good pair, and nothing beside it (SOAK_SEED=${seed})`,
      async (name, command, period, target) => {
        const there = await place(name);
        const chance = chanceFrom(seed);
        const within = (most: number) => Math.floor(chance() * most);
        const words = ["web.crt", "web.key", "--ca-url", ca.url, "--root", root, "--exec", hook];
        const counts = { hangup: 0, kill: 0, restart: 0, other: 0, stop: 0, failed: 0, told: 0 };
        const codes = new Set<string>();
        const memory: number[] = [];
        const handles: number[] = [];
        const startedAt = performance.now();
        const before = issued().length;
        const done = () => issued().length - before;

        let heard: (line: Line) => void = () => undefined;
        const start = () => {
          const args = [...command, "--daemon", "--json", period, `${periodMs}ms`, ...words];
          const child = spawn(...commandOf(args), { ...there, stdio: ["ignore", "pipe", "pipe"] });
          const said: string[] = [];
          child.stderr.on("data", (text) => said.push(String(text)));
          createInterface({ input: child.stdout }).on("line", (text) => {
            if (!text.startsWith('{"')) return void said.push(text);
            const line = JSON.parse(text) as Line;
            if (line.event === "renewed") counts.told++;
            if (line.event === "failed") counts.failed++;
            if (line.error !== null) codes.add(line.error.code);
            heard(line);
          });
          const exit = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
          return { child, exit, said };
        };
        let daemon = start();
        const next = (...events: string[]) =>
          new Promise<void>((resolve, reject) => {
            const late = setTimeout(() => reject(new Error(`no ${events} in 30 s: ${daemon.said.join("")}`)), 30_000);
            heard = ({ event }) => {
              if (!events.includes(event)) return;
              clearTimeout(late);
              resolve();
            };
          });
        const renewed = async () => {
          const told = next("waiting", "failed");
          daemon.child.kill("SIGHUP");
          await told;
        };
        /** At the end of the work, in its middle, or before it has begun. */
        const moment = () => pass(within([5, 40, 200][within(3)] ?? 0));

        const happenings: Record<Happening, () => Promise<void>> = {
          async hangup() {
            await renewed();
          },
          async kill() {
            daemon.child.kill("SIGHUP");
            await moment();
            daemon.child.kill("SIGKILL");
            expect(await daemon.exit).toEqual([null, "SIGKILL"]);
            daemon = start();
            await next("started", "waiting", "failed");
          },
          async restart() {
            daemon.child.kill("SIGHUP");
            await moment();
            await ca.stop();
            await renewed();
            await ca.restart();
            await renewed();
          },
          async other() {
            daemon.child.kill("SIGHUP");
            await moment();
            const ran = await run([...(chance() < 0.5 ? ["rekey"] : []), "--force", ...words], there);
            expect(ran.exit, ran.stderr).toBe(0);
          },
          async stop() {
            daemon.child.kill("SIGHUP");
            await moment();
            daemon.child.kill("SIGSTOP");
            const other = chance() < 0.5 ? run(["--force", ...words], there) : null;
            await pass(within(1_000));
            daemon.child.kill("SIGCONT");
            const ran = await other;
            expect(ran?.exit ?? 0, ran?.stderr).toBe(0);
            await renewed();
          },
        };

        const happen = async (what: Happening) => {
          counts[what]++;
          await happenings[what]();
        };

        await next("started", "failed");
        try {
          for (let checked = 0; done() < target; ) {
            // The last of them lives long enough to be measured.
            const isQuiet = done() > target * 0.6;
            const what = chosenBy(chance());
            await happen(isQuiet && what === "kill" ? "hangup" : what);
            if (done() - checked < Math.min(20, target / 10)) continue;
            checked = done();
            await belongs(there.cwd);
            if (isQuiet) memory.push(residentKb(daemon.child));
            if (isQuiet) handles.push(handlesOf(daemon.child));
          }
          for (const what of ["restart", "kill"] as const) await happen(what); // whatever chance has chosen
          await renewed();
        } finally {
          daemon.child.kill("SIGCONT");
          daemon.child.kill("SIGTERM");
        }
        expect(await daemon.exit, daemon.said.join("")).toEqual([0, null]);
        await ca.logOf(await get(ca, "/roots"));
        const seconds = Math.round((performance.now() - startedAt) / 1000);
        const told = there.hooked();
        console.log(
          `${name}: ${done()} issued in ${seconds} s; ${JSON.stringify(counts)}; failures ${[...codes]}; ` +
            `hooks ${told.length}, of ${new Set(told).size} certificates; memory ${memory} kB; handles ${handles}`,
        );

        const { cert, key, serial } = await belongs(there.cwd);
        expect(readdirSync(there.cwd).sort()).toEqual(["web.crt", "web.key"]);
        expect(done()).toBeGreaterThanOrEqual(target);
        expect(BigInt(told.at(-1) ?? 0), "the last hook was told of what is there").toBe(BigInt(`0x${serial}`));
        expect([...codes].filter((code) => !code.startsWith("CA_"))).toEqual([]);
        // Only an end by force, of the daemon or of the CA, may lose a certificate on its way to the disk.
        expect(done() - new Set(told).size).toBeLessThanOrEqual(counts.kill + counts.restart);
        expect(await connectsAs({ cert, key }, ca.authority)).toEqual({ serial });
        const again = await run([...command, "--force", ...words], there);
        expect(again.exit, again.stderr).toBe(0);
        expect((await belongs(there.cwd)).serial).not.toBe(serial);
        const [early, late] = [memory.slice(0, memory.length / 2), memory.slice(memory.length / 2)];
        expect(Math.max(...late)).toBeLessThan(Math.max(...early) * 1.2);
        expect(Math.max(...handles)).toBeLessThanOrEqual((handles[0] ?? 0) + 4);
      },
      Math.max(180_000, wanted * 1_500),
    );
  },
);
