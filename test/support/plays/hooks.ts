/** What follows a renewal: programs and signals, done, failed and owed. */
import { mkdirSync, writeFileSync } from "node:fs";
import type { Ended } from "../../../src/world.ts";
import { force, leaf, type Play, type Plays } from "./play.ts";

const reload = "--exec 'systemctl reload nginx'";
const notDue = `--expires-in 8h ${force}`;

/** The hook ends so. */
const ending =
  (ended: Ended, before: Play["set"] = leaf({})): Play["set"] =>
  async (s) => ({ ...(await before(s)), run: async () => ended });

const failed: Ended = { how: "exit", status: 1 };

/** An earlier run's hook has failed. */
const owing: Play["set"] = async (s) => {
  await leaf({})(s);
  await s.renew(`-q --exec x ${force}`, { run: async () => failed });
  return undefined;
};

const gone: Play["set"] = async (s) => {
  await leaf({})(s);
  writeFileSync("nginx.pid", "4711\n");
  return {
    kill: () => {
      throw Object.assign(new Error("ESRCH"), { code: "ESRCH" });
    },
  };
};

export const hooks: Plays = {
  "renewed-with-a-hook": { set: leaf({}), command: `${reload} ${force}` },
  "hook-failed": { set: ending(failed), command: `${reload} ${force}` },
  "hook-failed-unnoted": {
    set: ending(failed, async (s) => {
      await leaf({})(s);
      mkdirSync(".web.crt.renew-owed.new"); // in the way of the note
      return undefined;
    }),
    command: `${reload} ${force}`,
  },
  "hook-failed-json": { set: ending(failed), command: `--json ${reload} ${force}` },
  "hook-failed-not-there": {
    set: ending({ how: "not-started", errno: "ENOENT" }),
    command: `--exec ./reload ${force}`,
  },
  "hook-failed-shell-timeout": {
    set: ending({ how: "timeout" }),
    command: `--exec-shell 'cat web.crt web.key > haproxy.pem && systemctl reload haproxy' --exec-timeout 90s ${force}`,
  },
  "hook-failed-owed": { set: ending(failed, owing), command: `${reload} ${notDue}` },
  "hook-owed-settled": { set: owing, command: `${reload} ${notDue}` },
  "hook-owed-no-hook": { set: owing, command: notDue },
  "signal-to-nobody": { set: gone, command: `--pid-file nginx.pid ${force}` },
  "signal-and-hook-failed": {
    set: async (s) => ({ ...(await gone(s)), run: async () => failed }),
    command: `--pid-file nginx.pid --signal usr1 ${reload} ${force}`,
  },
  "rekeyed-hook-failed": { set: ending(failed), command: `rekey ${reload} ${force}` },
  "rekeyed-hook-failed-json": { set: ending(failed), command: `rekey --json ${reload} ${force}` },
  "bad-flag-signal": { set: async () => {}, command: "--pid 1 --signal HPU web.crt web.key --ca-url ca.internal" },
  "bad-flag-signal-unknown": {
    set: async () => {},
    command: "--pid 1 --signal FOO web.crt web.key --ca-url ca.internal",
  },
  "flag-conflict-hooks": {
    set: async () => {},
    command: "--exec x --exec-shell y web.crt web.key --ca-url ca.internal",
  },
  "doctor-owed": {
    set: owing,
    command: `doctor --exec ./reload --pid-file nginx.pid ${force.replace("--force ", "")}`,
  },
};
