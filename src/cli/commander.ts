/** What commander is for: the help of a command, and what is wrong with a line that is not plain. Its door, opened only then. */
import { Command, CommanderError, Option } from "commander";
import { Failure } from "../failure/failure.ts";
import { nearest } from "../failure/nearest.ts";
import { type CommandWords, joined, type Line } from "./flags.ts";
import { reasonAgainst } from "./strangers.ts";

/** `meant` is `argv` with a value for each switch. Throws BAD_FLAG. */
export function readByCommander(
  words: CommandWords,
  meant: readonly string[],
  argv: readonly string[],
): Line | { help: string } {
  const command = describe(words);
  const printed: string[] = [];
  command.configureOutput({ writeOut: (text) => void printed.push(text), writeErr: () => undefined });
  try {
    command.parse(meant, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { help: printed.join("") };
    throw badFlag(error, words, argv);
  }
  const options = command.opts<Record<string, string | boolean | undefined>>();
  const given = words.flags
    .flatMap(({ names }) => names)
    .map((name) => [name, options[camel(name)]] as const)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, String(value)] as const);
  return { given: Object.fromEntries(given), operands: command.args };
}

function describe({ name, summary, arguments: operands, flags, after }: CommandWords): Command {
  const command = new Command(name === "renew" ? "renew" : `renew ${name}`)
    .description(summary.replaceAll("\n", " ")) // commander breaks its lines
    .usage(`[flags] ${operands}`.trim())
    .allowExcessArguments(true)
    .helpOption("-h, --help", "show this help")
    .exitOverride()
    .addHelpText("after", `\n${after}`);
  for (const { names, short, value, text, on, repeats } of flags) {
    const [first, ...aliases] = names;
    const shown = `${short ? `-${short}, ` : ""}--${first}`;
    const suffix = value === undefined ? (on ? " [true|false]" : " [true]") : ` <${value}>`;
    // commander writes "[true]" behind every switch; people need to see the plain one.
    const option = new Option(`${shown}${suffix}`, text);
    command.addOption(repeats ? option.argParser((one, before: string | undefined) => joined(before, one)) : option);
    for (const alias of aliases) command.addOption(new Option(`--${alias}${suffix}`).hideHelp());
  }
  command.configureHelp({
    optionTerm: ({ flags: term }) => term.replace(" [true]", "").replace(" [true|false]", "[=true|false]"),
    helpWidth: 80,
  });
  return command;
}

/** commander's words, but for an unknown flag: that is told as it was written, without its value, and with the nearest. */
function badFlag(error: CommanderError, { name, flags }: CommandWords, argv: readonly string[]): Failure {
  const [message = ""] = error.message.replace(/^error: /, "").split("\n");
  const [, dashed = "", flag] = /unknown option '(--?([^'=]+))/.exec(message) ?? [];
  if (flag === undefined)
    return new Failure("BAD_FLAG", { said: message.replace(/ \[true(\|false)?\]/, ""), command: name });
  const isWritten = (text: string) => argv.some((word) => word === text || word.startsWith(`${text}=`));
  const because = reasonAgainst(flag, name);
  const near = nearest(flag, ["help", ...flags.flatMap(({ names }) => names)]);
  return new Failure("BAD_FLAG", {
    said: `unknown option '${isWritten(dashed) ? dashed : dashed.slice(1)}'`,
    command: name,
    ...(because !== undefined ? { because } : near !== undefined && { nearest: `--${near}` }),
  });
}

function camel(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
