/** Whether a PKCS#12 file is one of ours, seen without its passphrase: by what stands open in it (RFC 7292 §4). */
import { children, readDer, tags } from "./der.ts";

/** Ten times Java's, fifty times OpenSSL's: by this, and the salt's length, our files are known. */
export const iterations = 100_000;

/** In octets, as OpenSSL and Java have 8 and 20. */
export const saltLength = 16;

/** Each of ours is a copy of a key that has a file of its own; of another one nobody knows that. */
export function isOwnPkcs12(bytes: Uint8Array): boolean {
  try {
    const [, , macData] = children(readDer(bytes));
    const [, salt, rounds] = children(macData);
    return (
      salt?.tag === tags.octetString &&
      salt.value.length === saltLength &&
      rounds?.tag === tags.integer &&
      Buffer.from(rounds.value).readUIntBE(0, Math.min(rounds.value.length, 6)) === iterations
    );
  } catch {
    return false;
  }
}
