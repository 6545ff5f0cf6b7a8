/** What is between a client and its CA, and what never came that far. */
import { createServer as createProxy } from "node:http";
import { get } from "node:https";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import type { Scene } from "../scene.ts";
import { expired, force, leaf, type Plays } from "./play.ts";

/** A server that listens, and cuts what it is asked. */
async function cutting(s: Scene): Promise<void> {
  const { chain, key } = await s.authority.issue({ names: ["localhost"], usages: ["serverAuth"] });
  await s.listen(createTlsServer({ cert: chain, key }, (socket) => socket.once("data", () => socket.destroy())));
}

/** A server that begins an answer, and cuts it. */
async function breakingOff(s: Scene): Promise<void> {
  const { chain, key } = await s.authority.issue({ names: ["localhost"], usages: ["serverAuth"] });
  const answer = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 2500\r\n\r\n";
  const begun = `${answer}${'{"crt":"-----BEGIN CERTIFICATE-----'.padEnd(1200, "A")}`;
  const serve = (socket: TLSSocket) => socket.once("data", () => socket.write(begun, () => socket.destroy()));
  await s.listen(createTlsServer({ cert: chain, key }, serve));
}

/** Of ca.internal, which is reached through a proxy that answers so to whoever wants a tunnel. */
function behindProxy(status: string) {
  return async (s: Scene) => {
    await leaf()(s);
    await s.listen(createProxy().on("connect", (_, socket) => socket.end(`HTTP/1.1 ${status}\r\n\r\n`)));
    return { env: { HTTPS_PROXY: s.url().replace("https:", "http:") } };
  };
}

const throughProxy = "--force web.crt web.key --ca-url ca.internal --root root.crt";

export const between: Plays = {
  "ca-closed-cut": {
    set: async (s) => {
      await leaf()(s);
      await breakingOff(s);
    },
    command: force,
  },
  "ca-unreachable-through-proxy": {
    set: async (s) => {
      await leaf()(s);
      return { env: { HTTPS_PROXY: "http://127.0.0.1:1" } };
    },
    command: throughProxy,
  },
  "ca-unreachable-proxy-tunnel-502": { set: behindProxy("502 Bad Gateway"), command: throughProxy },
  "proxy-refused-tunnel": { set: behindProxy("403 Forbidden"), command: throughProxy },
  "proxy-refused-tunnel-user": { set: behindProxy("407 Proxy Authentication Required"), command: throughProxy },
  "tls-terminated": {
    set: async (s) => {
      await leaf({})(s);
      await s.proxy({ page: { status: 400, title: "400 The SSL certificate error" } });
    },
    command: force,
  },
  "certificate-demanded": {
    set: async (s) => {
      await leaf({}, expired)(s);
      await s.proxy({ demands: true });
    },
    command: force,
  },
  "proxy-certificate": {
    set: async (s) => {
      const hour = 3_600_000;
      const life = { notBefore: new Date(s.base.getTime() - hour), notAfter: new Date(s.base.getTime() + hour) };
      const own = { subject: "gateway", provisioner: { name: "admin" }, ...life };
      let now = s.base;
      await leaf({ now: () => now })(s);
      await s.proxy({ client: await s.authority.issue(own) });
      await new Promise<void>((done) => {
        get(`${s.url()}/health`, { rejectUnauthorized: false }, (answer) => answer.resume().on("end", done));
      });
      now = new Date(s.base.getTime() + 2 * hour); // the proxy's connection stays open when its certificate ends
    },
    command: force,
  },
  "proxy-speaks-http": {
    set: async (s) => {
      await leaf({})(s);
      await s.proxy({ plain: true });
    },
    command: force,
  },
  "wrong-path": { set: leaf({}), command: "--force web.crt web.key --ca-url CA/step-ca --root root.crt" },
  "wrong-path-another-server": { set: leaf({ faults: ["html-404"] }), command: force },
  "connection-cut": {
    set: async (s) => {
      await leaf({}, expired)(s);
      await cutting(s);
    },
    command: force,
  },
  "rekey-connection-cut": {
    set: async (s) => {
      await leaf({})(s);
      await cutting(s);
    },
    command: `rekey ${force}`,
  },
};
