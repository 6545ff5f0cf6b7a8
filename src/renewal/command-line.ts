/** A command line as a shell splits it, without a shell: quotes and escapes (POSIX, Shell Command Language §2.2), nothing else. */

/** The words of a command line; null where a quote is not closed. No variables, globs or substitutions. */
export function splitWords(line: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  for (const [whole, , single, double, escaped, plain] of line.matchAll(piece)) {
    if (/^\s+$/.test(whole)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (single === undefined && double === undefined && escaped === undefined && plain === undefined) {
      return null;
    } else word = (word ?? "") + (single ?? double?.replace(/\\([$`"\\\n])/g, "$1") ?? escaped ?? plain ?? "");
  }
  return word === null ? words : [...words, word];
}

/** White space, 'single', "double", an escaped character, plain text; a lone quote or backslash matches none of the groups. */
const piece = /(\s+)|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^\s'"\\]+)|['"\\]/g;
