/** One renewal as a whole process, beside the least that Node can do and beside step. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeToken } from "../support/raw.ts";
import { type Command, peakMemory, timed } from "./child.ts";
import { atMost, type Pairing, paired } from "./pairing.ts";
import { inTurn } from "./rounds.ts";
import type { Stage } from "./stage.ts";
import type { Goal } from "./statistics.ts";
import { mebibytes, msText, type Section } from "./table.ts";

/** Each renews a pair of its own again and again, in place, as a user's machine does. */
async function contestants(stage: Stage, name: string): Promise<Record<"renew" | "raw", Command> & { step?: Command }> {
  const { pairs } = await stage.files(name, 3);
  const [own, raw, steps] = pairs;
  if (own === undefined || raw === undefined || steps === undefined) throw new Error("no certificates");
  const ca = ["--ca-url", stage.ca.url, "--root", stage.rootFile];
  return {
    renew: stage.renew(["--force", ...ca, own.crt, own.key]),
    raw: stage.peer("raw-mtls.cjs", [raw.crt, raw.key, stage.rootFile, stage.ca.url]),
    ...(stage.step !== undefined && {
      step: { file: stage.step, args: ["ca", "renew", "--force", ...ca, steps.crt, steps.key], cwd: stage.folder },
    }),
  };
}

/** step's own goal depends on Node, which needs longer to begin before version 24. */
function stepGoal({ nodeVersion }: Stage): Goal {
  return atMost(Number(/^v(\d+)/.exec(nodeVersion)?.[1]) >= 24 ? 3.0 : 3.8);
}

export async function single(stage: Stage, rounds: number): Promise<Section> {
  const { renew, raw, step } = await contestants(stage, "single");
  const of = await inTurn<"renew" | "raw" | "step">(
    {
      renew: () => timed(renew),
      raw: () => timed(raw),
      ...(step !== undefined && { step: () => timed(step) }),
    },
    { rounds },
  );
  const tokens = await byToken(stage, rounds);
  return paired(
    { title: "One renewal", note: `Whole processes, medians of ${rounds} rounds in turn, against ${stage.ca.name}.` },
    [
      { run: "renewal over mTLS", against: "raw node:https", own: of("renew"), peer: of("raw"), goal: atMost(1.3) },
      {
        run: "renewal over mTLS",
        against: "`step ca renew`",
        own: of("renew"),
        peer: of("step"),
        goal: stepGoal(stage),
      },
      { run: "renewal by token", against: "raw node:https, token ready", ...tokens, goal: atMost(1.4) },
    ],
    { text: msText },
  );
}

/** The raw script's tokens are made before its time begins: each is good for one renewal. */
async function byToken(stage: Stage, rounds: number): Promise<Pick<Pairing, "own" | "peer">> {
  const { pairs } = await stage.files("token", 2);
  const [own, raw] = pairs;
  const [, fixture] = await stage.fixture.pairs(2);
  if (own === undefined || raw === undefined || fixture === undefined) throw new Error("no certificates");
  const tokenFile = join(stage.folder, "token.jwt");
  const ca = ["--ca-url", stage.ca.url, "--root", stage.rootFile];
  const taken = await inTurn(
    {
      own: () => timed(stage.renew(["--force", "--mtls=false", ...ca, own.crt, own.key])),
      peer: () => {
        writeFileSync(tokenFile, makeToken({ ...fixture, url: stage.ca.url }), { mode: 0o600 });
        return timed(stage.peer("raw-token.cjs", [raw.crt, stage.rootFile, stage.ca.url, tokenFile]));
      },
    },
    { rounds },
  );
  return { own: taken("own"), peer: taken("peer") };
}

export async function memory(stage: Stage, rounds: number): Promise<Section> {
  const { renew, raw, step } = await contestants(stage, "memory");
  const of = await inTurn<"renew" | "raw" | "step">(
    {
      renew: () => peakMemory(renew),
      raw: () => peakMemory(raw),
      ...(step !== undefined && { step: () => peakMemory(step) }),
    },
    { rounds },
  );
  return paired(
    {
      title: "Memory of one renewal over mTLS",
      note: `The most that each process had (VmHWM), medians of ${rounds} rounds.`,
    },
    [
      {
        run: "memory, renewal over mTLS",
        against: "raw node:https",
        own: of("renew"),
        peer: of("raw"),
        goal: atMost(1.3),
      },
      { run: "memory, renewal over mTLS", against: "`step ca renew`", own: of("renew"), peer: of("step"), goal: null },
    ],
    { text: mebibytes, best: false },
  );
}
