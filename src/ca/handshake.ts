/**
 * What the server's TLS handshake tells: the certificates it presents, whether it asks for a client certificate, and whose
 * it takes. Nothing is verified, because this explains what cannot be, and nothing is ever sent after the handshake.
 */
import { connect as connectTcp, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { type Certificate, readCertificate } from "../pki/certificate.ts";
import type { Name } from "../pki/name.ts";
import { serverNameOf } from "./addresses.ts";
import { flightLimit, readFlight } from "./flight.ts";
import { chainOf } from "./handshake-chain.ts";
import { proxyFor } from "./proxy.ts";
import { openTunnel } from "./tunnel.ts";
import type { CaUrl } from "./url.ts";

export interface Handshake {
  readonly version: "TLS 1.2" | "TLS 1.3";
  /** As presented, but for those that cannot be read. */
  readonly presented: readonly Certificate[];
  /** Null where no client certificate was asked for, [] where any is taken; left out with TLS 1.3, which encrypts it. */
  readonly acceptable?: readonly Name[] | null;
}

export interface Where {
  ca: CaUrl;
  env: Readonly<Record<string, string | undefined>>;
  /** When to give up. */
  signal: AbortSignal;
}

/** Asks over TLS 1.2, where the server speaks in the clear, and over TLS 1.3 where it speaks no other. Rejects if neither tells. */
export async function askHandshake(where: Where): Promise<Handshake> {
  const { bytes } = await shakeHands(where, "TLSv1.2");
  const flight = readFlight(bytes);
  if (flight !== null) {
    const { certificates, acceptable } = flight;
    return { version: "TLS 1.2", presented: readable(certificates), acceptable };
  }
  where.signal.throwIfAborted();
  const { certificates, error } = await shakeHands(where, "TLSv1.3");
  if (certificates.length === 0) throw error ?? new Error("no certificate was presented");
  return { version: "TLS 1.3", presented: readable(certificates) };
}

interface Shaken {
  /** All that came from the server until the handshake was done, or failed. */
  bytes: Uint8Array;
  certificates: readonly Uint8Array[];
  error?: Error;
}

/** Resolves also where the handshake fails: what was said until then is what we came for. Rejects for the network's errors. */
async function shakeHands({ ca, env, signal }: Where, version: "TLSv1.2" | "TLSv1.3"): Promise<Shaken> {
  const { host, port } = ca;
  const proxy = proxyFor(ca, env);
  const raw = proxy === null ? connectTcp({ host, port, signal }) : await openTunnel(proxy, ca, signal);
  const tap = new Tap(raw);
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      socket: tap,
      host,
      servername: serverNameOf(host),
      ca: [], // none to build the chain from, and the built-in ones cost time
      rejectUnauthorized: false,
      minVersion: version,
      maxVersion: version,
      ALPNProtocols: ["http/1.1"],
    });
    const end = (error?: Error) => {
      signal.removeEventListener("abort", stop);
      const certificates = error === undefined ? attempt(() => chainOf(socket.getPeerX509Certificate())) : [];
      socket.destroy();
      tap.destroy();
      if (tap.size === 0) return reject(error ?? new Error("nothing was said"));
      resolve({ bytes: tap.bytes(), certificates, ...(error && { error }) });
    };
    const stop = () => end(new Error("no handshake in time"));
    signal.addEventListener("abort", stop, { once: true });
    tap.on("error", end);
    socket.on("error", end);
    socket.once("close", () => end(new Error("the connection was closed")));
    socket.once("secureConnect", () => end());
    if (signal.aborted) stop();
  });
}

/** Passes bytes between a TCP connection and TLS, and keeps those that come in. */
class Tap extends Duplex {
  size = 0;
  readonly #raw: Socket;
  readonly #kept: Uint8Array[] = [];

  constructor(raw: Socket) {
    super();
    this.#raw = raw;
    raw.on("data", (bytes) => {
      this.size += bytes.length;
      if (this.size > flightLimit) return void this.destroy(new Error("the handshake is too long"));
      this.#kept.push(bytes);
      if (!this.push(bytes)) raw.pause();
    });
    raw.on("end", () => this.push(null));
    raw.on("error", (error) => this.destroy(error));
    raw.on("close", () => this.destroy());
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#kept);
  }

  override _read(): void {
    this.#raw.resume();
  }

  override _write(bytes: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.#raw.write(bytes, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#raw.destroy();
    done(error);
  }
}

/** OpenSSL takes certificates that our reader does not, and a server may send what neither of them takes. */
function readable(ders: readonly Uint8Array[]): Certificate[] {
  return ders.flatMap((der) => attempt(() => [readCertificate(der)]));
}

function attempt<T>(read: () => T[]): T[] {
  try {
    return read();
  } catch {
    return [];
  }
}
