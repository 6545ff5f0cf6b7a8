/** How step-ca refuses: what it says to the client, and the sentence that it keeps for its log (certificates, errs/error.go). */

const seeLogs = "Please see the certificate authority logs for more info.";

export const words = {
  unauthorized: `The request lacked necessary authorization to be completed. ${seeLogs}`,
  internal: `The certificate authority encountered an Internal Server Error. ${seeLogs}`,
  notFound: `The requested resource could not be found. ${seeLogs}`,
  notImplemented: `The requested method is not implemented by the certificate authority. ${seeLogs}`,
  unexpected: (status: number) =>
    `The certificate authority received an unexpected HTTP status code - '${status}'. ${seeLogs}`,
};

/** An answer that is an error. `message` is for the log, `said` for the client. */
export class Refusal extends Error {
  readonly status: number;
  readonly said: string;
  /** The second shape of an error, which step-ca's admin package renders. */
  readonly kind: { type: string; detail: string } | null;

  constructor(status: number, said: string, log: string, kind: Refusal["kind"] = null) {
    super(log);
    this.name = "Refusal";
    this.status = status;
    this.said = said;
    this.kind = kind;
  }
}

/** The handler panics in Go: the connection is closed without an answer. */
export class Panic extends Error {}

export function badRequest(reason: string, log = reason): Refusal {
  return new Refusal(400, `The request could not be completed: ${reason}.`, log);
}

export function forbidden(reason: string, log = reason): Refusal {
  return new Refusal(403, `The request was forbidden by the certificate authority: ${reason}.`, log);
}

export function unauthorized(log: string, said = words.unauthorized): Refusal {
  return new Refusal(401, said, log);
}

export function internal(log: string, said = words.internal): Refusal {
  return new Refusal(500, said, log);
}

/** Go's errs.Wrap: the log learns where, the client learns nothing. */
export async function within<T>(where: string, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal(error.status, error.said, `${where}: ${error.message}`, error.kind);
  }
}

/** What a parser threw becomes the CA's refusal. */
export function otherwise<T>(action: () => T, refusal: (problem: string) => Error): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof Panic) throw error;
    throw refusal(error instanceof Error ? error.message : String(error));
  }
}
