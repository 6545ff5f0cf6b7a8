/** One value of a text written anew; every other byte stays. */
import type { Words } from "./written.ts";

/** `value` has no character that needs to be escaped in any style: it is base64. */
export function replaceWords(text: string, words: Words, value: string): string {
  const { start, end } = words;
  return text.slice(0, start) + styled(text.slice(start, end), words, value) + text.slice(end);
}

function styled(before: string, { style }: Words, value: string): string {
  switch (style) {
    case "plain":
      return value;
    case "single":
      return `'${value}'`;
    case "double":
      return `"${value}"`;
    case "block":
      return inBlock(before, value);
  }
}

/** The same header, indentation, line ends and width; what is shorter leaves no line behind. */
function inBlock(before: string, value: string): string {
  const [header = "|", ...rest] = before.split("\n");
  const [, end = ""] = /(\r?)$/.exec(header) ?? [];
  const lines = rest.filter((line) => line.trim() !== "");
  const indent = /^ */.exec(lines[0] ?? "  ")?.[0] ?? "  ";
  const width = Math.max(...lines.map((line) => line.trim().length));
  const pieces = lines.length < 2 ? [value] : (value.match(new RegExp(`.{1,${width}}`, "g")) ?? [value]);
  const tail = before.endsWith("\n") ? "\n" : "";
  return `${[header, ...pieces.map((piece, index) => `${indent}${piece}${index === pieces.length - 1 && tail === "" ? "" : end}`)].join("\n")}${tail}`;
}
