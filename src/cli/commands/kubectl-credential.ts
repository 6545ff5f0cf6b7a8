import type { World } from "../../world.ts";
import type { CommandWords, Said } from "../flags.ts";
import type { Reporter } from "../report.ts";
export const words: CommandWords = { name: "kubectl-credential", summary: "", arguments: "", flags: [], after: "" };
export async function run(_said: Said, _world: World, _reporter: Reporter): Promise<number> {
  return 0;
}
