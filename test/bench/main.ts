/** `npm run bench`: how long renew takes, beside the least that Node can do and beside step. Tables, and the goals in them. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { hasProc } from "./child.ts";
import { daemon } from "./daemon.ts";
import { intoDocument } from "./document.ts";
import { growth } from "./growth.ts";
import { inside } from "./inside.ts";
import { libraries } from "./libraries.ts";
import { describeMachine, type Machine } from "./machine.ts";
import { many } from "./many.ts";
import { parts } from "./parts.ts";
import { memory, single } from "./single.ts";
import { openStage, root, type Stage } from "./stage.ts";
import { standalone } from "./standalone.ts";
import { starts } from "./starts.ts";
import { asMarkdown, asText, goalText, ratioText, type Section } from "./table.ts";

const usage = `npm run bench -- [single|start|parts|libraries|memory|many|daemon|growth|inside|standalone …] [options]

  --rounds N        of each comparison: 15 unless told, at least 3 of the long ones
  --certificates N  for many, and the last step of growth: 1000 unless told; the daemon has 10000
  --seconds N       that the daemon is watched for: 60 unless told
  --node PATH       the Node for all that is JavaScript: the one that runs this unless told
  --json FILE       all numbers, also into a file
  --markdown        the tables as Markdown
  --into FILE       the tables also into a document, where it has places for them

`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string" },
    certificates: { type: "string" },
    seconds: { type: "string" },
    node: { type: "string" },
    json: { type: "string" },
    markdown: { type: "boolean", default: false },
    into: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});

/** Null: left out, with the words that say why. */
type Bench = (stage: Stage) => Promise<Section> | string;

const rounds = numberOf("rounds") ?? 15;
/** A round of these takes a minute; each of its numbers is a mean over a thousand renewals. */
const longRounds = numberOf("rounds") ?? 3;
const count = numberOf("certificates") ?? 1000;
const noRun = "this build of renew has no `renew run`";

const benches: Record<string, Bench> = {
  single: (stage) => single(stage, rounds),
  start: (stage) => starts(stage, rounds),
  parts: (stage) => parts(stage, rounds),
  libraries: (stage) => libraries(stage, rounds),
  memory: (stage) => (hasProc ? memory(stage, rounds) : "there is no /proc to read it from"),
  many: (stage) => many(stage, { rounds: longRounds, count }),
  daemon: (stage) => {
    if (!stage.hasRun) return noRun;
    const watchedMs = (numberOf("seconds") ?? 60) * 1000;
    const entries = numberOf("certificates") ?? 10_000;
    return hasProc
      ? daemon(stage, { rounds: longRounds, count: entries, watchedMs })
      : "there is no /proc to read it from";
  },
  growth: (stage) =>
    stage.hasRun
      ? growth(stage, { rounds: longRounds, counts: [...new Set([100, 1000, count])].sort(upwards) })
      : noRun,
  inside: ({ fixture }) => inside(fixture),
  standalone: (stage) => {
    const executable = process.env["RENEW_PROGRAM"] || join(root, "dist-standalone/renew");
    return existsSync(executable)
      ? standalone(stage, { executable, rounds })
      : "there is no executable: `npm run build:standalone` makes it";
  },
};

const unknown = positionals.filter((name) => !Object.hasOwn(benches, name));
if (values.help || unknown.length > 0) {
  process.stderr.write(`${unknown.map((name) => `there is no bench "${name}"\n`).join("")}${usage}`);
  process.exitCode = values.help ? 0 : 64;
} else {
  await runAll(positionals.length > 0 ? positionals : Object.keys(benches));
}

async function runAll(names: readonly string[]): Promise<void> {
  const stage = await openStage({ node: values.node });
  try {
    const machine = describeMachine(stage);
    if (machine.load > 0.3) {
      const load = machine.load.toFixed(2);
      process.stderr.write(`the machine is not at rest (load ${load}): ratios hold better than times\n`);
    }
    say(machineText(machine, values.markdown));
    const found: Record<string, Section> = {};
    for (const name of names) {
      const bench = benches[name]?.(stage);
      if (bench === undefined || typeof bench === "string") {
        process.stderr.write(`${name} is left out: ${bench}\n`);
        continue;
      }
      const section = await bench.catch((error: unknown) => {
        process.stderr.write(`${name} failed: ${error instanceof Error ? error.message : error}\n`);
        process.exitCode = 1;
      });
      if (section === undefined) continue;
      found[name] = section;
      say(section.tables.map(values.markdown ? asMarkdown : asText).join("\n"));
    }
    say(goalsText(Object.values(found)));
    if (values.into !== undefined) {
      const texts = Object.entries(found).map(([name, { tables }]) => [name, tables.map(asMarkdown).join("\n")]);
      intoDocument(values.into, { ...Object.fromEntries(texts), machine: machineText(machine, true) });
    }
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ machine, found }, null, 2)}\n`);
  } finally {
    await stage.close();
  }
}

function machineText({ load: _, ...rest }: Machine, asList: boolean): string {
  const lines = Object.entries(rest).map(([what, is]) => (asList ? `- ${what}: ${is}` : `${what.padEnd(10)} ${is}`));
  return `${lines.join("\n")}\n`;
}

function goalsText(sections: readonly Section[]): string {
  const all = sections.flatMap(({ goals }) => goals);
  const missed = all.filter(({ met }) => !met);
  const lines = missed.map(({ name, value, goal }) => `not met: ${name}: ${ratioText(value)}, goal ${goalText(goal)}`);
  return [`goals: ${all.length - missed.length} of ${all.length} met`, ...lines].join("\n");
}

function numberOf(name: "rounds" | "certificates" | "seconds"): number | undefined {
  const said = values[name];
  if (said === undefined) return undefined;
  const number = Number(said);
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`--${name} wants a number, not "${said}"`);
  return number;
}

function upwards(a: number, b: number): number {
  return a - b;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
