/** Ways to answer a renewal that are wrong as a whole: never, without end, or bit by bit. */
import type { ServerResponse } from "node:http";
import type { Answer } from "../endpoints/answer.ts";
import type { Fault } from "../faults.ts";

export interface Delivery {
  /** No status ever reaches the client. */
  silent?: boolean;
  deliver(answer: Answer, response: ServerResponse): void;
}

const BYTE_EVERY_MS = 250;

export const deliveries: Partial<Record<Fault, Delivery>> = {
  hang: { silent: true, deliver: () => undefined },
  close: { silent: true, deliver: (_answer, response) => void response.destroy() },
  "endless-headers": { silent: true, deliver: (_answer, response) => void padHeaders(response) },
  "slow-body": { deliver: (answer, response) => trickle(answer, response) },
};

function trickle({ status, headers, body }: Answer, response: ServerResponse): void {
  const bytes = Buffer.from(body);
  let sent = 0;
  response.writeHead(status, { ...headers, "Content-Length": bytes.length });
  response.flushHeaders();
  const timer = setInterval(() => {
    response.write(bytes.subarray(sent, ++sent));
    if (sent < bytes.length) return;
    clearInterval(timer);
    response.end();
  }, BYTE_EVERY_MS);
  response.once("close", () => clearInterval(timer));
}

/** As fast as the client takes them, for as long as it does. */
function padHeaders({ socket }: ServerResponse): void {
  if (!socket) return;
  const more = () => {
    while (!socket.destroyed && socket.write(`X-Padding: ${"x".repeat(1000)}\r\n`));
  };
  socket.on("drain", more);
  socket.write("HTTP/1.1 201 Created\r\n");
  more();
}
