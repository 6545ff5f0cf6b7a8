/**
 * Steps of which some have to be safe on the disk before the next one is taken. Each yields the handle of what is to be synced.
 * One run of one certificate waits there; a run of many does something else meanwhile, and takes the same steps.
 */
import type { FileSystem } from "./system.ts";

export type Syncing<T> = Generator<number, T, void>;

/** Nothing else happens in this process before it returns. Throws what a step throws. */
export function atOnce<T>(steps: Syncing<T>, fs: Pick<FileSystem, "sync">): T {
  let step = steps.next();
  while (!step.done) {
    try {
      fs.sync(step.value);
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next();
  }
  return step.value;
}

/** Others may work while the disk does. Rejects with what a step throws. */
export async function meanwhile<T>(steps: Syncing<T>, sync: (handle: number) => Promise<void>): Promise<T> {
  let step = steps.next();
  while (!step.done) {
    try {
      await sync(step.value);
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next();
  }
  return step.value;
}
