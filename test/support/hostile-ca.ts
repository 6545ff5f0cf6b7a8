/** A server under a CA's name and certificate that answers as it is told, path by path: for what no step-ca would say. */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TlsOptions } from "node:tls";
import type { Authority } from "../../src/dev-ca/authority.ts";

export type Reply = (response: ServerResponse, request: IncomingMessage) => unknown;
/** By path, without its query; "*" for all others. */
export type Replies = Readonly<Record<string, Reply>>;

export interface HostileCa {
  readonly url: string;
  /** How often each path was asked for. */
  readonly asked: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Reply =>
  (response) =>
    response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(body));

export const bytes =
  (status: number, body: Buffer | string, headers: Record<string, string> = {}): Reply =>
  (response) =>
    response.writeHead(status, headers).end(body);

/** What goes wrong on the way, whatever was asked. */
export const troubles: Replies = {
  "hangs up": (response) => response.destroy(),
  "never answers": () => undefined,
  "never ends": (response) => {
    response.writeHead(200, { "Content-Type": "application/json" });
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536, 32)));
    };
    response.on("drain", more);
    more();
  },
  "says that it has a gigabyte": (response) => {
    response.writeHead(200, { "Content-Length": String(1024 ** 3) }).write("{");
  },
  drips: (response) => {
    response.writeHead(200, { "Content-Type": "application/json" });
    const timer = setInterval(() => response.write(" "), 20);
    response.once("close", () => clearInterval(timer));
  },
  "breaks off": (response) => {
    response.writeHead(200, { "Content-Length": "100" }).write('{"version":"v0.1.0"');
    setImmediate(() => response.destroy());
  },
  redirects: bytes(302, "", { Location: "https://login.example/" }),
  "redirects for good": bytes(308, "{}", { Location: "/" }),
  "is a page": bytes(200, "<html><title>Welcome</title></html>", { "Content-Type": "text/html" }),
  "is empty": bytes(200, ""),
  "is no JSON": bytes(200, '{"version": '),
  "is deep": bytes(200, "[".repeat(500_000)),
  "is deep and whole": bytes(200, `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`),
  "is null": json(200, null),
  "is a list": json(201, [1, 2, 3]),
  "is other JSON": json(201, { crts: "no", provisioners: {}, version: 7, nextCursor: 1 }),
  "is a number": bytes(200, "1e999"),
  "is a server error": json(500, { status: 500, message: "no" }),
  "is no HTTP": (response) => response.socket?.end("nonsense\r\n\r\n"),
};

export async function startHostileCa(authority: Authority, replies: Replies, tls: TlsOptions = {}): Promise<HostileCa> {
  const own = await authority.issue({ subject: "Step Online CA", names: ["localhost"], usages: ["serverAuth"] });
  const asked = new Map<string, number>();
  const options = {
    cert: own.chain,
    key: own.key,
    ca: [authority.root, ...authority.intermediates],
    requestCert: true,
    rejectUnauthorized: false,
  };
  const server = createServer({ ...options, ...tls }, (request, response) => {
    const path = (request.url ?? "").replace(/\?.*/s, "");
    asked.set(path, (asked.get(path) ?? 0) + 1);
    response.on("error", () => undefined);
    request.resume();
    (replies[path] ?? replies["*"] ?? bytes(404, "404 page not found\n"))(response, request);
  });
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
