/** Colour, and only colour: no meaning is in it that the words do not have. The door of chalk. */
import { Chalk } from "chalk";
import type { Output } from "../../world.ts";

export interface Style {
  error(text: string): string;
  good(text: string): string;
  strong(text: string): string;
  label(text: string): string;
  command(text: string): string;
}

/** --color or --no-color, else NO_COLOR (no-color.org), FORCE_COLOR, and whether the stream is a terminal. */
export function isColoured(
  asked: boolean | undefined,
  env: Readonly<Record<string, string | undefined>>,
  output: Output,
): boolean {
  if (asked !== undefined) return asked;
  if (env["NO_COLOR"]) return false;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined && forced !== "") return forced !== "0" && forced !== "false";
  return output.isTerminal && env["TERM"] !== "dumb";
}

export function style(coloured: boolean): Style {
  const chalk = new Chalk({ level: coloured ? 1 : 0 });
  return { error: chalk.red.bold, good: chalk.green, strong: chalk.bold, label: chalk.cyan, command: chalk.yellow };
}
