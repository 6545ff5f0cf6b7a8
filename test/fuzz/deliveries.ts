/** HTTP that is not as it should be, around an answer that may be. */
import type { TLSSocket } from "node:tls";
import type { Random } from "./random.ts";
import type { Serve } from "./server.ts";

export interface Message {
  body: Buffer;
  date: string;
}

type Delivery = (message: Message, random: Random) => Serve;

const crlf = "\r\n";

/** An answer as it should be. */
export function whole({ body, date }: Message, status = "201 Created", headers: readonly string[] = []): Buffer {
  const lines = [
    `HTTP/1.1 ${status}`,
    `Date: ${date}`,
    `Content-Length: ${body.length}`,
    ...headers,
    "Connection: close",
  ];
  return Buffer.concat([Buffer.from(lines.join(crlf) + crlf + crlf, "latin1"), body]);
}

const sent =
  (bytes: Buffer): Serve =>
  (socket) =>
    void socket.end(bytes);

const chunk = (bytes: Buffer, size = bytes.length.toString(16)) =>
  Buffer.concat([Buffer.from(size + crlf), bytes, Buffer.from(crlf)]);

function chunked(date: string, ...chunks: readonly Buffer[]): Buffer {
  const head = `HTTP/1.1 201 Created\r\nDate: ${date}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), ...chunks]);
}

const last = Buffer.from("0\r\n\r\n");

/** Whatever the other side does not read stays unwritten: no more than it takes. */
function forever(socket: TLSSocket, piece: Buffer | string): void {
  const more = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on("drain", more);
  more();
}

function dripping(socket: TLSSocket, bytes: Buffer): void {
  let at = 0;
  const timer = setInterval(() => (at < bytes.length ? socket.write(bytes.subarray(at, ++at)) : socket.end()), 15);
  socket.once("close", () => clearInterval(timer));
}

const statuses = [
  "200 OK",
  "201",
  "201 ",
  "202 Accepted",
  "204 No Content",
  "206 Partial Content",
  "301 Moved Permanently",
  "302 Found",
  "304 Not Modified",
  "307 Temporary Redirect",
  "308 Permanent Redirect",
  "400 Bad Request",
  "401 Unauthorized",
  "403 Forbidden",
  "404 Not Found",
  "407 Proxy Authentication Required",
  "418 \u001b[2J",
  "429 Too Many Requests",
  "431 x",
  "500 Internal Server Error",
  "502 Bad Gateway",
  "503 Service Unavailable",
  "999 x",
  "000 x",
  "2010 x",
  "20 x",
  "-1 x",
  "abc",
  "",
];

const says = [
  '{"status":401,"message":"The request lacked necessary authorization to be completed."}',
  '{"type":"urn:x","detail":"x","message":"\\u001b[31m\\u202e\\u0000\\u009b"}',
  "<html><title>\u001b]0;owned\u0007</title>",
  "\u202eplain\u2066",
  "",
  '{"message":{"message":1}}',
  '{"status":400,"message":"missing client certificate"}',
];

const oddHeaders = [
  "X-Request-Id: \u001b[2J\u009b",
  "Server: \u001b]0;x\u0007",
  "Via: \u00e2\u0080\u00ae",
  "Content-Type: text/html; charset=utf-16",
  "Content-Encoding: gzip",
  "Content-Encoding: br, gzip, zstd",
  "Location: https://login.example/",
  "Location: /renew",
  "Retry-After: 999999999999999999999",
  "Retry-After: Mon, 99 Foo",
  "__proto__: x",
  "constructor: x",
  "Set-Cookie: a=b",
  "Trailer: x",
  "Upgrade: h2c",
];

export const deliveries: Readonly<Record<string, Delivery>> = {
  "as it should be": (message) => sent(whole(message)),
  "another status": (message, random) => sent(whole(message, random.pick(statuses))),
  "a refusal": ({ date }, random) =>
    sent(whole({ body: Buffer.from(random.pick(says)), date }, random.pick(statuses), [random.pick(oddHeaders)])),
  "odd headers": (message, random) =>
    sent(whole(message, "201 Created", [random.pick(oddHeaders), random.pick(oddHeaders)])),
  "a header of a megabyte": (message) => sent(whole(message, "201 Created", [`X-Big: ${"x".repeat(1024 * 1024)}`])),
  "ten thousand headers": (message) =>
    sent(
      whole(
        message,
        "201 Created",
        Array.from({ length: 10_000 }, (_, n) => `X-${n}: ${n}`),
      ),
    ),
  "headers that never end": () => (socket) => {
    socket.write("HTTP/1.1 201 Created\r\n");
    forever(socket, `X-More: ${"x".repeat(1000)}\r\n`);
  },
  chunks: ({ body, date }) => sent(chunked(date, chunk(body.subarray(0, 100)), chunk(body.subarray(100)), last)),
  "damaged chunks": ({ body, date }, random) => {
    const size = random.pick([
      "zz",
      "-1",
      "0x10",
      "FFFFFFFFFFFFFFFF",
      "10000000000000000000",
      "1",
      "7fffffff",
      `${body.length.toString(16)};${"x".repeat(70_000)}`,
      "",
    ]);
    return sent(chunked(date, chunk(body, size), last));
  },
  "chunks without end": ({ body, date }) => sent(chunked(date, chunk(body))),
  "ever more chunks":
    ({ date }) =>
    (socket) => {
      socket.write(chunked(date));
      forever(socket, chunk(Buffer.alloc(16_384, 32)));
    },
  "a length that lies": ({ body, date }, random) => {
    const length = random.pick([
      0,
      1,
      body.length - 1,
      body.length + 1,
      body.length * 2,
      2 ** 31,
      2 ** 53,
      -1,
      "1e3",
      "0x10",
      "9".repeat(400),
      "5, 6",
    ]);
    return sent(
      Buffer.concat([Buffer.from(`HTTP/1.1 201 Created\r\nDate: ${date}\r\nContent-Length: ${length}\r\n\r\n`), body]),
    );
  },
  "two lengths": ({ body, date }) =>
    sent(
      Buffer.concat([
        Buffer.from(
          `HTTP/1.1 201 Created\r\nDate: ${date}\r\nContent-Length: ${body.length}\r\nContent-Length: 5\r\n\r\n`,
        ),
        body,
      ]),
    ),
  "a length and chunks": ({ body, date }) =>
    sent(
      Buffer.concat([
        Buffer.from(`HTTP/1.1 201 Created\r\nDate: ${date}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`),
        chunk(body),
        last,
      ]),
    ),
  "no length": ({ body, date }) =>
    sent(Buffer.concat([Buffer.from(`HTTP/1.1 201 Created\r\nDate: ${date}\r\n\r\n`), body])),
  "gzip that is none": (message) => sent(whole(message, "201 Created", ["Content-Encoding: gzip"])),
  "100 before": (message) => sent(Buffer.concat([Buffer.from("HTTP/1.1 100 Continue\r\n\r\n"), whole(message)])),
  "103 before, a thousand times": (message) =>
    sent(Buffer.concat([Buffer.from("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n".repeat(1000)), whole(message)])),
  "101": (message) => sent(whole(message, "101 Switching Protocols", ["Upgrade: x"])),
  "a redirect": (message, random) =>
    sent(
      whole(message, random.pick(["301 x", "302 x", "303 x", "307 x", "308 x"]), ["Location: https://localhost:1/"]),
    ),
  "several answers": (message) => sent(Buffer.concat([whole(message), whole(message), whole(message)])),
  "a refusal before": (message) =>
    sent(Buffer.concat([Buffer.from("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"), whole(message)])),
  "HTTP/0.9": ({ body }) => sent(body),
  "HTTP/2": () => sent(Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")),
  "HTTP/9.9": (message) =>
    sent(Buffer.from(whole(message).toString("latin1").replace("HTTP/1.1", "HTTP/9.9"), "latin1")),
  "line feeds alone": (message) =>
    sent(Buffer.from(whole(message).toString("latin1").replaceAll("\r\n", "\n"), "latin1")),
  "NUL in the headers": (message) => sent(whole(message, "201 Created", ["X-\0: \0"])),
  nonsense: (_, random) => sent(random.bytes(random.int(500))),
  nothing: () => sent(Buffer.alloc(0)),
  "a reset": () => (socket) => void socket.destroy(),
  silence: () => () => undefined,
  "a body without end":
    ({ date }) =>
    (socket) => {
      socket.write(`HTTP/1.1 201 Created\r\nDate: ${date}\r\n\r\n`);
      forever(socket, Buffer.alloc(65_536, 32));
    },
  "a drip": (message) => (socket) => dripping(socket, whole(message)),
  "a cut": (message, random) => {
    const all = whole(message);
    const at = random.int(all.length);
    return (socket) => void socket.write(all.subarray(0, at), () => socket.destroy());
  },
  "flipped bytes": (message, random) => {
    const all = whole(message);
    for (let left = 1 + random.int(4); left > 0; left--) {
      const at = random.int(Math.min(all.length, 300));
      all[at] = (all[at] ?? 0) ^ (1 << random.int(8));
    }
    return sent(all);
  },
};

/** Those that end by a time limit alone. */
export const slow: readonly string[] = ["silence", "a drip"];

/** Cut off after so many bytes. */
export const cutAt =
  (message: Message, at: number): Serve =>
  (socket) =>
    void socket.write(whole(message).subarray(0, at), () => socket.destroy());

export const lengthOf = (message: Message): number => whole(message).length;
