/** `npm run fuzz`: as many answers as asked for, in process and through the whole command; a table of what came of them. */
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Tally, tableOf } from "./findings.ts";
import { blockLimitMs, fuzzInProcess } from "./in-process.ts";

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");
function heapMiB(): number {
  collect();
  return process.memoryUsage().heapUsed / 1024 ** 2;
}

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: process.env["npm_config_seed"] ?? String(Math.floor(Math.random() * 2 ** 31)) },
    answers: { type: "string", default: "100000" },
    runs: { type: "string", default: "1000" },
    only: { type: "string" },
  },
});
const seed = Number(values.seed);
const say = (text: string) => console.log(text);
say(`seed ${seed}`);
const tally = new Tally();
const started = performance.now();
if (values.only !== undefined) fuzzInProcess({ seed, from: Number(values.only), count: 1, tally });
else {
  const count = Number(values.answers);
  let early = 0;
  fuzzInProcess({
    seed,
    from: 0,
    count,
    tally,
    after: (done) => {
      if (done === Math.ceil(count / 10)) early = heapMiB();
    },
  });
  const late = heapMiB();
  say(`heap after a tenth ${early.toFixed(1)} MiB, at the end ${late.toFixed(1)} MiB`);
}
say(tableOf(tally));
say(
  `${tally.tried} tried in ${Math.round((performance.now() - started) / 1000)} s; ${tally.findings.length} findings; limit ${blockLimitMs} ms`,
);
for (const { kind, index, how, what } of tally.findings.slice(0, 40))
  say(`${kind} (--seed ${seed} --only ${index}) ${how}: ${what.slice(0, 400)}`);
process.exitCode = tally.findings.length === 0 ? 0 : 1;
