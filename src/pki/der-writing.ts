/** As much DER as a request and an encrypted key are written with (X.690 §8, §10); the reader is in `der`. */
import { tags } from "./der.ts";

/** One element: tag, length, and its parts one after the other. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const value = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag), lengthOf(value.length), value]);
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return element(tags.sequence, ...parts);
}

/** A non-negative INTEGER. */
export function integer(value: number): Buffer {
  const octets = base256(value);
  return element(tags.integer, (octets[0] ?? 0) >= 0x80 ? Buffer.of(0) : Buffer.alloc(0), octets);
}

export function octetString(value: Uint8Array): Buffer {
  return element(tags.octetString, value);
}

/** A BIT STRING of whole octets. */
export function bitString(value: Uint8Array): Buffer {
  return element(tags.bitString, Buffer.of(0), value);
}

/** An object identifier from its dotted form. */
export function objectId(dotted: string): Buffer {
  const [root = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return element(tags.oid, ...[root * 40 + second, ...rest].map(base128));
}

export const nothing = Buffer.of(0x05, 0);

/** An AlgorithmIdentifier. */
export function algorithm(id: string, ...parameters: readonly Uint8Array[]): Buffer {
  return sequence(objectId(id), ...parameters);
}

function lengthOf(size: number): Buffer {
  if (size < 0x80) return Buffer.of(size);
  const octets = base256(size);
  return Buffer.concat([Buffer.of(0x80 | octets.length), octets]);
}

function base256(value: number): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
}

function base128(arc: number): Buffer {
  const octets = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) octets.unshift(0x80 | (rest % 128));
  return Buffer.from(octets);
}
