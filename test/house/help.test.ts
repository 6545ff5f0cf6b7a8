/** What --help and the manual page say is of one piece, and the commands that they show can be given. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type CommandName, commandNames } from "../../src/cli/command-names.ts";
import { type CommandWords, parseFlags } from "../../src/cli/flags.ts";
import { commandWords, main } from "../../src/cli/main.ts";
import { splitWords } from "../../src/renewal/command-line.ts";
import { testWorld } from "../support/world.ts";

const root = resolve(import.meta.dirname, "../..");
const page = join(root, "dist/man/renew.1");
const { man } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { man: string[] };
let words: ReadonlyMap<string, CommandWords>;

beforeAll(async () => {
  words = new Map((await commandWords()).map((one) => [one.name, one]));
});

/** The command lines in a text: behind `$ `, to the end of the line or of what goes on behind a backslash; each renew in a pipe. */
function shown(text: string): string[] {
  const lines = [...text.matchAll(/^ +\$ ((?:.*\\\n)*.*)$/gm)].map(([, line = ""]) => line.replace(/\\\n */g, ""));
  return lines.flatMap((line) =>
    [...line.matchAll(/(?<![\w.-])renew ((?:'[^']*'|"[^"]*"|[^|&)>#])*)/g)].map(([, rest = ""]) => rest.trim()),
  );
}

describe.each(commandNames)("renew %s --help", (name) => {
  test("has examples, of this command too, and each can be given", async () => {
    const { after } = words.get(name) as CommandWords;
    const [, examples = ""] = /^EXAMPLES\n((?: .*\n|\n)+)/m.exec(after) ?? [];
    const lines = shown(examples);
    expect(lines.length).toBeGreaterThan(0);
    const isOwn = (line: string) => name === "renew" || line.startsWith(name);
    expect(lines.filter(isOwn).length).toBeGreaterThan(0);
    for (const line of lines) {
      const [first = "", ...rest] = splitWords(line) ?? [];
      const isNamed = commandNames.some((one) => one === first);
      const command = words.get(isNamed ? first : "renew") as CommandWords;
      const parsed = parseFlags(command, isNamed ? rest : [first, ...rest], testWorld());
      if (!("said" in parsed)) throw new Error(line);
      const wanted = command.arguments.split(" ").filter((word) => word !== "" && !word.startsWith("["));
      expect(parsed.said.operands.length, line).toBeGreaterThanOrEqual(wanted.length);
    }
  });

  test("fits on 80 columns", async () => {
    const world = testWorld();
    expect(await main([name, "--help"], world)).toBe(0);
    expect(world.out.text.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });
});

describe("the manual page", () => {
  const text = readFileSync(page, "utf8");
  const typed = (word: string) => word.replaceAll("-", "\\-");

  // npm links no other form of it.
  test("is the one that the package names", () => expect(man.map((file) => resolve(root, file))).toEqual([page]));

  test.each(commandNames)("has %s, all its flags, and its examples", (name: CommandName) => {
    const heading = name === "renew" ? "RENEW" : `RENEW ${name.toUpperCase()}`;
    const [, section = ""] = text.split(`.SH "${typed(heading)}"\n`);
    const [own = ""] = section.split("\n.SH ");
    const { flags } = words.get(name) as CommandWords;
    for (const { names } of flags) expect(own).toContain(`\\fB${typed(`--${names[0]}`)}\\fR`);
    expect(own).toContain('.SS "Examples"');
  });

  const has = (program: string) => spawnSync(program, ["--help"]).error === undefined;

  test.skipIf(!has("mandoc"))("mandoc finds no fault with it", () => {
    const { status, stdout } = spawnSync("mandoc", ["-T", "lint", page], { encoding: "utf8" });
    expect([status, stdout]).toEqual([0, ""]);
  });

  test.skipIf(!has("mandoc"))("tables have the columns that they have in the help", () => {
    const screen = execFileSync("mandoc", ["-T", "utf8", page], { encoding: "utf8" }).replace(/.\u0008/g, "");
    const rows = [...words.values()].flatMap(({ after }) => after.match(/^ {4,}[^ $].* {2,}\S.*$/gm) ?? []);
    expect(rows.length).toBeGreaterThan(10);
    for (const row of rows) expect(screen.split("\n").map((line) => line.trim())).toContain(row.trim());
  });

  test.skipIf(!has("man"))("man shows it within 80 columns", () => {
    const env = { ...process.env, MANWIDTH: "80", MANPAGER: "cat", LC_ALL: "C.UTF-8" };
    const screen = execFileSync("man", [page], { env, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    const lines = screen.replace(/.\u0008|\u001b\[[0-9;]*m/g, "").split("\n");
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    for (const line of ["RENEW REKEY", "   Examples", "   Exit status"]) expect(lines).toContain(line);
  });
});
