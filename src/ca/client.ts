/**
 * One HTTP exchange with the CA. It judges nothing that was said: any status is an answer. What the network or TLS refuses
 * becomes a failure. The door of undici, with a connector of our own, because undici hides TLS alerts.
 */
import type { Socket } from "node:net";
import { isIP } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { buildConnector, Dispatcher, Client as UndiciClient } from "undici";
import { ConnectionEnded, networkFailure } from "../failure/causes.ts";
import { Failure } from "../failure/failure.ts";
import type { Answer } from "./answer.ts";
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
  /** PEM: the only roots that are trusted. */
  roots: readonly string[];
  timeoutMs: number;
  connectTimeoutMs: number;
  env: Readonly<Record<string, string | undefined>>;
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
export type Exchanging = (route: Route, what: Exchange) => Promise<Answer>;

/** A kept connection ended before anything of an answer came: the CA closes what is idle, and may do so as a request leaves. */
export class StaleConnection extends Error {}

/**
 * Sends one request over a connection of its own, which ends with it: a kept connection would hold on to an old certificate.
 * Throws the failures of `networkFailure`, CA_TIMEOUT and RESPONSE_TOO_LARGE; AbortError when the caller's signal ends it.
 */
export async function exchange(route: Route, what: Exchange, identity?: ClientCertificate): Promise<Answer> {
  const [{ default: Client }, { default: request }] = await Promise.all([
    import("undici/lib/dispatcher/client.js"),
    import("undici/lib/api/api-request.js"),
  ]);
  const { ca, now, elapsed } = route;
  const url = ca.href + what.path;
  const started = elapsed();
  const attempt = new Attempt(route, url, identity);
  const client = new Client(ca.origin, {
    connect: attempt.connector,
    pipelining: 0,
    bodyTimeout: 0,
    headersTimeout: 0,
  });
  try {
    const { statusCode, headers, body } = await request.call(client, {
      method: what.method,
      path: ca.prefix + what.path,
      headers: { accept: "application/json", ...what.headers },
      body: what.body ?? null,
      signal: attempt.signal,
    });
    const at = now();
    const roundTripMs = elapsed() - (attempt.connectedAt ?? started);
    const bytes = await readBody(body, url, what.limit ?? answerLimit);
    return { url, status: statusCode, headers: flat(headers), body: bytes, at, roundTripMs };
  } catch (error) {
    throw attempt.explain(error);
  } finally {
    attempt.end(client);
  }
}

/** The state of one try: its socket, its time limits, and the first thing that went wrong below HTTP. */
class Attempt {
  readonly signal: AbortSignal;
  /** On the route's monotonic clock; the request follows at once. */
  connectedAt: number | undefined;
  readonly #route: Route;
  readonly #url: string;
  readonly #identity: ClientCertificate | undefined;
  readonly #limit: ReturnType<typeof linkedTo>;
  readonly #timers: NodeJS.Timeout[] = [];
  #phase: "connect" | "exchange" = "connect";
  #timedOut: "connect" | "exchange" | null = null;
  #below: unknown;
  #socket: TLSSocket | undefined;

  constructor(route: Route, url: string, identity: ClientCertificate | undefined) {
    this.#route = route;
    this.#url = url;
    this.#identity = identity;
    this.#limit = linkedTo(route.signal);
    this.signal = this.#limit.controller.signal;
    this.#timers.push(
      setTimeout(() => this.#expire(this.#phase), route.timeoutMs),
      setTimeout(() => this.#phase === "connect" && this.#expire("connect"), route.connectTimeoutMs),
    );
  }

  /** What undici calls to get a connection. */
  readonly connector: buildConnector.connector = (_options, callback) => {
    this.#dial().then(
      (socket) => callback(null, socket),
      (error: Error) => callback(error, null),
    );
  };

  explain(error: unknown): unknown {
    const { timeoutMs, connectTimeoutMs, ca } = this.#route;
    if (this.#route.signal.aborted || error instanceof Failure) return error;
    if (this.#timedOut !== null) {
      const limitMs = this.#timedOut === "connect" ? Math.min(connectTimeoutMs, timeoutMs) : timeoutMs;
      return new Failure("CA_TIMEOUT", { url: this.#url, phase: this.#timedOut, limitMs: Math.ceil(limitMs) });
    }
    const failure = networkFailure(this.#below ?? error, { url: this.#url, host: ca.host, now: this.#route.now() });
    const isSilent = this.#phase === "connect" && this.#socket?.bytesRead === 0;
    return failure instanceof ConnectionEnded && failure.alert === null && isSilent
      ? new ConnectionEnded(null, failure.cause, true)
      : failure;
  }

  end(client: UndiciClient): void {
    this.#limit.release();
    for (const timer of this.#timers) clearTimeout(timer);
    client.destroy(null).then(undefined, () => undefined);
    this.#socket?.destroy();
  }

  #expire(phase: "connect" | "exchange"): void {
    this.#timedOut = phase;
    this.#limit.controller.abort();
  }

  async #dial(): Promise<TLSSocket> {
    const { ca, env } = this.#route;
    const proxy = proxyFor(ca, env);
    const tunnel = proxy === null ? undefined : await openTunnel(proxy, ca, this.signal);
    return new Promise((resolve, reject) => {
      const socket = this.#secure(tunnel);
      this.#socket = socket;
      // undici listens to the signal only once it is connected; a handshake that never ends is ended here.
      const giveUp = () => socket.destroy(new Error("given up"));
      if (this.signal.aborted) giveUp();
      this.signal.addEventListener("abort", giveUp, { once: true });
      socket.once("secureConnect", () => {
        this.#phase = "exchange";
        this.connectedAt = this.#route.elapsed();
        resolve(socket);
      });
      // Also after the handshake: with TLS 1.3 a refused certificate's alert comes only then.
      socket.on("error", (error) => {
        this.#below ??= error;
        reject(error);
      });
    });
  }

  #secure(tunnel: Socket | undefined): TLSSocket {
    const { ca, roots } = this.#route;
    const { host, port } = ca;
    return connectTls({
      ...(tunnel === undefined ? { host, port } : { socket: tunnel, host }),
      servername: isIP(host) === 0 ? host : "",
      ca: [...roots],
      minVersion: "TLSv1.2",
      ALPNProtocols: ["http/1.1"],
      // Go, and so step, takes any certificate of the root file as an anchor, also an intermediate.
      allowPartialTrustChain: true,
      ...(this.#identity && { cert: this.#identity.chain, key: this.#identity.key }),
    });
  }
}

async function readBody(body: Dispatcher.ResponseData["body"], url: string, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new Failure("RESPONSE_TOO_LARGE", { url, limit });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function flat(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
}
