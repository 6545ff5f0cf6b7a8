/** The check-up: well, not well, and what stands in the way. */
import { readFileSync } from "node:fs";
import { client, expired, leaf, type Plays } from "./play.ts";

const doctor = "doctor web.crt web.key --ca-url CA --root root.crt";
const fresh = { from: -2, to: 22 };

export const doctors: Plays = {
  "doctor-healthy": { set: leaf({ crl: true }, fresh), command: doctor },
  "doctor-client-auth-only-old-ca": { set: client("v0.26.1", fresh), command: doctor },
  "doctor-hidden": {
    set: client("v0.26.1", fresh, { hide: ["/version", "/provisioners", "/roots"] }),
    command: doctor,
  },
  "doctor-not-after-expiry": {
    set: leaf({ crl: true }, { ...fresh, provisioner: { name: "admin" } }),
    command: doctor,
  },
  "doctor-server-auth-only-new-ca": { set: client("v0.30.2", { ...fresh, usages: ["serverAuth"] }), command: doctor },
  "doctor-expired": { set: leaf({ crl: true }, expired), command: doctor },
  "doctor-behind-tls-proxy": {
    set: leaf({ crl: true, faults: ["missing-client-certificate"] }, fresh),
    command: doctor,
  },
  "doctor-key-mismatch": {
    set: async (s) => {
      await leaf({})(s);
      await s.issue("other");
    },
    command: doctor.replace("web.key", "other.key"),
  },
  "doctor-also": {
    set: async (s) => {
      await leaf({ crl: true }, fresh)(s);
      s.write("full.pem", readFileSync("web.crt", "utf8"));
      s.write("combined.pem", readFileSync("web.crt", "utf8"), 0o600);
      return undefined;
    },
    command: `${doctor} --also fullchain=full.pem --also combined=combined.pem --also der=web.der`,
  },
  "doctor-also-cannot": {
    set: async (s) => {
      await leaf({ crl: true }, fresh)(s);
      return undefined;
    },
    command: `${doctor} --also combined=nowhere/web.pem`,
  },
  "doctor-rehearsed": { set: leaf({}, fresh), command: doctor.replace("doctor", "doctor --rehearse") },
  "doctor-rehearsal-refused": {
    set: client("v0.26.1", fresh, { hide: ["/version"] }),
    command: doctor.replace("doctor", "doctor --rehearse"),
  },
  "doctor-json": { set: client("v0.26.1", fresh), command: doctor.replace("doctor", "doctor --json") },
};
