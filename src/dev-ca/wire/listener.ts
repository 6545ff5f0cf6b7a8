/** The port: TLS with the certificate of the moment, client certificates judged by Go's rules, plain HTTP told off. */
import { once } from "node:events";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from "node:tls";
import type { Certificate } from "../rules/certificate.ts";
import type { State } from "../rules/state.ts";
import { acceptableAuthorities } from "./acceptable.ts";
import { alertNumbers, alertRecord } from "./alert.ts";
import { presentedBy } from "./client-certificate.ts";
import { createServerCertificate, type ServerCertificate, type Variant, variantOf } from "./server-certificate.ts";

export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

export interface Events {
  /** Somebody got through the handshake, with a good certificate or with none. */
  accepted(socket: TLSSocket, certificate: Certificate | null): void;
  /** Somebody did not; the sentence is the CA's log line. */
  failed(sentence: string): void;
}

/** The sockets are kept here, below TLS and HTTP, so that `close` can end whatever happens on them. */
export async function listen(state: State, at: { host: string; port: number }, events: Events): Promise<Listener> {
  const doors = new Doors(state, events);
  await doors.prepare();
  const open = new Set<Socket>();
  const server = createTcpServer((socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
    void doors.admit(socket);
  });
  server.listen(at.port, at.host);
  await once(server, "listening");
  return {
    port: portOf(server),
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** A TLS server for each certificate and for asking or not; none of them listens, the sockets are handed to them. */
class Doors {
  readonly #state: State;
  readonly #events: Events;
  readonly #certificates = new Map<Variant, Promise<ServerCertificate>>();
  readonly #servers = new Map<string, TlsServer>();
  readonly #secrets = new WeakMap<TLSSocket, Buffer>();
  readonly #byPort = new Map<number, Socket>();
  #acceptable: string[] = [];

  constructor(state: State, events: Events) {
    this.#state = state;
    this.#events = events;
  }

  async prepare(): Promise<void> {
    this.#acceptable = await acceptableAuthorities(this.#state);
    await this.#certificate(variantOf(this.#state.faults));
  }

  async admit(socket: Socket): Promise<void> {
    const { faults } = this.#state;
    const variant = variantOf(faults);
    const asks = !faults.has("missing-client-certificate");
    const certificate = await this.#certificate(variant);
    socket.once("data", (first) => {
      socket.pause();
      if (first[0] !== HANDSHAKE) return this.#tellOff(socket);
      socket.unshift(first);
      const { remotePort = 0 } = socket;
      this.#byPort.set(remotePort, socket);
      socket.once("close", () => this.#byPort.delete(remotePort));
      this.#server(`${variant} ${asks}`, certificate, asks).emit("connection", socket);
    });
  }

  #certificate(variant: Variant): Promise<ServerCertificate> {
    const { authority, dnsNames, now } = this.#state;
    const made =
      this.#certificates.get(variant) ?? createServerCertificate(variant, { authority, dnsNames, now: now() });
    this.#certificates.set(variant, made);
    return made;
  }

  #server(name: string, { cert, key }: ServerCertificate, asks: boolean): TlsServer {
    const server =
      this.#servers.get(name) ??
      createTlsServer({
        cert,
        key,
        ca: this.#acceptable,
        requestCert: asks,
        rejectUnauthorized: false,
        minVersion: "TLSv1.2",
        ALPNProtocols: ["http/1.1"],
      })
        .on("keylog", (line, socket) => this.#remember(line, socket))
        .on("secureConnection", (socket) => this.#judge(socket))
        .on("tlsClientError", (error, socket) => this.#fail(socket, reasonOf(error)));
    this.#servers.set(name, server);
    return server;
  }

  #remember(line: Buffer, socket: TLSSocket): void {
    const [, secret] = /^SERVER_TRAFFIC_SECRET_0 \w+ (\w+)/.exec(line.toString()) ?? [];
    if (secret) this.#secrets.set(socket, Buffer.from(secret, "hex"));
  }

  #judge(socket: TLSSocket): void {
    socket.on("error", () => socket.destroy());
    const presented = presentedBy(socket, this.#state);
    if (presented && this.#state.faults.has("unsupported-key")) {
      this.#fail(socket, "tls: client certificate contains an unsupported public key of type *ed448.PublicKey");
      this.#turnAway(socket, 43);
    } else if (presented?.problem) {
      this.#fail(socket, `tls: failed to verify certificate: ${presented.problem.text}`);
      this.#turnAway(socket, alertNumbers[presented.problem.kind]);
    } else {
      this.#events.accepted(socket, presented?.leaf ?? null);
    }
  }

  /** The alert overtakes what Node has not written yet. The client's own words are read, so that it hears ours. */
  #turnAway(socket: TLSSocket, number: number): void {
    const { version, standardName } = socket.getCipher();
    const record = alertRecord(number, { version, standardName, secret: this.#secrets.get(socket) });
    const raw = this.#byPort.get(socket.remotePort ?? 0);
    if (!record || !raw) return void socket.destroy();
    socket.resume();
    raw.end(record);
    raw.setTimeout(LINGER_MS, () => raw.destroy());
  }

  #tellOff(socket: Socket): void {
    this.#fail(socket, "client sent an HTTP request to an HTTPS server");
    socket.end("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n");
  }

  #fail({ remoteAddress, remotePort }: Socket, reason: string): void {
    this.#events.failed(`http: TLS handshake error from ${remoteAddress}:${remotePort}: ${reason}`);
  }
}

/** The type of a TLS record that begins a connection. */
const HANDSHAKE = 22;
const LINGER_MS = 2000;

function reasonOf(error: Error & { code?: string }): string {
  return error.code === "ECONNRESET" ? "EOF" : error.message;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}
