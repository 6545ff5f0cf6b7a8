/** `renew`, as a call. */
import { chainPem, factsOf } from "./certificate-facts.ts";
import { renewPolicy } from "./policy.ts";
import { call } from "./told.ts";
import type { RenewOptions, RenewResult } from "./types.ts";

/**
 * Renews a certificate, and puts the new one in its place, as `renew` does: verified, crash-safe, one run at a time. While it is
 * valid this goes over mTLS; one that has expired is renewed by a signed token, with `force`.
 *
 * @throws {@link RenewError} (as a rejection). Nothing on the disk has changed then, unless `state.changed` says so.
 *
 * @example
 * ```ts
 * const result = await renew({
 *   certificate: "web.crt",
 *   key: "web.key",
 *   caUrl: "https://ca.internal:9000",
 *   root: "root_ca.crt",
 *   expiresIn: "66%",
 * });
 * if (result.outcome === "renewed") console.log("good until", result.certificate.notAfter);
 * ```
 */
export async function renew(options: RenewOptions): Promise<RenewResult> {
  return call(
    "renew",
    { ...options },
    {
      judge: () => renewPolicy(options),
      work: async (policy, world, account) => {
        const { renewOnce } = await import("../renewal/renew.ts");
        const outcome = await renewOnce(policy, world, account.progress(policy.paths.certificate));
        const certificate = factsOf(outcome.leaf);
        const chain = chainPem(outcome.chain);
        if (outcome.outcome === "not-due") return { outcome: "not-due", certificate, chain, dueFrom: outcome.due.from };
        const { file } = outcome;
        if (outcome.outcome === "overtaken") return { outcome: "overtaken", certificate, chain, file };
        const { previous, choice, tookMs } = outcome;
        const { method } = choice;
        return { outcome: "renewed", certificate, previous: factsOf(previous), chain, file, method, tookMs };
      },
    },
  );
}
