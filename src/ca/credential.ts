/** Which way to prove who we are: the client certificate in the handshake, or a token signed with its key. */
import { allowsUsage, type Certificate } from "../pki/certificate.ts";

export type Method = "mtls" | "token";

export interface Choice {
  readonly method: Method;
  readonly because: MethodReason;
}

export type MethodReason =
  | "valid"
  | "expired"
  | "asked"
  | "not-a-client"
  | "certificate-not-seen"
  | "registration-authority"
  | "expired-meanwhile";

/**
 * mTLS while the certificate is valid and may be a client; a token otherwise. A serverAuth-only leaf cannot pass the handshake
 * (Go asks client certificates for clientAuth), while CAs before v0.26.2 take its token. A leaf for neither goes over mTLS: no
 * CA takes it either way, and the handshake is the plainer refusal. Where mTLS alone is asked for it stays so, whatever comes of it.
 */
export function choose(leaf: Certificate, asked: { mtls: boolean; only?: "mtls" }, now: Date): Choice {
  if (asked.only === "mtls") return { method: "mtls", because: "valid" };
  if (!asked.mtls) return { method: "token", because: "asked" };
  if (now > leaf.notAfter) return { method: "token", because: "expired" };
  if (!allowsUsage(leaf, "clientAuth") && allowsUsage(leaf, "serverAuth"))
    return { method: "token", because: "not-a-client" };
  return { method: "mtls", because: "valid" };
}

/** The reason in words, for -v and the success line. */
export const reasons: Record<MethodReason, string> = {
  valid: "the certificate is valid and may be a TLS client",
  expired: "the certificate has expired, so it cannot pass a handshake",
  asked: "--mtls=false asks for it",
  "not-a-client": "the certificate is for servers only, so it cannot pass a handshake as a client",
  "certificate-not-seen": "the CA never saw the client certificate: something in front of it ends TLS",
  "registration-authority": "this CA is a registration authority, which renews by token only",
  "expired-meanwhile": "the certificate expired during the first try",
};
