/** A folder of certificates, a plan over them, and a CA that answers at once: for runs over many. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseCaUrl } from "../../src/ca/url.ts";
import { type Authority, createAuthority, type LeafSpec } from "../../src/dev-ca/authority.ts";
import type { Hooks } from "../../src/renewal/hooks.ts";
import type { Entry, MethodWish, Plan, RunOptions } from "../../src/renewal/many/plan.ts";

const hour = 3_600_000;

export const usual: RunOptions = { force: true, keepGoing: false, dryRun: false, concurrency: 4 };

export interface EntryWish {
  url: string;
  method?: MethodWish;
  hooks?: Hooks | null;
  policy?: Partial<Entry["policy"]>;
}

export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), "renew-many-"));
  readonly authority: Authority;

  private constructor(authority: Authority) {
    this.authority = authority;
    this.write("root.crt", authority.root);
  }

  static async make(authority?: Authority): Promise<Folder> {
    return new Folder(authority ?? (await createAuthority({ intermediate: true })));
  }

  file(name: string): string {
    return join(this.path, name);
  }

  write(name: string, contents: string): void {
    writeFileSync(this.file(name), contents, { mode: 0o600 });
  }

  /** N certificates for a day, half of it over. */
  async fill(count: number, spec: LeafSpec = {}): Promise<void> {
    for (let index = 0; index < count; index++) await this.issue(`c${index}`, spec);
  }

  async issue(name: string, spec: LeafSpec = {}): Promise<void> {
    const usages: LeafSpec["usages"] = ["serverAuth", "clientAuth"];
    const times = { notBefore: new Date(Date.now() - 12 * hour), notAfter: new Date(Date.now() + 12 * hour) };
    const provisioner = { name: "after-expiry" };
    const { chain, key } = await this.authority.issue({
      names: [`${name}.example`],
      usages,
      provisioner,
      ...times,
      ...spec,
    });
    this.write(`${name}.crt`, chain);
    this.write(`${name}.key`, key);
  }

  entry(name: string, number: number, { url, method = "auto", hooks = null, policy = {} }: EntryWish): Entry {
    return {
      origin: { file: "renew.json", line: number + 2, entry: number },
      method,
      policy: {
        paths: { certificate: this.file(`${name}.crt`), key: this.file(`${name}.key`) },
        force: true,
        mtls: method !== "token",
        window: { kind: "duration", ms: hour },
        ca: parseCaUrl(url, "ca-url"),
        root: { value: this.file("root.crt"), from: "root" },
        timeoutMs: 10_000,
        connectTimeoutMs: 5000,
        lockTimeoutMs: 5000,
        hooks,
        ...policy,
      },
    };
  }

  plan(count: number, wish: EntryWish): Plan {
    const entries = Array.from({ length: count }, (_, index) => this.entry(`c${index}`, index + 1, wish));
    return { entries, broken: [], concurrency: null };
  }

  end(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export function hook(...words: string[]): Hooks {
  const signal = { name: "SIGHUP", number: 1 };
  return { exec: { words }, execTimeoutMs: 5000, pid: null, pidFile: null, signal };
}

/** Answers every request with one and the same renewed chain, and notes what comes. */
export class PlainCa {
  readonly tokens: string[] = [];
  readonly connections = new Set<Socket>();
  readonly url: string;
  accepted = 0;
  underWay = 0;
  mostAtOnce = 0;
  /** May end a connection in place of an answer. */
  before: (request: number, socket: Socket) => "answer" | "cut" = () => "answer";
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `https://localhost:${(server.address() as AddressInfo).port}`;
  }

  static async start(authority: Authority, chain: string): Promise<PlainCa> {
    const own = await authority.issue({ names: ["localhost"], usages: ["serverAuth"] });
    const server = createServer({ cert: own.chain, key: own.key });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const ca = new PlainCa(server);
    const body = JSON.stringify({ certChain: chain.match(/-----BEGIN[\s\S]*?-----END CERTIFICATE-----\n/g) ?? [] });
    server.on("secureConnection", (socket) => {
      ca.accepted++;
      ca.connections.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => ca.connections.delete(socket));
    });
    server.on("request", (request, response) => {
      ca.tokens.push((request.headers.authorization ?? "").replace(/^Bearer /, ""));
      ca.mostAtOnce = Math.max(ca.mostAtOnce, ++ca.underWay);
      request.resume().once("end", () => {
        ca.underWay--;
        if (ca.before(ca.tokens.length, request.socket) === "cut") return void request.socket.destroy();
        response.writeHead(201, { "content-type": "application/json" }).end(body);
      });
    });
    return ca;
  }

  async close(): Promise<void> {
    for (const socket of this.connections) socket.destroy();
    await new Promise((done) => this.#server.close(done));
  }
}
