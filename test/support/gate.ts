/** A door in front of a CA that stays shut until it is opened: whoever asks meanwhile is connected, and waits for its answer. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Gate {
  /** The CA's, through the door. */
  readonly url: string;
  /** Resolves once so many have come. */
  arrived(count: number): Promise<void>;
  /** For those who wait, and for all who come later. */
  open(): void;
  close(): Promise<void>;
}

/** Bytes are passed on as they are: TLS is spoken with the CA itself. */
export async function startGate(ca: { port: number }): Promise<Gate> {
  const sockets = new Set<Socket>();
  const kept: Socket[] = [];
  let count = 0;
  let isOpen = false;
  let tell: () => void = () => undefined;

  const pass = (client: Socket) => {
    const server = follow(connect(ca.port, "127.0.0.1"));
    client.pipe(server).pipe(client);
    client.once("close", () => server.destroy());
    server.once("close", () => client.destroy());
  };
  const follow = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    return socket.once("close", () => void sockets.delete(socket));
  };
  const server = createServer((client) => {
    follow(client);
    count++;
    if (isOpen) pass(client);
    else kept.push(client);
    tell();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    async arrived(wanted) {
      while (count < wanted) {
        await new Promise<void>((wake) => {
          tell = wake;
        });
      }
    },
    open() {
      isOpen = true;
      for (const client of kept.splice(0)) if (!client.destroyed) pass(client);
    },
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}
