/** Words into lines of the terminal's width. A command in backticks is broken only as a shell allows it. */

import { plain } from "./plain.ts";
import type { Style } from "./style.ts";

/** Wraps `text` to `width` columns; every line but the first starts with `indent` spaces, which count. */
export function wrap(text: string, width: number, indent: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.match(/(?:`[^`]*`|\S)+/g) ?? []) {
    if (line !== "" && indent + line.length + 1 + word.length > width) {
      lines.push(line);
      line = "";
    }
    const whole = line === "" ? pieces(word, width - indent) : [`${line} ${word}`];
    lines.push(...whole.slice(0, -1));
    line = whole.at(-1) ?? "";
  }
  return [...lines, line].join(`\n${" ".repeat(indent)}`);
}

/** A command that is longer than the line goes on behind a backslash, so that it can be copied as it stands. */
function pieces(word: string, room: number): string[] {
  if (word.length <= room || !/^`[a-z]/.test(word)) return [word];
  const lines: string[] = [];
  let line = "";
  const parts = (word.match(withPipe) ?? []).flatMap((part) =>
    part.length + indented > room ? (part.match(flagOrWord) ?? []) : [part],
  );
  for (const part of parts) {
    if (line !== "" && line.length + 1 + part.length + continued.length > room) {
      lines.push(line + continued);
      line = `  ${part}`;
    } else line = line === "" ? part : `${line} ${part}`;
  }
  return [...lines, line];
}

const continued = " \\";
const indented = 2;
/** As a shell sees it: what is quoted, escaped or plain, as long as no blank is between. */
const shellWord = /(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|\S)+/;
/** A flag keeps its value beside it. */
const flagOrWord = new RegExp(`(?:--?[a-zA-Z-]+ (?!-))?${shellWord.source}`, "g");
/** And a pipe its program, where there is room. */
const withPipe = new RegExp(`(?:(?:&&|\\|) \\S+ )?${flagOrWord.source}`, "g");

/** What stands on lines of its own, and may be longer than one. */
export function noteLines(text: string, columns: number): string[] {
  return wrap(plain(text), Math.min(Math.max(columns, 40), 100), 2).split("\n");
}

/** Label and value, the labels padded to one width, values wrapped beside them. */
export function table(
  rows: readonly (readonly [label: string, value: string])[],
  width: number,
  indent: number,
): string[] {
  const column = Math.max(0, ...rows.map(([label]) => label.length)) + 2;
  return rows.map(([label, value]) => label.padEnd(column) + wrap(value, width, indent + column));
}

/** One piece of advice stands alone; several are numbered, so that people can speak of them. */
export function advice(label: string, texts: readonly string[], width: number, style: Style): string[] {
  const indent = label.length + 4;
  return texts.map((text, index) => {
    const number = texts.length === 1 ? "" : `${index + 1}. `;
    const words = wrap(plain(text), width, indent + number.length).replace(/`[^`]*`/g, (command) =>
      style.command(command),
    );
    return `${index === 0 ? `  ${style.label(`${label}:`)} ` : " ".repeat(indent)}${number}${words}`;
  });
}
