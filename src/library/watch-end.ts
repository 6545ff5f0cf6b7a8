/** What ends a watch. It is listened to before anything else, so that nothing of it is missed while the watch begins. */
import type { TlsServer, WatchHandlers, WatchOptions } from "./watch-types.ts";

/** Returns what lets go of it all. */
export function listenForEnd(
  { options, handlers }: { options: WatchOptions; handlers: WatchHandlers },
  end: AbortController,
): () => void {
  const stop = () => end.abort("SIGTERM");
  const { server } = options;
  const signals = [handlers.signal, options.signal].filter((signal) => signal !== undefined);
  for (const signal of signals) signal.addEventListener("abort", stop, { once: true });
  server?.once("close", stop);
  if (signals.some(({ aborted }) => aborted) || (server && hasServed(server))) stop();
  return () => {
    for (const signal of signals) signal.removeEventListener("abort", stop);
    server?.off("close", stop);
  };
}

/**
 * It was closed already. Nothing public tells that from a server that listens later; but where a `net.Server` has listened stays
 * in this property, in every Node. One that was closed without ever having listened is like a new one.
 */
function hasServed(server: TlsServer): boolean {
  const { listening, _connectionKey: where } = server as { listening?: unknown; _connectionKey?: unknown };
  return listening === false && typeof where === "string";
}
