/** Exit 78 and 130: trust, configuration, and a signal. */
import { mkdirSync } from "node:fs";
import { createAuthority } from "../../../src/dev-ca/authority.ts";
import type { Scene } from "../scene.ts";
import { force, leaf, type Plays } from "./play.ts";

/** Two of step's contexts, and none is current. */
const contexts = async (s: Scene) => {
  mkdirSync("step");
  const of = (name: string) => ({ profile: name, authority: name });
  s.write("step/contexts.json", JSON.stringify({ production: of("prod"), staging: of("stage") }));
  return { env: { STEPPATH: "step" } };
};

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
  "list-for-configuration": {
    set: async (s) => {
      await leaf({})(s);
      s.write("renew.json", '{"ca-url": "ca:9000", "certificates": [{"crt": "web.crt", "key": "web.key"}]}');
      return undefined;
    },
    command: "doctor web.crt web.key --config renew.json",
  },
  "no-context": { set: contexts, command: "--force web.crt web.key" },
  "no-context-named": { set: contexts, command: "--force --context prodution web.crt web.key" },
  "no-context-at-all": { set: async () => ({ env: { STEPPATH: "step" } }), command: "--context one web.crt web.key" },
  "renewed-in-a-context": {
    set: async (s) => {
      const world = await contexts(s);
      await leaf({})(s);
      const { root } = s.authority;
      mkdirSync("step/authorities/prod/config", { recursive: true });
      mkdirSync("step/authorities/prod/certs", { recursive: true });
      s.write("step/authorities/prod/config/defaults.json", JSON.stringify({ "ca-url": s.url(), profile: "x" }));
      s.write("step/authorities/prod/certs/root_ca.crt", root);
      return world;
    },
    command: "--force --context production web.crt web.key",
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
