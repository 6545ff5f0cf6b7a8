/** `--backup` and `renew rollback`: what is kept, the way back, and what stands in it. */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { expired, force, leaf, type Play, type Plays } from "./play.ts";

const back = "rollback --force web.crt web.key";

/** Renewed and rekeyed once: two certificates of one key are kept, and that key. */
const kept: Play["set"] = async (s) => {
  await leaf({})(s);
  await s.renew(`--backup 2 ${force}`);
  await s.renew(`rekey --backup 2 ${force}`);
  return undefined;
};

export const rollbacks: Plays = {
  "renewed-not-kept": {
    set: async (s) => {
      await leaf({})(s);
      mkdirSync(".web.crt.renew-backup-1");
      return undefined;
    },
    command: `--backup 2 ${force}`,
  },
  "rolled-back": { set: kept, command: `${back} --exec 'systemctl reload nginx'` },
  "rolled-back-verbose": { set: kept, command: "rollback -v --force --to 2 web.crt web.key" },
  "rolled-back-json": { set: kept, command: "rollback --json --force web.crt web.key" },
  "rolled-back-hook-failed": {
    set: async (s) => ({ ...(await kept(s)), run: async () => ({ how: "exit", status: 1 }) }),
    command: `${back} --exec ./reload`,
  },
  "rolled-back-forms": {
    set: async (s) => {
      await leaf({})(s);
      for (const command of ["", "rekey "])
        await s.renew(`${command}--backup 2 ${force} --also combined=haproxy.pem --also der=web.der`);
      return undefined;
    },
    command: `${back} --also combined=haproxy.pem`,
  },
  "rollback-list": { set: kept, command: "rollback --list web.crt web.key" },
  "rollback-list-verbose": { set: kept, command: "rollback --list -v web.crt web.key" },
  "rollback-list-nothing": { set: leaf(), command: "rollback --list web.crt web.key" },
  "rollback-list-json": { set: kept, command: "rollback --list --json web.crt web.key" },
  "rollback-dry-run": { set: kept, command: "rollback --dry-run web.crt web.key" },
  "rollback-would-overwrite": {
    set: async (s) => {
      await kept(s);
      return { answers: ["n"] };
    },
    command: "rollback web.crt web.key",
  },
  "rollback-flag-conflict": { set: async () => undefined, command: "rollback --list --to 2 web.crt web.key" },
  "rollback-bad-flag": { set: async () => undefined, command: "rollback --to last web.crt web.key" },
  "backup-bad-flag": { set: async () => undefined, command: "--backup all web.crt web.key --ca-url ca.internal" },
  "no-backup": { set: leaf(), command: back },
  "no-backup-json": { set: leaf(), command: "rollback --json --force web.crt web.key" },
  "no-backup-of-that-name": { set: kept, command: `${back} --to 7` },
  "backup-unusable": {
    set: async (s) => {
      await leaf({}, expired)(s);
      await s.renew(`--backup 2 ${force}`);
      return undefined;
    },
    command: "rollback web.crt web.key",
  },
  "backup-unusable-no-key": {
    set: async (s) => {
      await kept(s);
      for (const name of readdirSync(".")) if (name.startsWith(".web.key.renew-backup-")) rmSync(name);
      return undefined;
    },
    command: back,
  },
  "backup-unusable-unreadable": {
    set: async (s) => {
      await kept(s);
      s.write(".web.crt.renew-backup-1", "");
      return undefined;
    },
    command: back,
  },
};
