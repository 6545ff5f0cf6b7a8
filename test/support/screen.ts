/** What no terminal may be sent: controls but the end of a line, what turns the direction of writing, what is not text. */
// ESC [ … m is our own, where colours are asked for.
const raws =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

export function hasRaw(screen: string): boolean {
  return raws.test(screen);
}
