/** What a library costs a run that needs it once: why some of them are behind doors that most runs never open. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Command, timed } from "./child.ts";
import { type Pairing, paired } from "./pairing.ts";
import { inTurn } from "./rounds.ts";
import { root, type Stage } from "./stage.ts";
import { msText, type Section } from "./table.ts";

const loaded: readonly (readonly [name: string, modules: readonly string[]])[] = [
  ["`commander`, loaded", ["commander"]],
  ["`@peculiar/x509` and `reflect-metadata`, loaded", ["reflect-metadata", "@peculiar/x509"]],
  ["`undici`, loaded", ["undici"]],
];

export async function libraries(stage: Stage, rounds: number): Promise<Section> {
  const { pairs } = await stage.files("libraries", 2);
  const [own, raw] = pairs;
  if (own === undefined || raw === undefined) throw new Error("no certificates");
  const { resolve } = createRequire(join(root, "package.json"));
  const script = (modules: readonly string[]): Command => ({
    file: stage.node,
    args: ["-e", modules.map((name) => `require(${JSON.stringify(resolve(name))})`).join(";") || "0"],
    cwd: stage.folder,
  });
  const peer = (name: string, { crt, key }: typeof own) => stage.peer(name, [crt, key, stage.rootFile, stage.ca.url]);
  const of = await inTurn<string>(
    {
      node: () => timed(script([])),
      ...Object.fromEntries(loaded.map(([name, modules]) => [name, () => timed(script(modules))])),
      undici: () => timed(peer("raw-undici.cjs", own)),
      raw: () => timed(peer("raw-mtls.cjs", raw)),
    },
    { rounds },
  );
  return paired(
    {
      title: "What a library costs a run that needs it once",
      note: `Whole processes, not bundled, medians of ${rounds} rounds in turn.`,
    },
    [
      ...loaded.map(([run]): Pairing => ({ run, against: "`node -e 0`", own: of(run), peer: of("node"), goal: null })),
      {
        run: "one renewal over mTLS by `undici`'s Client",
        against: "raw node:https",
        own: of("undici"),
        peer: of("raw"),
        goal: null,
      },
    ],
    { text: msText },
  );
}
