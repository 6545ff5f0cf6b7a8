/** `renew systemd CRT KEY`: the units that keep a certificate, printed or put in their place. It starts nothing itself. */
import { resolve } from "node:path";
import { Failure } from "../../failure/failure.ts";
import { shell } from "../../failure/shell.ts";
import { span } from "../../failure/time.ts";
import type { World } from "../../world.ts";
import { daemonFlags, isLasting, paceOf } from "../daemon-policy.ts";
import type { CommandWords, Said } from "../flags.ts";
import { rivals } from "../hook-policy.ts";
import { manners, refuseManners } from "../policy.ts";
import { noteLines } from "../print/layout.ts";
import { jsonText } from "../print/plain.ts";
import type { Reporter } from "../report.ts";
import { userRemark } from "../schedule/inspect.ts";
import { type Job, jobFlags, jobOf } from "../schedule/job.ts";
import { baseOf, unitOf } from "../schedule/names.ts";
import { isKnown, unitFolders } from "../schedule/neighbours.ts";
import { install, type Placed, usualFolder } from "../schedule/place.ts";
import { type Chosen, rhythmFor } from "../schedule/rhythm.ts";
import { type Runner, runnerOf } from "../schedule/sandbox.ts";
import { stepUnits } from "../schedule/step-units.ts";
import { purposeOf, type Units, unitsFor } from "../schedule/units.ts";
import { systemdHelp } from "./systemd-help.ts";

const daemonFlag = "daemon";

export const words: CommandWords = {
  name: "systemd",
  summary:
    "Print the systemd units that keep a certificate, sandboxed: a service and its timer, or a daemon. With --install they are written to where systemd reads them; nothing is started.",
  arguments: "CRT KEY",
  flags: [
    { names: ["timer"], bare: true, text: "a service that ends, and a timer that starts it (default)" },
    { names: [daemonFlag], bare: true, text: "a service that stays, and tells systemd that it lives" },
    { names: ["reload"], value: "UNIT", bare: true, text: "reload UNIT after a renewal, or restart it if it cannot" },
    { names: ["install"], bare: true, text: "write the units, all or none; print what is to be run then" },
    { names: ["dir"], value: "DIR", bare: true, text: `with --install: into DIR (default: ${usualFolder})` },
    {
      names: ["force"],
      short: "f",
      bare: true,
      text: "with --install: replace units that are there and say something else",
    },
    { names: ["name"], value: "NAME", bare: true, text: "of the units (default: renew, or renew-daemon)" },
    { names: ["user"], value: "NAME", bare: true, text: "run as NAME (default: the files' owner; root with a hook)" },
    ...daemonFlags("renew-period").filter(({ names }) => names[0] !== daemonFlag),
    ...jobFlags,
    ...manners,
  ],
  after: systemdHelp,
};

export async function run(said: Said, world: World, reporter: Reporter): Promise<number> {
  refuseManners(said);
  refusePairsOfOurs(said);
  const isDaemon = isLasting(said, "renew-period", "systemd");
  if (isDaemon) paceOf(said, "renew-period");
  const reload = said.value("reload");
  const unit = reload === undefined ? null : unitOf(reload, "--reload");
  const name = said.value("name");
  const base = name === undefined ? null : baseOf(name, "--name");
  const user = userOf(said);
  const exec = unit === null ? {} : { exec: `systemctl try-reload-or-restart ${shell(unit, unit)}` };
  const job = await jobOf(said, "systemd", world, { isDaemon, ...exec });
  const chosen = rhythmFor(job.window, job.leaf);
  const runner = runnerOf(job, user, world);
  const program = await world.program();
  const plan = { job, kind: isDaemon ? "daemon" : "timer", base, rhythm: chosen.rhythm, runner, program } as const;
  const units = unitsFor(plan, world);
  const folder = resolve(said.value("dir") ?? usualFolder);
  reporter.passedOver(said.passedOver());
  const { start, service } = units;
  const order = {
    folder,
    purpose: purposeOf(job),
    certificate: job.certificate,
    force: said.isOn("force"),
    start,
    service,
  };
  const placed = said.isOn("install") ? install(units.units, order, world) : null;
  const notes = [
    ...remarksOf({ job, chosen, runner, unit, isDaemon, folder }, world),
    ...wayFromStep(units, job.certificate, folder, world),
  ];
  tell({ units, placed, folder, notes, isDaemon }, world, reporter);
  return 0;
}

function refusePairsOfOurs(said: Said): void {
  const conflict = (first: string, second: string, because: string) => {
    throw new Failure("FLAG_CONFLICT", { flags: [first, second], because });
  };
  if (said.given("timer") !== undefined && said.isOn("timer") && said.isOn(daemonFlag))
    conflict("--timer", "--daemon", "One starts renew again and again, the other once, to stay.");
  for (const hook of ["exec", "exec-shell"])
    if (said.value("reload") !== undefined && said.value(hook)) conflict("--reload", `--${hook}`, rivals.exec);
  for (const flag of ["dir", "force"])
    if (said.given(flag) !== undefined && !said.isOn("install"))
      throw new Failure("BAD_FLAG", {
        said: `--${flag} is about writing units: it needs --install`,
        command: words.name,
      });
}

function userOf(said: Said): string | null {
  const user = said.value("user");
  if (user === undefined || /^[A-Za-z0-9_][A-Za-z0-9_.-]*\$?$/.test(user)) return user ?? null;
  throw new Failure("BAD_FLAG", { said: `--user is no name of a user: '${user}'`, command: words.name });
}

interface Known {
  job: Job;
  chosen: Chosen;
  runner: Runner;
  unit: string | null;
  isDaemon: boolean;
  folder: string;
}

function remarksOf({ job, chosen, runner, unit, isDaemon, folder }: Known, world: World): string[] {
  const folders = unitFolders(world);
  const isMissing = unit !== null && !isKnown(unit, [folder, ...folders], world);
  const { windowMs, isTight, rhythm } = chosen;
  return [
    ...job.remarks,
    ...(runner.user === null ? [] : userRemark(runner.user, "systemd", world)),
    ...(isMissing ? [`no unit ${unit} is in ${folders.join(", ")}: the reload fails until there is one`] : []),
    ...(unit !== null && runner.user !== null
      ? [`${runner.user} may not reload ${unit} unless a rule of polkit allows it: leave --user out, and root does it`]
      : []),
    ...(!isDaemon && isTight && windowMs !== null
      ? [
          `it is due for ${span(windowMs)} only, and the timer looks every ${span(rhythm.everyMs)}: a --daemon keeps it better`,
        ]
      : []),
  ];
}

/** step's own units would renew beside ours. */
function wayFromStep({ start }: Units, certificate: string, folder: string, world: World): string[] {
  const found = stepUnits([...new Set([folder, ...unitFolders(world)])], certificate, world.fs);
  if (found === null) return [];
  const { ofThis, ofOthers, untold } = found.enabled;
  const listed = (units: readonly string[]) => units.map((unit) => shell(unit, unit)).join(" ");
  const begin = `\`systemctl enable --now ${shell(start, start)}\``;
  if (ofThis.length > 0)
    return [
      `step renews this certificate, too, by ${ofThis.join(", ")}: one of the two is enough. To move over: \`systemctl disable --now ${listed(ofThis)}\`, then ${begin}`,
    ];
  if (untold.length > 0)
    return [
      `step's cert-renewer@ units are in ${found.folder}, and whether one of them renews this certificate, too, cannot be told from what they say: \`systemctl cat ${listed(untold)}\`. One of the two is enough. To move over: \`systemctl disable --now\` that one, then ${begin}`,
    ];
  if (ofOthers.length > 0) return [];
  return [
    `step's cert-renewer@ units are in ${found.folder}, and none of them starts with the machine: if one is started otherwise for this certificate, one of the two is enough`,
  ];
}

interface Told {
  units: Units;
  placed: readonly Placed[] | null;
  folder: string;
  notes: readonly string[];
  isDaemon: boolean;
}

function tell(
  { units: { units, start, service }, placed, folder, notes, isDaemon }: Told,
  world: World,
  reporter: Reporter,
): void {
  const [starts, serves] = [shell(start, start), shell(service, service)];
  const commands = [
    "systemctl daemon-reload",
    `systemctl enable --now ${starts}`,
    isDaemon ? `systemctl status ${serves}` : `systemctl start ${serves}`,
  ];
  if (reporter.manner.json) {
    const files = units.map(({ name, text }, index) => {
      const { file = resolve(folder, name), change = null } = placed?.[index] ?? {};
      return { name, file, text, change };
    });
    const outcome = placed === null ? "printed" : "installed";
    const document = {
      schema: 1,
      command: words.name,
      ok: true,
      error: null,
      outcome,
      units: files,
      start,
      service,
      commands,
      notes,
    };
    world.stdout.write(`${jsonText(document, 2)}\n`);
    return;
  }
  if (placed === null)
    world.stdout.write(units.map(({ name, text }) => `# ${resolve(folder, name)}\n${text}`).join("\n"));
  const told = notes.flatMap((note) => noteLines(note, world.stderr.columns));
  const said = placed?.map(({ file, change }) => `${file}: ${changeWords[change]}`) ?? [];
  const next = placed === null ? "with --install the units are written; then run:" : "then run:";
  for (const line of [...said, ...told, next, ...commands.map((command) => `  ${command}`)]) reporter.told(line, []);
}

const changeWords = { new: "written", replaced: "replaced", same: "as it was" } as const;
