/** A line on the terminal that says how far a run is, drawn over itself, and gone at the end. */
import type { World } from "../../world.ts";

/** Not more often: a terminal far away is slow. */
const everyMs = 100;
/** Back to its beginning, and clear the line. */
const erase = "\r\u001b[K";

export interface Counts {
  readonly done: number;
  readonly of: number;
  readonly failed: number;
}

export class Ticker {
  readonly #world: Pick<World, "stderr" | "elapsed">;
  readonly #isOn: boolean;
  #drawnAt: number;
  #isDrawn = false;

  /** Nothing of it is shown where nobody looks, or a terminal cannot go back. */
  constructor(world: Pick<World, "stderr" | "elapsed" | "env">, isWanted: boolean) {
    this.#world = world;
    this.#isOn = isWanted && world.stderr.isTerminal && world.env["TERM"] !== "dumb";
    this.#drawnAt = world.elapsed();
  }

  tick(counts: Counts): void {
    const now = this.#world.elapsed();
    if (!this.#isOn || now - this.#drawnAt < everyMs) return;
    this.#drawnAt = now;
    this.#isDrawn = true;
    this.#world.stderr.write(erase + lineOf(counts).slice(0, Math.max(this.#world.stderr.columns - 1, 0)));
  }

  /** Before anything else is written, and at the end. */
  clear(): void {
    if (this.#isDrawn) this.#world.stderr.write(erase);
    this.#isDrawn = false;
  }
}

export function lineOf({ done, of, failed }: Counts): string {
  const trouble = failed === 0 ? "" : `, ${grouped(failed)} failed`;
  return `renewing ${grouped(done)} of ${grouped(of)}${trouble}`;
}

/** `12,345`, everywhere alike. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
