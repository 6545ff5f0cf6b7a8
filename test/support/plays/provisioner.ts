/** Refused by the rules of renewal: the provisioner, its claims, revocation, the end of the certificate. */
import type { DevProvisioner } from "../../../src/dev-ca/server.ts";
import { byToken, client, expired, force, leaf, type Plays } from "./play.ts";

const provisioners = (...more: DevProvisioner[]): DevProvisioner[] => [
  { name: "after-expiry", claims: { allowRenewalAfterExpiry: true } },
  ...more,
];

export const provisioner: Plays = {
  "renewal-disabled": { set: client("v0.30.2", { provisioner: { name: "no-renewal" } }), command: force },
  "provisioner-gone": { set: client("v0.30.2", { provisioner: { name: "retired" } }), command: force },
  "provisioner-gone-by-token": { set: leaf({}, { ...expired, provisioner: { name: "retired" } }), command: force },
  "provisioner-cannot-renew": {
    set: leaf({ provisioners: provisioners({ name: "hosts", type: "SSHPOP" }) }, { provisioner: { name: "hosts" } }),
    command: force,
  },
  "provisioner-not-ready": {
    set: leaf(
      { provisioners: provisioners({ name: "cloud", type: "GCP", uninitialized: true }) },
      { provisioner: { name: "cloud", type: 3 } },
    ),
    command: force,
  },
  "no-extension-for-token": { set: leaf({}, { ...expired, provisioner: null }), command: force },
  revoked: {
    set: async (s) => {
      const { serial, chain, key } = await s.authority.issue({
        subject: "web.internal",
        names: ["web.internal"],
        usages: ["serverAuth", "clientAuth"],
        provisioner: { name: "after-expiry" },
        notBefore: s.base,
      });
      s.write("web.crt", chain);
      s.write("web.key", key);
      (await s.ca({ crl: true })).revoke(serial);
    },
    command: force,
  },
  "unauthorized-unknown": {
    set: client("v0.30.2", { provisioner: { name: "no-renewal" } }, { hide: ["/provisioners"] }),
    command: force,
  },
  "cert-expired": { set: client("v0.30.2", { ...expired, provisioner: { name: "admin" } }), command: force },
  "not-yet-valid-by-token": { set: leaf({}, { from: 2, to: 24 }), command: byToken },
  "expired-during-the-handshake": {
    set: async (s) => {
      const ends = 2 / 3600;
      await leaf(undefined, { to: ends })(s);
      const later = new Date(s.base.getTime() + 10_000);
      const ca = { isStarted: false, isAsked: false };
      await s.ca({
        now: () => {
          ca.isAsked = ca.isStarted;
          return later;
        },
      });
      ca.isStarted = true;
      return { now: () => (ca.isAsked ? later : s.base) };
    },
    command: "web.crt web.key --out new.crt --ca-url CA --root root.crt",
  },
  "clock-behind-over-mtls": {
    set: async (s) => {
      await leaf({}, expired)(s);
      return { now: new Date(s.base.getTime() - 7 * 3_600_000) };
    },
    command: force,
  },
};
