/** What ends without a request, beside a Node that does nothing and beside step. */
import { type Command, timed } from "./child.ts";
import { atMost, type Pairing, paired } from "./pairing.ts";
import { inTurn } from "./rounds.ts";
import type { Stage } from "./stage.ts";
import type { Goal } from "./statistics.ts";
import { msText, type Section } from "./table.ts";

export async function starts(stage: Stage, rounds: number): Promise<Section> {
  const { pairs } = await stage.files("start", 1);
  const [pair] = pairs;
  if (pair === undefined) throw new Error("no certificates");
  const ca = ["--ca-url", stage.ca.url, "--root", stage.rootFile];
  const notDue = ["--expires-in", "1m", ...ca, pair.crt, pair.key];
  const stepRuns = (args: readonly string[], exit: number): Command => ({
    file: stage.step ?? "",
    args,
    cwd: stage.folder,
    exit,
  });
  const of = await inTurn<string>(
    {
      node: () => timed({ file: stage.node, args: ["-e", "0"], cwd: stage.folder }),
      notDue: () => timed(stage.renew(notDue)),
      needsRenewal: () => timed(stage.renew(["needs-renewal", pair.crt], { exit: 1 })),
      plugin: () => timed(stage.renew(["kubectl-credential", ...notDue])),
      help: () => timed(stage.renew(["--help"])),
      ...(stage.step !== undefined && {
        stepNotDue: () => timed(stepRuns(["ca", "renew", ...notDue], 0)),
        stepNeeds: () => timed(stepRuns(["certificate", "needs-renewal", pair.crt], 1)),
      }),
    },
    { rounds },
  );
  const node = (run: string, name: string, goal: Goal): Pairing => ({
    run,
    against: "`node -e 0`",
    own: of(name),
    peer: of("node"),
    goal,
  });
  return paired(
    { title: "What ends without a request", note: `Whole processes, medians of ${rounds} rounds in turn.` },
    [
      node("not due (`--expires-in`)", "notDue", atMost(1.2)),
      node("`needs-renewal FILE`", "needsRenewal", atMost(1.2)),
      node("`kubectl-credential`, not due", "plugin", atMost(1.25)),
      node("`--help`", "help", atMost(1.4)),
      { run: "not due (`--expires-in`)", against: "step", own: of("notDue"), peer: of("stepNotDue"), goal: null },
      { run: "`needs-renewal FILE`", against: "step", own: of("needsRenewal"), peer: of("stepNeeds"), goal: null },
    ],
    { text: msText },
  );
}
