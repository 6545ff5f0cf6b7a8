/**
 * Many at once on one pair, on a real CA whose own log counts what it has issued: one renewal comes of it, whoever wins, and
 * each of the others says so. And who waits for whom, for how long, and what a run leaves that was killed while it was at it.
 */
import { spawn } from "node:child_process";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pass } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { startGate } from "../support/gate.ts";
import { commandOf, program, type Ran, run } from "../support/program.ts";
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
  const told = (runs: readonly Ran[]) =>
    runs.map(({ exit, stdout, stderr }) => `${exit}: ${stdout}${stderr}`).join("\n");

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
      const gate = await startGate(ca);
      onTestFinished(() => gate.close());
      const args = [...words("web", gate.url), "--exec", hook];
      const starting = Array.from({ length: size }, () => run(args, there));
      gate.open(); // all have been started: a run that begins after the first has ended is another matter
      const runs = await Promise.all(starting);
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

  /** A run that the CA keeps waiting, and so holds the lock. It is ended with the test, if it has not ended. */
  async function held(at: Place, words: (name: string, url: string) => string[], more: readonly string[] = []) {
    const gate = await startGate(ca);
    const child = spawn(...commandOf([...words("web", gate.url), ...more]), { ...at, stdio: "ignore" });
    const exit = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await gate.close();
    });
    await gate.arrived(1);
    return { child, exit, gate, isAlive: () => child.exitCode === null && child.signalCode === null };
  }

  const now = ["--lock-timeout", "0"];

  test.each([renew, rekey])("who may not wait is told which process has it, and that one goes on", async (words) => {
    const there = await place();
    const { child, exit, gate, isAlive } = await held(there, words);
    for (const other of [renew, rekey]) {
      const ran = await run([...other(), ...now, "--json"], there);
      expect(ran.exit, ran.stderr).toBe(73);
      const { error } = JSON.parse(ran.stdout);
      expect(error.code).toBe("LOCKED");
      expect(error.why).toMatch(new RegExp(`^Process ${child.pid} has held its lock since `));
    }
    expect(isAlive()).toBe(true);
    gate.open();
    expect(await exit).toEqual([0, null]);
    await isGood(there);
  });

  test.each(
    [renew, rekey].flatMap((killed) => [renew, rekey].map((next) => [killed.name, next.name, killed, next] as const)),
  )("%s is killed while the CA keeps it waiting: %s takes its place at once", async (_, __, killed, next) => {
    const there = await place();
    const { child, exit } = await held(there, killed);
    child.kill("SIGKILL");
    expect(await exit).toEqual([null, "SIGKILL"]);
    expect(readdirSync(there.cwd).length, "it has left something").toBeGreaterThan(2);
    const mark = ca.log().length;
    const ran = await run([...next(), ...now], there);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(await issuedSince(mark)).toEqual({ renew: 0, rekey: 0, [next === renew ? "renew" : "rekey"]: 1 });
    await isGood(there);
  });

  test("ten find the lock of a killed run: one certificate", async () => {
    const there = await place();
    const { child, exit } = await held(there, rekey);
    child.kill("SIGKILL");
    await exit;
    const mark = ca.log().length;
    const runs = await Promise.all(Array.from({ length: 10 }, () => run(renew(), there)));
    expect(
      runs.filter((one) => one.exit !== 0),
      told(runs),
    ).toEqual([]);
    expect(await issuedSince(mark), told(runs)).toEqual({ renew: 1, rekey: 0 });
    await isGood(there);
  });

  test("two certificates in one folder do not wait for each other, nor one that goes to another file", async () => {
    const there = await place("valid", ["web", "mail"]);
    const { exit, gate, isAlive } = await held(there, renew);
    const before = serial(there);
    const mail = serial(there, "mail.crt");
    const others = await Promise.all([
      run([...renew("mail"), ...now], there),
      run([...renew(), "--out", "new.crt", ...now], there),
    ]);
    expect(
      others.map(({ exit }) => exit),
      told(others),
    ).toEqual([0, 0]);
    expect(isAlive()).toBe(true);
    expect(serial(there, "mail.crt")).not.toBe(mail);
    expect(serial(there)).toBe(before);
    expect(new Set([before, serial(there, "new.crt")]).size).toBe(2);
    gate.open();
    expect(await exit).toEqual([0, null]);
    rmSync(join(there.cwd, "new.crt"));
    await isGood(there, ["mail", "web"]);
  });

  test("two that share only the key do not wait for each other", async () => {
    const there = await place();
    const { chain } = await ca.authority.issue({
      subject: "web.internal",
      usages: ["serverAuth", "clientAuth"],
      provisioner: { name: "after-expiry" },
      publicKeyPem: createPublicKey(readFileSync(join(there.cwd, "web.key"), "utf8"))
        .export({ type: "spki", format: "pem" })
        .toString(),
    });
    writeFileSync(join(there.cwd, "client.crt"), chain);
    const { exit, gate } = await held(there, renew);
    const before = serial(there, "client.crt");
    const ran = await run(["--force", "client.crt", "web.key", ...reach(), ...now], there);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(serial(there, "client.crt")).not.toBe(before);
    gate.open();
    expect(await exit).toEqual([0, null]);
    rmSync(join(there.cwd, "client.crt"));
    await isGood(there);
  });

  test("ten at once that write to another file, which is new: one certificate, and what is read stays", async () => {
    const there = await place();
    const before = serial(there);
    const mark = ca.log().length;
    const args = [...renew(), "--out", "new.crt"];
    const runs = await Promise.all(Array.from({ length: 10 }, () => run(args, there)));
    expect(
      runs.filter((one) => one.exit !== 0),
      told(runs),
    ).toEqual([]);
    expect(await issuedSince(mark), told(runs)).toEqual({ renew: 1, rekey: 0 });
    expect(serial(there)).toBe(before);
    expect(serial(there, "new.crt")).not.toBe(before);
    rmSync(join(there.cwd, "new.crt"));
    await isGood(there);
  });

  test.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
    ["SIGHUP", 129],
  ] as const)("who waits ends at once at %s, and has changed nothing", async (signal, status) => {
    const there = await place();
    const before = serial(there);
    const { exit, gate, isAlive } = await held(there, renew);
    const beside = readdirSync(there.cwd);
    let asked = 0;
    const ran = await run([...renew(), "--verbose"], {
      ...there,
      onWords: (words, kill) => {
        if (asked > 0 || !words.includes("waiting for process")) return;
        asked = performance.now();
        kill(signal);
      },
    });
    expect(performance.now() - asked).toBeLessThan(2_000);
    expect(ran.exit, ran.stderr).toBe(status);
    expect(readdirSync(there.cwd)).toEqual(beside);
    expect([serial(there), isAlive()]).toEqual([before, true]);
    gate.open();
    expect(await exit).toEqual([0, null]);
    await isGood(there);
  });

  test("who only looks never waits", async () => {
    const there = await place();
    const { exit, gate, isAlive } = await held(there, rekey);
    const beside = readdirSync(there.cwd);
    const looks = await Promise.all([
      run(["needs-renewal", "web.crt"], there),
      run(["doctor", "web.crt", "web.key", ...reach()], there),
    ]);
    expect(isAlive()).toBe(true);
    expect(
      looks.map((one) => one.exit),
      told(looks),
    ).toEqual([1, 0]);
    expect(readdirSync(there.cwd)).toEqual(beside);
    gate.open();
    expect(await exit).toEqual([0, null]);
    await isGood(there);
  });

  test("a renewal and a rekey at once: the key is a new one, and both are told the truth", async () => {
    const there = await place();
    const key = readFileSync(join(there.cwd, "web.key"), "utf8");
    for (const first of [renew, rekey]) {
      const mark = ca.log().length;
      const { exit, gate } = await held(there, first);
      const second = run([...(first === renew ? rekey : renew)(), "--verbose"], {
        ...there,
        onWords: (words) => words.includes("waiting for process") && gate.open(),
      });
      expect(await exit).toEqual([0, null]);
      const ran = await second;
      expect(ran.exit, ran.stderr).toBe(0);
      const issued = await issuedSince(mark);
      // A certificate for the old key is not what a rekey was asked for; a rekey's is new for a renewal, too.
      expect(issued, `${first.name} first: ${ran.stdout}${ran.stderr}`).toEqual({
        renew: first === renew ? 1 : 0,
        rekey: 1,
      });
      await isGood(there);
    }
    expect(readFileSync(join(there.cwd, "web.key"), "utf8")).not.toBe(key);
  });

  test("five renewals and five rekeys at once: all succeed, and one of them has made a new key", async () => {
    const there = await place();
    const key = readFileSync(join(there.cwd, "web.key"), "utf8");
    const mark = ca.log().length;
    const runs = await Promise.all(Array.from({ length: 10 }, (_, n) => run((n % 2 === 0 ? renew : rekey)(), there)));
    expect(
      runs.filter(({ exit }) => exit !== 0),
      told(runs),
    ).toEqual([]);
    const issued = await issuedSince(mark);
    expect(issued.rekey, told(runs)).toBe(1);
    expect(issued.renew, told(runs)).toBeLessThanOrEqual(1);
    expect(readFileSync(join(there.cwd, "web.key"), "utf8")).not.toBe(key);
    await isGood(there);
  });

  test("at any moment: whoever says that another run has done it is right", async () => {
    const there = await place();
    const now = () => ({ serial: serial(there), key: readFileSync(join(there.cwd, "web.key"), "utf8") });
    const mark = ca.log().length;
    const starting: Promise<{
      words: typeof renew;
      before: ReturnType<typeof now>;
      ran: Ran;
      after: ReturnType<typeof now>;
    }>[] = [];
    for (let n = 0; n < 24; n++) {
      const words = n % 3 === 2 ? rekey : renew;
      const before = now();
      starting.push(run(words(), there).then((ran) => ({ words, before, ran, after: now() })));
      await pass((n * 37) % 101);
    }
    const runs = await Promise.all(starting);
    const all = told(runs.map(({ ran }) => ran));
    expect(
      runs.filter(({ ran }) => ran.exit !== 0),
      all,
    ).toEqual([]);
    const did = (which: typeof renew, word: string) =>
      runs.filter(({ words, ran }) => words === which && isDone(ran, word));
    const issued = { renew: did(renew, "renewed").length, rekey: did(rekey, "rekeyed").length };
    expect(await issuedSince(mark), all).toEqual(issued);
    for (const { words, before, ran, after } of runs) {
      if (words === renew && isLate(ran, "renewed")) expect(after.serial, ran.stderr).not.toBe(before.serial);
      if (words === rekey && isLate(ran, "rekeyed")) expect(after.key, ran.stderr).not.toBe(before.key);
    }
    await isGood(there);
  });

  test("one after the other, with nothing in between: each renews", async () => {
    const there = await place();
    const mark = ca.log().length;
    const words = renew()
      .map((word) => `'${word}'`)
      .join(" ");
    const quoted = program.map((word) => `'${word}'`).join(" ");
    const script = `for n in $(seq 20); do ${quoted} ${words} || exit; done`;
    const shell = spawn("/bin/sh", ["-c", script], { ...there, stdio: ["ignore", "pipe", "pipe"] });
    const said: string[] = [];
    for (const stream of [shell.stdout, shell.stderr]) stream.on("data", (text) => said.push(String(text)));
    const [exit] = await once(shell, "close");
    expect(exit, said.join("")).toBe(0);
    expect(said.join("").match(/^renewed web\.crt/gm), said.join("")).toHaveLength(20);
    expect(await issuedSince(mark)).toEqual({ renew: 20, rekey: 0 });
    await isGood(there);
  });
});
