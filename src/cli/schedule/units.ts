/** The units that keep one certificate, or all in a folder that are called alike: a service with its timer, or a daemon. */
import { basename, dirname, join } from "node:path";
import type { World } from "../../world.ts";
import { type Job, sharedStem } from "./job.ts";
import { escapeName, escapePath, refuseLongName } from "./names.ts";
import type { Rhythm } from "./rhythm.ts";
import { type Sandboxed, sandbox } from "./sandbox.ts";
import { description, instanceMark, word } from "./unit-words.ts";

export interface Unit {
  /** Of its file. */
  readonly name: string;
  readonly text: string;
}

export interface Units {
  readonly units: readonly Unit[];
  /** What is enabled: the timer, or the daemon. */
  readonly start: string;
  /** What runs. */
  readonly service: string;
}

export interface UnitPlan extends Sandboxed {
  kind: "timer" | "daemon";
  /** Null: the usual one. */
  base: string | null;
  rhythm: Rhythm;
}

/** The first line of every unit of ours; what it is for follows. */
export const mark = "# Made by `renew systemd` for ";

export function unitsFor(plan: UnitPlan, world: Pick<World, "fs">): Units {
  const { job, kind } = plan;
  const stem = sharedStem(job);
  const usual = kind === "daemon" ? "renew-daemon" : "renew";
  const base = plan.base ?? (stem === null ? `${usual}-${escapePath(job.certificate)}` : usual);
  const [file, unit] = stem === null ? [base, base] : [`${base}@`, `${base}@${escapeName(stem)}`];
  refuseLongName(`${unit}.service`, job.certificate, stem === null ? "path" : "instance");
  const [serviceFile, timerFile] = [`${file}.service`, `${file}.timer`];
  const service = { name: serviceFile, text: text(job, serviceFile, serviceLines(plan, stem, world)) };
  if (kind === "daemon") return { units: [service], start: `${unit}.service`, service: `${unit}.service` };
  const timer = { name: timerFile, text: text(job, timerFile, timerLines(plan, stem)) };
  return { units: [service, timer], start: `${unit}.timer`, service: `${unit}.service` };
}

/** What these units are for: a template is for all pairs of its folder. */
export function purposeOf(job: Job): string {
  const stem = sharedStem(job);
  return stem === null
    ? job.certificate
    : join(dirname(job.certificate), `*${basename(job.certificate).slice(stem.length)}`);
}

function text(job: Job, name: string, lines: readonly string[]): string {
  const head = [`${mark}${purposeOf(job)}`, `# Changes belong into a drop-in: systemctl edit ${name}`, ""];
  return `${[...head, ...lines].join("\n")}\n`;
}

function serviceLines(plan: UnitPlan, stem: string | null, world: Pick<World, "fs">): string[] {
  const { job, kind } = plan;
  const isDaemon = kind === "daemon";
  return [
    "[Unit]",
    `Description=${isDaemon ? "Keep" : "Renew"} ${described(job.certificate, stem)}`,
    "Wants=network-online.target",
    "After=network-online.target",
    "",
    "[Service]",
    ...(isDaemon ? daemonLines : ["Type=oneshot", "TimeoutStartSec=15min"]),
    `ExecStart=${commandLine(plan, stem)}`,
    ...(isDaemon ? ["ExecReload=/bin/kill -HUP $MAINPID"] : []),
    ...(job.hasHook ? hookWords : []),
    ...sandbox(plan, world),
    ...(isDaemon ? ["", "[Install]", "WantedBy=multi-user.target"] : []),
  ];
}

/** Node has no datagram sockets, so that it is systemd-notify, its child, that tells: hence NotifyAccess=all. */
const daemonLines = [
  "Type=notify",
  "NotifyAccess=all",
  "WatchdogSec=5min",
  "Restart=on-failure",
  "RestartSec=30s",
  "# A command line that is wrong stays so.",
  "RestartPreventExitStatus=64",
];

const hookWords = [
  "# The hook runs in this sandbox, too. `systemctl` reaches the system's manager by a socket, and may reload units as root is",
  "# asking; what a hook writes elsewhere takes a ReadWritePaths= of its own in a drop-in.",
];

function commandLine({ job, kind, program }: UnitPlan, stem: string | null): string {
  const named = [job.certificate, job.key].map((file) => word(marked(file, stem), stem));
  const manner = kind === "daemon" ? "--daemon" : "--force";
  const also = job.also.map(({ form, file }) => word(`--also=${form}=${marked(file, stem)}`, stem));
  const flags = job.flags.map((flag) => word(flag));
  return [...program.map((part) => word(part)), manner, ...flags, ...also, ...named].join(" \\\n  ");
}

/** The last of it stands for the instance. */
function marked(file: string, stem: string | null): string {
  if (stem === null) return file;
  return join(dirname(file), `${instanceMark}${basename(file).slice(stem.length)}`);
}

function described(certificate: string, stem: string | null): string {
  return description(marked(certificate, stem)).replace(instanceMark, "%I");
}

function timerLines({ job, rhythm: { everyMs, calendar } }: UnitPlan, stem: string | null): string[] {
  return [
    "[Unit]",
    `Description=Renew ${described(job.certificate, stem)} in time`,
    "",
    "[Timer]",
    `OnCalendar=${calendar}`,
    "# Runs that were missed, as while the machine was off, are caught up.",
    "Persistent=true",
    "# Not all machines at once.",
    `RandomizedDelaySec=${everyMs / 2000}s`,
    "AccuracySec=1s",
    "",
    "[Install]",
    "WantedBy=timers.target",
  ];
}
