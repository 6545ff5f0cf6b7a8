/** An HTTP answer as it came, unjudged. */
export interface Answer {
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** When it had arrived, by our clock, and how long the exchange took. */
  readonly at: Date;
  readonly roundTripMs: number;
}
