/** HTTP: one request to one answer, with step-ca's headers, or with a fault in the answer's place. */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type Answer, notFound, refused } from "../endpoints/answer.ts";
import type { Request } from "../endpoints/request.ts";
import { isRenewal, plainPath, route } from "../endpoints/routes.ts";
import { deliveries } from "../faults/deliveries.ts";
import { everywhere, onRenewal } from "../faults/pages.ts";
import type { Fault } from "../faults.ts";
import type { Certificate } from "../rules/certificate.ts";
import { Panic, Refusal } from "../rules/refusal.ts";
import type { State } from "../rules/state.ts";
import type { LogEntry } from "./log.ts";

export interface HttpOptions {
  state: State;
  log: LogEntry[];
  /** Paths that a proxy in front keeps to itself. */
  hide: readonly string[];
  certificateOf(request: IncomingMessage): Certificate | null;
}

/** Not listening: connections are handed to it once their handshake is done. */
export function createHttp(options: HttpOptions): Server {
  const limits = { maxHeaderSize: 1024 * 1024, keepAliveTimeout: 15_000, requestTimeout: 15_000 };
  return createServer(limits, (incoming, response) => {
    void respond(options, incoming, response).catch((error: unknown) => {
      options.log.push(entryOf(options, incoming, { status: 0, error: String(error), requestId: "" }));
      response.destroy();
    });
  });
}

async function respond(options: HttpOptions, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const { state } = options;
  const requestId = idOf(incoming);
  const request = await readRequest(incoming, options.certificateOf(incoming));
  const { answer, error } = await answerTo(options, request);
  const delivery = isRenewal(request) ? [...state.faults].map((fault) => deliveries[fault]).find(Boolean) : undefined;
  const status = delivery?.silent ? 0 : (answer?.status ?? 0);
  options.log.push(entryOf(options, incoming, { status, requestId, ...(error !== undefined && { error }) }));
  if (!answer) return void response.destroy();
  response.sendDate = false;
  const ahead = state.faults.has("skewed-date") ? SKEW_MS : 0;
  response.setHeader("Date", new Date(state.now().getTime() + ahead).toUTCString());
  if (!answer.byProxy) response.setHeader("X-Request-Id", requestId);
  if (delivery) return delivery.deliver(answer, response);
  response.writeHead(answer.status, { ...answer.headers, "Content-Length": Buffer.byteLength(answer.body) });
  response.end(answer.body);
}

const SKEW_MS = 20 * 60_000;

/** null: the handler panicked, and the connection is closed. */
interface Reply {
  answer: Answer | null;
  error?: string;
}

async function answerTo({ state, hide }: HttpOptions, request: Request): Promise<Reply> {
  const page = pageFor(state.faults, request);
  if (page) return page;
  if (hide.some((path) => isBelow(request.path, path))) return { answer: { ...notFound(), byProxy: true } };
  try {
    return { answer: await route(state, request) };
  } catch (error) {
    if (error instanceof Refusal) return { answer: refused(error), error: error.message };
    if (error instanceof Panic) return { answer: null, error: `http: panic serving ${request.from}: ${error.message}` };
    throw error;
  }
}

function pageFor(faults: ReadonlySet<Fault>, request: Request): Reply | null {
  for (const fault of faults) {
    const page = everywhere[fault] ?? (isRenewal(request) ? onRenewal[fault] : undefined);
    if (page) return { answer: page(), error: `fault: ${fault}` };
  }
  return null;
}

function isBelow(path: string, hidden: string): boolean {
  const plain = plainPath(path);
  return plain === hidden || plain.startsWith(`${hidden}/`);
}

async function readRequest(incoming: IncomingMessage, certificate: Certificate | null): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { method = "", url = "/", headers, socket } = incoming;
  const [path = "/", query = ""] = url.split(/\?(.*)/s);
  return {
    method,
    path,
    query: new URLSearchParams(query),
    authorization: headers.authorization ?? "",
    certificate,
    from: `${socket.remoteAddress}:${socket.remotePort}`,
    body: Buffer.concat(chunks).toString(),
  };
}

/** Echoed, or made up (certificates, middleware/requestid); on every answer since v0.26.0. */
function idOf({ headers }: IncomingMessage): string {
  const given = headers["x-request-id"] || headers["x-smallstep-id"];
  return typeof given === "string" ? given : randomUUID();
}

function entryOf(
  { state, certificateOf }: HttpOptions,
  incoming: IncomingMessage,
  rest: Pick<LogEntry, "status" | "error" | "requestId">,
): LogEntry {
  const { method = "", url = "", headers } = incoming;
  const way = certificateOf(incoming) ? "mtls" : headers.authorization?.includes("Bearer ") ? "token" : "none";
  return { time: state.now(), method, path: url, way, ...rest };
}
