/** Foreign errors to codes: what Node, OpenSSL and proxies say below HTTP. Measured on Node 20 and 24. */
import { errnoOf, Failure, failureOf, isExhausted, messageOf } from "./failure.ts";

export interface NetworkContext {
  url: string;
  host: string;
  now: Date;
}

/** TLS alerts by which a server says that it does not like the client's certificate (RFC 8446 §6.2). */
export const certificateAlerts: Readonly<Record<number, string>> = {
  42: "bad certificate",
  43: "unsupported certificate",
  44: "certificate revoked",
  45: "certificate expired",
  46: "certificate unknown",
  48: "unknown CA",
  49: "access denied",
  51: "decrypt error",
  116: "certificate required",
};

/** The other side ended the connection without an HTTP answer; `renewal/refusal` reasons about why. */
export class ConnectionEnded extends Error {
  /** The number of a TLS alert about the certificate; null when the connection was just closed. */
  readonly alert: number | null;
  /** Nothing at all had come from the other side, so there was no handshake. */
  readonly isBeforeTls: boolean;
  constructor(alert: number | null, cause: unknown, isBeforeTls = false) {
    super(messageOf(cause), { cause });
    this.alert = alert;
    this.isBeforeTls = isBeforeTls;
  }
}

/** The connection ended in the middle of an answer, whose length was said beforehand. */
export class AnswerCut extends Error {
  readonly status: number;
  /** Of its body, so many had come. */
  readonly bytes: number;
  constructor(status: number, bytes: number, cause: unknown) {
    super(messageOf(cause), { cause });
    this.status = status;
    this.bytes = bytes;
  }
}

/** How a connection ends that nobody here has ended. */
export function isClose(error: unknown): boolean {
  return closes.includes(errnoOf(error));
}

/** Makes no guess about certificates: alerts and bare closes come back as ConnectionEnded, to be reasoned about. */
export function networkFailure(error: unknown, context: NetworkContext): Error {
  const { url, host, now } = context;
  if (error instanceof AnswerCut) {
    const { status, bytes, message: said } = error;
    return new Failure("CA_CLOSED", { url, said, errno: errnoOf(error.cause), cut: { status, bytes } }, error);
  }
  const [first] = error instanceof AggregateError ? error.errors : [error];
  if (isExhausted(first)) return failureOf(first);
  const said = tidy(messageOf(first)) || errnoOf(error);
  const errno = errnoOf(first) || errnoOf(error);
  const network = { url, said, errno };
  const alert = alertOf(first);
  if (alert !== null && alert in certificateAlerts) return new ConnectionEnded(alert, first);
  if (alert !== null)
    return new Failure("NOT_A_CA", { url, problem: "its TLS and ours have nothing in common", said, errno }, error);
  if (isOfTunnel(first)) return tunnelFailure(first, network, host);
  switch (errno) {
    case "ECONNREFUSED":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "ENETDOWN":
    case "EADDRNOTAVAIL":
    case "ETIMEDOUT":
    case "EACCES":
    case "EPERM":
      return new Failure("CA_UNREACHABLE", { ...network, host }, error);
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
    case "ERR_SSL_UNSUPPORTED_PROTOCOL":
    case "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION":
      return notTls(network, error);
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "INVALID_CA":
    case "INVALID_PURPOSE":
    case "CERT_UNTRUSTED":
      return new Failure("CA_UNTRUSTED", { ...network, roots: [], presented: [], kind: "unknown-issuer" }, error);
    case "CERT_SIGNATURE_FAILURE":
      return new Failure("CA_UNTRUSTED", { ...network, roots: [], presented: [], kind: "same-name" }, error);
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
      return new Failure("CA_UNTRUSTED", { ...network, roots: [], presented: [], kind: "leaf-only" }, error);
    case "CERT_HAS_EXPIRED":
      return new Failure("CA_CERT_EXPIRED", { ...network, now }, error);
    case "CERT_NOT_YET_VALID":
      return new Failure("CA_CERT_NOT_YET_VALID", { ...network, now }, error);
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return new Failure("CA_NAME_MISMATCH", { ...network, host, names: namesOf(first) }, error);
    case "HPE_HEADER_OVERFLOW":
      return new Failure("RESPONSE_TOO_LARGE", { url, limit: 16 * 1024 }, error);
  }
  if (/wrong version number|packet length too long|http request|unknown protocol/i.test(said))
    return notTls(network, error);
  if (errno.startsWith("HPE_"))
    return new Failure("NOT_A_CA", { url, problem: "what it answered is not HTTP", said, errno }, error);
  if (isClose(first)) return new ConnectionEnded(null, first);
  if (errno === "" && error instanceof Error) return error; // not the network's: a mistake of ours must not look like one
  return new Failure("CA_UNREACHABLE", { ...network, host }, error);
}

/** The alert's number, from the text that OpenSSL puts behind every alert, with TLS 1.2 and 1.3 alike. */
export function alertOf(error: unknown): number | null {
  const number = /SSL alert number (\d+)/.exec(messageOf(error))?.[1];
  return number === undefined ? null : Number(number);
}

/** OpenSSL wraps its reason in numbers, a function and a source file. */
function tidy(message: string): string {
  const [, reason = message, alert] =
    /:SSL routines:[^:]*:([^:]+):[\s\S]*?(?:(SSL alert number \d+)|$)/.exec(message) ?? [];
  return alert === undefined ? reason.trim() : `${reason} (${alert})`;
}

/** Undici has one of its own. */
const closes: readonly string[] = [
  "ECONNRESET",
  "EPIPE",
  "ECONNABORTED",
  "ERR_STREAM_PREMATURE_CLOSE",
  "UND_ERR_SOCKET",
];

function notTls(network: { url: string; said: string; errno: string }, error: unknown): Failure {
  return new Failure("NOT_A_CA", { ...network, problem: "what listens there does not speak TLS" }, error);
}

/** With a status it was refused; without one, it could not be asked for. */
function isOfTunnel(error: unknown): error is Error & { status?: number; proxy: string } {
  return error instanceof Error && "proxy" in error;
}

function tunnelFailure(
  error: Error & { status?: number; proxy: string },
  network: { url: string; said: string; errno: string },
  host: string,
): Failure {
  const { status, message, proxy } = error;
  if (status === undefined) return new Failure("CA_UNREACHABLE", { ...network, host, proxy }, error);
  if (status >= 500) return new Failure("CA_UNREACHABLE", { ...network, host, status, proxy }, error);
  const answered = { status, said: message, shape: "empty" as const };
  return new Failure(
    "PROXY_REFUSED",
    { url: network.url, ...answered, problem: "the proxy refused to open a tunnel to the CA", proxy },
    error,
  );
}

function namesOf(error: unknown): string[] {
  const cert = error instanceof Error && "cert" in error ? (error.cert as { subjectaltname?: unknown } | null) : null;
  const names = typeof cert?.subjectaltname === "string" ? cert.subjectaltname : "";
  return names
    .split(", ")
    .filter(Boolean)
    .map((name) => name.replace(/^(DNS|IP Address):/, ""));
}
