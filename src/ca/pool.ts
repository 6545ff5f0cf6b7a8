/**
 * Connections to one CA that are kept for many requests. Only for the token flow: no certificate is shown in their handshakes.
 * Undici's second door, because one request alone is quicker without it.
 */
import { setMaxListeners } from "node:events";
import { connect as connectTls, createSecureContext, type TLSSocket } from "node:tls";
import type { buildConnector, Pool } from "undici";
import { AnswerCut, isClose, networkFailure } from "../failure/causes.ts";
import { Failure } from "../failure/failure.ts";
import { certificatePem } from "../pki/certificate.ts";
import { lettersOf } from "../pki/der.ts";
import { serverNameOf } from "./addresses.ts";
import type { Answer } from "./answer.ts";
import { answerLimit, type Exchange, type Exchanging, type Route, StaleConnection } from "./client.ts";
import { linkedTo } from "./linked.ts";
import { proxyFor } from "./proxy.ts";
import { openTunnel } from "./tunnel.ts";
import type { CaUrl } from "./url.ts";

export interface Kept {
  readonly exchange: Exchanging;
  /** Ends all connections. Comes once nothing is under way any more. */
  close(): void;
}

export interface KeptOptions extends Pick<Route, "ca" | "roots" | "env" | "connectTimeoutMs"> {
  /** At most so many. */
  readonly connections: number;
}

/** To every CA that is asked: `connections` to each, by its address and the roots that it is known by. */
export function keptToAll(connections: number): Kept {
  const all = new Map<string, Kept>();
  const to = ({ ca, roots, env, connectTimeoutMs }: Route): Kept => {
    const ders = roots.map(({ der }) => lettersOf(der, "latin1"));
    const name = [ca.href, connectTimeoutMs, ...ders].join("\n");
    const kept = all.get(name) ?? keptConnections({ ca, roots, env, connectTimeoutMs, connections });
    all.set(name, kept);
    return kept;
  };
  return {
    exchange: (route, what) => to(route).exchange(route, what),
    close: () => {
      for (const kept of all.values()) kept.close();
      all.clear();
    },
  };
}

/** No connection is made before the first request. */
export function keptConnections(options: KeptOptions): Kept {
  let opened: Promise<Pool> | undefined;
  const end = new AbortController();
  setMaxListeners(0, end.signal); // each connection that is made listens
  return {
    exchange: async (route, what) => {
      opened ??= open(options, end.signal);
      return send(await opened, route, what);
    },
    close: () => {
      end.abort();
      void opened?.then((pool) => pool.destroy()).then(undefined, () => undefined);
    },
  };
}

async function open(options: KeptOptions, end: AbortSignal): Promise<Pool> {
  const { ca, roots, env, connections, connectTimeoutMs } = options;
  const { default: UndiciPool } = await import("undici/lib/dispatcher/pool.js");
  const secureContext = createSecureContext({
    ca: roots.map(certificatePem),
    minVersion: "TLSv1.2",
    allowPartialTrustChain: true,
  });
  const connect: buildConnector.connector = (_options, callback) => {
    dial(ca, { env, secureContext, connectTimeoutMs, end }).then(
      (socket) => callback(null, socket),
      (error: unknown) => callback(new NotConnected(error), null),
    );
  };
  // Below the 15 s after which a CA closes what is idle.
  return new UndiciPool(ca.origin, {
    connect,
    connections,
    pipelining: 1,
    keepAliveTimeout: 10_000,
    bodyTimeout: 0,
    headersTimeout: 0,
  });
}

/** A connection that never stood: nothing was sent. */
class NotConnected extends Error {
  constructor(cause: unknown) {
    super("not connected", { cause });
  }
}

interface Secure extends Pick<Route, "env" | "connectTimeoutMs"> {
  secureContext: ReturnType<typeof createSecureContext>;
  end: AbortSignal;
}

async function dial(ca: CaUrl, { env, secureContext, connectTimeoutMs, end }: Secure): Promise<TLSSocket> {
  const { host, port } = ca;
  const proxy = proxyFor(ca, env);
  const { controller: late, release } = linkedTo(end);
  const timer = setTimeout(() => late.abort(), connectTimeoutMs);
  let waitingFor: string | undefined;
  try {
    waitingFor = proxy?.host;
    const tunnel = proxy === null ? undefined : await openTunnel(proxy, ca, late.signal);
    waitingFor = undefined;
    return await new Promise((resolve, reject) => {
      const socket = connectTls({
        ...(tunnel === undefined ? { host, port } : { socket: tunnel, host }),
        servername: serverNameOf(host),
        ALPNProtocols: ["http/1.1"],
        secureContext,
      });
      const giveUp = () => socket.destroy(new TooLate());
      late.signal.addEventListener("abort", giveUp, { once: true });
      socket.once("secureConnect", () => resolve(socket));
      socket.on("error", reject);
    });
  } catch (error) {
    throw late.signal.aborted ? new TooLate(waitingFor) : error;
  } finally {
    clearTimeout(timer);
    release();
  }
}

/** Its limit is over: of the tunnel, where `proxy` had not opened it. */
class TooLate extends Error {
  readonly proxy: string | undefined;
  constructor(proxy?: string) {
    super("too late");
    this.proxy = proxy;
  }
}

/** Like `exchange`, but for what may have happened to a connection that was idle. */
function send(pool: Pool, route: Route, what: Exchange): Promise<Answer> {
  const { ca, now, elapsed, signal, timeoutMs, connectTimeoutMs } = route;
  const url = ca.href + what.path;
  const limit = what.limit ?? answerLimit;
  return new Promise((resolve, reject) => {
    const answer = { status: 0, headers: {} as Record<string, string>, at: now(), roundTripMs: 0 };
    const chunks: Buffer[] = [];
    let size = 0;
    let started = elapsed();
    let abort: (reason: Error) => void = () => undefined;
    let ended: Error | null = null;
    const stop = (reason: Error) => {
      ended ??= reason;
      abort(reason);
      settle(() => reject(reason));
    };
    const interrupt = () => stop(new DOMException("This operation was aborted", "AbortError"));
    const timer = setTimeout(
      () => stop(new Failure("CA_TIMEOUT", { url, phase: "exchange", limitMs: Math.ceil(timeoutMs) })),
      timeoutMs,
    );
    const settle = (how: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", interrupt);
      how();
    };
    signal.addEventListener("abort", interrupt, { once: true });
    const headers = { accept: "application/json", ...what.headers };
    const request = { method: what.method, path: ca.prefix + what.path, headers, body: what.body ?? null };
    pool.dispatch(request, {
      onRequestStart: (controller) => {
        abort = (reason) => controller.abort(reason);
        if (ended !== null) controller.abort(ended);
        started = elapsed();
      },
      onResponseStart: (_controller, status, given) => {
        Object.assign(answer, { status, headers: flat(given), at: now(), roundTripMs: elapsed() - started });
      },
      onResponseData: (_controller, chunk) => {
        size += chunk.length;
        if (size > limit) stop(new Failure("RESPONSE_TOO_LARGE", { url, limit }));
        else chunks.push(chunk);
      },
      onResponseEnd: () => settle(() => resolve({ url, ...answer, body: Buffer.concat(chunks) })),
      onResponseError: (_controller, error) =>
        settle(() => reject(ended ?? failureOf(error, answer.status > 0, { url, host: ca.host, now: now() }))),
    });
    if (signal.aborted) interrupt();

    function failureOf(error: unknown, isAnswered: boolean, context: { url: string; host: string; now: Date }): Error {
      if (!(error instanceof NotConnected)) {
        if (!isAnswered) return new StaleConnection();
        return networkFailure(isClose(error) ? new AnswerCut(answer.status, size, error) : error, context);
      }
      if (!(error.cause instanceof TooLate)) return networkFailure(error.cause, context);
      const { proxy } = error.cause;
      const facts = { url, phase: "connect" as const, limitMs: Math.ceil(connectTimeoutMs) };
      return new Failure("CA_TIMEOUT", { ...facts, ...(proxy !== undefined && { proxy }) });
    }
  });
}

function flat(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const all = Object.entries(headers);
  return Object.fromEntries(
    all.map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]),
  );
}
