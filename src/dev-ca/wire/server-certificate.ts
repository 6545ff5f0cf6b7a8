/** The CA's own TLS certificate, right and wrong. */
import { type Authority, createAuthority } from "../authority.ts";
import type { Fault } from "../faults.ts";

export interface ServerCertificate {
  /** PEM, leaf first. */
  cert: string;
  key: string;
}

const variants = [
  "expired-server-certificate",
  "not-yet-valid-server-certificate",
  "wrong-server-name",
  "other-server-root",
  "server-leaf-only",
] as const satisfies Fault[];
export type Variant = "right" | (typeof variants)[number];

export function variantOf(faults: ReadonlySet<Fault>): Variant {
  return variants.find((variant) => faults.has(variant)) ?? "right";
}

const HOUR = 3_600_000;

/**
 * Good from an hour before until a day after both clocks, so that a CA whose clock is off still gets as far as an
 * answer. The real one begins at its start, whatever `backdate` says.
 */
export async function createServerCertificate(
  variant: Variant,
  { authority, dnsNames, now }: { authority: Authority; dnsNames: readonly string[]; now: Date },
): Promise<ServerCertificate> {
  const [earlier, later] = [now.getTime(), Date.now()].sort((a, b) => a - b) as [number, number];
  const issuer = variant === "other-server-root" ? await createAuthority({ subject: "another CA" }) : authority;
  const { chain, certificate, key } = await issuer.issue({
    subject: "Step Online CA",
    names: variant === "wrong-server-name" ? ["ca.example"] : [...dnsNames],
    usages: ["serverAuth", "clientAuth"],
    notBefore: new Date(
      variant === "not-yet-valid-server-certificate" ? later + HOUR : earlier - (variant === "right" ? 1 : 24) * HOUR,
    ),
    notAfter: new Date(variant === "expired-server-certificate" ? earlier - HOUR : later + 24 * HOUR),
  });
  return { cert: variant === "server-leaf-only" ? certificate : chain, key };
}
