/** What is between a client and its CA, and what never came that far. */
import { get } from "node:https";
import { createServer as createTlsServer } from "node:tls";
import type { Scene } from "../scene.ts";
import { expired, force, leaf, type Plays } from "./play.ts";

/** A server that listens, and cuts what it is asked. */
async function cutting(s: Scene): Promise<void> {
  const { chain, key } = await s.authority.issue({ names: ["localhost"], usages: ["serverAuth"] });
  await s.listen(createTlsServer({ cert: chain, key }, (socket) => socket.once("data", () => socket.destroy())));
}

export const between: Plays = {
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
