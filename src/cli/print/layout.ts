/** Words into lines of the terminal's width. A command in backticks is never broken. */

/** Wraps `text` to `width` columns; every line but the first starts with `indent` spaces, which count. */
export function wrap(text: string, width: number, indent: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.match(/(?:`[^`]*`|\S)+/g) ?? []) {
    if (line !== "" && indent + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${" ".repeat(indent)}`);
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
