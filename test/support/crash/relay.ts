/** Stands before a CA, so that something can happen between the question and the answer. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { StepCa } from "../step-ca.ts";

export interface Relay {
  url: string;
  close(): Promise<void>;
}

/** `meanwhile` comes after the program has connected, and before the CA hears of it; what it throws ends the connection. */
export async function relay(ca: StepCa, meanwhile: () => Promise<void> | void): Promise<Relay> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    return socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket));
  };
  const server = createServer(async (socket) => {
    keep(socket);
    try {
      await meanwhile();
    } catch {
      return void socket.destroy();
    }
    const onward = keep(connect(ca.port, "127.0.0.1"));
    socket.pipe(onward).pipe(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `https://localhost:${address.port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
