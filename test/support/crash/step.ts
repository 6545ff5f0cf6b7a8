/** The real step in the same place: what is on the disk afterwards, and whether its next run works. */
import { find, type Scene, textOf } from "./pair.ts";
import { spawned } from "./strace.ts";
import type { Story } from "./strike.ts";

/** "" where it is as promised here: the old pair or the new one, and the next run renews. */
export async function fateOf(scene: Scene, story: Story, mend?: () => Promise<void>): Promise<string> {
  const { state } = await find(scene);
  const isPair = state === "old" || state === "new";
  const found = isPair ? "" : damageOf(scene);
  await mend?.();
  const ran = await spawned([...scene.within, ...story.words(scene)], { cwd: scene.home });
  if (ran.exit === 0) return found;
  return `${found}${found === "" ? "" : ", and "}the next run fails`;
}

function damageOf({ held, old }: Scene): string {
  return `the certificate is ${stateOf(held.crt, old.cert)}, the key ${stateOf(held.key, old.key)}`;
}

function stateOf(file: string, before: string): string {
  const text = textOf(file);
  if (text === "") return "empty";
  if (text === before) return "the old one";
  return /-----END [A-Z ]+-----\s*$/.test(text) ? "the new one" : "cut short";
}
