import type { connect as connectTls, TLSSocket } from "node:tls";
import { same } from "../pki/certificate.ts";

/** All that a server presented, link by link, each handed out once. */
export function chainOf(
  certificate: ReturnType<ReturnType<typeof connectTls>["getPeerX509Certificate"]>,
): Uint8Array[] {
  const chain: Uint8Array[] = [];
  for (let next = certificate; next !== undefined && chain.length < 16; next = next.issuerCertificate)
    chain.push(next.raw);
  return chain;
}

let last: readonly Uint8Array[] = [];

/** The same of whom a handshake was with. What came with a server's own certificate is kept until it presents another one. */
export function chainPresented(socket: TLSSocket, own: Uint8Array): readonly Uint8Array[] {
  const [known] = last;
  if (known === undefined || !same(known, own)) last = chainOf(socket.getPeerX509Certificate());
  return last;
}
