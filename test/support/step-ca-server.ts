/** A real step-ca in a temporary folder, on a free loopback port, until it is closed. Needs no test runner. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Authority } from "../../src/dev-ca/authority.ts";
import type { CaVersion } from "../real/binaries.ts";
import { type Answer, get, post } from "./raw.ts";
import {
  type CaConfig,
  createProvisionerKey,
  type ProvisionerKey,
  type ProvisionerSpec,
  provisionerToken,
  type RenewalClaims,
  standardProvisioners,
  writeConfig,
} from "./step-ca-config.ts";
import { StepCaLog } from "./step-ca-log.ts";

export interface StepCaOptions {
  version: CaVersion;
  authority: Authority;
  /** Default: standardProvisioners. */
  provisioners?: readonly ProvisionerSpec[];
  /** Default: localhost and 127.0.0.1. */
  dnsNames?: readonly string[];
  /** Of the whole authority: /provisioners does not show them. */
  claims?: RenewalClaims;
  crl?: boolean;
  dbless?: boolean;
  /** Default "0s": what is issued begins now, not a minute ago. */
  backdate?: string;
  /** Goes into ca.json as it is, over what is there. A function is given the CA's folder. */
  more?: Record<string, unknown> | ((dir: string) => Record<string, unknown>);
  /** Another service signs in place of the CA's own key: goes into ca.json's authority as it is. */
  cas?: Record<string, unknown>;
  /** Of the process, over the little that it has. A function is given the CA's folder. */
  env?: Readonly<Record<string, string>> | ((dir: string) => Readonly<Record<string, string>>);
  /** Makes this one a registration authority (StepCAS) in front of that one; share its authority and its provisioners. */
  upstream?: StepCa;
}

/** Some options may change while the CA is down; its port, its folder and its database stay. */
export type StepCaChanges = Partial<
  Pick<StepCaOptions, "authority" | "provisioners" | "dnsNames" | "claims" | "crl" | "env">
>;

export interface StepCa {
  readonly version: CaVersion;
  readonly url: string;
  readonly port: number;
  /** Of its process, which a restart changes. */
  readonly pid: number;
  readonly authority: Authority;
  readonly dir: string;
  /** The root certificate's file, for --root. */
  readonly rootFile: string;
  readonly rootFingerprint: string;
  readonly keys: ReadonlyMap<string, ProvisionerKey>;
  log(): readonly string[];
  /** What the CA wrote about one answer: its "error", the TLS error of a refused handshake, "" where there is none. */
  logOf(answer: Answer): Promise<string>;
  /** The newest such line since the log had `mark` lines; "" when none comes in the time. */
  logSince(mark: number, wanted: RegExp, timeoutMs?: number): Promise<string>;
  /** A one-time token of a provisioner, "/1.0/sign" unless told. For step's --token, and for /sign and /revoke. */
  token(provisioner: string, subject: string, more?: { path?: string; sans?: readonly string[] }): string;
  /** By serial number, hexadecimal; through the CA's API. */
  revoke(serial: string): Promise<void>;
  restart(changes?: StepCaChanges): Promise<void>;
  /** Until it is closed or restarted; its port stays free. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

const deadlineMs = 20_000;

/** `binary` is a step-ca of the version that the options name. */
export async function startStepCaOf(binary: string, options: StepCaOptions): Promise<StepCa> {
  const { version, upstream } = options;
  const dir = mkdtempSync(join(tmpdir(), "step-ca-"));
  const port = await freePort();
  const url = `https://localhost:${port}`;
  const keys = new Map<string, ProvisionerKey>();
  const log = new StepCaLog();
  let current = options;

  const run = async (): Promise<ChildProcess> => {
    const config = writeConfig(dir, configOf(current, { port, dir, keys, upstream }));
    const child = start(binary, {
      config,
      dir,
      env: typeof current.env === "function" ? current.env(dir) : (current.env ?? {}),
    });
    log.read(child);
    await healthy({ url, authority: current.authority }, child, log);
    return child;
  };
  let child = await run();

  const token: StepCa["token"] = (provisioner, subject, { path = "/1.0/sign", sans } = {}) => {
    const key = keys.get(provisioner);
    if (key === undefined) throw new Error(`no JWK provisioner ${provisioner}`);
    return provisionerToken(key, { iss: provisioner, aud: `${url}${path}`, sub: subject, ...(sans && { sans }) });
  };

  return {
    version,
    url,
    port,
    get pid() {
      if (child.pid === undefined) throw new Error("step-ca has no process");
      return child.pid;
    },
    get authority() {
      return current.authority;
    },
    dir,
    rootFile: join(dir, "root.crt"),
    get rootFingerprint() {
      return fingerprint(current.authority.root);
    },
    keys,
    log: () => log.lines,
    logOf: (answer) => log.of(answer, deadlineMs),
    logSince: (mark, wanted, timeoutMs = 5_000) => log.since(mark, wanted, timeoutMs),
    token,
    async revoke(serial) {
      const [provisioner = ""] = keys.keys();
      const decimal = BigInt(`0x${serial}`).toString();
      const ott = token(provisioner, decimal, { path: "/1.0/revoke" });
      const body = { serial: decimal, ott, passive: true, reasonCode: 0, reason: "" };
      const answer = await post({ url, authority: current.authority }, "/revoke", JSON.stringify(body));
      if (!("status" in answer) || answer.status !== 200) throw new Error(`not revoked: ${JSON.stringify(answer)}`);
    },
    async restart(changes = {}) {
      await stop(child);
      current = { ...current, ...changes };
      child = await run();
    },
    stop: () => stop(child),
    async close() {
      await stop(child);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Fills in what was not asked for, and makes the keys that the provisioners still lack. */
function configOf(
  options: StepCaOptions,
  known: { port: number; dir: string; keys: Map<string, ProvisionerKey>; upstream: StepCa | undefined },
): CaConfig {
  const { port, dir, keys, upstream } = known;
  const provisioners = options.provisioners ?? standardProvisioners;
  for (const { name, type = "JWK" } of provisioners) {
    if (type === "JWK" && !keys.has(name)) keys.set(name, createProvisionerKey());
  }
  const [issuer] = upstream?.keys ?? [];
  return {
    port,
    authority: options.authority,
    provisioners,
    keys,
    dnsNames: options.dnsNames ?? ["localhost", "127.0.0.1"],
    claims: options.claims ?? {},
    backdate: options.backdate ?? "0s",
    crl: options.crl ?? false,
    dbless: options.dbless ?? false,
    more: typeof options.more === "function" ? options.more(dir) : (options.more ?? {}),
    cas: options.cas ?? null,
    upstream:
      upstream === undefined || issuer === undefined
        ? null
        : { url: upstream.url, provisioner: issuer[0], key: issuer[1], rootFingerprint: upstream.rootFingerprint },
  };
}

const running = new Map<ChildProcess, string>();
process.once("exit", () => {
  for (const [child, dir] of running) {
    child.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  }
});
// a test worker is ended by this signal, and then has no "exit"
process.once("SIGTERM", () => process.exit(143));

/** Ends with this process at the latest, even where a test forgets it. */
function start(
  binary: string,
  { config, dir, env }: { config: string; dir: string; env: Readonly<Record<string, string>> },
): ChildProcess {
  const child = spawn(binary, [config], {
    env: { PATH: process.env["PATH"], HOME: dir, STEPPATH: dir, TZ: "UTC", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.set(child, dir);
  child.once("exit", () => running.delete(child));
  return child;
}

/** A port that was free a moment ago: step-ca has to be told one, as it does not say which it took. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function healthy(ca: { url: string; authority: Authority }, child: ChildProcess, log: StepCaLog): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const answer = await get(ca, "/health").catch(() => undefined);
    if (answer !== undefined && "status" in answer && answer.status === 200) return;
    await delay(20);
  }
  await stop(child);
  throw new Error(`step-ca did not come up:\n${log.lines.slice(-10).join("\n")}`);
}

/** By its own process, and for good: SIGKILL where SIGTERM did not do. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await gone;
  clearTimeout(late);
}

/** SHA-256, as the CA knows its root by. */
export function fingerprint(certificate: string): string {
  return createHash("sha256").update(new X509Certificate(certificate).raw).digest("hex");
}
