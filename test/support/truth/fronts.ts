/** What may stand between a client and its CA, or in the CA's place. Each on a loopback address of its own, until it is closed. */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  request as requestHttp,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer, request } from "node:https";
import { connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Pair } from "../raw.ts";
import type { Front, Scene } from "./row.ts";

export interface TerminatingOptions {
  /** Where it listens; also the name in its certificate. Default localhost. */
  host?: string;
  /** A client certificate of its own towards the CA. */
  own?: Pair;
  /** Paths that it does not pass on: 404. */
  hides?: RegExp;
  /** What it does to the Authorization header; undefined takes it away. */
  authorization?(value: string): string | undefined;
  /** Headers that it adds to answers. */
  adds?: Record<string, string>;
  /** Sends every POST twice, and passes on the second answer. */
  isDoubling?: boolean;
  /** Speaks plain HTTP to the CA. */
  isPlain?: boolean;
  /** Of request headers, in bytes. */
  maxHeaderSize?: number;
}

/** A proxy that ends TLS and asks the CA itself. */
export async function terminating(scene: Scene, options: TerminatingOptions = {}): Promise<Front> {
  const { host = "localhost", hides, maxHeaderSize } = options;
  const tls = await serverPair(scene, host);
  const server = createHttpsServer({ ...tls, ...(maxHeaderSize && { maxHeaderSize }) }, (incoming, outgoing) => {
    if (hides?.test(incoming.url ?? "")) outgoing.writeHead(404, { "Content-Type": "text/plain" }).end("not found\n");
    else void forward(scene, options, incoming, outgoing);
  });
  return standing(server, host);
}

async function forward(
  scene: Scene,
  options: TerminatingOptions,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const { authorization, ...headers } = incoming.headers;
  const token = authorization && (options.authorization ?? ((value: string) => value))(authorization);
  const ask = options.isPlain ? requestHttp : request;
  const once = (): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const asked = ask({
        host: "127.0.0.1",
        servername: "localhost",
        port: scene.standing.ca.port,
        ca: scene.standing.ca.authority.root,
        ...options.own,
        method: incoming.method,
        path: incoming.url,
        headers: { ...headers, ...(token && { authorization: token }) },
        agent: false,
      });
      asked.once("response", resolve);
      asked.once("error", reject);
      asked.end(Buffer.concat(chunks));
    });
  try {
    if (options.isDoubling && incoming.method === "POST") (await once()).resume();
    const answer = await once();
    outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...options.adds });
    answer.pipe(outgoing);
  } catch {
    outgoing.writeHead(502, { "Content-Type": "text/html" }).end("<html><title>502 Bad Gateway</title></html>");
  }
}

/** Passes bytes on: the CA under another address. */
export async function passing({ standing: { ca } }: Scene, host: string): Promise<Front> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => pipe(socket, ca.port, sockets));
  return standing(server, host, sockets);
}

/** Passes the first connection on to the CA, so that it may be mTLS; those after it meet a proxy that hides paths. */
export async function hidingAfterTheFirst(scene: Scene, hides: RegExp): Promise<Front> {
  const behind = await terminating(scene, { hides });
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer((socket) => {
    pipe(socket, count++ === 0 ? scene.standing.ca.port : Number(new URL(behind.url).port), sockets);
  });
  const front = await standing(server, "localhost", sockets);
  const close = async (): Promise<void> => {
    await front.close();
    await behind.close();
  };
  return { url: front.url, close };
}

/** Ends TLS, and passes what was in it on as it is, to the CA's own TLS port or another one. */
export async function unwrapping(scene: Scene, to: number = scene.standing.ca.port): Promise<Front> {
  const sockets = new Set<Socket>();
  const server = createTlsServer(await serverPair(scene, "localhost"), (socket) => pipe(socket, to, sockets));
  return standing(server, "localhost", sockets);
}

/** The same in front of a server whose TLS is OpenSSL's, which answers in TLS whatever it is sent. */
export async function unwrappingForOpenssl(scene: Scene): Promise<Front> {
  const behind = await presenting(await serverPair(scene, "localhost"));
  const front = await unwrapping(scene, Number(new URL(behind.url).port));
  const close = async (): Promise<void> => {
    await front.close();
    await behind.close();
  };
  return { url: front.url, close };
}

/** One answer for everything. */
export async function answering(
  scene: Scene,
  { status, headers = {}, body = "" }: { status: number; headers?: Record<string, string>; body?: string },
): Promise<Front> {
  const server = createHttpsServer(await serverPair(scene, "localhost"), (_incoming, outgoing) => {
    outgoing.writeHead(status, headers).end(body);
  });
  return standing(server, "localhost");
}

/** A server without TLS. */
export async function plainHttp(): Promise<Front> {
  return standing(
    createHttpServer((_incoming, outgoing) => void outgoing.writeHead(200).end("hello")),
    "localhost",
  );
}

/** A server that says this to whoever connects, and nothing more. */
export async function saying(words: string): Promise<Front> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    keep(socket, sockets);
    if (words !== "") socket.write(words);
  });
  return standing(server, "localhost", sockets);
}

/** A server whose certificate is that pair's. */
export async function presenting(pair: Pair): Promise<Front> {
  return standing(
    createHttpsServer(pair, (_incoming, outgoing) => void outgoing.writeHead(404).end()),
    "localhost",
  );
}

async function serverPair({ standing: { ca } }: Scene, host: string): Promise<Pair> {
  const { chain, key } = await ca.authority.issue({ subject: "proxy", names: [host], usages: ["serverAuth"] });
  return { cert: chain, key };
}

function keep(socket: Socket, sockets: Set<Socket>): void {
  sockets.add(socket);
  socket.on("error", () => undefined);
  socket.once("close", () => sockets.delete(socket));
}

function pipe(socket: Socket, port: number, sockets: Set<Socket>): void {
  const other = connect({ host: "127.0.0.1", port });
  for (const one of [socket, other]) keep(one, sockets);
  socket.pipe(other).pipe(socket);
  socket.once("close", () => other.destroy());
  other.once("close", () => socket.destroy());
}

async function standing(server: Server | HttpsServer, host: string, sockets: Set<Socket> = new Set()): Promise<Front> {
  if (sockets.size === 0) server.on("connection", (socket: Socket) => keep(socket, sockets));
  await new Promise<void>((done) => void server.listen(0, host === "localhost" ? "127.0.0.1" : host, done));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const close = (): Promise<void> =>
    new Promise((done) => {
      server.close(() => done());
      for (const socket of sockets) socket.destroy();
    });
  return { url: `https://${host}:${address.port}`, close };
}
