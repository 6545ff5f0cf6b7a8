/** Text that came from anywhere: a log, a clipboard, another system. */

/** UTF-8, or UTF-16 as Windows writes it; what is neither comes out as noise, which means nothing. */
export function textOf(bytes: Buffer): string {
  const [first, second] = bytes;
  if (first === 0xfe && second === 0xff)
    return Buffer.from(bytes.subarray(0, bytes.length & ~1))
      .swap16()
      .toString("utf16le");
  const isWide = (first === 0xff && second === 0xfe) || (first !== 0 && second === 0 && bytes[3] === 0);
  return bytes.toString(isWide ? "utf16le" : "utf8").replace(/^\ufeff/, "");
}
