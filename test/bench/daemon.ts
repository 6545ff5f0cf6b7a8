/** Ten thousand certificates, none of them due: what it costs to find that out, and to wait. */
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { cpuOf, memoryOf, start, timed } from "./child.ts";
import { writeConfiguration } from "./many.ts";
import { atMost } from "./pairing.ts";
import type { Stage } from "./stage.ts";
import { median } from "./statistics.ts";
import { goalText, judge, mebibytes, metText, msText, type Section } from "./table.ts";

export interface DaemonOptions {
  rounds: number;
  count: number;
  watchedMs: number;
}

export async function daemon(stage: Stage, { rounds, count, watchedMs }: DaemonOptions): Promise<Section> {
  const { pairs } = await stage.files("daemon", count);
  const config = writeConfiguration(stage, { file: join(stage.folder, "daemon.json"), pairs, method: undefined });
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await timed(stage.renew(["run", "--config", config])));
  const startMs = median(times);
  const resting = await watch(stage, config, watchedMs);
  const entries = count.toLocaleString("en");
  const seconds = Math.round(watchedMs / 1000);
  const rows = [
    {
      run: `start of \`renew run\`, ${entries} entries, none due`,
      value: startMs,
      text: msText(startMs),
      goal: atMost(2000),
      unit: " ms",
    },
    {
      run: `daemon over ${entries}, none due: processor, over ${seconds} s`,
      value: resting.cpuPercent,
      text: `${resting.cpuPercent.toFixed(2)} %`,
      goal: atMost(1),
      unit: " % of one core",
    },
    {
      run: `daemon over ${entries}: memory at rest`,
      value: resting.restKiB / 1024,
      text: mebibytes(resting.restKiB),
      goal: atMost(150),
      unit: " MiB",
    },
    {
      run: `daemon over ${entries}: memory at most`,
      value: resting.peakKiB / 1024,
      text: mebibytes(resting.peakKiB),
      goal: null,
      unit: "",
    },
  ];
  const judged = rows.map(({ run, value, goal }) => goal && judge(run, value, goal));
  return {
    tables: [
      {
        title: "A daemon at rest",
        note: "From /proc; the processor time is counted from when the daemon has come to rest.",
        columns: ["what", "is", "goal", "met"],
        rows: rows.map(({ run, text, goal, unit }, at) => [
          run,
          text,
          goal === null ? "" : goalText(goal, unit),
          goal === null ? "" : metText(judged[at]?.met ?? false),
        ]),
      },
    ],
    goals: judged.filter((goal) => goal !== null),
    data: { times, ...resting },
  };
}

interface Resting {
  /** Until it used no more processor than a resting one. */
  settledMs: number;
  cpuPercent: number;
  restKiB: number;
  peakKiB: number;
}

/** It has come to rest when it used a fiftieth of a core at most for two seconds. */
async function watch(stage: Stage, config: string, watchedMs: number): Promise<Resting> {
  const child = start(stage.renew(["run", "--daemon", "--config", config]));
  const words: string[] = [];
  for (const pipe of [child.stdout, child.stderr])
    pipe?.setEncoding("utf8").on("data", (text: string) => words.push(text));
  const ended = once(child, "exit");
  const pid = child.pid ?? 0;
  const isThere = () => child.exitCode === null && child.signalCode === null;
  const gone = () => new Error(`the daemon did not stay:\n${words.join("").slice(-2000)}`);
  try {
    const began = performance.now();
    for (let before = Number.NEGATIVE_INFINITY; ; ) {
      if (!isThere()) throw gone();
      const now = cpuOf(pid);
      if (now - before <= 40) break;
      before = now;
      await delay(2000);
    }
    const settledMs = performance.now() - began;
    const [cpu, from] = [cpuOf(pid), performance.now()];
    await Promise.race([delay(watchedMs), ended]);
    if (!isThere()) throw gone();
    const cpuPercent = ((cpuOf(pid) - cpu) / (performance.now() - from)) * 100;
    return { settledMs, cpuPercent, restKiB: memoryOf(pid, "VmRSS"), peakKiB: memoryOf(pid, "VmHWM") };
  } finally {
    if (isThere()) child.kill("SIGTERM");
    await ended;
  }
}
