/** Puts tables into a document, between the marks that name them: what stands there is never copied by hand. */
import { readFileSync, writeFileSync } from "node:fs";

/**
 * Replaces what stands between `<!-- bench NAME -->` and `<!-- bench end -->`, for each name whose text is given; the rest of the file
 * stays. Throws where a name has no place.
 */
export function intoDocument(file: string, texts: Readonly<Record<string, string>>): void {
  const filled = Object.entries(texts).reduce(
    (document, [name, text]) => {
      const place = new RegExp(`(<!-- bench ${name} -->\n)[\\s\\S]*?(<!-- bench end -->)`);
      if (!place.test(document)) throw new Error(`${file} has no place for ${name}`);
      return document.replace(place, (_, begin: string, end: string) => `${begin}\n${text.trim()}\n\n${end}`);
    },
    readFileSync(file, "utf8"),
  );
  writeFileSync(file, filled);
}
