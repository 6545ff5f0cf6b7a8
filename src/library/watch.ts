/** `renew --daemon`, inside a program. */
import { watchPolicy } from "./policy.ts";
import { quietWorld } from "./quiet-world.ts";
import { call } from "./told.ts";
import { listenForEnd } from "./watch-end.ts";
import type { Watch, WatchHandlers, WatchOptions } from "./watch-types.ts";

/**
 * Keeps one certificate renewed, in the last third of its lifetime, and hands a running server each new one: without a restart,
 * and without a dropped connection. The files are looked at each minute, so that what somebody else puts there is used as well.
 * What fails is tried again: soon at first, then less often, ten times at least before the certificate's end.
 *
 * Resolves once it keeps watch, also where the CA cannot be reached at that moment; `onFailure` is told then.
 *
 * @throws {@link RenewError} (as a rejection) for options and files with which no renewal can succeed.
 *
 * @example
 * ```ts
 * const server = https.createServer(handler);
 * const watching = await watch(
 *   { certificate: "web.crt", key: "web.key", caUrl: "https://ca.internal:9000", root: "root_ca.crt", server },
 *   { onFailure: (error) => console.error(error.rendered) },
 * );
 * server.listen(443);
 * ```
 */
export async function watch(options: WatchOptions, handlers: WatchHandlers = {}): Promise<Watch> {
  return call(
    "renew",
    { ...options },
    {
      judge: () => {
        const policy = watchPolicy(options, handlers);
        handlers.signal?.throwIfAborted();
        return policy;
      },
      work: async (policy, _, account) => {
        // What lasts has an end of its own: that of this call is over when it resolves.
        const end = new AbortController();
        const { now, passphrase } = options;
        const { world } = quietWorld({ now, passphrase, signal: end.signal });
        const unlisten = listenForEnd({ options, handlers }, end);
        try {
          const { Watcher } = await import("./watcher.ts");
          const watcher = new Watcher({ policy, options, handlers, world, end, unlisten, account });
          await watcher.start();
          return watcher;
        } catch (error) {
          unlisten();
          throw error;
        }
      },
    },
  );
}
