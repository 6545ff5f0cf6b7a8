/** POST /renew: sends, and judges nothing. */

import type { KeyObject } from "node:crypto";
import { type Certificate, certificatePem } from "../pki/certificate.ts";
import type { Answer } from "./answer.ts";
import { type Exchanging, exchange, type Route, StaleConnection } from "./client.ts";
import type { Method } from "./credential.ts";

export interface Way {
  /** Makes a token unique: every try needs a new one. */
  id(): string;
  /** Kept connections, on which no certificate is shown. */
  kept?: Exchanging | undefined;
}

/** What a client proves itself by, as values: another thread may be given it. */
export interface Proof {
  /** Leaf first. */
  readonly chain: readonly Pick<Certificate, "der" | "commonName">[];
  readonly key: KeyObject;
}

/** Asks for a renewal from here, over connections of many, or by another thread. */
export type Renewing = (route: Route, proof: Proof, method: Method) => Promise<Answer>;

/**
 * Asks for a renewal. Over mTLS the certificate goes into the handshake; by token it never does, because the CA would prefer
 * it to the token (smallstep/certificates, api/renew.go). A kept connection may have been closed by the CA meanwhile: then
 * nothing was judged, and a new token is sent over a new connection.
 */
export async function postRenew(route: Route, proof: Proof, method: Method, { id, kept }: Way): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  if (method === "mtls") return exchange(route, { method: "POST", path: "/renew", headers }, clientCertificate(proof));
  const { renewToken } = await import("./token.ts");
  const send = async (by: Exchanging) => {
    const token = await renewToken({ ...proof, audience: route.ca.origin, now: route.now(), id: id() });
    return by(route, { method: "POST", path: "/renew", headers: { ...headers, authorization: `Bearer ${token}` } });
  };
  if (kept === undefined) return send(exchange);
  try {
    return await send(kept);
  } catch (error) {
    if (error instanceof StaleConnection) return send(exchange);
    throw error;
  }
}

/** What a handshake shows. */
export function clientCertificate({ chain, key }: Proof): { chain: string; key: string } {
  return { chain: chain.map(certificatePem).join(""), key: key.export({ type: "pkcs8", format: "pem" }).toString() };
}
