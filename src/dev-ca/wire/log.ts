/** What the CA has written about each request: the words that a client never sees. */

export interface LogEntry {
  time: Date;
  /** "" where there was no request: a handshake that failed. */
  method: string;
  path: string;
  /** 0 where there was no answer. */
  status: number;
  way: "mtls" | "token" | "none";
  /** The sentence that the real CA writes. */
  error?: string;
  requestId: string;
}
