/** Many certificates from one list: what is wrong with it, and how a run ends. */
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { realFileSystem } from "../../../src/files/system.ts";
import type { Scene } from "../scene.ts";
import { expired, type Plays } from "./play.ts";

const pair = (name: string, more: object = {}) => ({ crt: `${name}.crt`, key: `${name}.key`, ...more });

/** The list as it is written, CA standing for the URL of the scene's. */
const list = (s: Scene, contents: object, file = "renew.json") =>
  s.write(file, JSON.stringify({ "ca-url": s.url(), root: "root.crt", ...contents }, null, 2));

const usages = ["serverAuth" as const, "clientAuth" as const];
/** In their last third, unless said. */
const issue = (s: Scene, name: string, spec: Parameters<Scene["issue"]>[1] = {}) =>
  s.issue(name, { subject: `${name}.internal`, names: [`${name}.internal`], usages, from: -20, to: 4, ...spec });

const command = "run --config renew.json";

/** A list alone: nothing else is looked at. */
const listed =
  (contents: object): Plays[string]["set"] =>
  async (s) =>
    list(s, contents) as undefined;

/** Due, not due, expired, and for servers only. */
const four: Plays[string]["set"] = async (s) => {
  await s.ca({ like: "v0.26.1" });
  await issue(s, "web");
  await issue(s, "mail", { from: -1, to: 23 });
  await issue(s, "db", expired);
  await issue(s, "api", { usages: ["serverAuth"] });
  list(s, { certificates: [pair("web"), pair("mail"), pair("db"), pair("api")] });
  return undefined;
};

/** Once the look at all is over, this process may open no more files for one of them. */
const exhausted: Plays[string]["set"] = async (s) => {
  await s.ca();
  for (const name of ["web", "db"]) await issue(s, name);
  list(s, { certificates: [pair("web"), pair("db")] });
  let reads = 0;
  const read: typeof realFileSystem.read = (file, limit) => {
    if (file.endsWith("db.key") && ++reads > 1)
      throw Object.assign(new Error("EMFILE: too many open files, open 'db.key'"), { code: "EMFILE" });
    return realFileSystem.read(file, limit);
  };
  return { fs: { ...realFileSystem, read } };
};

export const runs: Plays = {
  "run-too-many-files": { set: exhausted, command, isPartial: true },
  "run-no-list": { set: async () => {}, command: "run" },
  "run-no-such-list": {
    set: async (s) => list(s, {}, "renew.json") as undefined,
    command: "run --config renw.json",
  },
  "run-bad-syntax": {
    set: async (s) =>
      s.write(
        "renew.json",
        '{\n  // mine\n  "certificates": [\n    {"crt": "a.crt" "key": "a.key"}\n  ]\n}\n',
      ) as undefined,
    command,
  },
  "run-bad-yaml": {
    set: async (s) => s.write("renew.yaml", "certificates:\n  - crt: a.crt\n   key: a.key\n") as undefined,
    command: "run --config renew.yaml",
  },
  "run-yaml-by-another-name": {
    set: async (s) => s.write("site.conf", "certificates:\n  - crt: a.crt\n    key: a.key\n") as undefined,
    command: "run --config site.conf",
  },
  "run-only-comments": { set: async (s) => s.write("renew.json", "// mine\n") as undefined, command },
  "run-list-circle": { set: async () => symlinkSync("renew.json", "renew.json") as undefined, command },
  "run-certificate-circle": {
    set: async (s) => {
      symlinkSync("web.crt", "web.crt");
      list(s, { certificates: [pair("web", { out: "new.crt" })] });
      return undefined;
    },
    command,
  },
  "run-empty-word": { set: async () => {}, command: "run --config=" },
  "run-unknown-key": {
    set: listed({ certificates: [pair("a"), pair("b", { "expire-in": "8h" }), pair("c")] }),
    command,
  },
  "run-many-broken": {
    set: listed({
      certificates: [pair("a"), pair("b", { timeout: 30 }), pair("c", { method: "ssh" }), { key: "d.key" }],
    }),
    command,
  },
  "run-bad-value": { set: listed({ "expires-in": "8", certificates: [pair("a")] }), command },
  "run-rivals": { set: listed({ certificates: [pair("a", { exec: "b", "exec-shell": "c" })] }), command },
  "run-no-ca": {
    set: async (s) => s.write("renew.json", JSON.stringify({ certificates: [pair("a")] }, null, 2)) as undefined,
    command,
  },
  "run-no-include": { set: listed({ include: "conf.d", certificates: [pair("a")] }), command },
  "run-nothing": { set: listed({ certificates: [] }), command },
  "run-key-too-high": { set: listed({ crt: "a.crt", certificates: [pair("a")] }), command },
  "run-same-file": { set: listed({ certificates: [pair("a"), pair("b"), pair("b", { out: "./a.crt" })] }), command },
  "run-same-file-hook": {
    set: listed({ certificates: [pair("a", { out: "hook.sh", exec: "./hook.sh" })] }),
    command,
  },
  "run-included-output": {
    set: async (s) => {
      mkdirSync("conf.d");
      return list(s, { include: "conf.d", certificates: [pair("a", { out: "conf.d/a.json" })] }) as undefined;
    },
    command,
  },
  "run-same-file-key": { set: listed({ certificates: [pair("a"), pair("b", { out: "a.key" })] }), command },
  "run-same-file-forms": {
    set: listed({ certificates: [pair("a", { also: { combined: "a.pem", fullchain: "./a.pem" } })] }),
    command,
  },
  "run-include-twice": {
    set: async (s) => {
      mkdirSync("conf.d");
      list(s, { certificates: [pair("../b")] }, "conf.d/b.json");
      return list(s, { include: ["conf.d", "./conf.d"], certificates: [pair("a")] }) as undefined;
    },
    command,
  },
  "run-included-folder": {
    set: async (s) => {
      mkdirSync("conf.d/old.json", { recursive: true });
      return list(s, { include: "conf.d", certificates: [pair("a")] }) as undefined;
    },
    command,
  },
  "run-swapped": {
    set: async (s) => {
      await s.ca();
      await issue(s, "web");
      list(s, { certificates: [{ crt: "web.key", key: "web.crt" }] });
      return undefined;
    },
    command,
  },
  "run-bad-flag-files": { set: async () => {}, command: "run web.crt web.key" },
  "run-bad-flag-listed": { set: async () => {}, command: "run --exec x" },
  "run-flag-conflict": { set: async () => {}, command: "run --daemon --force" },
  "run-broken-json": {
    set: listed({ certificates: [pair("a"), pair("b", { kee: "x" })] }),
    command: `${command} --json`,
  },

  "run-forms": {
    set: async (s) => {
      await s.ca();
      await issue(s, "web");
      await issue(s, "mail", { from: -1, to: 23 });
      const also = { combined: "mail.pem", der: "mail.der" };
      list(s, { certificates: [pair("web", { also: { leaf: "web.leaf" } }), pair("mail", { also })] });
      return undefined;
    },
    command,
  },
  "run-forms-broken": {
    set: async (s) => {
      await s.ca();
      for (const name of ["web", "mail"]) await issue(s, name);
      s.write("mail.pem", readFileSync("web.key"));
      list(s, { certificates: [pair("web"), pair("mail", { also: { leaf: "mail.pem" } })] });
      return undefined;
    },
    command,
  },
  "run-renewed": { set: four, command },
  "run-renewed-json": {
    set: async (s) => {
      await s.ca();
      await issue(s, "web");
      await issue(s, "mail", { from: -1, to: 23 });
      list(s, { certificates: [pair("web"), pair("mail")] });
      return undefined;
    },
    command: `${command} --json`,
  },
  "run-dry-mtls": { set: four, command: `${command} --dry-run --method mtls`, isPartial: true },
  "run-dry-refused": {
    set: async (s) => {
      await s.ca();
      for (const name of ["web", "mail", "db", "api"]) await issue(s, name);
      list(s, {
        certificates: [
          pair("web", { out: "nowhere/web.crt" }),
          pair("mail", { exec: "./reload.sh mail" }),
          pair("db", { exec: "./reload.sh mail" }),
          pair("api", { exec: "systemctll reload api" }),
        ],
      });
      return undefined;
    },
    command: `${command} --dry-run --keep-going`,
  },
  "run-dry-broken": {
    set: async (s) => {
      await s.ca();
      await issue(s, "web");
      await issue(s, "mail", { from: -1, to: 23 });
      list(s, { certificates: [pair("web"), pair("mail"), pair("gone")] });
      return undefined;
    },
    command: `${command} --dry-run`,
  },
  "run-missing-file-json": {
    set: async (s) => {
      await s.ca();
      await issue(s, "web");
      await issue(s, "mail", { from: -1, to: 23 });
      list(s, { certificates: [pair("web"), pair("mail"), pair("gone")] });
      return undefined;
    },
    command: `${command} --json`,
  },
  "run-dry-owed": {
    set: async (s) => {
      await s.ca();
      await issue(s, "web", { from: -1, to: 23 });
      s.write(".web.crt.renew-owed", '{"version": 1}');
      list(s, { certificates: [pair("web", { exec: "true" })] });
      return undefined;
    },
    command: `${command} --dry-run --exit-code`,
  },
  "run-dry-json": { set: four, command: `${command} --dry-run --json` },
  "run-keep-going-json": {
    set: async (s) => {
      await s.ca();
      await issue(s, "web");
      await issue(s, "mail");
      list(s, { certificates: [pair("web", { exec: "kick mail" }), pair("gone"), { key: "x" }] });
      return { run: async () => ({ how: "exit", status: 1 }) };
    },
    command: `${command} --keep-going --json`,
    isPartial: true,
  },
  "run-shared-hook-failed-json": {
    set: async (s) => {
      await s.ca();
      for (const name of ["web", "mail"]) await issue(s, name);
      list(s, { exec: "kick nginx", certificates: [pair("web"), pair("mail")] });
      return { run: async () => ({ how: "exit", status: 1 }) };
    },
    command: `${command} --json`,
    isPartial: true,
  },
  "run-daemon-cannot-start-json": { set: listed({ certificates: [] }), command: `${command} --daemon --json` },
  "run-verbose": { set: four, command: `${command} -v --concurrency 1` },
  "run-dry": { set: four, command: `${command} --dry-run` },
  "run-dry-force-token": { set: four, command: `${command} --dry-run --force --method token` },
  "run-nothing-due": {
    set: async (s) => {
      await issue(s, "mail", { from: -1, to: 23 });
      list(s, { certificates: [pair("mail")] });
      return undefined;
    },
    command: `${command} --exit-code`,
  },
  "run-missing-file": {
    set: async (s) => {
      await s.ca();
      await issue(s, "web");
      list(s, { certificates: [pair("web"), pair("gone"), pair("lost")] });
      return undefined;
    },
    command,
  },
  "run-keep-going": {
    set: async (s) => {
      await s.ca();
      await issue(s, "web");
      mkdirSync("conf.d");
      s.write("conf.d/mail.json", '{"certificates": [}');
      list(s, { include: "conf.d", certificates: [pair("web"), pair("gone"), pair("lost"), pair("db", { kee: "x" })] });
      return undefined;
    },
    command: `${command} --keep-going`,
    isPartial: true,
  },
  "run-refused-alike": {
    set: async (s) => {
      await s.ca({ like: "v0.26.1" });
      const names = Array.from({ length: 25 }, (_, index) => `n${index + 1}`);
      for (const name of names)
        await issue(s, name, { ...(name === "n25" ? {} : { ...expired, usages: ["clientAuth"] }) });
      list(s, { certificates: names.map((name) => pair(name)) });
      return undefined;
    },
    command,
    isPartial: true,
  },
  "run-ca-unreachable": {
    set: async (s) => {
      for (const name of ["web", "mail"]) await issue(s, name);
      list(s, { certificates: [pair("web"), pair("mail")] });
      return undefined;
    },
    command,
  },
  "run-shared-hook": {
    set: async (s) => {
      await s.ca();
      for (const name of ["web", "mail"]) await issue(s, name);
      list(s, { exec: "kick nginx", certificates: [pair("web"), pair("mail")] });
      return undefined;
    },
    command,
  },
  "run-interrupted": {
    set: async (s) => {
      await s.ca();
      for (const name of ["web", "api", "mail"]) await issue(s, name);
      const shared = { exec: "kick nginx" };
      list(s, { certificates: [pair("web", shared), pair("api", { exec: "true" }), pair("mail", shared)] });
      const end = new AbortController();
      const run = async () => {
        end.abort("SIGTERM");
        return { how: "exit", status: 0 } as const;
      };
      return { run, signal: end.signal };
    },
    command: `${command} --concurrency 1`,
    isPartial: true,
  },
  "run-shared-hook-failed": {
    set: async (s) => {
      await s.ca();
      for (const name of ["web", "mail"]) await issue(s, name);
      list(s, { exec: "kick nginx", certificates: [pair("web"), pair("mail")] });
      return { run: async () => ({ how: "exit", status: 1 }) };
    },
    command,
  },
};
