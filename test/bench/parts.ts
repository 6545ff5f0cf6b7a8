/** Where the time of one renewal goes: processes that do a little more each than the one before. */
import { type Command, timed } from "./child.ts";
import { inTurn } from "./rounds.ts";
import type { Stage } from "./stage.ts";
import { median } from "./statistics.ts";
import { msText, type Section } from "./table.ts";

const files = `const { readFileSync } = require("node:fs");
const [crt, keyFile, root, url] = process.argv.slice(1);
const [cert, key, ca] = [crt, keyFile, root].map((file) => readFileSync(file));`;
const handshake = `const { hostname: host, port } = new URL(url);
const socket = require("node:tls").connect({ host, port, cert, key, ca, servername: host }, () => socket.destroy());`;

/** Each with what the one before it has, and one thing more. */
const steps: readonly (readonly [name: string, script: string])[] = [
  ["Node begins and ends", "0"],
  ["`node:crypto` is loaded", `require("node:crypto");`],
  ["`node:https` is loaded, and `node:tls` with it", `require("node:https");`],
  [
    "the first secure context of the process, with a root",
    `require("node:https"); ${files} require("node:tls").createSecureContext({ ca });`,
  ],
  [
    "certificate and key in it",
    `require("node:https"); ${files} require("node:tls").createSecureContext({ cert, key, ca });`,
  ],
  ["a TLS handshake with the CA", `require("node:https"); ${files} ${handshake}`],
];

export async function parts(stage: Stage, rounds: number): Promise<Section> {
  const { pairs } = await stage.files("parts", 2);
  const [pair, own] = pairs;
  if (pair === undefined || own === undefined) throw new Error("no certificates");
  const words = [pair.crt, pair.key, stage.rootFile, stage.ca.url];
  const script = (text: string): Command => ({ file: stage.node, args: ["-e", text, ...words], cwd: stage.folder });
  const commands: readonly (readonly [name: string, command: Command])[] = [
    ...steps.map(([name, text]) => [name, script(text)] as const),
    ["the request, the CA's signature, the answer in its file: raw node:https", stage.peer("raw-mtls.cjs", words)],
    [
      "all that `renew` does besides",
      stage.renew(["--force", "--ca-url", stage.ca.url, "--root", stage.rootFile, own.crt, own.key]),
    ],
  ];
  const of = await inTurn<string>(Object.fromEntries(commands.map(([name, command]) => [name, () => timed(command)])), {
    rounds,
  });
  const found = commands.map(([name], at) => {
    const before = of(commands[at - 1]?.[0] ?? "");
    const more = of(name).map((ms, round) => ms - (before[round] ?? Number.NaN));
    return { name, samples: of(name), ms: median(of(name)), more: at === 0 ? null : median(more) };
  });
  return {
    tables: [
      {
        title: "Where the time goes",
        note: `Whole processes that each do one thing more than the one before, medians of ${rounds} rounds in turn; the last column is that of the differences within each round.`,
        columns: ["what", "until its end", "more than before"],
        rows: found.map(({ name, ms, more }) => [name, msText(ms), more === null ? "" : msText(more)]),
      },
    ],
    goals: [],
    data: found,
  };
}
