/** `renew needs-renewal`, of files and of servers. */
import { createServer, type TlsOptions } from "node:tls";
import type { LeafSpec } from "../../../src/dev-ca/authority.ts";
import type { Scene } from "../scene.ts";
import { leaf, type Plays } from "./play.ts";

const hour = 3_600_000;

/** A server whose certificate is good around now, on the real day: OpenSSL looks at the real clock. */
const server =
  (spec: LeafSpec, hours: { from: number; to: number } = { from: -10, to: 10 }) =>
  async (s: Scene): Promise<undefined> => {
    const at = (count: number) => new Date(s.base.getTime() + count * hour);
    const validity = { notBefore: at(hours.from), notAfter: at(hours.to) };
    const usages = ["serverAuth" as const];
    const { chain, key } = await s.authority.issue({ names: ["localhost"], usages, ...validity, ...spec });
    await s.listen(quiet({ cert: chain, key }));
  };

const quiet = (options: TlsOptions) =>
  createServer(options, (socket) => socket.on("error", () => undefined)).on("tlsClientError", () => undefined);

export const needsRenewal: Plays = {
  "needs-renewal": { set: leaf(undefined, { from: -67, to: 33 }), command: "needs-renewal -v web.crt" },
  "needs-renewal-not": { set: leaf(undefined, { from: -10, to: 90 }), command: "needs-renewal -v web.crt" },
  "needs-renewal-json": { set: leaf(undefined, { from: -67, to: 33 }), command: "needs-renewal --json web.crt" },
  "needs-renewal-missing": { set: leaf(), command: "needs-renewal web.pem" },
  "needs-renewal-server-for-file": { set: async () => {}, command: "needs-renewal web.internal:8443" },
  "needs-renewal-bad-duration": { set: leaf(), command: "needs-renewal --expires-in 66 web.crt" },
  "server-unreachable": {
    set: async () => {},
    command: "needs-renewal tls://localhost:1 --roots root.crt",
  },
  "server-untrusted-expired": {
    set: server({ subject: "web.internal" }, { from: -30, to: -6 }),
    command: "needs-renewal CA --roots root.crt",
  },
  "server-untrusted-name": {
    set: server({ subject: "web.internal", names: ["web.internal", "*.web.internal"] }),
    command: "needs-renewal CA --roots root.crt",
  },
  "server-untrusted-issuer": {
    set: async (s) => {
      await server({ subject: "web.internal" })(s);
      return { env: { SSL_CERT_FILE: "nope.pem" } };
    },
    command: "needs-renewal CA",
  },
};
