/** What a step-ca leans on: a database that fails when told to, a Vault, a cloud's key servers. As much of each as step-ca asks for. */
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Authority } from "../../../src/dev-ca/authority.ts";
import { Pkcs10CertificateRequest } from "../../../src/dev-ca/x509.ts";

interface Backend {
  port: number;
  close(): Promise<void>;
}

/** A database that keeps nothing. A statement that `fails` matches is answered with an error. */
export interface Database extends Backend {
  fails: RegExp | null;
}

/** MySQL's protocol, in plain text (dev.mysql.com, "Client/Server Protocol"): no rows for a SELECT, OK for the rest. */
export async function forgetfulMysql(): Promise<Database> {
  const state: { fails: RegExp | null } = { fails: null };
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    let pending: Buffer = Buffer.alloc(0);
    let isGreeted = false;
    socket.write(packets(0, greeting));
    socket.on("data", (data) => {
      pending = Buffer.concat([pending, data]);
      while (pending.length >= 4 && pending.length >= 4 + pending.readUIntLE(0, 3)) {
        const size = 4 + pending.readUIntLE(0, 3);
        const [sequence, body] = [pending.readUInt8(3), pending.subarray(4, size)];
        pending = pending.subarray(size);
        if (isGreeted && body[0] === 1) socket.end();
        else socket.write(packets(sequence + 1, ...(isGreeted ? answerTo(body, state.fails) : [okay])));
        isGreeted = true;
      }
    });
  });
  return Object.assign(state, await listening(server));
}

const text = (words: string) => Buffer.from(words);
const short = (words: string) => Buffer.concat([Buffer.of(words.length), text(words)]);
const okay = Buffer.of(0, 0, 0, 2, 0, 0, 0);
const end = Buffer.of(0xfe, 0, 0, 2, 0);
/** Version 10, with 4.1 passwords of plugin mysql_native_password; any is taken. */
const greeting = Buffer.concat([
  Buffer.of(10),
  text("8.0.0\0"),
  Buffer.of(1, 0, 0, 0),
  text("12345678\0"),
  Buffer.of(0x0d, 0xa2, 33, 2, 0, 0x08, 0x00, 21),
  Buffer.alloc(10),
  text("123456789012\0mysql_native_password\0"),
]);
const column = Buffer.concat([
  ...["def", "", "", "", "nvalue", "nvalue"].map(short),
  Buffer.of(12, 63, 0, 255, 255, 0, 0, 252, 0, 0, 0, 0, 0),
]);
const failure = Buffer.concat([Buffer.of(0xff, 0x51, 0x04), text("#HY000the disk is full")]);

function answerTo(body: Buffer, fails: RegExp | null): Buffer[] {
  const statement = body.subarray(1).toString("latin1");
  if (body[0] === 3 && fails?.test(statement)) return [failure];
  return body[0] === 3 && statement.startsWith("SELECT") ? [Buffer.of(1), column, end, end] : [okay];
}

function packets(sequence: number, ...bodies: Buffer[]): Buffer {
  return Buffer.concat(
    bodies.flatMap((body, index) => {
      const head = Buffer.alloc(4);
      head.writeUIntLE(body.length, 0, 3);
      head.writeUInt8((sequence + index) & 0xff, 3);
      return [head, body];
    }),
  );
}

/** A Vault that signs with this authority, as far as VaultCAS asks (cas/vaultcas/vaultcas.go). */
export async function vault(authority: Authority): Promise<Backend> {
  const server = createHttpServer(async (incoming, outgoing) => {
    const body = await textOf(incoming);
    const say = (data: object) =>
      outgoing.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(data));
    const { url = "" } = incoming;
    if (url.endsWith("/login")) return say({ auth: { client_token: "token", lease_duration: 3600 } });
    if (url.endsWith("/ca_chain"))
      return say({ data: { certificate: [...authority.intermediates, authority.root].join("") } });
    const { csr }: { csr: string } = JSON.parse(body);
    const publicKeyPem = new Pkcs10CertificateRequest(csr).publicKey.toString("pem");
    const usages = ["serverAuth" as const];
    const { chain } = await authority.issue({ subject: "ca", names: ["localhost", "127.0.0.1"], usages, publicKeyPem });
    return say({ data: { certificate: chain } });
  });
  return listening(server);
}

/** A proxy behind which everything is Google's and Microsoft's key servers, which have no keys. */
export async function cloud(authority: Authority): Promise<Backend> {
  const names = ["www.googleapis.com", "login.microsoftonline.com"];
  const { chain, key } = await authority.issue({ subject: "cloud", names, usages: ["serverAuth"] });
  const keys = { keys: [], issuer: "https://login.microsoftonline.com/", jwks_uri: `https://${names[1]}/keys` };
  const servers = await listening(
    createHttpsServer({ cert: chain, key }, (_incoming, outgoing) => void outgoing.end(JSON.stringify(keys))),
  );
  const proxy = createHttpServer();
  proxy.on("connect", (_request: IncomingMessage, socket: Socket) => {
    const other = connect(servers.port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(other).pipe(socket);
    });
    for (const one of [socket, other]) one.on("error", () => undefined);
  });
  const front = await listening(proxy);
  const close = async (): Promise<void> => {
    await front.close();
    await servers.close();
  };
  return { port: front.port, close };
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function listening(server: Server): Promise<Backend> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  const close = (): Promise<void> =>
    new Promise((done) => {
      server.close(() => done());
      for (const socket of sockets) socket.destroy();
    });
  return { port: (server.address() as AddressInfo).port, close };
}
