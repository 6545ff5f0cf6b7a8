/** The passphrase of a new PKCS#12 file. Whatever its readers would take for another one is refused. */
import { isUtf8 } from "node:buffer";
import { Failure } from "../../failure/failure.ts";
import { readNamed } from "../../files/read.ts";
import type { FileSystem } from "../../files/system.ts";
import { looksLike } from "../../pki/bundle.ts";

/** OpenSSL reads a line into 1024 octets, and the last one ends it. */
const longest = 1023;

/** The first line, as OpenSSL and keytool read such a file. Throws FILE_EMPTY, BAD_PASSPHRASE, and as `readNamed` does. */
export function passphraseIn(file: string, fs: FileSystem): string {
  const bytes = readNamed(file, "p12-passphrase", fs);
  const line = firstLine(bytes);
  const refuse = (problem: "not-utf8" | "nul", at: number) =>
    new Failure("BAD_PASSPHRASE", { file, problem, at: at + 1, looksLike: looksLike(bytes) });
  if (!isUtf8(line)) throw refuse("not-utf8", wholeIn(line));
  if (line.includes(0)) throw refuse("nul", line.indexOf(0));
  if (line.length > longest)
    throw new Failure("BAD_PASSPHRASE", { file, problem: "long", length: line.length, limit: longest });
  const text = line.toString("utf8").replace(/^\ufeff/, "");
  if (text === "") throw new Failure("FILE_EMPTY", { file, role: "p12-passphrase" });
  return text;
}

function firstLine(bytes: Buffer): Buffer {
  const end = bytes.indexOf("\n");
  if (end < 0) return bytes;
  return bytes.subarray(0, bytes[end - 1] === 0x0d ? end - 1 : end);
}

/** How many octets, from the first on, are whole characters. */
function wholeIn(line: Buffer): number {
  const text = line.toString("utf8");
  for (let at = text.indexOf(replacement); at >= 0; at = text.indexOf(replacement, at + 1)) {
    const octets = Buffer.byteLength(text.slice(0, at));
    if (!line.subarray(octets).subarray(0, 3).equals(Buffer.from(replacement))) return octets;
  }
  return line.length;
}

/** What stands for octets that are no character; it may be one itself. */
const replacement = "\ufffd";
