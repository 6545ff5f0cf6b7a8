/** A TLS server on loopback that presents what it is given, and counts what it is sent. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type TlsOptions } from "node:tls";

export interface TlsServer {
  readonly port: number;
  /** Bytes of applications that have come. */
  received(): number;
  close(): Promise<void>;
}

export async function startTlsServer(options: TlsOptions, host = "127.0.0.1"): Promise<TlsServer> {
  let bytes = 0;
  const server = createServer(options, (socket) => {
    socket.on("data", (data) => {
      bytes += data.length;
    });
    socket.on("error", () => undefined);
  });
  server.on("tlsClientError", () => undefined);
  server.listen(0, host);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    received: () => bytes,
    close: async () => {
      server.close();
      await once(server, "close");
    },
  };
}
