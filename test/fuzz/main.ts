/** `npm run fuzz`: as many answers as asked for, in process and through the whole command; a table of what came of them. */
import { parseArgs } from "node:util";
import { type Finding, Tally, tableOf } from "./findings.ts";
import { blockLimitMs, fuzzInProcess } from "./in-process.ts";
import { growth } from "./memory.ts";
import { fuzzWhole } from "./whole.ts";

/** `npm run fuzz --seed 7` is npm's own way to pass a number on; `npm run fuzz -- --seed 7` is the usual one. */
const { values } = parseArgs({
  options: {
    seed: { type: "string", default: process.env["npm_config_seed"] ?? String(Math.floor(Math.random() * 2 ** 31)) },
    answers: { type: "string", default: "100000" },
    runs: { type: "string", default: "1000" },
    processes: { type: "string", default: "60" },
    "cut-every": { type: "string", default: "1" },
    only: { type: "string" },
    whole: { type: "boolean", default: false },
  },
});
const seed = Number(values.seed);
/** One event may keep the loop this long while whole commands run beside their servers. */
const loopLimitMs = 2000;

const say = (text: string) => void process.stdout.write(`${text}\n`);
say(`seed ${seed}`);
let isTold = false;
process.on("unhandledRejection", (error) => fail({ ...outside, what: String(error) }));
process.on("uncaughtException", (error) => fail({ ...outside, what: error.stack ?? String(error) }));
process.on("exit", () => {
  if (isTold) return;
  process.exitCode = 1;
  say(`the fuzzer itself did not come to its end: ${others.map(({ what }) => what).join("; ")}`);
});
const outside = { kind: "crash", index: 0, how: "outside of any run" } as const;
const others: Finding[] = [];
function fail(finding: Finding): void {
  others.push(finding);
}

const only = values.only === undefined ? null : Number(values.only);
const answers = new Tally();
const runs = new Tally();
if (only === null || !values.whole) {
  const count = only === null ? Number(values.answers) : 1;
  const heap = growth(count);
  fuzzInProcess({ seed, from: only ?? 0, count, tally: answers, after: told(count, heap.after) });
  report("answers, in process", answers, `limit ${blockLimitMs} ms`);
  memory("answers", heap.end());
}
if (only === null || values.whole) {
  const count = only === null ? Number(values.runs) : 1;
  const loop = watchLoop();
  const heap = growth(count);
  const processes = only === null ? Number(values.processes) : 0;
  const cutEvery = only === null ? Number(values["cut-every"]) : 0;
  await fuzzWhole({ seed, from: only ?? 0, count, processes, cutEvery, lanes: 6, tally: runs, after: heap.after });
  report("whole commands", runs, "by the clock, six beside each other");
  memory("commands", heap.end());
  const longest = loop.end();
  say(
    `longest block of the event loop, with the servers' own: ${Math.round(longest)} ms of processor time (limit ${loopLimitMs} ms)\n`,
  );
  if (longest > loopLimitMs)
    fail({ kind: "block", index: 0, how: "whole commands", what: `${Math.round(longest)} ms` });
}
const findings = [...answers.findings, ...runs.findings, ...others];
for (const { kind, index, how, what } of findings.slice(0, 40)) {
  const again = `--seed ${seed} --only ${index}${how.startsWith("whole") ? " --whole" : ""}`;
  say(`FOUND ${kind} (${again}): ${how}\n  ${what.slice(0, 6000).replaceAll("\n", "\n  ")}`);
}
say(`${findings.length} findings in ${answers.tried} answers and ${runs.tried} commands; seed ${seed}`);
isTold = true;
process.exit(findings.length === 0 ? 0 : 1);

/** Processor time between two turns of the loop: a machine that is busy elsewhere is no block of ours. */
function watchLoop() {
  let [longest, last] = [0, process.cpuUsage()];
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(last);
    longest = Math.max(longest, (user + system) / 1000);
    last = process.cpuUsage();
  }, 5);
  return {
    end: () => {
      clearInterval(timer);
      return longest;
    },
  };
}

/** A line for each tenth: it takes minutes. */
function told(count: number, after: (done: number) => void): (done: number) => void {
  const tenth = Math.max(1000, Math.ceil(count / 10));
  return (done) => {
    after(done);
    if (done % tenth === 0) say(`${done} of ${count} answers`);
  };
}

function report(title: string, tally: Tally, note: string): void {
  say(`\n${title} (${note})\n${tableOf(tally)}`);
}

function memory(what: string, { early, late, limit }: { early: number; late: number; limit: number }): void {
  say(
    `heap of the ${what}: ${early.toFixed(1)} MiB after a tenth, ${late.toFixed(1)} MiB at the end (limit +${limit} MiB)`,
  );
  if (late > early + limit) fail({ kind: "memory", index: 0, how: what, what: `from ${early} to ${late} MiB` });
}
