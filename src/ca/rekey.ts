/** POST /rekey: sends, and judges nothing. Over mTLS alone: the CA looks at no token there (smallstep/certificates, api/rekey.go). */
import type { Identity } from "../pki/identity.ts";
import type { Answer } from "./answer.ts";
import { exchange, type Route } from "./client.ts";
import { clientCertificate } from "./renew.ts";

/** Asks for a certificate of the same subject and names for the key that has signed the request. */
export async function postRekey(route: Route, identity: Identity, request: string): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ csr: request });
  return exchange(route, { method: "POST", path: "/rekey", headers, body }, clientCertificate(identity));
}
