/** The command line: finds the command, runs it, and returns the exit status. It never ends the process. */

import manifest from "../../package.json" with { type: "json" };
import { attempt, Failure, failureOf } from "../failure/failure.ts";
import { nearest } from "../failure/nearest.ts";
import { shell } from "../failure/shell.ts";
import type { World } from "../world.ts";
import { type CommandName, commandNames } from "./command-names.ts";
import { type CommandWords, parseFlags, type Said } from "./flags.ts";
import { hintsOf } from "./remarks.ts";
import { Reporter } from "./report.ts";
import { refusePasted } from "./step-commands.ts";

export { isSaid, realWorld } from "../world.ts";
export { endOf } from "./end.ts";

interface Command {
  words: CommandWords;
  run(said: Said, world: World, reporter: Reporter): number | Promise<number>;
  /** Of a failure, where it is not the catalogue's. */
  exitOf?(failure: Failure, exit: number): number;
  /** What its documents have besides, where they tell of a failure. */
  blank?: Readonly<Record<string, unknown>>;
  /** The same of its daemon's lines. */
  blankEvent?: object;
}

/** Each behind a lazy door: a run loads its own command only. */
const commands: Record<CommandName, () => Promise<Command>> = {
  renew: () => import("./commands/renew.ts"),
  "needs-renewal": () => import("./commands/needs-renewal.ts"),
  status: () => import("./commands/status.ts"),
  rekey: () => import("./commands/rekey.ts"),
  run: () => import("./commands/run.ts"),
  rollback: () => import("./commands/rollback.ts"),
  kubeconfig: () => import("./commands/kubeconfig.ts"),
  "kubectl-credential": () => import("./commands/kubectl-credential.ts"),
  systemd: () => import("./commands/systemd.ts"),
  cron: () => import("./commands/cron.ts"),
  doctor: () => import("./commands/doctor.ts"),
  explain: () => import("./commands/explain.ts"),
  completion: () => import("./commands/completion.ts"),
  demo: () => import("./commands/demo.ts"),
  "dev-ca": () => import("./commands/dev-ca.ts"),
};

/** The words of all commands, for what tells of all: completion, and the manual. */
export async function commandWords(): Promise<readonly CommandWords[]> {
  return Promise.all(commandNames.map(async (name) => (await commands[name]()).words));
}

/** `argv` without node and script. Resolves with the exit status; all words are printed by then. */
export async function main(argv: readonly string[], world: World): Promise<number> {
  const [name, rest] = dispatch(argv);
  const manner = { command: name, quiet: false, verbose: false, json: argv.includes("--json"), color: undefined };
  let reporter = new Reporter(world, manner);
  let said: Said | undefined;
  try {
    const pasted = isAskingForHelp(argv) ? undefined : refusePasted(argv);
    if (pasted !== undefined) throw pasted;
    refuseTopic(argv);
    const command = await commands[name]();
    const own = {
      ...manner,
      has: hasFlag(command.words),
      exitOf: command.exitOf,
      blank: command.blank,
      blankEvent: command.blankEvent,
    };
    reporter = new Reporter(world, own);
    const parsed = parseFlags(command.words, rest, world);
    if ("help" in parsed) {
      world.stdout.write(parsed.help);
      return 0;
    }
    said = parsed.said;
    refuseLate(argv, said, world);
    const list = name === "run" ? said.given("config") : undefined;
    reporter = new Reporter(world, { ...own, ...mannerOf(said), list });
    if (isOn(said, "version")) {
      world.stdout.write(`renew ${manifest.version}\n`);
      return 0;
    }
    reporter.passedOver(hintsOf(said));
    if (!said.has("daemon")) world.endOnHangup(); // else the command knows whether it stays
    return await command.run(said, world, reporter);
  } catch (error) {
    const failure = failureOf(error);
    return isStaying(name, argv, said) ? reporter.ended(failure, said?.operands[0]) : reporter.failed(failure);
  }
}

/** The first word names the command, if it is one; everything else is `renew` itself. */
function dispatch(argv: readonly string[]): [name: CommandName, rest: readonly string[]] {
  const [first = "", ...rest] = argv;
  const [topic = "renew"] = rest;
  if (first === "help") return [isCommand(topic) ? topic : "renew", ["--help"]];
  return isCommand(first) ? [first, rest] : ["renew", argv];
}

/** A command behind flags would be a file of the first command's, and nobody has one of that name. */
function refuseLate(argv: readonly string[], { operands: [first = ""] }: Said, { fs }: World): void {
  if (!isCommand(first) || isCommand(argv[0] ?? "") || fs.exists(first)) return;
  const others = argv.filter((word) => word !== first);
  throw new Failure("BAD_FLAG", {
    said: `the command comes first: renew ${first}`,
    because: `The first word chooses the command, and without one it is a renewal: '${first}' was taken for a file.`,
    nearest: ["renew", first, ...others.map((word) => (/^--?[\w-]+$/.test(word) ? word : shell(word, "WORD")))].join(
      " ",
    ),
    command: first,
  });
}

/** `renew help WORD`, of what is no command. */
function refuseTopic([first, ...topics]: readonly string[]): void {
  const [topic, ...others] = topics.filter((word) => !/^(help|--?h(elp)?)$/.test(word));
  if (first !== "help" || topic === undefined || (isCommand(topic) && others.length === 0)) return;
  const near = isCommand(topic) ? topic : nearest(topic, commandNames);
  throw new Failure("BAD_FLAG", {
    said: isCommand(topic) ? "help is about one command" : `there is no command '${topic}' to help with`,
    because: `The commands are ${commandNames.join(", ")}.`,
    command: "renew",
    ...(near !== undefined && { nearest: `renew help ${near}` }),
  });
}

function isCommand(word: string): word is CommandName {
  return commandNames.some((name) => name === word);
}

function isAskingForHelp(argv: readonly string[]): boolean {
  return argv.includes("--help") || argv.includes("-h");
}

/** Whether the run that failed is a daemon. Where its words were not understood, by what they seem to say. */
function isStaying(name: string, argv: readonly string[], said: Said | undefined): boolean {
  if (!["renew", "rekey", "run"].includes(name)) return false;
  if (said === undefined) return argv.some((word) => /^--?daemon(=(1|t|true))?$/i.test(word));
  const isOn = attempt(() => said.has("daemon") && said.isOn("daemon"));
  return isOn.failure === undefined && isOn.value;
}

function mannerOf(said: Said) {
  const isColourSaid = said.has("color") && said.setting("color") !== null;
  return {
    json: isOn(said, "json"),
    quiet: isOn(said, "quiet"),
    verbose: isOn(said, "verbose"),
    color: isColourSaid ? said.isOn("color") : undefined,
  };
}

/** What a list says has the names of flags that its command has not. */
function hasFlag({ name, flags }: CommandWords): ((flag: string) => boolean) | undefined {
  return name === "run" ? undefined : (flag) => flags.some(({ names }) => names.includes(flag));
}

/** By a flag alone: this is asked before the command has looked at what it was given, and must read nothing. */
function isOn(said: Said, name: string): boolean {
  return said.has(name) && said.given(name) !== undefined && said.isOn(name);
}
