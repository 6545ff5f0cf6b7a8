import type { connect as connectTls } from "node:tls";

/** All that a server presented, link by link, each handed out once. */
export function chainOf(
  certificate: ReturnType<ReturnType<typeof connectTls>["getPeerX509Certificate"]>,
): Uint8Array[] {
  const chain: Uint8Array[] = [];
  for (let next = certificate; next !== undefined && chain.length < 16; next = next.issuerCertificate)
    chain.push(next.raw);
  return chain;
}
