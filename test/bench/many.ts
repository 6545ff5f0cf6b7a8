/** Many renewals in one go: `renew run`, beside step in a shell and beside a bare pool of connections. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeToken } from "../support/raw.ts";
import { type Command, cpuOf, cpuOfEnded, hasProc, timed } from "./child.ts";
import { inTurn } from "./rounds.ts";
import type { PairFiles, Stage } from "./stage.ts";
import { compare, type Goal, median } from "./statistics.ts";
import { goalText, type Judged, judge, metText, ratioText, type Section, spreadText } from "./table.ts";

/** As many as the pool may have at a time, and no more than serve it on two processors. */
const poolConnections = 4;

const names = {
  loop: "`step ca renew` in a shell loop",
  xargs: "`step ca renew` by `xargs -P4`",
  mtls: "`renew run --force`",
  token: "`renew run --force`, `method: token`",
  pool: "bare undici pool, tokens ready",
  signing: "bare undici pool that signs its tokens by jose",
} as const;
type Name = keyof typeof names;

/** One run over all certificates. */
interface Lap {
  ms: number;
  /** Of all processes of the run. */
  ownCpuMs: number;
  /** Null where the CA runs in our own process. */
  caCpuMs: number | null;
}

const atLeast = (value: number): Goal => ({ is: "at least", value });

/** How many times the rate of the peer; the longest runs are left out where there is no step or no `renew run`. */
const goals: readonly { own: Name; peer: Name; goal: Goal | null }[] = [
  { own: "mtls", peer: "loop", goal: atLeast(6) },
  { own: "mtls", peer: "xargs", goal: atLeast(3) },
  { own: "token", peer: "loop", goal: atLeast(10) },
  { own: "token", peer: "xargs", goal: null },
  { own: "token", peer: "signing", goal: atLeast(0.9) },
  { own: "token", peer: "pool", goal: null },
];

export async function many(stage: Stage, { rounds, count }: { rounds: number; count: number }): Promise<Section> {
  const { folder, pairs } = await stage.files("many", count);
  const laps: Partial<Record<Name, Lap[]>> = {};
  const commands = contestants(stage, folder, pairs);
  const runs = Object.fromEntries(
    Object.entries(commands).map(([name, prepare]) => [
      name,
      async () => {
        const lap = await run(stage, await prepare());
        laps[name as Name] = [...(laps[name as Name] ?? []), lap];
        return lap.ms;
      },
    ]),
  ) as { [name in Name]?: () => Promise<number> };
  const taken = await inTurn<Name>(runs, { rounds, warmUp: false });
  const found = goals
    .filter(({ own, peer }) => taken(own).length > 0 && taken(peer).length > 0)
    // what takes half the time has twice the rate
    .map((row) => ({ ...row, ...compare(taken(row.peer), taken(row.own)) }));
  const judged = found.map(
    ({ own, peer, ratio, goal }) => goal && judge(`${count} certificates: ${names[own]} / ${names[peer]}`, ratio, goal),
  );
  const note = `All in place, ${count} P-256 certificates, medians of ${rounds} rounds in turn, against ${stage.ca.name}.`;
  return {
    tables: [
      {
        title: "Many renewals",
        note,
        columns: ["run", "a second", "CPU each", "CPU of the CA each"],
        rows: rates(laps, count),
      },
      {
        title: "Many renewals, compared",
        note: "How many times as many certificates a second.",
        columns: ["run", "against", "ratio", "half of the rounds", "goal", "met"],
        rows: found.map((row, at) => [
          names[row.own],
          names[row.peer],
          ratioText(row.ratio),
          spreadText(row),
          row.goal === null ? "" : goalText(row.goal),
          row.goal === null ? "" : metText(judged[at]?.met ?? false),
        ]),
      },
    ],
    goals: judged.filter((goal): goal is Judged => goal !== null),
    data: { count, rounds, laps, compared: found },
  };
}

/** Made ready outside of the time: the configuration is written once, tokens are good for one renewal. */
function contestants(
  stage: Stage,
  folder: string,
  pairs: readonly PairFiles[],
): Record<string, () => Promise<Command>> {
  const { step, ca, rootFile } = stage;
  const words = `--force --ca-url ${ca.url} --root ${rootFile}`;
  const shell = (script: string): Command => ({ file: "/bin/sh", args: ["-ec", script], cwd: folder });
  const always = (command: Command) => async () => command;
  return {
    ...(step !== undefined && {
      loop: always(shell(`for crt in *.crt; do ${step} ca renew ${words} "$crt" "\${crt%.crt}.key"; done`)),
      xargs: always(shell(`ls *.key | sed 's/key$//' | xargs -P4 -I{} ${step} ca renew ${words} {}crt {}key`)),
    }),
    ...(stage.hasRun && {
      mtls: always(runOf(stage, { file: join(stage.folder, "mtls.json"), pairs, method: undefined })),
      token: always(runOf(stage, { file: join(stage.folder, "token.json"), pairs, method: "token" })),
    }),
    pool: async () => {
      const fixture = await stage.fixture.pairs(pairs.length);
      return pool(
        "tokens.json",
        fixture.map((pair, at) => ({ crt: pairs[at]?.crt, token: makeToken({ ...pair, url: ca.url }) })),
      );
    },
    signing: async () => pool("pairs.json", pairs),
  };

  function pool(name: string, todo: readonly unknown[]): Command {
    const file = join(stage.folder, name);
    writeFileSync(file, JSON.stringify(todo), { mode: 0o600 });
    return stage.peer("pool.cjs", [rootFile, ca.url, file, String(poolConnections)]);
  }
}

export interface Many {
  file: string;
  pairs: readonly PairFiles[];
  method: "token" | undefined;
}

/** `renew run --force` over a configuration that it writes. */
export function runOf(stage: Stage, many: Many): Command {
  return stage.renew(["run", "--force", "--config", writeConfiguration(stage, many)]);
}

export function writeConfiguration({ ca, rootFile }: Stage, { file, pairs, method }: Many): string {
  const json = { "ca-url": ca.url, root: rootFile, ...(method !== undefined && { method }), certificates: pairs };
  writeFileSync(file, JSON.stringify(json));
  return file;
}

async function run({ ca: { pid } }: Stage, command: Command): Promise<Lap> {
  const before = { own: hasProc ? cpuOfEnded() : 0, ca: pid !== null && hasProc ? cpuOf(pid) : null };
  const ms = await timed(command);
  return {
    ms,
    ownCpuMs: hasProc ? cpuOfEnded() - before.own : Number.NaN,
    caCpuMs: before.ca === null || pid === null ? null : cpuOf(pid) - before.ca,
  };
}

function rates(laps: Partial<Record<Name, Lap[]>>, count: number): string[][] {
  return (Object.keys(laps) as Name[]).map((name) => {
    const own = laps[name] ?? [];
    const each = (what: readonly (number | null)[]) =>
      what.includes(null) ? "" : `${(median(what as number[]) / count).toFixed(1)} ms`;
    return [
      names[name],
      Math.round((count * 1000) / median(own.map(({ ms }) => ms))).toString(),
      each(own.map(({ ownCpuMs }) => ownCpuMs)),
      each(own.map(({ caCpuMs }) => caCpuMs)),
    ];
  });
}
