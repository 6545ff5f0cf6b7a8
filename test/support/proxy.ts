/** A proxy that ends TLS in front of a CA, as nginx or a service mesh does, and what such a thing may do to a request. */
import { once } from "node:events";
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { Agent, createServer, request as httpsRequest, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { Issued } from "../../src/dev-ca/authority.ts";

export interface ProxyOptions {
  /** The CA behind it. */
  port: number;
  /** What it shows to clients, and the root of the clients' certificates. */
  own: Issued;
  root: string;
  /** What it makes of the Authorization header; undefined takes it away. */
  authorization?: (header: string) => string | undefined;
  /** Sends each request twice and gives the second answer. */
  twice?: boolean;
  /** Speaks plain HTTP to the CA. */
  plain?: boolean;
  /** Shows the CA a certificate of its own, on a connection that it keeps. */
  client?: Issued;
  /** Asks each client for a certificate, and takes any or none. */
  asks?: boolean;
  /** Demands a certificate of each client. */
  demands?: boolean;
  /** Gives this in place of asking. */
  page?: { status: number; title: string };
}

/** Listens on loopback. */
export async function startProxy(options: ProxyOptions): Promise<Server> {
  const { own, root, demands = false, asks = demands, page, twice } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const tls = { cert: own.chain, key: own.key, ca: root, requestCert: asks, rejectUnauthorized: demands };
  const server = createServer(tls, async (incoming, response) => {
    const body = Buffer.concat(await incoming.toArray());
    if (page) {
      response.writeHead(page.status, { "Content-Type": "text/html", Server: "nginx" });
      response.end(`<html><head><title>${page.title}</title></head><body><h1>${page.title}</h1></body></html>\n`);
      return;
    }
    const ask = () => forward(incoming, body, options, agent);
    const answer = await (twice ? ask().then(drained).then(ask) : ask()).catch(() => undefined);
    response.writeHead(answer?.statusCode ?? 502, { ...answer?.headers, via: "1.1 gateway" });
    if (answer) answer.pipe(response);
    else response.end("no healthy upstream");
  });
  server.once("close", () => agent.destroy());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

export const portOf = (server: Server) => (server.address() as AddressInfo).port;

async function drained(answer: IncomingMessage): Promise<void> {
  await answer.toArray();
}

async function forward(incoming: IncomingMessage, body: Buffer, options: ProxyOptions, agent: Agent) {
  const { port, plain, client } = options;
  const { method, url } = incoming;
  const to = { host: "127.0.0.1", port, method, path: url, headers: changed(incoming.headers, options) };
  const identity = client && { cert: client.chain, key: client.key };
  const secure = { ...to, ...identity, agent, servername: "localhost", rejectUnauthorized: false };
  const request = plain ? httpRequest(to) : httpsRequest(secure);
  request.end(body);
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  return answer;
}

function changed({ authorization, ...headers }: IncomingHttpHeaders, { authorization: change }: ProxyOptions) {
  const header = authorization === undefined || change === undefined ? authorization : change(authorization);
  return { ...headers, ...(header !== undefined && { authorization: header }) };
}
