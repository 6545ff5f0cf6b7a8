/** Work that is done side by side, with a limit. */

/**
 * Works on all items, at most so many at once, in their order. Once `isOver` says so, no other is begun. What is thrown ends the
 * beginning of others, too, and is thrown again when all that was under way has ended.
 */
export async function inLanes<T>(
  items: Iterable<T>,
  { most, isOver }: { most: number; isOver: () => boolean },
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  let hasFailed = false;
  const lane = async () => {
    while (!hasFailed && !isOver()) {
      const { done, value } = queue.next();
      if (done) return;
      try {
        await work(value);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.max(1, most) }, lane));
  for (const one of ended) if (one.status === "rejected") throw one.reason;
}
