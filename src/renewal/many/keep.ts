/** Holds the place of the engine's own. */
import type { World } from "../../world.ts";
import type { ManyEvent } from "./event.ts";
import type { Plan, RunOptions } from "./plan.ts";

export async function keepMany(
  _look: () => Promise<Plan> | Plan,
  _options: RunOptions,
  _world: World,
  _tell: (event: ManyEvent) => void,
): Promise<void> {
  throw new Error("the engine's own comes with the merge");
}
