/** A real CA with a door of its own that counts who comes in: one command at a time, so that what it sees is that command's. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Authority } from "../../../src/dev-ca/authority.ts";
import type { CaVersion } from "../../real/binaries.ts";
import { get } from "../raw.ts";
import { type StepCa, startStepCa } from "../step-ca.ts";

export interface Lane {
  readonly ca: StepCa;
  /** Of the door: bytes are passed on as they are, so that the handshake is the CA's own. */
  readonly url: string;
  readonly port: number;
  /** What came in since the last call: connections, and the requests that the CA wrote down. */
  seen(): Promise<Seen>;
  /** Connections so far. */
  connections(): number;
  /** The door is shut, and opened again at the same port. */
  shut(): Promise<void>;
  open(): Promise<void>;
  isOpen(): boolean;
  close(): Promise<void>;
}

export interface Seen {
  connections: number;
  /** "POST /renew 201 mTLS", in the CA's order. Without its way where the CA does not write that down. */
  requests: readonly string[];
}

export async function openLane(version: CaVersion, authority: Authority): Promise<Lane> {
  const ca = await startStepCa({ version, authority });
  const sockets = new Set<Socket>();
  let count = 0;
  const door = createServer((socket) => {
    count++;
    const behind = connect(ca.port, "127.0.0.1");
    for (const [one, other] of [
      [socket, behind],
      [behind, socket],
    ] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.once("close", () => sockets.delete(one));
      one.pipe(other);
    }
  });
  door.listen(0, "127.0.0.1");
  await once(door, "listening");
  const { port } = door.address() as AddressInfo;
  let mark = ca.log().length;
  let before = 0;
  const shut = async () => {
    const closed = once(door, "close");
    door.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    ca,
    url: `https://localhost:${port}`,
    port,
    connections: () => count,
    async seen() {
      // The CA writes after it has answered: once this question's line is there, so are those before it.
      await ca.logOf(await get(ca, "/health"));
      const lines = ca.log().slice(mark);
      mark += lines.length;
      const connections = count - before;
      before = count;
      return { connections, requests: lines.flatMap((line) => requestIn(line, version)).slice(0, -1) };
    },
    shut,
    isOpen: () => door.listening,
    async open() {
      door.listen(port, "127.0.0.1");
      await once(door, "listening");
    },
    async close() {
      if (door.listening) await shut();
      await ca.close();
    },
  };
}

/** A request that carried a token has it in its line ("ott"), or an error about it; others came with a certificate, or with none. */
function requestIn(line: string, version: CaVersion): string[] {
  if (!line.startsWith("{")) return [];
  const { method, path, status, ott, error } = JSON.parse(line) as Record<string, unknown>;
  if (typeof method !== "string" || typeof path !== "string") return [];
  const isToken = ott !== undefined || /renew ?token|x5cInsecure|audience/i.test(String(error));
  const isTold = method === "POST" && (isToken || version.startsWith("v0.30"));
  return [`${method} ${path} ${status}${isTold ? ` ${isToken ? "token" : "mTLS"}` : ""}`];
}
