/** The standalone executable, beside bin/renew.js on a Node that is there and beside step. */
import { statSync } from "node:fs";
import { type Command, hasProc, peakMemory, timed } from "./child.ts";
import { type Pairing, paired } from "./pairing.ts";
import { inTurn } from "./rounds.ts";
import type { PairFiles, Stage } from "./stage.ts";
import { mebibytes, msText, type Section } from "./table.ts";

export interface StandaloneOptions {
  executable: string;
  rounds: number;
}

type Who = "standalone" | "node" | "step";

export async function standalone(stage: Stage, { executable, rounds }: StandaloneOptions): Promise<Section> {
  const { pairs } = await stage.files("standalone", 3);
  const [own, node, steps] = pairs;
  if (own === undefined || node === undefined || steps === undefined) throw new Error("no certificates");
  const places: Record<Who, PairFiles> = { standalone: own, node, step: steps };
  const ca = ["--ca-url", stage.ca.url, "--root", stage.rootFile];
  const renewal = ({ crt, key }: PairFiles) => ["--force", ...ca, crt, key];
  const notDue = ({ crt, key }: PairFiles) => ["--expires-in", "1m", ...ca, crt, key];

  const commandsOf = (words: (files: PairFiles) => readonly string[], stepWords: readonly string[] | null) => {
    const step = stage.step;
    return {
      standalone: { file: executable, args: words(places.standalone), cwd: stage.folder },
      node: stage.renew(words(places.node)),
      ...(step !== undefined &&
        stepWords !== null && {
          step: { file: step, args: [...stepWords, ...words(places.step)], cwd: stage.folder },
        }),
    } satisfies Partial<Record<Who, Command>>;
  };
  const runs = {
    "`--version`": commandsOf(() => ["--version"], []),
    "`--help`": commandsOf(() => ["--help"], ["ca", "renew"]),
    "not due (`--expires-in`)": commandsOf(notDue, ["ca", "renew"]),
    "renewal over mTLS": commandsOf(renewal, ["ca", "renew"]),
  };

  const times: Pairing[] = [];
  for (const [run, commands] of Object.entries(runs)) times.push(...(await against(run, commands, timed, rounds)));
  const size = `The executable has ${mebibytes(statSync(executable).size / 1024)}.`;
  const note = `Whole processes, medians of ${rounds} rounds in turn. ${size}`;
  const start = paired({ title: "The standalone executable", note }, times, { text: msText });
  if (!hasProc) return start;
  const most = await against("memory, renewal over mTLS", runs["renewal over mTLS"], peakMemory, rounds);
  const memory = paired(
    { title: "Its memory", note: `The most that each process had (VmHWM), medians of ${rounds} rounds.` },
    most,
    { text: mebibytes, best: false },
  );
  return {
    tables: [...start.tables, ...memory.tables],
    goals: [...start.goals, ...memory.goals],
    data: [start.data, memory.data],
  };
}

/** bin/renew.js first, then step where it is here. */
async function against(
  run: string,
  commands: Partial<Record<Who, Command>>,
  measure: (command: Command) => Promise<number>,
  rounds: number,
): Promise<Pairing[]> {
  const contestants = Object.entries(commands).map(([who, command]) => [who, () => measure(command)] as const);
  const of = await inTurn<string>(Object.fromEntries(contestants), { rounds });
  return [
    { run, against: "bin/renew.js on Node", own: of("standalone"), peer: of("node"), goal: null },
    { run, against: "step", own: of("standalone"), peer: of("step"), goal: null },
  ];
}
