/** What fails around a CA: its store, its signer, the CA behind it. Each at the check where the real one meets it, in its words. */
import type { Fault } from "../faults.ts";
import type { Certificate } from "../rules/certificate.ts";
import { badRequest, internal, Panic, Refusal, words } from "../rules/refusal.ts";

export type Check = "use" | "revocation" | "names" | "signing" | "storing";

type Failing = Partial<Record<Check, (certificate: Certificate) => Error>>;

const upstream = "client POST https://ca.internal:9000/1.0/renew failed";

const failing: Partial<Record<Fault, Failing>> = {
  "no-token-flow": { use: () => badRequest("token flow is not supported") },
  "broken-store": {
    use: () => internal("failed when attempting to store token: error saving token: disk full"),
    revocation: () => internal("error checking revocation bucket: database is locked"),
  },
  panic: { revocation: () => new Panic("runtime error: invalid memory address or nil pointer dereference") },
  "name-not-permitted": {
    names: (certificate) => {
      const said = `DNS name ${JSON.stringify(dnsName(certificate))} is not permitted by any constraint`;
      return new Refusal(403, said, said);
    },
  },
  "name-unreadable": { names: () => internal('cannot parse rfc822Name "bad"', "error renewing certificate") },
  vault: { signing: () => new Refusal(501, words.internal, "vaultCAS does not support renewals") },
  "broken-signer": {
    signing: () => internal("cloudCAS CreateCertificate failed: rpc error: code = Unavailable desc = try again"),
  },
  "upstream-refuses": { signing: () => new Refusal(401, words.internal, words.unauthorized) },
  "upstream-unreachable": {
    signing: () => internal(`${upstream}: dial tcp 10.0.0.1:9000: connect: connection refused`),
  },
  "lost-certificate": { storing: () => internal("database Set error: disk full") },
};

/** Throws what a fault makes of this check. */
export function failAt(check: Check, { faults }: { faults: ReadonlySet<Fault> }, certificate: Certificate): void {
  for (const fault of faults) {
    const error = failing[fault]?.[check]?.(certificate);
    if (error) throw error;
  }
}

function dnsName({ native, commonName }: Certificate): string {
  return /DNS:([^,]+)/.exec(native.subjectAltName ?? "")?.[1] ?? commonName;
}
