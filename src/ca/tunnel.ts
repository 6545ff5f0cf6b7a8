/** A tunnel through an HTTP proxy (RFC 9110 §9.3.6): CONNECT, and then the proxy only passes bytes on. */
import type { Socket } from "node:net";
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

/** Opens a tunnel to a server. Rejects with Node's network error, or TunnelRefused. */
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
    connect.once("error", reject);
    connect.end();
  });
}
