/** A CA that answers a renewal with bytes that nobody has looked at, under a name and a certificate that are right. */
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { pemFor } from "./answers.ts";
import { certificateOf, type Stage, serialFor } from "./stage.ts";

/** What is done with a connection, once its request is there. */
export type Serve = (socket: TLSSocket, request: string) => void;

export interface FuzzCa {
  readonly url: string;
  /** From now on /renew and /rekey are answered so, and with `others` all else. */
  next(serve: Serve, others?: Serve): void;
  close(): Promise<void>;
}

export async function startFuzzCa(stage: Stage): Promise<FuzzCa> {
  const { intermediate, otherKey, next } = stage;
  const own = certificateOf({ ...next, serial: serialFor("server", 0), spki: otherKey.spki }, intermediate.key);
  const key = otherKey.private.export({ type: "pkcs8", format: "pem" }).toString();
  const open = new Set<Socket>();
  let current: Serve = (socket) => void socket.destroy();
  let beside = notFound;
  const tls = {
    cert: pemFor(own) + pemFor(intermediate.der),
    key,
    ca: [pemFor(stage.root.der), pemFor(intermediate.der)],
    requestCert: true,
    rejectUnauthorized: false,
  };
  const server = createServer(tls, (socket) => {
    open.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => open.delete(socket));
    const parts: Buffer[] = [];
    const read = (part: Buffer) => {
      parts.push(part);
      const request = Buffer.concat(parts).toString("latin1");
      if (!isWhole(request)) return;
      socket.off("data", read);
      socket.resume();
      if (/^POST \/re(new|key) /.test(request)) current(socket, request);
      else beside(socket, request);
    };
    socket.on("data", read);
  });
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    next: (serve, others = notFound) => {
      current = serve;
      beside = others;
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

const notFound: Serve = (socket) =>
  void socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

function isWhole(request: string): boolean {
  const end = request.indexOf("\r\n\r\n");
  const length = Number(/^content-length: (\d+)/im.exec(request)?.[1] ?? 0);
  return end >= 0 && request.length >= end + 4 + length;
}
