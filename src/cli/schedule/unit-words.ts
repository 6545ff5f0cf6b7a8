/** Words as systemd's files take them: quotes, escapes, specifiers and variables (systemd.syntax(7), systemd.unit(5)). */

/** One word of ExecStart=. In `text` a `$` and a `%` are what they are; `{instance}` is where the instance is put in. */
export function word(text: string, instance: string | null = null): string {
  return quoted(text.replaceAll("$", "$$$$"), instance);
}

/** A path of ReadWritePaths= and the like, which know no variables. */
export function path(text: string): string {
  return quoted(text, null);
}

/** Of a line that is for people. A backslash at its end would make the next line a part of it. */
export function description(text: string): string {
  const said = text.replaceAll("%", "%%");
  return said.endsWith("\\") ? `"${said}"` : said;
}

function quoted(text: string, instance: string | null): string {
  const escaped = text.replaceAll("%", "%%").replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  const whole = instance === null ? escaped : escaped.replace(instanceMark, "%I");
  return /^[\w@%+=:,./$-]+$/.test(whole) ? whole : `"${whole}"`;
}

/** No file has it in its name. */
export const instanceMark = "\0";
