/** Renewed, or not due. */
import { expired, force, leaf, type Plays } from "./play.ts";

export const renewals: Plays = {
  "renewed-over-mtls": { set: leaf({}), command: force },
  "renewed-by-token": { set: leaf({}, expired), command: force },
  "renewed-by-token-asked-with-a-space": { set: leaf({}), command: `--mtls false ${force}` },
  "renewed-verbose": { set: leaf({}), command: `-v ${force}` },
  "renewed-json": { set: leaf({}), command: `--json ${force}` },
  "renewed-to-another-file": { set: leaf({}), command: "web.crt web.key --out new.crt --ca-url CA --root root.crt" },
  "renewed-server-only-old-ca": { set: leaf({ like: "v0.26.1" }, { usages: ["serverAuth"] }), command: `-v ${force}` },
  "renewed-behind-tls-proxy": { set: leaf({ faults: ["missing-client-certificate"] }), command: `-v ${force}` },
  "renewed-registration-authority": { set: leaf({ registrationAuthority: true }), command: `-v ${force}` },
  "not-due": { set: leaf(), command: `--expires-in 8h ${force}` },
  "not-due-json": { set: leaf(), command: `--json --expires-in 66% ${force}` },
};
