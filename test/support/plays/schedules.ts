/** Units of systemd and lines of cron. The folders of units are the scene's own. */
import { mkdirSync } from "node:fs";
import { main } from "../../../src/cli/main.ts";
import { testWorld } from "../world.ts";
import { failing, leaf, type Play, type Plays } from "./play.ts";

const ca = "--ca-url ca.internal:9000 --root root.crt";

/** A pair, and a folder of units with these in it. */
const machine =
  (units: Readonly<Record<string, string>> = {}, more: object = {}): Play["set"] =>
  async (s) => {
    await leaf()(s);
    mkdirSync("units/timers.target.wants", { recursive: true });
    for (const [name, text] of Object.entries(units)) s.write(`units/${name}`, text);
    return { env: { SYSTEMD_UNIT_PATH: `${s.folder}/units` }, ...more };
  };

const install = `systemd --install --dir units ${ca} web.crt web.key`;

/** The same folder has units already, made with these words. */
const installed =
  (words: string): Play["set"] =>
  async (s) => {
    const world = await machine()(s);
    await main(`${install} ${words}`.split(" "), testWorld(world));
    return world;
  };

export const schedules: Plays = {
  // Without a name, whose files they are decides on the sandbox. Every Linux has this one.
  systemd: {
    set: machine({ "nginx.service": "" }),
    command: `systemd --user daemon --reload nginx ${ca} web.crt web.key`,
  },
  "systemd-json": { set: machine(), command: `systemd --daemon --json --user daemon ${ca} web.crt web.key` },
  "systemd-daemon": {
    set: machine(),
    command: `systemd --daemon --user daemon --name web-certificate ${ca} web.crt web.key`,
  },
  "systemd-installed": {
    set: async (s) =>
      machine({
        "cert-renewer@.service": `[Service]\nExecStart=step ca renew --force ${s.folder}/%i.crt ${s.folder}/%i.key\n`,
        "timers.target.wants/cert-renewer@mail.timer": "",
        "timers.target.wants/cert-renewer@web.timer": "",
      })(s),
    command: `${install} --reload nginx`,
  },
  "systemd-step-untold": {
    set: machine({ "cert-renewer@.timer": "", "timers.target.wants/cert-renewer@web.timer": "" }),
    command: install,
  },
  "systemd-bad-name": { set: machine(), command: `systemd --name 'my unit' ${ca} web.crt web.key` },
  "systemd-also": {
    set: async (s) => {
      mkdirSync("proxy");
      return machine()(s);
    },
    command: `systemd --daemon --user daemon ${ca} --also combined=proxy/web.pem web.crt web.key`,
  },
  "systemd-name-too-long": {
    set: machine(),
    command: `systemd ${ca} ${"web-".repeat(40)}.crt ${"web-".repeat(40)}.key`,
  },
  "systemd-bad-name-dash": { set: machine(), command: `systemd --name=-web ${ca} web.crt web.key` },
  "systemd-renew-period-alone": { set: machine(), command: `systemd --renew-period 1h ${ca} web.crt web.key` },
  "systemd-bad-reload": { set: machine(), command: `systemd --reload 'my unit' ${ca} web.crt web.key` },
  "systemd-unit-exists": { set: machine({ "renew@.service": "[Unit]\nDescription=mine\n" }), command: install },
  "systemd-unit-of-another-folder": {
    set: machine({ "renew@.timer": "# Made by `renew systemd` for /srv/certs/*.crt\n" }),
    command: install,
  },
  "systemd-unit-differs": { set: installed("--reload nginx --expires-in 0"), command: install },
  "systemd-unit-is-a-folder": {
    set: async (s) => {
      const world = await machine()(s);
      mkdirSync("units/renew@.timer");
      return world;
    },
    command: install,
  },
  "systemd-no-folder": { set: leaf(), command: install },
  "systemd-cannot-install": { set: machine({}, failing("rename", "EROFS")), command: install },
  "systemd-conflict": { set: leaf(), command: `systemd --timer --daemon ${ca} web.crt web.key` },
  cron: { set: leaf(), command: `cron ${ca} web.crt web.key` },
  "cron-for-elsewhere": {
    set: leaf(),
    command: `cron --user no-such-user ${ca} --password-file key.pass /srv/elsewhere/web.crt /srv/elsewhere/web.key`,
  },
  "cron-swapped": { set: leaf(), command: `cron ${ca} web.key web.crt` },
  "cron-json": { set: leaf(), command: `cron --json --user root ${ca} web.crt web.key` },
  "cron-cannot-schedule": { set: leaf(), command: `cron ${ca} we\\b.crt web.key` },
  "cron-bad-user": { set: leaf(), command: `cron --user 'web server' ${ca} web.crt web.key` },
};
