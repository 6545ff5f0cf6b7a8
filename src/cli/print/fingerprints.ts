/** Fingerprints on a screen: the beginning is enough to compare them by, and a whole one is wider than a line. JSON has them whole. */

const whole = /\bsha256:([0-9a-f]{64})\b/g;
/** Digits that are shown at least, and how many more at once where those do not tell two apart. */
const step = 16;

/** Shortens all fingerprints of these texts to one length, at which those that differ still do. */
export function shortened(texts: readonly string[]): string[] {
  const found = new Set(texts.flatMap((text) => [...text.matchAll(whole)].map(([, digits = ""]) => digits)));
  let length = step;
  while (length < 64 && new Set([...found].map((digits) => digits.slice(0, length))).size < found.size) length += step;
  return texts.map((text) =>
    text.replace(whole, (all, digits: string) => (length < 64 ? `sha256:${digits.slice(0, length)}…` : all)),
  );
}
