import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { flightLimit, readFlight } from "../../src/ca/flight.ts";
import { encode } from "../../src/dev-ca/issuing/der.ts";

const vector = (octets: number, ...parts: Uint8Array[]) => {
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(octets);
  length.writeUIntBE(body.length, 0, octets);
  return Buffer.concat([length, body]);
};
const message = (type: number, ...parts: Uint8Array[]) => Buffer.concat([Buffer.from([type]), vector(3, ...parts)]);
const record = (type: number, body: Uint8Array) => Buffer.concat([Buffer.from([type, 3, 3]), vector(2, body)]);

/** `CN=…`, as DER. */
const name = (text: string) => {
  const type = encode(0x06, Buffer.from("550403", "hex"));
  return encode(0x30, encode(0x31, encode(0x30, type, encode(0x0c, Buffer.from(text)))));
};

const hello = message(2, Buffer.alloc(70, 7));
const certificate = (...ders: Buffer[]) => message(11, vector(3, ...ders.map((der) => vector(3, der))));
const keyExchange = message(12, Buffer.alloc(100, 8));
const request = (...names: Buffer[]) =>
  message(
    13,
    vector(1, Buffer.from([1, 64])),
    vector(2, Buffer.from([4, 3])),
    vector(2, ...names.map((der) => vector(2, der))),
  );
const done = message(14);

const ders = [Buffer.from("leaf"), Buffer.from("intermediate")];
const whole = Buffer.concat([hello, certificate(...ders), keyExchange, request(name("Root"), name("Issuing")), done]);
const one = (handshake: Uint8Array) => record(22, handshake);

describe("the server's first flight", () => {
  test("tells whose certificates it takes, and what it presents", () => {
    const flight = readFlight(one(whole));
    expect(flight?.acceptable?.map(({ text }) => text)).toEqual(["CN=Root", "CN=Issuing"]);
    expect(flight?.acceptable?.map(({ der }) => Buffer.from(der))).toEqual([name("Root"), name("Issuing")]);
    expect(flight?.certificates.map((der) => Buffer.from(der))).toEqual(ders);
  });

  test.each([
    ["asks for no certificate", [hello, certificate(...ders), keyExchange, done], null],
    ["takes any issuer's", [hello, certificate(...ders), keyExchange, request(), done], []],
    ["has a session and no certificates", [hello, done], null],
  ])("one that %s", (_, messages, acceptable) => {
    expect(readFlight(one(Buffer.concat(messages)))?.acceptable).toEqual(acceptable);
  });

  test("reads the same however its messages are cut into records", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: whole.length - 1 }), { maxLength: 12 }), (cuts) => {
        const ends = [...new Set(cuts), whole.length].sort((a, b) => a - b);
        const records = ends.map((end, index) => one(whole.subarray(ends[index - 1] ?? 0, end)));
        expect(readFlight(Buffer.concat(records))).toEqual(readFlight(one(whole)));
      }),
      { seed: 1 },
    );
  });

  test("ends where the encrypted part begins", () => {
    const after = [record(20, Buffer.from([1])), one(Buffer.alloc(40, 9))];
    expect(readFlight(Buffer.concat([one(whole), ...after]))).toEqual(readFlight(one(whole)));
  });

  const broken = (...messages: Buffer[]) => one(Buffer.concat([hello, ...messages, done]));
  test.each([
    ["nothing", Buffer.alloc(0)],
    ["an alert", record(21, Buffer.from([2, 70]))],
    ["plain HTTP", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["an SSH banner", Buffer.from("SSH-2.0-OpenSSH_9.2\r\n")],
    ["a flight that breaks off", one(whole.subarray(0, whole.length - 4))],
    ["an alert in the middle", Buffer.concat([one(whole.subarray(0, 200)), record(21, Buffer.from([2, 40]))])],
    ["two requests", broken(certificate(...ders), request(), request())],
    ["a list longer than its message", broken(message(11, Buffer.from([0xff, 0xff, 0xff, 1])))],
    ["a name that is none", broken(request(Buffer.from("no name")))],
    ["an empty name", broken(request(Buffer.alloc(0)))],
    ["a name cut short", broken(request(name("Root").subarray(0, 8)))],
    ["certificates without end", broken(certificate(...Array.from({ length: 40 }, () => Buffer.from("x"))))],
    ["names without end", broken(request(...Array.from({ length: 2000 }, () => name("x"))))],
    ["more than it reads", Buffer.concat([one(Buffer.alloc(1)), Buffer.alloc(flightLimit), one(whole)])],
  ])("%s tells nothing", (_, bytes) => {
    expect(readFlight(bytes)).toBeNull();
  });

  test("whatever the bytes, it does not throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void readFlight(bytes)),
      { seed: 2, numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, octet) => {
        const bytes = Buffer.from(whole);
        bytes[at] = octet;
        readFlight(one(bytes));
      }),
      { seed: 3, numRuns: 2000 },
    );
  });
});
