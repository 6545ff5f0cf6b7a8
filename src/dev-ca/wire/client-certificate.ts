/** The certificate that a client presented in the handshake, and whether Go would take it. */
import type { X509Certificate } from "node:crypto";
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
  const [leaf, ...intermediates] = chainOf(socket.getPeerX509Certificate()).map(({ raw }) => readCertificate(raw));
  if (!leaf) return null;
  const roots = [root, ...issuers];
  return { leaf, problem: chainProblem(leaf, { roots, intermediates, at: now(), usage: "clientAuth" }) };
}

/** As the client sent it, link by link. To be asked once: Node hands each link out and forgets it. */
function chainOf(certificate: X509Certificate | undefined): X509Certificate[] {
  return certificate ? [certificate, ...chainOf(certificate.issuerCertificate)] : [];
}
