/**
 * What a TLS 1.2 server says in the clear before the handshake is encrypted (RFC 5246 §7.4): its certificates, and whose
 * client certificates it takes. Node has no way to ask for the latter. Pure; whatever is odd in the bytes tells nothing.
 */
import { readDer } from "../pki/der.ts";
import { type Name, readName } from "../pki/name.ts";

export interface Flight {
  /** The certificates, as DER and unread, the server's own first. */
  readonly certificates: readonly Uint8Array[];
  /** The issuers whose certificates are acceptable, [] where any is; null where no client certificate was asked for. */
  readonly acceptable: readonly Name[] | null;
}

/** More than any honest flight; OpenSSL takes 100 KB of certificates. */
export const flightLimit = 256 * 1024;

const most = { certificates: 16, names: 1000 };

const record = { changeCipherSpec: 20, alert: 21, handshake: 22 };
const message = { certificate: 11, certificateRequest: 13, serverHelloDone: 14 };

/** Null unless the flight is whole. `bytes` is all that came from the server, from the first record on. */
export function readFlight(bytes: Uint8Array): Flight | null {
  try {
    const messages = readMessages(handshakeOf(new Reader(bytes.subarray(0, flightLimit))));
    if (!messages.has(message.serverHelloDone)) return null;
    const certificates = messages.get(message.certificate);
    const request = messages.get(message.certificateRequest);
    return {
      certificates: certificates === undefined ? [] : readCertificates(new Reader(certificates)),
      acceptable: request === undefined ? null : readAcceptable(new Reader(request)),
    };
  } catch {
    return null;
  }
}

/** The contents of the handshake records before anything else; a record may hold a part of a message, or several. */
function handshakeOf(records: Reader): Uint8Array {
  const fragments: Uint8Array[] = [];
  while (records.left >= 5) {
    const type = records.number(1);
    records.take(2); // the version
    const length = records.number(2);
    if (type !== record.handshake || records.left < length) break;
    fragments.push(records.take(length));
  }
  return Buffer.concat(fragments);
}

/** By type. Up to the end of the flight, or of what has come. */
function readMessages(handshake: Uint8Array): Map<number, Uint8Array> {
  const messages = new Map<number, Uint8Array>();
  const reader = new Reader(handshake);
  while (reader.left >= 4 && !messages.has(message.serverHelloDone)) {
    const type = reader.number(1);
    const length = reader.number(3);
    if (reader.left < length) break;
    if (messages.has(type)) throw new Odd();
    messages.set(type, reader.take(length));
  }
  return messages;
}

function readCertificates(body: Reader): Uint8Array[] {
  const list = body.vector(3);
  const certificates: Uint8Array[] = [];
  while (list.left > 0) certificates.push(list.vector(3).rest());
  if (certificates.length > most.certificates) throw new Odd();
  return certificates;
}

function readAcceptable(body: Reader): Name[] {
  body.vector(1); // kinds of certificates
  body.vector(2); // signature algorithms
  const list = body.vector(2);
  const names: Name[] = [];
  while (list.left > 0) {
    if (names.length >= most.names) throw new Odd();
    names.push(readName(readDer(list.vector(2).rest())));
  }
  return names;
}

/** The bytes are not what they should be. */
class Odd extends Error {}

/** Big-endian numbers and length-prefixed vectors (RFC 5246 §4). */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  take(count: number): Uint8Array {
    if (count > this.left) throw new Odd();
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  rest(): Uint8Array {
    return this.take(this.left);
  }

  number(octets: number): number {
    return this.take(octets).reduce((sum, octet) => sum * 256 + octet, 0);
  }

  vector(octets: number): Reader {
    return new Reader(this.take(this.number(octets)));
  }
}
