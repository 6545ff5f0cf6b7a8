/** Asks a CA directly, with node:https alone and none of the product's code: what does it answer? */
import { createPrivateKey, randomUUID, sign, X509Certificate } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:https";
import type { SecureContextOptions } from "node:tls";

/** A CA to ask: real, or embedded. */
export interface AskedCa {
  url: string;
  authority: { root: string };
}

/** A certificate chain, leaf first, and its key, as PEM. */
export interface Pair {
  cert: string;
  key: string;
}

interface Connection {
  /** The client's port: it names the connection in the CA's log. */
  localPort: number;
}
export interface Reply extends Connection {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  requestId: string;
}
/** The CA ended the TLS handshake with this alert. */
export interface Alerted extends Connection {
  alert: number;
}
/** The CA closed the connection and said nothing. */
export interface Closed extends Connection {
  closed: true;
}
export type Answer = Reply | Alerted | Closed;

/** What is sent; POST /renew unless told. */
export interface Sent {
  path?: string | undefined;
  body?: string | undefined;
  tls?: Pick<SecureContextOptions, "maxVersion" | "ciphers"> | undefined;
}
interface Asked extends Sent {
  method?: string;
  headers?: Record<string, string>;
  pair?: Pair;
}

export async function get(ca: AskedCa, path: string): Promise<Answer> {
  return ask(ca, { method: "GET", path });
}

export async function post(ca: AskedCa, path: string, body = ""): Promise<Answer> {
  return ask(ca, { path, body });
}

/** A renewal with the certificate in the TLS handshake; /renew unless told. */
export async function postMtls(ca: AskedCa, pair: Pair, { path, body, tls }: Sent = {}): Promise<Answer> {
  return ask(ca, { path, body, pair, tls });
}

/** A renewal with a token; no client certificate. */
export async function postToken(ca: AskedCa, token: string, { path, body }: Sent = {}): Promise<Answer> {
  return ask(ca, { path, body, headers: { Authorization: `Bearer ${token}` } });
}

/** One request on a connection of its own. Rejects only for what the server's side of TLS or the network did wrong. */
export async function ask(ca: AskedCa, asked: Asked): Promise<Answer> {
  const { method = "POST", path = "/renew", headers, body, pair, tls } = asked;
  const { hostname, port } = new URL(ca.url);
  return new Promise((resolve, reject) => {
    let localPort = 0;
    const outgoing = request({
      host: "127.0.0.1",
      port,
      ...(hostname !== "127.0.0.1" && { servername: hostname }),
      ca: ca.authority.root,
      ...pair,
      ...tls,
      method,
      path,
      headers: { Host: `${hostname}:${port}`, ...headers },
      agent: false,
      timeout: 20_000,
    });
    outgoing.on("socket", (socket) => socket.on("connect", () => (localPort = socket.localPort ?? 0)));
    outgoing.on("timeout", () => outgoing.destroy(new Error("no answer in 20 s")));
    outgoing.on("error", (error) => {
      const alert = alertOf(error);
      if (alert !== undefined) resolve({ alert, localPort });
      else if ("code" in error && error.code === "ECONNRESET") resolve({ closed: true, localPort });
      else reject(error);
    });
    outgoing.on("response", (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const requestId = String(incoming.headers["x-request-id"] ?? "");
        const text = Buffer.concat(chunks).toString("latin1");
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text, requestId, localPort });
      });
    });
    outgoing.end(body);
  });
}

/** OpenSSL puts the number into its text, whatever code Node gives the error. */
function alertOf(error: Error): number | undefined {
  const [, number] = /SSL alert number (\d+)/.exec(error.message) ?? [];
  return number === undefined ? undefined : Number(number);
}

export interface TokenSpec {
  /** What goes into x5cInsecure, leaf first. */
  chain: string;
  /** What signs it. */
  key: string;
  /** The CA's URL, for the audience. */
  url: string;
  /** Claims that differ; undefined leaves one out. */
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
}

/** The token of a renewal, as step makes it, but for what is asked to differ. */
export function makeToken({ chain, key, url, claims, header }: TokenSpec): string {
  const certificates = chain.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const [leaf] = certificates.map((pem) => new X509Certificate(pem));
  const now = Math.floor(Date.now() / 1000);
  const { alg, hash } = algorithmOf(key);
  const head = {
    alg,
    typ: "JWT",
    x5cInsecure: certificates.map((pem) => new X509Certificate(pem).raw.toString("base64")),
    ...header,
  };
  const payload = {
    aud: `${url}/renew`,
    iss: "step-ca-client/1.0",
    sub: /^CN=(.*)$/m.exec(leaf?.subject ?? "")?.[1] ?? "",
    jti: randomUUID(),
    iat: now,
    nbf: now,
    exp: now + 300,
    ...claims,
  };
  const input = [head, payload].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const signature = sign(hash, Buffer.from(input), { key, dsaEncoding: "ieee-p1363" });
  return `${input}.${signature.toString("base64url")}`;
}

function algorithmOf(pem: string): { alg: string; hash: string | null } {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType === "ed25519") return { alg: "EdDSA", hash: null };
  if (key.asymmetricKeyType === "rsa") return { alg: "RS256", hash: "sha256" };
  switch (key.asymmetricKeyDetails?.namedCurve) {
    case "prime256v1":
      return { alg: "ES256", hash: "sha256" };
    case "secp384r1":
      return { alg: "ES384", hash: "sha384" };
    case "secp521r1":
      return { alg: "ES512", hash: "sha512" };
    default:
      throw new Error("no algorithm for this key");
  }
}
