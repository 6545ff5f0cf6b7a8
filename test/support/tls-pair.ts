/** Does a certificate do what it is for? Real TLS on loopback, with node:tls alone, on both sides. */
import { once } from "node:events";
import { connect, createServer, type TLSSocket } from "node:tls";
import type { Authority } from "../../src/dev-ca/authority.ts";
import type { Pair } from "./raw.ts";

/** What the other side accepted. */
export interface Accepted {
  /** As X509Certificate shows it. */
  serial: string;
}

/** A server with this pair, and a client that trusts only the root. Rejects with the client's error. */
export async function servesAs(pair: Pair, { root, name }: { root: string; name: string }): Promise<Accepted> {
  return handshake({ server: pair, client: { ca: root, servername: name } }, ({ client }) => peerOf(client));
}

/** A client with this pair, and a server that lets in only clients under the root. Rejects with the server's reason. */
export async function connectsAs(pair: Pair, authority: Authority): Promise<Accepted> {
  const own = await authority.issue({ subject: "localhost", names: ["localhost"], usages: ["serverAuth"] });
  const sides = {
    server: { cert: own.chain, key: own.key, ca: authority.root },
    client: { ca: authority.root, servername: "localhost", ...pair },
  };
  return handshake(sides, ({ accepted }) => {
    // judged here, as a Node server that rejects by itself does not say why
    if (!accepted.authorized) throw new Error(`not let in: ${accepted.authorizationError}`);
    return peerOf(accepted);
  });
}

interface Sides {
  server: Pair & { ca?: string };
  client: { ca: string; servername: string; cert?: string; key?: string };
}
type Judge = (sockets: { client: TLSSocket; accepted: TLSSocket }) => Accepted;

async function handshake(sides: Sides, judge: Judge): Promise<Accepted> {
  const server = createServer({ ...sides.server, requestCert: true, rejectUnauthorized: false });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const accepting = once(server, "secureConnection");
  accepting.catch(() => undefined);
  const client = connect({ host: "127.0.0.1", port: address.port, ...sides.client });
  try {
    await once(client, "secureConnect");
    const [accepted]: TLSSocket[] = await accepting;
    if (accepted === undefined) throw new Error("no connection");
    accepted.on("error", () => undefined);
    return judge({ client, accepted });
  } finally {
    client.destroy();
    server.close();
  }
}

function peerOf(socket: TLSSocket): Accepted {
  return { serial: socket.getPeerX509Certificate()?.serialNumber ?? "" };
}
