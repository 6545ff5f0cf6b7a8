/** Daemons: what they do by themselves, on signals, and when things go wrong. */

import { exported } from "../../user-files.ts";
import type { DaemonRow } from "../daemon.ts";
import { issue, passphrase } from "../play.ts";
import { asking, created, owing, refused, renewed, type Scene, untouched, with_ } from "../row.ts";
import { listen } from "../signals.ts";

const web = "web.crt web.key --daemon";
const twice = renewed.replace("POST /renew 201 mTLS", "POST /renew 201 mTLS, POST /renew 201 mTLS");
/** Six minutes left of two hours: due for --expires-in 10m, and not once it is renewed. */
const nearlyOver = { used: 0.95 };
const failing = ({ write }: Scene) => write("hook", "#!/bin/sh\n: >hook.out\nexit 3\n", 0o755);

export const daemonRows: readonly DaemonRow[] = [
  {
    id: "daemon-idle",
    about: "nothing due: no request, SIGTERM ends it with 0",
    args: web,
    during: (daemon) => daemon.speaks(),
    does: untouched,
  },
  {
    id: "daemon-int",
    about: "SIGINT ends it with 0 as well",
    args: web,
    during: (daemon) => daemon.speaks(),
    end: "SIGINT",
    does: untouched,
  },
  {
    id: "daemon-hup",
    about: "SIGHUP renews now, each time",
    args: web,
    during: async (daemon) => {
      await daemon.speaks();
      for (const _ of [1, 2]) {
        daemon.signal("SIGHUP");
        await daemon.changes("web.crt");
      }
    },
    does: twice,
  },
  {
    id: "daemon-period",
    about: "--renew-period 2s, 5.3 seconds",
    args: `${web} --renew-period 2s`,
    during: async (daemon) => {
      await daemon.speaks();
      await daemon.passes(5_300);
    },
    does: twice,
  },
  {
    id: "daemon-force",
    about: "needs no --force; due at the start, renewed at once, with its hook",
    args: [...web.split(" "), "--expires-in", "10m", "--exec", "./hook x"],
    leaf: nearlyOver,
    during: (daemon) => daemon.settled(),
    does: with_(renewed, "hook: [x]"),
  },
  {
    id: "daemon-down",
    about: "the CA is down: an error on stderr, it lives on, the file is untouched",
    args: `${web} --expires-in 10m`,
    leaf: nearlyOver,
    down: true,
    isError: true,
    during: async (daemon) => {
      await daemon.speaks();
      await daemon.passes(1_000);
    },
    does: untouched,
  },
  {
    id: "daemon-retry",
    about: "down at the first try, up after a second: tries again within 12 seconds",
    args: `${web} --expires-in 10m`,
    leaf: nearlyOver,
    down: true,
    isError: true,
    during: async (daemon) => {
      await daemon.speaks();
      await daemon.passes(1_000);
      await daemon.lane.open();
      await daemon.changes("web.crt", 12_000);
    },
    does: { step: untouched, renew: renewed },
    why: "step waits a minute after any failure; ours begins with five seconds",
  },
  {
    id: "daemon-hook-fails",
    about: "a hook that fails does not end it",
    args: [...web.split(" "), "--exec", "./hook"],
    files: failing,
    isError: true,
    during: async (daemon) => {
      await daemon.speaks();
      daemon.signal("SIGHUP");
      await daemon.hooked();
      await daemon.changes("web.crt");
      await daemon.passes(500);
    },
    does: { step: with_(renewed, "hook: no argument"), renew: with_(owing(renewed), "hook: no argument") },
    why: "the hook is owed, and tried again",
  },
  {
    id: "daemon-replaced",
    about: "certificate and key are replaced while it runs, then SIGHUP: do they fit",
    args: web,
    files: async ({ authority, write }) => {
      const other = await issue(authority, {});
      write("next/web.crt", other.chain);
      write("next/web.key", other.key, 0o600);
    },
    during: async (daemon) => {
      await daemon.speaks();
      daemon.replace("web.key", "next/web.key");
      daemon.replace("web.crt", "next/web.crt");
      daemon.signal("SIGHUP");
      await daemon.changes("web.crt");
    },
    does: {
      step: with_(
        "POST /renew 201 mTLS; changed web.crt, changed web.key",
        "2 certificates, ec prime256v1, same key, DOES NOT FIT web.key, modes 644 600, key in the clear",
      ),
      renew: with_(
        "POST /renew 201 mTLS; changed web.crt, changed web.key",
        "2 certificates, ec prime256v1, new key, fits web.key, modes 644 600, key in the clear",
      ),
    },
    why: "the files are read again each time; step joins a certificate for the old key to the new key's file",
  },
  {
    id: "daemon-hot",
    about: "--expires-in as long as the certificate lives: requests in three seconds",
    args: `${web} --expires-in 10m`,
    leaf: { hours: 1 / 6, used: 0.1 },
    during: async (daemon) => {
      await daemon.changes("web.crt");
      await daemon.passes(3_000);
    },
    does: { step: renewed.replace("POST", "more than 20 × POST"), renew: renewed },
    why: "no setting makes it spin; step renewed some hundred times",
  },
  {
    id: "daemon-missing",
    about: "the certificate is not there at the start",
    args: "nope.crt web.key --daemon",
    during: (daemon) => daemon.passes(15_000),
    end: null,
    exits: [1, 66],
    does: untouched,
  },
  {
    id: "rekey-daemon",
    about: "rekey --daemon: SIGHUP makes a new key",
    program: "rekey",
    args: web,
    during: async (daemon) => {
      await daemon.speaks();
      daemon.signal("SIGHUP");
      await daemon.changes("web.crt");
    },
    does: {
      step: renewed.replace("mTLS", "token"),
      renew: with_(
        "POST /rekey 201 mTLS; changed web.crt, changed web.key",
        "2 certificates, ec prime256v1, new key, fits web.key, modes 644 600, key in the clear",
      ),
    },
    why: "step's does not rekey",
  },
  {
    id: "daemon-hup-token",
    about: "--mtls=false: by token each time",
    args: `${web} --mtls=false`,
    during: async (daemon) => {
      await daemon.speaks();
      for (const _ of [1, 2]) {
        daemon.signal("SIGHUP");
        await daemon.changes("web.crt");
      }
    },
    does: twice.replaceAll("mTLS", "token"),
  },
  {
    id: "daemon-expired",
    about: "expired at the start, the provisioner allows it",
    args: web,
    leaf: { used: 1.5, provisioner: { name: "after-expiry" } },
    during: (daemon) => daemon.changes("web.crt"),
    does: renewed.replace("mTLS", "token"),
  },
  {
    id: "daemon-refused",
    about: "renewal disabled: it lives on",
    args: `${web} --expires-in 10m`,
    leaf: { ...nearlyOver, provisioner: { name: "no-renewal" } },
    isError: true,
    during: async (daemon) => {
      await daemon.speaks();
      await daemon.passes(2_000);
    },
    does: { step: refused, renew: asking(refused) },
    why: "the cause is found out",
  },
  {
    id: "daemon-pid-file",
    about: "the service was started again while it runs, then SIGHUP",
    args: `${web} --pid-file pid`,
    files: ({ write }) => write("pid", "3999999\n"),
    during: async (daemon) => {
      await daemon.speaks();
      const service = await listen();
      daemon.write("pid", `${service.pid}\n`);
      daemon.signal("SIGHUP");
      await daemon.changes("web.crt");
      const heard = await service.heard(1);
      daemon.write("pid", "3999999\n");
      return [heard];
    },
    does: { step: with_(renewed, "signals: none"), renew: with_(renewed, "signals: HUP") },
    why: "the file is read at the moment of use; step signals the first pid for ever",
  },
  {
    id: "daemon-out",
    about: "--out: the new certificate goes there, each time",
    args: `${web} --out new.crt`,
    during: async (daemon) => {
      await daemon.speaks();
      for (const _ of [1, 2]) {
        daemon.signal("SIGHUP");
        await daemon.changes("new.crt");
      }
    },
    does: created("new.crt").replace("POST /renew 201 mTLS", "POST /renew 201 mTLS, POST /renew 201 mTLS"),
  },
  {
    id: "daemon-removed",
    about: "the certificate is removed while it runs, then SIGHUP",
    args: web,
    during: async (daemon) => {
      await daemon.speaks();
      daemon.remove("web.crt");
      daemon.signal("SIGHUP");
      await daemon.changes("web.crt", 2_000);
    },
    does: {
      step: renewed.replace("644", "600"),
      renew: "CA not contacted; removed web.crt",
    },
    why: "what was removed is not put back",
  },
  {
    id: "daemon-down-hup",
    about: "SIGHUP while the CA is down, and again when it is back",
    args: web,
    down: true,
    isError: true,
    during: async (daemon) => {
      await daemon.speaks();
      daemon.signal("SIGHUP");
      await daemon.speaks();
      await daemon.lane.open();
      daemon.signal("SIGHUP");
      await daemon.changes("web.crt");
    },
    does: renewed,
  },
  {
    id: "daemon-env",
    about: "STEP_DAEMON and STEP_RENEW_PERIOD",
    args: "web.crt web.key",
    env: { STEP_DAEMON: "true", STEP_RENEW_PERIOD: "2s" },
    during: (daemon) => daemon.changes("web.crt"),
    does: renewed,
  },
  {
    id: "daemon-encrypted",
    about: "an encrypted key, --password-file",
    args: `${web} --password-file pw`,
    files: ({ issued, write }) => {
      write("web.key", exported(issued.key, "pkcs8", "pem", passphrase));
      write("pw", `${passphrase}\n`);
    },
    during: async (daemon) => {
      await daemon.speaks();
      daemon.signal("SIGHUP");
      await daemon.changes("web.crt");
    },
    does: renewed,
  },
  {
    id: "daemon-period-over-life",
    about: "--renew-period longer than the certificate lives",
    args: `${web} --renew-period 3h`,
    during: (daemon) => daemon.passes(5_000),
    end: null,
    exits: [1, 64],
    does: untouched,
  },
  {
    id: "daemon-window-over-life",
    about: "--expires-in longer than the certificate lives",
    args: `${web} --expires-in 3h`,
    during: async (daemon) => {
      await daemon.changes("web.crt");
      await daemon.passes(3_000);
    },
    exits: [1, 0],
    does: { step: with_(untouched, "ENDED BY ITSELF"), renew: renewed },
    why: "always due, and no setting makes it spin",
  },
  {
    id: "rekey-daemon-period",
    about: "rekey --daemon --rekey-period 2s",
    program: "rekey",
    args: `${web} --rekey-period 2s`,
    during: (daemon) => daemon.changes("web.crt"),
    does: {
      step: renewed.replace("mTLS", "token"),
      renew: with_(
        "POST /rekey 201 mTLS; changed web.crt, changed web.key",
        "2 certificates, ec prime256v1, new key, fits web.key, modes 644 600, key in the clear",
      ),
    },
    why: "step's does not rekey",
  },
];
