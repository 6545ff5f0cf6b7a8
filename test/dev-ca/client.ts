/** A renewal that can be watched while it is under way, and given up. */
import { request } from "node:https";
import type { AskedCa, Pair } from "../support/raw.ts";

export interface Exchange {
  received(): { status: number | null; bytes: number };
  /** Resolves when the connection is gone, however it ended. */
  gone: Promise<void>;
  abort(): void;
}

export function begin(ca: AskedCa, pair: Pair): Exchange {
  const { hostname, port } = new URL(ca.url);
  let status: number | null = null;
  let bytes = 0;
  const options = { host: "127.0.0.1", port, servername: hostname, ca: ca.authority.root, ...pair };
  const outgoing = request({ ...options, method: "POST", path: "/renew", agent: false });
  outgoing.on("error", () => undefined);
  outgoing.on("response", (incoming) => {
    status = incoming.statusCode ?? 0;
    incoming.on("data", (chunk: Buffer) => (bytes += chunk.length));
    incoming.on("error", () => undefined);
  });
  const gone = new Promise<void>((resolve) => outgoing.once("close", () => resolve()));
  outgoing.end();
  return { received: () => ({ status, bytes }), gone, abort: () => void outgoing.destroy() };
}
