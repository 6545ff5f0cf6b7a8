/** A tunnel through an HTTP proxy (RFC 9110 §9.3.6): CONNECT, and then the proxy only passes bytes on. */
import type { Socket } from "node:net";
import { errnoOf, messageOf } from "../failure/failure.ts";
import type { CaUrl } from "./url.ts";

/** The proxy answered, and it was not a tunnel. */
export class TunnelRefused extends Error {
  readonly status: number;
  readonly proxy: string;
  constructor(status: number, proxy: string) {
    super(`the proxy ${proxy} answered ${status} to CONNECT`);
    this.status = status;
    this.proxy = proxy;
  }
}

/** Below HTTP: the proxy is not there, or ended the connection, or is no proxy. Its `code` is that of what was met. */
export class TunnelFailed extends Error {
  readonly proxy: string;
  readonly code: string;
  constructor(proxy: string, cause: Error) {
    const [first = cause]: Error[] = cause instanceof AggregateError ? cause.errors : [cause];
    super(messageOf(first), { cause });
    this.proxy = proxy;
    this.code = errnoOf(first) || errnoOf(cause);
  }
}

/** Opens a tunnel to a server. Rejects with TunnelFailed or TunnelRefused, and with any error once the signal ends it. */
export async function openTunnel(
  proxy: URL,
  { host, port }: Pick<CaUrl, "host" | "port">,
  signal: AbortSignal,
): Promise<Socket> {
  const { request } = proxy.protocol === "https:" ? await import("node:https") : await import("node:http");
  const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const headers: Record<string, string> = { host: authority };
  if (proxy.username) {
    const user = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
    headers["proxy-authorization"] = `Basic ${Buffer.from(user).toString("base64")}`;
  }
  return new Promise((resolve, reject) => {
    const connect = request({
      host: proxy.hostname.replace(/^\[|\]$/g, ""),
      port: proxy.port || (proxy.protocol === "https:" ? 443 : 80),
      method: "CONNECT",
      path: authority,
      headers,
      agent: false,
      signal,
    });
    connect.once("connect", (answer, socket) => {
      if (answer.statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new TunnelRefused(answer.statusCode ?? 0, proxy.host));
    });
    connect.once("error", (error) => reject(signal.aborted ? error : new TunnelFailed(proxy.host, error)));
    connect.end();
  });
}
