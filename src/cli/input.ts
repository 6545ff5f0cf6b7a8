/** Standard input as a whole: what is piped in, or pasted on a terminal. Unlike a read that blocks, it can be interrupted. */

/** The last `limit` bytes; a log is read for its end. */
export async function readInput(limit: number, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const end = () => process.stdin.destroy();
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  try {
    for await (const chunk of process.stdin) {
      chunks.push(Buffer.from(chunk));
      size += chunk.length;
      while (size - (chunks[0]?.length ?? 0) >= limit) size -= chunks.shift()?.length ?? 0;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", end);
  }
  return Buffer.concat(chunks).subarray(-limit);
}
