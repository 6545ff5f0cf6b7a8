/** The daemon as a process: signals, its end, what it costs over many renewals. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Authority, createAuthority } from "../../src/dev-ca/authority.ts";
import { type DevCa, type DevCaOptions, startDevCa } from "../../src/dev-ca/server.ts";
import { atOnce, commandOf, root, run } from "../support/program.ts";
import { learnFrom, watch as lookout } from "../support/secrets.ts";

let folder: string;
let authority: Authority;
let ca: DevCa;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "renew-daemon-"));
  authority = await createAuthority({ intermediate: true });
  writeFileSync(join(folder, "root.crt"), authority.root);
});
afterEach(async () => {
  await ca.close();
  rmSync(folder, { recursive: true, force: true });
});

const schema = JSON.parse(readFileSync(join(root, "src/cli/print/output.schema.json"), "utf8"));
const fits = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);

interface Line {
  event: string;
  certificate: { serial: string } | null;
  next: string | null;
  failures: number;
  error: { code: string } | null;
}

async function issue(lifetimeMs: number): Promise<void> {
  const now = Date.now();
  const life = { notBefore: new Date(now), notAfter: new Date(now + lifetimeMs) };
  const { chain, key } = await authority.issue({ ...life, provisioner: { name: "after-expiry" } });
  writeFileSync(join(folder, "web.crt"), chain);
  writeFileSync(join(folder, "web.key"), key, { mode: 0o600 });
}

async function daemon(
  lifetimeMs: number,
  flags: readonly string[] = [],
  options: DevCaOptions = {},
  env: Record<string, string> = {},
) {
  ca = await startDevCa({ authority, ...options });
  await issue(lifetimeMs);
  return watch([...flags, "--daemon", "--json", "web.crt", "web.key", "--ca-url", ca.url, "--root", "root.crt"], env);
}

function watch(words: readonly string[], env: Record<string, string> = {}, node: readonly string[] = []) {
  learnFrom(words, folder);
  const child = spawn(...commandOf(words, node), {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout.on("data", (bytes) => lookout.saw("screen", String(bytes), "of a daemon"));
  const exit = once(child, "exit");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (event: string): Promise<Line> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`it ended before ${event}`);
      const line = JSON.parse(value) as Line;
      if (!fits(line)) throw new Error(`${value} does not fit: ${JSON.stringify(fits.errors)}`);
      if (line.event === event) return line;
    }
  };
  return { child, next, exit };
}

const residentKb = (pid: number) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
const handles = (pid: number) => readdirSync(`/proc/${pid}/fd`).length;

describe("a daemon", () => {
  test("nothing is due: no request, and SIGTERM ends it with 0 within a second", async () => {
    const { child, next, exit } = await daemon(3_600_000);
    await next("started");
    const asked = performance.now();
    child.kill("SIGTERM");
    expect(await exit).toEqual([0, null]);
    expect(performance.now() - asked).toBeLessThan(1000);
    expect(ca.log.filter(({ path }) => path === "/renew")).toEqual([]);
  });

  test("SIGTERM ends it while the CA does not answer, and SIGINT as well", async () => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const { child, next, exit } = await daemon(3_600_000, [], { faults: ["hang"] });
      await next("started");
      const asked = ca.log.length;
      child.kill("SIGHUP");
      while (ca.log.length === asked) await new Promise(setImmediate);
      const at = performance.now();
      child.kill(signal);
      expect(await exit).toEqual([0, null]);
      expect(performance.now() - at).toBeLessThan(1000);
      if (signal === "SIGTERM") await ca.close();
    }
  });

  test("SIGUSR1 says how it stands", async () => {
    const { child, next, exit } = await daemon(3_600_000);
    const started = await next("started");
    child.kill("SIGUSR1");
    expect(await next("state")).toMatchObject({ failures: 0, next: started.next });
    child.kill("SIGTERM");
    expect(await exit).toEqual([0, null]);
  });

  test("signals that come before anything is loaded are kept, and answered once it stands", async () => {
    ca = await startDevCa({ authority });
    await issue(3_600_000);
    const words = ["--daemon", "--json", "web.crt", "web.key", "--ca-url", ca.url, "--root", "root.crt"];
    const { child, next, exit } = watch(words, {}, atOnce(["SIGHUP", "SIGUSR1"]));
    await next("started");
    await next("renewed");
    expect(await next("state")).toMatchObject({ failures: 0 });
    child.kill("SIGTERM");
    expect(await exit).toEqual([0, null]);
    expect(ca.log.filter(({ path }) => path === "/renew").length).toBe(1);
  });

  test("SIGTERM that comes before anything is loaded ends it with 0, and nobody is asked", async () => {
    ca = await startDevCa({ authority });
    await issue(3_600_000);
    const words = ["--daemon", "--json", "web.crt", "web.key", "--ca-url", ca.url, "--root", "root.crt"];
    const { next, exit } = watch(words, {}, atOnce(["SIGTERM"]));
    await next("stopped");
    expect(await exit).toEqual([0, null]);
    expect(ca.log).toEqual([]);
  });

  test("a certificate of three seconds is renewed in time, again and again", async () => {
    const { child, next, exit } = await daemon(3000);
    const serials = new Set<string | undefined>();
    for (let count = 0; count < 3; count++) serials.add((await next("renewed")).certificate?.serial);
    child.kill("SIGTERM");
    expect(await exit).toEqual([0, null]);
    expect(serials.size).toBe(3);
  });

  test.runIf(process.platform === "linux")(
    "350 renewals: no growth of memory or handles",
    async () => {
      const { child, next, exit } = await daemon(60_000);
      await next("started");
      const pid = child.pid ?? 0;
      const measured: { memory: number; open: number }[] = [];
      for (let count = 1; count <= 350; count++) {
        child.kill("SIGHUP");
        await next("waiting");
        if (count === 200 || count === 350) measured.push({ memory: residentKb(pid), open: handles(pid) });
      }
      child.kill("SIGTERM");
      expect(await exit).toEqual([0, null]);
      const [half, whole] = measured;
      expect(whole?.open).toBeLessThanOrEqual((half?.open ?? 0) + 1);
      expect(whole?.memory).toBeLessThan((half?.memory ?? 0) * 1.2);
    },
    120_000,
  );

  test.runIf(process.platform === "linux")("systemd hears that it is ready, and that it lives", async () => {
    const told = join(folder, "told");
    writeFileSync(join(folder, "systemd-notify"), `#!/bin/sh\necho "$*" >> '${told}'\n`, { mode: 0o755 });
    const path = `${folder}:${process.env["PATH"] ?? ""}`;
    const env = { PATH: path, NOTIFY_SOCKET: "/run/x", WATCHDOG_USEC: "200000" };
    const { child, next, exit } = await daemon(6000, [], {}, env);
    await next("started");
    await next("renewed");
    child.kill("SIGTERM");
    expect(await exit).toEqual([0, null]);
    const lines = readFileSync(told, "utf8").trim().split("\n");
    expect(lines[0]).toBe("--ready");
    expect(lines.filter((line) => line === "WATCHDOG=1").length).toBeGreaterThan(5);
  });

  test.each(["renew", "rekey"])("%s: step's configuration is read again for each renewal", async (command) => {
    ca = await startDevCa({ authority });
    const other = await startDevCa({ authority });
    const asked = ({ log }: DevCa) => log.filter(({ path }) => path === `/${command}`).length;
    const configured = (text: string) => writeFileSync(join(folder, "config", "defaults.json"), text);
    const pointingTo = ({ url }: DevCa) =>
      configured(JSON.stringify({ "ca-url": url, root: join(folder, "root.crt") }));
    mkdirSync(join(folder, "config"));
    pointingTo(ca);
    await issue(3_600_000);
    const words = ["--daemon", "--json", "web.crt", "web.key"];
    const env = { STEPPATH: folder };
    const { child, next, exit } = watch(command === "renew" ? words : ["rekey", ...words], env);
    await next("started");
    pointingTo(other);
    child.kill("SIGHUP");
    await next("renewed");
    expect([asked(ca), asked(other)]).toEqual([0, 1]);
    configured("{");
    child.kill("SIGHUP");
    expect(await next("failed")).toMatchObject({ failures: 1, error: { code: "BAD_CONFIGURATION" } });
    configured("{}");
    child.kill("SIGHUP");
    expect(await next("failed")).toMatchObject({ failures: 2, error: { code: "CA_URL_MISSING" } });
    pointingTo(ca);
    child.kill("SIGHUP");
    await next("renewed");
    expect([asked(ca), asked(other)]).toEqual([1, 1]);
    child.kill("SIGTERM");
    expect(await exit).toEqual([0, null]);
    await other.close();
  });

  test.each([
    ["renew", "next renewal in"],
    ["rekey", "next rekey in"],
  ])("%s: in its own words, for people", async (command, words) => {
    ca = await startDevCa({ authority });
    await issue(3_600_000);
    const named = command === "renew" ? [] : [command];
    const args = [...named, "--daemon", "web.crt", "web.key", "--ca-url", ca.url, "--root", "root.crt"];
    const ran = await run(args, { cwd: folder, onWords: (said, kill) => said.includes("next ") && kill("SIGTERM") });
    expect(ran).toMatchObject({ exit: 0, stdout: "", stderr: expect.stringContaining(words) });
  });

  test("files that are missing keep it from starting", async () => {
    ca = await startDevCa({ authority });
    const words = ["--daemon", "--json", "no.crt", "no.key", "--ca-url", ca.url, "--root", "root.crt"];
    const { next, exit } = watch(words);
    expect(await next("failed")).toMatchObject({ certificate: null, next: null, error: { code: "FILE_MISSING" } });
    expect(await exit).toEqual([66, null]);
  });
});
