/** The certificates that a TLS server presents, once it has proved to be the one that was meant. Nothing is sent to it. */
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, type TLSSocket } from "node:tls";
import { alertOf } from "../failure/causes.ts";
import { attempt, errnoOf, Failure, messageOf } from "../failure/failure.ts";
import { type Certificate, readCertificate } from "../pki/certificate.ts";
import { chainOf } from "./handshake-chain.ts";
import { proxyFor } from "./proxy.ts";
import type { ServerAddress } from "./server-address.ts";
import type { Environment } from "./settings.ts";
import { openTunnel, TunnelFailed, TunnelRefused } from "./tunnel.ts";

export interface Visit {
  readonly address: ServerAddress;
  /** Another name than the address's, for the handshake and the check. */
  readonly serverName: string | null;
  /** PEM: the only roots that are trusted. */
  readonly roots: readonly string[];
  readonly timeoutMs: number;
  readonly env: Environment;
  now(): Date;
  readonly signal: AbortSignal;
}

/** As presented, the server's own first. Throws SERVER_UNREACHABLE, SERVER_UNTRUSTED; the signal's reason when that ends it. */
export async function presentedBy(visit: Visit): Promise<readonly [Certificate, ...Certificate[]]> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), visit.timeoutMs);
  const signal = AbortSignal.any([visit.signal, limit.signal]);
  try {
    const socket = await shakeHands(await dial(visit, signal), visit, signal);
    try {
      return judged(socket, visit);
    } finally {
      socket.destroySoon();
    }
  } catch (error) {
    visit.signal.throwIfAborted();
    if (error instanceof Failure) throw error;
    throw unreachable(error, visit, limit.signal.aborted);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Directly, as step does, which knows no proxy here; where that fails and HTTPS_PROXY names one, through the proxy. It gets
 * half of the time then.
 */
async function dial({ address, env, timeoutMs }: Visit, signal: AbortSignal): Promise<Socket> {
  const proxy = attempt(() => proxyFor(address, env));
  const isOnlyWay = proxy.failure === undefined && proxy.value === null;
  try {
    return await connected(address, isOnlyWay ? signal : AbortSignal.any([signal, AbortSignal.timeout(timeoutMs / 2)]));
  } catch (error) {
    if (signal.aborted || isOnlyWay) throw error;
    if (proxy.failure !== undefined) throw proxy.failure;
    if (proxy.value === null) throw error;
    return openTunnel(proxy.value, address, signal);
  }
}

function connected({ host, port }: ServerAddress, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port, signal });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.removeListener("error", reject);
      resolve(socket);
    });
  });
}

/** Resolves whatever the certificate is worth, so that a page can say more of it than an error does. */
function shakeHands(raw: Socket, { address, serverName, roots }: Visit, signal: AbortSignal): Promise<TLSSocket> {
  const name = serverName ?? address.host;
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      socket: raw,
      servername: isIP(name) === 0 ? name : "",
      ca: [...roots],
      rejectUnauthorized: false,
      minVersion: "TLSv1.2",
      // Go, and so step, takes any certificate of the root file as an anchor, also an intermediate.
      allowPartialTrustChain: true,
      // Go looks at the alternative names only, and never at the common name.
      checkServerIdentity: (_host, certificate) =>
        certificate.subjectaltname === undefined
          ? Object.assign(new Error("no alternative names"), { code: "ERR_TLS_CERT_ALTNAME_INVALID" })
          : checkServerIdentity(name, certificate),
    });
    const giveUp = () => socket.destroy(new Error("given up"));
    signal.addEventListener("abort", giveUp, { once: true });
    socket.once("secureConnect", () => resolve(socket));
    socket.on("error", reject);
    socket.once("close", () => {
      signal.removeEventListener("abort", giveUp);
      reject(Object.assign(new Error("the server closed the connection in the handshake"), { code: "ECONNRESET" }));
    });
    if (signal.aborted) giveUp();
  });
}

/** Throws SERVER_UNTRUSTED, BAD_CERTIFICATE. */
function judged(socket: TLSSocket, visit: Visit): readonly [Certificate, ...Certificate[]] {
  const { address, serverName, now } = visit;
  const [leaf, ...others] = chainOf(socket.getPeerX509Certificate()).map((der, index) => read(der, index + 1, visit));
  if (leaf === undefined) throw new Error("no certificate was presented");
  if (socket.authorized) return [leaf, ...others];
  const said = String(socket.authorizationError);
  throw new Failure("SERVER_UNTRUSTED", {
    url: address.url,
    problem: problems[said] ?? "unknown-issuer",
    said,
    name: serverName ?? address.host,
    names: leaf.names,
    subject: leaf.subject.text,
    issuer: leaf.issuer.text,
    notBefore: leaf.notBefore,
    notAfter: leaf.notAfter,
    now: now(),
  });
}

const problems: Readonly<Record<string, "expired" | "not-yet-valid" | "name">> = {
  CERT_HAS_EXPIRED: "expired",
  CERT_NOT_YET_VALID: "not-yet-valid",
  ERR_TLS_CERT_ALTNAME_INVALID: "name",
};

function read(der: Uint8Array, position: number, { address }: Visit): Certificate {
  try {
    return readCertificate(der);
  } catch (error) {
    const problem = messageOf(error);
    throw new Failure("BAD_CERTIFICATE", { file: address.url, role: "certificate", position, problem }, error);
  }
}

function unreachable(error: unknown, { address, timeoutMs }: Visit, isLate: boolean): Failure {
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const [said, errno] = [messageOf(first), errnoOf(first) || errnoOf(error)];
  const isTls = alertOf(first) !== null || errno.startsWith("ERR_SSL") || /SSL routines/.test(said);
  const problem = isLate ? "timeout" : isTls ? "tls" : "connect";
  const facts = { url: address.url, problem, said, errno, limitMs: timeoutMs } as const;
  const isProxys = first instanceof TunnelFailed || first instanceof TunnelRefused;
  return new Failure("SERVER_UNREACHABLE", { ...facts, ...(isProxys && { proxy: first.proxy }) }, error);
}
