/** POST /renew: sends, and judges nothing. */

import { certificatePem } from "../pki/certificate.ts";
import type { Identity } from "../pki/identity.ts";
import type { Answer } from "./answer.ts";
import { exchange, type Route } from "./client.ts";
import type { Method } from "./credential.ts";

/**
 * Asks for a renewal. Over mTLS the certificate goes into the handshake; by token it never does, because the CA would prefer
 * it to the token (smallstep/certificates, api/renew.go). `id` makes the token unique: every try needs a new one.
 */
export async function postRenew(route: Route, identity: Identity, method: Method, id: string): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  if (method === "mtls")
    return exchange(route, { method: "POST", path: "/renew", headers }, clientCertificate(identity));
  const { renewToken } = await import("./token.ts");
  const token = await renewToken({ ...identity, audience: route.ca.origin, now: route.now(), id });
  return exchange(route, { method: "POST", path: "/renew", headers: { ...headers, authorization: `Bearer ${token}` } });
}

/** What a handshake shows. */
export function clientCertificate({ chain, key }: Identity): { chain: string; key: string } {
  return { chain: chain.map(certificatePem).join(""), key: key.export({ type: "pkcs8", format: "pem" }).toString() };
}
