/** A real Kubernetes API server on loopback, with etcd below it, until it is closed; and kubectl to ask it. */
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { inject } from "vitest";
import type { KubeBinaries } from "../real/kube-binaries.ts";
import { watch } from "./secrets.ts";
import { freePort } from "./step-ca.ts";

export interface Asked {
  exit: number | null;
  stdout: string;
  stderr: string;
}

export interface KubeServer {
  readonly url: string;
  /** Of kubectl alone. */
  readonly bin: string;
  kubectl(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Asked>;
  close(): Promise<void>;
}

/** Null where it could not be had. */
export function kubeBinaries(): KubeBinaries | null {
  return inject("kube");
}

const deadlineMs = 40_000;

/** `clientCa`: the file of the root that clients' certificates lead to, as k3s has it. */
export async function startKube(clientCa: string): Promise<KubeServer> {
  const binaries = kubeBinaries();
  if (binaries === null) throw new Error("no Kubernetes API server here; skip what needs it");
  const { apiserver, etcd, kubectl } = binaries;
  const dir = mkdtempSync(join(tmpdir(), "renew-kube-"));
  const [port, client, peer] = [await freePort(), await freePort(), await freePort()];
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const accountKey = join(dir, "sa.key");
  writeFileSync(accountKey, privateKey.export({ type: "pkcs1", format: "pem" }), { mode: 0o600 });
  const url = (at: number) => `http://127.0.0.1:${at}`;
  const children = [
    start(etcd, [
      ...["--data-dir", join(dir, "etcd"), "--listen-client-urls", url(client), "--advertise-client-urls", url(client)],
      ...["--listen-peer-urls", url(peer), "--initial-advertise-peer-urls", url(peer)],
      ...["--initial-cluster", `default=${url(peer)}`],
    ]),
    start(apiserver, [
      ...["--etcd-servers", url(client), "--secure-port", String(port), "--bind-address", "127.0.0.1"],
      ...["--client-ca-file", clientCa, "--cert-dir", join(dir, "certs"), "--service-cluster-ip-range", "10.0.0.0/24"],
      ...["--service-account-key-file", accountKey, "--service-account-signing-key-file", accountKey],
      ...["--service-account-issuer", "https://kubernetes.default", "--authorization-mode", "RBAC"],
    ]),
  ];
  const server = `https://127.0.0.1:${port}`;
  const ask: KubeServer["kubectl"] = (args, env) => run(kubectl, args, { HOME: dir, ...env });
  const close = async () => {
    await Promise.all(children.map(({ child }) => stop(child)));
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const until = Date.now() + deadlineMs;
    while (!(await isReady(port))) {
      const dead = children.find(({ child }) => child.exitCode !== null);
      if (dead !== undefined || Date.now() > until)
        throw new Error(`the API server did not start: ${(dead ?? children[1])?.said().slice(-2000)}`);
      await delay(100);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { url: server, bin: kubectl, kubectl: ask, close };
}

/** By its own word, which it gives to everybody. Its certificate is its own, too. */
function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = get({ host: "127.0.0.1", port, path: "/readyz", rejectUnauthorized: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.once("error", () => resolve(false));
  });
}

function start(program: string, args: readonly string[]): { child: ChildProcess; said(): string } {
  const { PATH = "" } = process.env;
  const child = spawn(program, args, { env: { PATH }, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  const keep = (piece: Buffer) => {
    text = (text + piece.toString()).slice(-20_000);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  return { child, said: () => text };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL"); // nothing of it is kept
  await once(child, "exit");
}

/** What kubectl prints is looked through for secrets, as what renew prints. */
function run(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Asked> {
  const { PATH = "" } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { PATH, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (text: string) => {
        said[name] += text;
      });
    child.once("error", reject);
    child.once("close", (exit) => {
      for (const text of Object.values(said)) watch.saw("screen", text, `kubectl ${args.join(" ")}`);
      resolve({ exit, ...said });
    });
  });
}
