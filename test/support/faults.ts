/** Lets a file system fail, or its whole process die, at exactly the n-th call. */
import { type FileSystem, realFileSystem } from "../../src/files/system.ts";
import { systemError } from "./disk.ts";

/** The process is gone: nothing that it tries afterwards has any effect. */
export class Crash extends Error {}

export interface Faulty {
  fs: FileSystem;
  /** The methods that were called, in order. */
  calls: string[];
}

/** Calls `before` ahead of every call, with its number from 1; what that throws, the call throws. */
export function interposed(disk: FileSystem, before: (number: number, method: string) => void): Faulty {
  const calls: string[] = [];
  const fs = new Proxy(disk, {
    get(target, name: keyof FileSystem) {
      const method = target[name];
      return (...given: unknown[]): unknown => {
        before(calls.push(name), name);
        return Reflect.apply(method, target, given);
      };
    },
  });
  return { fs, calls };
}

export function recorded(disk: FileSystem): Faulty {
  return interposed(disk, () => undefined);
}

/** Dies before the n-th call has any effect. */
export function dyingAt(n: number, disk: FileSystem): Faulty {
  return interposed(disk, (number) => {
    if (number >= n) throw new Crash();
  });
}

/** One call fails, or this and all that write from then on. */
export function failingAt(n: number, errno: string, disk: FileSystem, lasting = false): Faulty {
  return interposed(disk, (number, method) => {
    const isWriting = ["open", "write", "truncate", "sync", "syncMeanwhile", "rename"].includes(method);
    if (number === n || (lasting && number > n && isWriting)) throw systemError(errno);
  });
}

/** Does some things in its own way. */
export function odd(disk: FileSystem, own: Partial<FileSystem>): FileSystem {
  return new Proxy(disk, {
    get: (target, name: keyof FileSystem) => own[name] ?? target[name].bind(target),
  });
}

/** Every file was written and came to its place at this moment. */
export function putAt(time: Date, disk: FileSystem = realFileSystem): FileSystem {
  const times = { mtimeMs: time.getTime(), ctimeMs: time.getTime() };
  return odd(disk, { stat: (file) => Object.assign(disk.stat(file), times) });
}
