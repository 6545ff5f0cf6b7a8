/** An HTTP answer as it came, unjudged. */
export interface Answer {
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** When its headers had arrived, by our clock, and how long that was after the connection stood. */
  readonly at: Date;
  readonly roundTripMs: number;
}
