/** In what two units differ, as far as systemd reads them. */
import type { UnitDifference } from "../../failure/schedule-facts.ts";

/** Null where both say the same: comments and blank lines say nothing. */
export function differenceOf(file: string, there: string, wanted: string): UnitDifference | null {
  const [old, fresh] = [settingsOf(there), settingsOf(wanted)];
  if (old.join("\n") === fresh.join("\n")) return null;
  return { file, there: without(old, fresh), wanted: without(fresh, old) };
}

/** Line by line, as they are written: a long command has a line for each of its flags. */
function settingsOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim().replace(/ *\\$/, ""))
    .filter((line) => line !== "" && !/^[#;]/.test(line));
}

/** As often as one has a line that the other lacks. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return lines.filter((line) => {
    const index = left.indexOf(line);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}
