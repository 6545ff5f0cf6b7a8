/** Whether memory grows: the heap after a collection, a tenth of the way in and at the end. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const limit = 16;

export interface Growth {
  after(done: number): void;
  /** MiB. */
  end(): { early: number; late: number; limit: number };
}

export function growth(count: number): Growth {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const heap = () => {
    collect();
    return process.memoryUsage().heapUsed / 1024 ** 2;
  };
  let early = heap();
  return {
    after: (done) => {
      if (done === Math.ceil(count / 10)) early = heap();
    },
    end: () => ({ early, late: heap(), limit }),
  };
}
