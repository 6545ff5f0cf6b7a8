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
const MINUTE = 60_000;

/**
 * Good from an hour before until a day after both clocks, so that a CA whose clock is off still gets as far as an
 * answer; the real one begins at its start, whatever `backdate` says. The issuer is sent along, even where it is the root.
 */
export async function createServerCertificate(
  variant: Variant,
  { authority, dnsNames, now }: { authority: Authority; dnsNames: readonly string[]; now: Date },
): Promise<ServerCertificate> {
  const issuer = variant === "other-server-root" ? await createAuthority({ subject: "another CA" }) : authority;
  const { certificate, key } = await issuer.issue({
    subject: "Step Online CA",
    names: variant === "wrong-server-name" ? ["ca.example"] : [...dnsNames],
    usages: ["serverAuth", "clientAuth"],
    ...validity(variant, now),
  });
  const issuers = new Set([issuer.issuerCertificate, ...issuer.intermediates]);
  return { cert: variant === "server-leaf-only" ? certificate : [certificate, ...issuers].join(""), key };
}

function validity(variant: Variant, now: Date): { notBefore: Date; notAfter: Date } {
  // A clock that stands still is soon a little behind: its times are to be its own, to the second.
  const others = [Date.now()].filter((time) => Math.abs(time - now.getTime()) > MINUTE);
  const earlier = Math.min(now.getTime(), ...others);
  const later = Math.max(now.getTime(), ...others);
  const between = (from: number, to: number) => ({ notBefore: new Date(from), notAfter: new Date(to) });
  if (variant === "expired-server-certificate") return between(earlier - 25 * HOUR, earlier - HOUR);
  if (variant === "not-yet-valid-server-certificate") return between(later + HOUR, later + 25 * HOUR);
  return between(earlier - HOUR, later + 24 * HOUR);
}
