/** What an endpoint answers with, before it becomes bytes on a connection. */
import { goJson } from "../rules/go-text.ts";
import type { Refusal } from "../rules/refusal.ts";

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
  /** Something in front of the CA has answered, which knows nothing of request ids. */
  byProxy?: boolean;
}

/** As Go's encoder writes it: a line end after it, <, > and & escaped. */
export function json(status: number, value: unknown): Answer {
  return { status, headers: { "Content-Type": "application/json" }, body: goJson(value) };
}

export function pem(body: string): Answer {
  return { status: 200, headers: { "Content-Type": "application/x-pem-file" }, body };
}

/** Go's http.Error, as chi answers for a path that it does not know. */
export function notFound(): Answer {
  const headers = { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" };
  return { status: 404, headers, body: "404 page not found\n" };
}

export function methodNotAllowed(allowed: string): Answer {
  return { status: 405, headers: { Allow: allowed }, body: "" };
}

/** Both shapes of an error: that of the errs package, and that of the admin package. */
export function refused({ status, said, kind }: Refusal): Answer {
  return json(status, kind ? { ...kind, message: said } : { status, message: said });
}
