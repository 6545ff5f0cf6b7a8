/** Foreign text made safe for a terminal: no control characters, no bidirectional overrides, nothing invisible, no floods. */

const control = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
const longest = 300;

/** Control characters become spaces where they separate words, and go otherwise. */
export function plain(text: string): string {
  return text
    .replace(/[\t\r\n]+/g, " ")
    .replace(/\u001b\[[0-?]*[ -/]*[@-~]/g, "")
    .replace(control, "")
    .toWellFormed();
}

/** Foreign words besides: a long text is cut, and says how long it was. */
export function brief(text: string): string {
  const clean = plain(text);
  return clean.length <= longest ? clean : `${clean.slice(0, longest)}… (${clean.length} characters)`;
}
