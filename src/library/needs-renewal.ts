/** `renew needs-renewal`, as a call. */
import { parseServerAddress } from "../ca/server-address.ts";
import { parseWindow } from "../cli/duration.ts";
import type { NeedPolicy } from "../renewal/needs-renewal.ts";
import { factsOf } from "./certificate-facts.ts";
import { check, type Shape } from "./checked.ts";
import { rootsOf } from "./policy.ts";
import { call } from "./told.ts";
import type { NeedOptions, NeedResult } from "./types.ts";

const shape: Shape = {
  certificate: { kind: "text", isNeeded: true },
  expiresIn: { kind: "text" },
  bundle: { kind: "switch" },
  roots: { kind: "texts" },
  serverName: { kind: "text" },
  timeoutMs: { kind: "count" },
  signal: { kind: "signal" },
  now: { kind: "function" },
};

/**
 * Whether the certificate of a file, or the one that a TLS server presents, needs renewal: by default, whether 66% of its
 * lifetime are used. Changes nothing.
 *
 * @throws {@link RenewError} (as a rejection): a file that holds none, a server that cannot be reached or verified.
 */
export async function needsRenewal(options: NeedOptions): Promise<NeedResult> {
  return call(
    "needs-renewal",
    { ...options, passphrase: undefined },
    {
      judge: () => policyOf(options),
      work: async (policy, world) => {
        const { needsRenewal: look } = await import("../renewal/needs-renewal.ts");
        const { needed, about, isHalfWay } = await look(policy, world);
        const { usedPercent, from } = about.need;
        return { needed, certificate: factsOf(about.certificate), usedPercent, dueFrom: from, isHalfWay };
      },
    },
  );
}

function policyOf(options: NeedOptions): NeedPolicy {
  check("needsRenewal", options, shape);
  const { certificate, expiresIn = "66%", bundle = false, roots, serverName = null, timeoutMs = 10_000 } = options;
  return {
    subject: parseServerAddress(certificate) ?? certificate,
    window: parseWindow(expiresIn, "expiresIn"),
    bundle,
    roots: roots === undefined ? null : rootsOf(roots, "roots"),
    serverName,
    timeoutMs: Math.min(Math.max(timeoutMs, 1), 2 ** 31 - 1),
  };
}
