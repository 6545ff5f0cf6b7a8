/** The certificates that the CA's server presents, looked at and not trusted: nothing is ever sent over this connection. */
import { isIP } from "node:net";
import { connect, type DetailedPeerCertificate } from "node:tls";
import { type Certificate, readCertificate } from "../pki/certificate.ts";
import type { Route } from "./client.ts";
import { questionsMs } from "./endpoints.ts";
import { proxyFor } from "./proxy.ts";
import { openTunnel } from "./tunnel.ts";

/** Leaf first; [] when it cannot be had, since this is evidence only. */
export async function presentedChain({ ca, env, signal }: Route): Promise<readonly Certificate[]> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(questionsMs)]);
  try {
    const proxy = proxyFor(ca, env);
    const { host, port } = ca;
    const tunnel = proxy === null ? { port } : { socket: await openTunnel(proxy, ca, limit) };
    return await new Promise((resolve, reject) => {
      // Not verified on purpose: this is how an untrusted chain is shown. The socket ends right after the handshake.
      const socket = connect({ ...tunnel, host, servername: isIP(host) === 0 ? host : "", rejectUnauthorized: false });
      limit.addEventListener("abort", () => socket.destroy(new Error("no handshake in time")), { once: true });
      socket.once("error", reject);
      socket.once("secureConnect", () => {
        resolve(certificatesOf(socket.getPeerCertificate(true)));
        socket.destroy();
      });
    });
  } catch {
    return []; // the failure being explained is the one to tell
  }
}

function certificatesOf(peer: DetailedPeerCertificate | undefined): Certificate[] {
  const chain: Certificate[] = [];
  for (let next = peer; next?.raw !== undefined && chain.length < 10; next = next.issuerCertificate) {
    chain.push(readCertificate(next.raw));
    if (next.issuerCertificate === next) break;
  }
  return chain;
}
