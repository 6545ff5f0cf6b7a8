/** Words for a command line. What is foreign in a command is quoted, so that the command can be copied and run as it is. */

/** Quoted where the shell needs it; `otherwise` for what is missing or cannot stand in a line between backticks. */
export function shell(word: string | undefined, otherwise: string): string {
  if (word === undefined || word === "" || /[`\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(word)) return otherwise;
  if (isPlain(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A file of the user; one that begins with a dash is not to be taken for a flag. */
export function shellFile(file: string | undefined, otherwise = "FILE"): string {
  return shell(file?.startsWith("-") ? `./${file}` : file, otherwise);
}

/** Whether the shell takes the word as it stands. */
export function isPlain(word: string): boolean {
  return /^[\w@%+:,./][\w@%+=:,./-]*$/.test(word);
}
