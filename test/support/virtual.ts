/** A clock that moves only when nothing is left to do, and a disk that holds nothing but certificates: years and thousands in seconds. */
import type { FileStat, FileSystem } from "../../src/files/system.ts";
import { systemError } from "./disk.ts";

interface Timer {
  at: number;
  ring(): void;
}

export class Clock {
  now: number;
  #timers: Timer[] = [];

  constructor(now: number) {
    this.now = now;
  }

  sleep(ms: number, signals: readonly AbortSignal[] = []): Promise<void> {
    return new Promise((resolve) => {
      const ring = () => {
        for (const signal of signals) signal.removeEventListener("abort", wake);
        resolve();
      };
      const timer = { at: this.now + ms, ring };
      const wake = () => {
        this.#timers = this.#timers.filter((one) => one !== timer);
        ring();
      };
      if (signals.some(({ aborted }) => aborted)) return resolve();
      this.#timers.push(timer);
      for (const signal of signals) signal.addEventListener("abort", wake);
    });
  }

  /** Until the work is done: all timers of one moment ring together. */
  async drive(work: Promise<unknown>): Promise<void> {
    let isDone = false;
    const end = () => {
      isDone = true;
    };
    work.then(end, end);
    for (;;) {
      await new Promise(setImmediate);
      if (isDone) break;
      const at = Math.min(...this.#timers.map((timer) => timer.at));
      if (!Number.isFinite(at)) throw new Error("everybody waits, and nobody for the clock");
      this.now = Math.max(this.now, at);
      for (const timer of this.#timers.splice(0)) {
        if (timer.at <= this.now) timer.ring();
        else this.#timers.push(timer);
      }
    }
    await work;
  }
}

/** Files by name, in one folder. */
export class FlatDisk implements Partial<FileSystem> {
  readonly #files = new Map<string, { bytes: Buffer; at: number }>();
  readonly calls = { stat: 0, read: 0, list: 0 };
  #puts = 0;

  put(file: string, contents: string): void {
    this.#files.set(file, { bytes: Buffer.from(contents), at: ++this.#puts });
  }

  has(file: string): boolean {
    return this.#files.has(file);
  }

  remove = (file: string): void => void this.#files.delete(file);

  rename = (from: string, to: string): void => {
    const found = this.#files.get(from);
    if (found === undefined) throw systemError("ENOENT");
    this.#files.delete(from);
    this.#files.set(to, found);
  };

  stat = (file: string): FileStat => {
    this.calls.stat++;
    const found = this.#files.get(file);
    if (found === undefined) throw systemError("ENOENT");
    const isFile = () => true;
    const not = () => false;
    const times = { mtimeMs: found.at, ctimeMs: found.at };
    const { length: size } = found.bytes;
    return {
      isFile,
      isDirectory: not,
      isSymbolicLink: not,
      mode: 0o100600,
      uid: 0,
      gid: 0,
      size,
      dev: 1,
      ino: found.at,
      ...times,
    };
  };

  lstat = this.stat;
  exists = (file: string): boolean => {
    this.calls.stat++;
    return this.#files.has(file);
  };
  realpath = (file: string): string => file;
  readlink = (): string => {
    throw systemError("ENOENT");
  };

  read = (file: string): Buffer => {
    this.calls.read++;
    const found = this.#files.get(file);
    if (found === undefined) throw systemError("ENOENT");
    return found.bytes;
  };

  list = (): string[] => {
    this.calls.list++;
    return [...this.#files.keys()].map((file) => file.replace(/^.*\//, ""));
  };
}
