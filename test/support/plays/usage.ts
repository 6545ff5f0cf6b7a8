/** Exit 64: the command's words. */
import { readFileSync } from "node:fs";
import { leaf, type Plays } from "./play.ts";

export const usage: Plays = {
  "bad-flag": { set: async () => {}, command: "--forse web.crt web.key" },
  "bad-flag-files": { set: async () => {}, command: "--force web.crt" },
  "bad-flag-of-another-command": { set: async () => {}, command: "--provisioner admin web.crt web.key" },
  "bad-flag-help": { set: async () => {}, command: "help doktor" },
  "bad-flag-pasted": { set: async () => {}, command: "ca renew --force web.crt web.key" },
  "flag-not-built-offline": { set: async () => {}, command: "--offline --ca-config ca.json web.crt web.key" },
  "flag-not-built-kms": { set: async () => {}, command: "web.crt yubikey:slot-id=9a" },
  "flag-conflict": { set: async () => {}, command: "-q -v web.crt web.key" },
  "flag-conflict-also": { set: async () => {}, command: "web.crt web.key --also leaf=./web.crt --ca-url ca.internal" },
  "bad-flag-also": { set: async () => {}, command: "web.crt web.key --also fulchain=web.pem --ca-url ca.internal" },
  "no-passphrase-file": { set: leaf({}), command: "--force web.crt web.key --also p12=web.p12 --ca-url CA" },
  "cannot-write-also": {
    set: leaf({}),
    command: "--force web.crt web.key --also combined=haproxy/web.pem --ca-url CA --root root.crt",
  },
  "also-renewed": {
    set: leaf({}),
    command: "--force web.crt web.key --also combined=web.pem --also chain=ca.pem --ca-url CA --root root.crt",
  },
  "also-freshened": {
    set: leaf(),
    command: "--force --expires-in 8h web.crt web.key --also combined=web.pem --ca-url CA --root root.crt",
  },
  "bad-duration": { set: async () => {}, command: "--expires-in soon web.crt web.key --ca-url ca.internal" },
  "bad-duration-period": { set: leaf(), command: "--daemon --renew-period 25h web.crt web.key --ca-url ca.internal" },
  "bad-duration-rekey-period": {
    set: leaf(),
    command: "rekey --daemon --rekey-period 24h web.crt web.key --ca-url ca.internal",
  },
  "daemon-cannot-start-json": { set: leaf(), command: "--daemon --json web.crt web.pem --ca-url CA --root root.crt" },
  "daemon-cannot-start": { set: leaf({}), command: "--daemon web.crt web.key --ca-url CA --root nope.crt" },
  "daemon-cannot-start-hook": {
    set: leaf({}),
    command: "--daemon web.crt web.key --ca-url CA --root root.crt --exec 'systemctll reload nginx'",
  },
  "daemon-cannot-start-hook-mode": {
    set: leaf({}),
    command: "--daemon web.crt web.key --ca-url CA --root root.crt --exec ./web.crt",
  },
  "daemon-cannot-start-rekey": {
    set: leaf({}),
    command: "rekey --daemon web.crt web.key --ca-url CA --root web.key",
  },
  "bad-duration-nothing": { set: async () => {}, command: "--timeout 0 web.crt web.key --ca-url ca.internal" },
  "bad-url": { set: async () => {}, command: "--force web.crt web.key --ca-url http://ca.internal:9000" },
  "would-overwrite": { set: leaf({}), command: "web.crt web.key --ca-url CA --root root.crt" },
  "would-overwrite-asked": {
    set: async (s) => {
      await leaf({})(s);
      return { answers: ["n"] };
    },
    command: "web.crt web.key --ca-url CA --root root.crt",
  },
  "flag-conflict-also-twice": {
    set: async () => {},
    command: "web.crt web.key --also leaf=a.pem --also chain=./a.pem --ca-url ca.internal",
  },
  "bad-flag-alone": { set: async () => {}, command: "web.crt web.key --exec-timeout 5s --ca-url ca.internal" },
  "would-lose-key-also": {
    set: async (s) => {
      await leaf({})(s);
      await s.issue("other", { names: ["other.internal"] });
      s.write("other.pem", readFileSync("other.crt", "utf8") + readFileSync("other.key", "utf8"));
    },
    command: "--force web.crt web.key --also combined=other.pem --ca-url CA --root root.crt",
  },
  "would-lose-key-p12": {
    set: async (s) => {
      await leaf({})(s);
      s.write("tomcat.p12", Buffer.from("300602010330010a", "hex"));
    },
    command: "--force web.crt web.key --also leaf=tomcat.p12 --ca-url CA --root root.crt",
  },
  "would-overwrite-also": {
    set: async (s) => {
      await leaf({})(s);
      s.write("web.pem", "");
    },
    command: "web.crt web.key --also combined=web.pem --ca-url CA --root root.crt",
  },
  "would-lose-key": {
    set: async (s) => {
      await leaf({})(s);
      s.write("web.pem", readFileSync("web.crt", "utf8") + readFileSync("web.key", "utf8"));
    },
    command: "--force web.pem web.pem --ca-url CA --root root.crt",
  },
};
