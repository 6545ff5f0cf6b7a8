/** Foreign text made safe for a terminal: no control characters, no bidirectional overrides, nothing invisible, no floods. */

/** Controls, format characters such as bidirectional overrides, and whatever else Unicode says is not to be seen. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
const longest = 300;

/** Control characters become spaces where they separate words, and go otherwise. */
export function plain(text: string): string {
  if (/^[ -~]*$/.test(text)) return text; // it is so, nearly always, and all of Unicode takes a while to be looked through
  return text
    .toWellFormed() // first: two halves must not become one character when what is between them goes
    .replace(/[\t\r\n]+/g, " ")
    .replace(/\u001b\[[0-?]*[ -/]*[@-~]/g, "")
    .replace(unseen, "");
}

/** Foreign words besides: a long text is cut, and says how long it was. */
export function brief(text: string): string {
  const clean = plain(text);
  if (clean.length <= longest) return clean;
  return `${clean.slice(0, longest).toWellFormed()}… (${clean.length} characters)`;
}

/** A document for a program that may well be a terminal: what is not to be seen is escaped, and so kept. */
export function jsonText(document: unknown, indent?: number): string {
  const hidden = (text: string) =>
    text.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return JSON.stringify(document, null, indent).replace(unseen, (seen) => (seen === "\n" ? seen : hidden(seen)));
}
