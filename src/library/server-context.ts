/** What a running TLS server gets, so that its new connections have the new certificate. */
import type { SecureContext, TlsServer } from "./watch-types.ts";

/**
 * What a `tls.Server` was made with and keeps under these names. setSecureContext takes all of it anew: what is left out is off,
 * and a server that asks its clients for certificates of one CA would take those of any.
 */
const kept = [
  "ca",
  "ciphers",
  "crl",
  "dhparam",
  "ecdhCurve",
  "honorCipherOrder",
  "maxVersion",
  "minVersion",
  "secureOptions",
  "secureProtocol",
  "sessionIdContext",
  "sessionTimeout",
  "sigalgs",
  "ticketKeys",
];

/** Connections that are open stay as they are. */
export function handOver(server: TlsServer, context: SecureContext): void {
  const had = server as unknown as Readonly<Record<string, unknown>>;
  const others = kept.map((name) => [name, had[name]]).filter(([, value]) => value !== undefined);
  server.setSecureContext({ ...Object.fromEntries(others), ...context });
}
