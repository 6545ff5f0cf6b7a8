/** The certificate that a client presented in the handshake, and whether Go would take it. */
import type { TLSSocket } from "node:tls";
import { type Certificate, readCertificate } from "../rules/certificate.ts";
import { chainProblem, type Problem } from "../rules/chain.ts";
import type { State } from "../rules/state.ts";

export interface Presented {
  leaf: Certificate;
  problem: Problem | null;
}

/** null when the client kept its certificate to itself. Trusted are the root and the current issuers, as anchors. */
export function presentedBy(socket: TLSSocket, { root, issuers, now }: State): Presented | null {
  const [leaf, ...intermediates] = chainOf(socket.getPeerCertificate(true)).map(readCertificate);
  if (!leaf) return null;
  const roots = [root, ...issuers];
  return { leaf, problem: chainProblem(leaf, { roots, intermediates, at: now(), usage: "clientAuth" }) };
}

/** Node links each certificate to its issuer, the last to itself or to none. */
function chainOf(peer: unknown, found: readonly Buffer[] = []): Buffer[] {
  if (!isLink(peer) || found.some((raw) => raw.equals(peer.raw))) return [...found];
  return chainOf(peer.issuerCertificate, [...found, peer.raw]);
}

function isLink(value: unknown): value is { raw: Buffer; issuerCertificate?: unknown } {
  return typeof value === "object" && value !== null && "raw" in value && Buffer.isBuffer(value.raw);
}
