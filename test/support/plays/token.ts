/** Refused for the token: its form, its signature, its one use, its claims, and the clocks. */
import { byToken, expired, force, leaf, type Plays } from "./play.ts";

const clock = (minutes: number) => (base: Date) => ({ now: new Date(base.getTime() + minutes * 60_000) });
/** Type 3 in the certificate's extension. */
const gcp = { name: "cloud", type: "GCP", claims: { allowRenewalAfterExpiry: true } };

export const token: Plays = {
  "token-unreadable": {
    set: async (s) => {
      await leaf({}, expired)(s);
      await s.proxy({ authorization: (header) => header.slice(0, header.lastIndexOf(".")) });
    },
    command: force,
  },
  "token-signature-spoilt": {
    set: async (s) => {
      await leaf({}, expired)(s);
      await s.proxy({ authorization: (header) => `${header.slice(0, -8)}AAAAAAAA` });
    },
    command: force,
  },
  "token-not-seen": {
    set: async (s) => {
      await leaf({}, expired)(s);
      await s.proxy({ authorization: () => undefined });
    },
    command: force,
  },
  "token-reused-cloud-provisioner": {
    set: async (s) => {
      await leaf({ provisioners: [gcp] }, { ...expired, provisioner: { name: "cloud", type: 3 } })(s);
      await s.renew(`--out first.crt ${force}`);
    },
    command: force,
  },
  "token-reused-sent-twice": {
    set: async (s) => {
      await leaf({}, expired)(s);
      await s.proxy({ twice: true });
    },
    command: force,
  },
  "token-subject-wrong": { set: leaf({ faults: ["refuses-subject"] }, expired), command: force },
  "token-issuer-wrong": { set: leaf({ faults: ["refuses-issuer"] }, expired), command: force },
  "token-not-supported": { set: leaf({ faults: ["no-token-flow"] }, expired), command: force },
  "ca-too-old-for-tokens": { set: leaf({ says: "0.18.2", faults: ["no-tokens"] }, expired), command: force },
  "audience-not-a-ca-name": {
    set: async (s) => {
      await leaf({ dnsNames: ["ca.example"] }, expired)(s);
      await s.proxy();
    },
    command: force,
  },
  "clock-ahead": {
    set: async (s) => {
      await leaf({}, expired)(s);
      return clock(10)(s.base);
    },
    command: force,
  },
  "clock-behind": {
    set: async (s) => {
      await leaf({})(s);
      return clock(-20)(s.base);
    },
    command: byToken,
  },
};
