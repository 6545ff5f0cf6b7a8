/** Exit 78 and 130: trust, configuration, and a signal. */
import { mkdirSync } from "node:fs";
import { createAuthority } from "../../../src/dev-ca/authority.ts";
import { force, leaf, type Plays } from "./play.ts";

export const trust: Plays = {
  "ca-url-missing": { set: async () => {}, command: "--force web.crt web.key" },
  "bad-configuration": {
    set: async (s) => {
      mkdirSync("step/config", { recursive: true });
      s.write("step/config/defaults.json", "{ca-url: nope");
      return { env: { STEPPATH: "step" } };
    },
    command: "--force web.crt web.key",
  },
  "root-missing": { set: leaf({}), command: "--force web.crt web.key --ca-url CA --root nope.crt" },
  "root-not-pem": { set: leaf({}), command: "--force web.crt web.key --ca-url CA --root web.key" },
  "ca-untrusted": {
    set: async (s) => {
      await leaf({})(s);
      s.write("other.crt", (await createAuthority({ subject: "another CA" })).root);
    },
    command: "--force web.crt web.key --ca-url CA --root other.crt",
  },
  "ca-name-mismatch": { set: leaf({ faults: ["wrong-server-name"] }), command: force },
  "ca-cert-expired": { set: leaf({ faults: ["expired-server-certificate"] }), command: force },
  "ca-cert-not-yet-valid": { set: leaf({ faults: ["not-yet-valid-server-certificate"] }), command: force },
  interrupted: {
    set: async (s) => {
      await leaf({ faults: ["hang"] })(s);
      const interruption = new AbortController();
      setTimeout(() => interruption.abort("SIGINT"), 100);
      return { signal: interruption.signal };
    },
    command: force,
  },
};
