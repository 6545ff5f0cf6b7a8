/** Does ten times the work cost ten times the time? */
import { join } from "node:path";
import { timed } from "./child.ts";
import { runOf } from "./many.ts";
import type { Stage } from "./stage.ts";
import { median } from "./statistics.ts";
import type { Section } from "./table.ts";

const methods = { mtls: undefined, token: "token" } as const;

/** `counts` from the smallest on. */
export async function growth(
  stage: Stage,
  { rounds, counts }: { rounds: number; counts: readonly number[] },
): Promise<Section> {
  const found: { count: number; mtls: number; token: number }[] = [];
  for (const count of counts) {
    const { pairs } = await stage.files(`growth-${count}`, count);
    const each = { mtls: [] as number[], token: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      for (const name of ["mtls", "token"] as const) {
        const file = join(stage.folder, `growth-${count}-${name}.json`);
        each[name].push((await timed(runOf(stage, { file, pairs, method: methods[name] }))) / count);
      }
    }
    found.push({ count, mtls: median(each.mtls), token: median(each.token) });
  }
  const ms = (value: number) => `${value.toFixed(2)} ms`;
  return {
    tables: [
      {
        title: "Cost against work",
        note: `Time for each certificate of \`renew run --force\`, medians of ${rounds} rounds; the start of the process is in it.`,
        columns: ["certificates", "over mTLS", "`method: token`"],
        rows: found.map(({ count, mtls, token }) => [count.toLocaleString("en"), ms(mtls), ms(token)]),
      },
    ],
    goals: [],
    data: found,
  };
}
