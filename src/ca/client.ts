/**
 * One HTTP exchange with the CA. It judges nothing that was said: any status is an answer. What the network or TLS refuses
 * becomes a failure. By Node's own client: undici's costs a single request more than all the rest of a renewal, and hides TLS
 * alerts (docs/performance.md). Many requests over kept connections are another matter.
 */
import { type IncomingMessage, request } from "node:http";
import type { LookupFunction, Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, type TLSSocket } from "node:tls";
import { AnswerCut, ConnectionEnded, networkFailure } from "../failure/causes.ts";
import { errnoOf, Failure } from "../failure/failure.ts";
import { type Certificate, certificatePem } from "../pki/certificate.ts";
import { isPlainlyTrusted } from "../pki/plainly-trusted.ts";
import { prepareForNames, serverNameOf } from "./addresses.ts";
import type { Answer } from "./answer.ts";
import { readBody } from "./body.ts";
import { chainPresented } from "./handshake-chain.ts";
import { linkedTo } from "./linked.ts";
import { proxyFor } from "./proxy.ts";
import { openTunnel } from "./tunnel.ts";
import type { CaUrl } from "./url.ts";

/** A CA's answers are a few kilobytes; a CRL can be larger, and is asked for with its own limit. */
export const answerLimit = 1024 * 1024;

export interface Exchange {
  method: "GET" | "POST";
  /** Below the CA's prefix, with its slash: `/renew`. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /** Bytes; default `answerLimit`. */
  limit?: number;
}

/** How to reach the CA, the same for every exchange of a run. */
export interface Route {
  ca: CaUrl;
  /** The only roots that are trusted; any certificate may be one, an intermediate too. */
  roots: readonly Certificate[];
  timeoutMs: number;
  connectTimeoutMs: number;
  env: Readonly<Record<string, string | undefined>>;
  /** Finds a host's addresses; Node's own when left out. */
  lookup?: LookupFunction;
  now(): Date;
  elapsed(): number;
  signal: AbortSignal;
}

/** A client certificate for the handshake, as PEM. The token flow never passes one. */
export interface ClientCertificate {
  chain: string;
  key: string;
}

/** A way to send: over a connection of its own, or over one that is kept. */
export type Exchanging = (route: Route, what: Exchange, identity?: ClientCertificate) => Promise<Answer>;

/** A kept connection ended before anything of an answer came: the CA closes what is idle, and may do so as a request leaves. */
export class StaleConnection extends Error {}

/**
 * Sends one request over a connection of its own, which ends with it: a kept connection would hold on to an old certificate.
 * Throws the failures of `networkFailure`, CA_TIMEOUT and RESPONSE_TOO_LARGE; any error once the caller's signal ends it.
 */
export async function exchange(route: Route, what: Exchange, identity?: ClientCertificate): Promise<Answer> {
  const { ca, now, elapsed } = route;
  const url = ca.href + what.path;
  const attempt = new Attempt(route, url, identity);
  try {
    const socket = await attempt.dial();
    const sent = elapsed();
    const seen = () => ({ at: now(), roundTripMs: elapsed() - sent });
    const { head, body, ...times } = await send(socket, { ca, url, what, seen });
    return { url, status: head.statusCode ?? 0, headers: flat(head.rawHeaders), body, ...times };
  } catch (error) {
    throw attempt.explain(error);
  } finally {
    attempt.end();
  }
}

/** The state of one try: its socket, its time limits, and the first thing that went wrong below HTTP. */
class Attempt {
  readonly #route: Route;
  readonly #url: string;
  readonly #identity: ClientCertificate | undefined;
  readonly #limit: ReturnType<typeof linkedTo>;
  readonly #timers: NodeJS.Timeout[] = [];
  #phase: "connect" | "exchange" = "connect";
  #timedOut: "connect" | "exchange" | null = null;
  #below: unknown;
  /** That is to open a tunnel, and has not yet. */
  #proxy: string | null = null;
  #socket: TLSSocket | undefined;

  constructor(route: Route, url: string, identity: ClientCertificate | undefined) {
    this.#route = route;
    this.#url = url;
    this.#identity = identity;
    this.#limit = linkedTo(route.signal);
    this.#timers.push(
      setTimeout(() => this.#expire(this.#phase), route.timeoutMs),
      setTimeout(() => this.#phase === "connect" && this.#expire("connect"), route.connectTimeoutMs),
    );
  }

  explain(error: unknown): unknown {
    const { timeoutMs, connectTimeoutMs, ca } = this.#route;
    if (this.#route.signal.aborted || error instanceof Failure) return error;
    if (this.#timedOut !== null) {
      const limitMs = this.#timedOut === "connect" ? Math.min(connectTimeoutMs, timeoutMs) : timeoutMs;
      const facts = { url: this.#url, phase: this.#timedOut, limitMs: Math.ceil(limitMs) };
      return new Failure("CA_TIMEOUT", { ...facts, ...(this.#proxy !== null && { proxy: this.#proxy }) });
    }
    const first = error instanceof AnswerCut ? error : (this.#below ?? error);
    const failure = networkFailure(first, { url: this.#url, host: ca.host, now: this.#route.now() });
    const isSilent = this.#phase === "connect" && this.#socket?.bytesRead === 0;
    return failure instanceof ConnectionEnded && failure.alert === null && isSilent
      ? new ConnectionEnded(null, failure.cause, true)
      : failure;
  }

  end(): void {
    this.#limit.release();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#socket?.destroy();
  }

  #expire(phase: "connect" | "exchange"): void {
    this.#timedOut = phase;
    this.#limit.controller.abort();
  }

  /** A connection whose handshake is done, with the server that was meant. */
  async dial(): Promise<TLSSocket> {
    const plain = await this.#connect("plainly");
    const isMeant = this.#isPlainlyMeant(plain);
    if (!isMeant) plain.destroy();
    const socket = isMeant ? plain : await this.#connect("by OpenSSL"); // which trusts it all the same, or says why not
    this.#phase = "exchange";
    return socket;
  }

  /** Nothing is sent before this has been asked; of the client certificate, the handshake itself sends no more than it ever does. */
  #isPlainlyMeant(socket: TLSSocket): boolean {
    const { ca, roots, now } = this.#route;
    const own = socket.getPeerCertificate();
    const name = checkServerIdentity(ca.host, own);
    return name === undefined && isPlainlyTrusted(chainPresented(socket, own.raw), roots, now());
  }

  async #connect(verified: "plainly" | "by OpenSSL"): Promise<TLSSocket> {
    const { ca, env } = this.#route;
    const { signal } = this.#limit.controller;
    const proxy = proxyFor(ca, env);
    this.#proxy = proxy?.host ?? null;
    const tunnel = proxy === null ? undefined : await openTunnel(proxy, ca, signal);
    this.#proxy = null;
    return new Promise((resolve, reject) => {
      const socket = this.#secure(tunnel, verified);
      this.#socket = socket;
      const giveUp = () => socket.destroy(new Error("given up"));
      if (signal.aborted) giveUp();
      signal.addEventListener("abort", giveUp, { once: true });
      socket.once("secureConnect", () => resolve(socket));
      // Also after the handshake: with TLS 1.3 a refused certificate's alert comes only then.
      socket.on("error", (error) => {
        this.#below ??= error;
        reject(error);
      });
    });
  }

  #secure(tunnel: Socket | undefined, verified: "plainly" | "by OpenSSL"): TLSSocket {
    const { ca, roots, lookup } = this.#route;
    const { host, port } = ca;
    prepareForNames();
    return connectTls({
      ...(tunnel === undefined ? { host, port, ...(lookup && { lookup }) } : { socket: tunnel, host }),
      servername: serverNameOf(host),
      ...(verified === "plainly" ? { ca: [], rejectUnauthorized: false } : byOpenSsl(roots)),
      minVersion: "TLSv1.2",
      ALPNProtocols: ["http/1.1"],
      ...(this.#identity && { cert: this.#identity.chain, key: this.#identity.key }),
    });
  }
}

/** Go, and so step, takes any certificate of the root file as an anchor, also an intermediate. */
function byOpenSsl(roots: readonly Certificate[]) {
  return { ca: roots.map(certificatePem), allowPartialTrustChain: true };
}

interface Sending<T> {
  ca: CaUrl;
  url: string;
  what: Exchange;
  /** Asked when the head of the answer has come. */
  seen(): T;
}

/** Resolves with the whole answer. The connection ends with it. */
function send<T>(socket: TLSSocket, { ca, url, what, seen }: Sending<T>) {
  const { method, path, headers, body, limit = answerLimit } = what;
  return new Promise<T & { head: IncomingMessage; body: Buffer }>((resolve, reject) => {
    const sending = request({
      createConnection: () => socket,
      method,
      path: ca.prefix + path,
      headers: { host: ca.origin.replace(/^https:\/\//, ""), accept: "application/json", ...headers },
    });
    const refuse = () => reject(Object.assign(new Error("it changed the protocol"), { code: "HPE_UPGRADE" }));
    let isAnswered = false;
    sending.once("response", (head) => {
      isAnswered = true;
      if (head.statusCode === 101) return refuse(); // to no other that it names
      const times = seen();
      // At once: what is wrong with a body may have come with its head.
      readBody(head, url, limit).then((whole) => resolve({ ...times, head, body: whole }), reject);
    });
    sending.once("upgrade", refuse);
    sending.on("error", (error) => {
      // All else may be of a question that is not whole, and whose answer is here already.
      if (!isAnswered || errnoOf(error).startsWith("HPE_")) reject(error);
    });
    sending.end(body);
  });
}

/** A header that came twice is joined (RFC 9110 §5.3). */
function flat(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const [name = "", value = ""] = [raw[index]?.toLowerCase(), raw[index + 1]];
    headers[name] = Object.hasOwn(headers, name) ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}
