/** `renew status`: how certificates stand. */
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import type { Scene } from "../scene.ts";
import type { Plays } from "./play.ts";

const usages = ["serverAuth" as const, "clientAuth" as const];

/** One of each state that a folder can have. */
async function several(s: Scene): Promise<undefined> {
  const names = (name: string) => ({ subject: `${name}.internal`, names: [`${name}.internal`], usages });
  await s.issue("web", names("web"));
  await s.issue("mail", { ...names("mail"), from: -20, to: 10 });
  await s.issue("late", { ...names("late"), from: -22, to: 2 });
  await s.issue("old", { ...names("old"), from: -30, to: -6 });
  await s.issue("server", { ...names("server"), usages: ["serverAuth"] });
  writeFileSync(".server.crt.renew-owed", "{}");
  for (const file of ["web.crt", "mail.crt", "late.crt", "old.crt", "server.crt"]) utimesSync(file, s.base, s.base);
}

const all = "web.crt mail.crt late.crt old.crt server.crt nowhere.crt";

export const statuses: Plays = {
  status: { set: several, command: `status ${all}`, isPartial: true },
  "status-fine": { set: several, command: "status web.crt mail.crt" },
  "status-json": { set: several, command: "status --json web.crt nowhere.crt", isPartial: true },
  "status-list": {
    set: async (s) => {
      await several(s);
      s.write(
        "renew.json",
        JSON.stringify(
          {
            certificates: [
              { crt: "web.crt", key: "web.key" },
              { crt: "mail.crt", kye: "mail.key" },
            ],
          },
          null,
          2,
        ),
      );
    },
    command: "status --config renew.json",
    isPartial: true,
  },
  "status-metrics-folder-missing": { set: several, command: "status web.crt --prometheus metrics/renew.prom" },
  "status-metrics-folder-itself": {
    set: async (s) => {
      await several(s);
      mkdirSync("metrics");
    },
    command: "status web.crt --prometheus metrics",
  },
  "status-metrics-name": { set: several, command: "status web.crt --prometheus metrics.txt" },
  "status-metrics-not-ours": {
    set: async (s) => {
      await several(s);
      symlinkSync("web.key", "renew.prom");
    },
    command: "status web.crt --prometheus renew.prom",
  },
  "status-no-list": { set: several, command: "status" },
  "status-owes": { set: several, command: "status server.crt", isPartial: true },
};
