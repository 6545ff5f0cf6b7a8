/** `renew rekey`, as a call. */
import { chainPem, factsOf } from "./certificate-facts.ts";
import { rekeyPolicy } from "./policy.ts";
import { call } from "./told.ts";
import type { RekeyOptions, RekeyResult } from "./types.ts";

/**
 * Gets the same certificate for a new key, over mTLS, and puts both in their places as one. The new key has the old one's type,
 * size, form, passphrase, mode and owner, unless `kind` says otherwise.
 *
 * @throws {@link RenewError} (as a rejection). The old pair is in place then, unless `state.changed` says otherwise.
 */
export async function rekey(options: RekeyOptions): Promise<RekeyResult> {
  return call(
    "rekey",
    { ...options },
    {
      judge: () => rekeyPolicy(options),
      work: async (policy, world, account) => {
        const { rekeyOnce } = await import("../renewal/rekey.ts");
        const outcome = await rekeyOnce(policy, world, account.progress(policy.paths.certificate));
        const certificate = factsOf(outcome.leaf);
        const chain = chainPem(outcome.chain);
        if (outcome.outcome === "not-due") return { outcome: "not-due", certificate, chain, dueFrom: outcome.due.from };
        const { file, keyFile } = outcome;
        if (outcome.outcome === "overtaken") return { outcome: "overtaken", certificate, chain, file, keyFile };
        const { previous, key: kind, tookMs } = outcome;
        return { outcome: "rekeyed", certificate, previous: factsOf(previous), chain, file, keyFile, kind, tookMs };
      },
    },
  );
}
