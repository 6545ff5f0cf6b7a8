/** The table in words. */
import type { Played } from "./play.ts";
import { differs, type Row } from "./row.ts";

export interface Line {
  row: Row;
  step: Played;
  renew: Played;
  isRight: boolean;
}

const head = ["row", "step", "renew", "same, or better (why)"];
const longest = [26, 120, 120, 120];

export function print(lines: readonly Line[]): string {
  const cells = lines.map((line) => [line.row.id, short(line.step), short(line.renew), verdict(line)]);
  const widths = head.map((_, column) =>
    Math.min(longest[column] ?? 0, Math.max(...[head, ...cells].map((line) => (line[column] ?? "").length))),
  );
  const text = [head, widths.map((width) => "-".repeat(width)), ...cells].map((line) =>
    line
      .map((cell, column) => cut(cell, widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const words = lines.map((line) => verdict(line).split(":")[0]);
  const counts = ["same", "better", "different", "not built", "WRONG"].map(
    (word) => `${words.filter((one) => one === word).length} ${word}`,
  );
  return [...text, "", `${lines.length} rows: ${counts.join(", ")}`].join("\n");
}

function verdict({ row, isRight }: Line): string {
  const word = !isRight ? "WRONG" : row.as !== undefined ? row.as : differs(row) ? "better" : "same";
  return row.why === undefined ? word : `${word}: ${row.why}`;
}

/** What is usual is left out. */
function short({ exit, does }: Played): string {
  const said = does
    .replace(/; 2 certificates, ec prime256v1, same key, fits \S+, modes 6\d\d 600/, "")
    .replace("2 certificates, ", "")
    .replace(/fits \S+, modes/, "modes")
    .replace("; files unchanged", ", unchanged")
    .replace("POST ", "");
  return `${exit}; ${said}`;
}

function cut(cell: string, width: number): string {
  return cell.length > width ? `${cell.slice(0, width - 1)}…` : cell.padEnd(width);
}
