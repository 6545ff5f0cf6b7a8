/** May this certificate be renewed? The same for both ways (certificates, authorizeRenew and DefaultAuthorizeRenew). */
import { PROVISIONER_OID, provisionerName } from "../issuing/provisioner-extension.ts";
import type { Certificate } from "./certificate.ts";
import { goTime, goTimeString } from "./go-text.ts";
import type { Provisioner } from "./provisioners.ts";
import { Panic, Refusal, unauthorized } from "./refusal.ts";
import type { State } from "./state.ts";

/** A certificate without the extension came from nobody: mTLS renews it, a token does not. */
export type Origin = Provisioner | "nobody" | "unknown";

/** By the name in the extension alone: neither type nor key id decide. */
export function originOf(state: State, { parsed }: Certificate): Origin {
  const extension = parsed.getExtension(PROVISIONER_OID);
  if (!extension) return "nobody";
  const name = provisionerName(Buffer.from(extension.value));
  return state.provisioners.find((provisioner) => provisioner.name === name) ?? "unknown";
}

/** Throws the refusal, in this order: revoked, provisioner gone, renewal disabled, not yet valid, expired. */
export function authorizeRenewal(state: State, certificate: Certificate): void {
  if (state.revoked.has(certificate.serial)) throw unauthorized("certificate has been revoked");
  const origin = originOf(state, certificate);
  if (origin === "unknown") throw unauthorized("provisioner not found");
  if (origin !== "nobody") authorizeBy(origin, state, certificate);
}

function authorizeBy(provisioner: Provisioner, { claims, now }: State, { notBefore, notAfter }: Certificate): void {
  if (["SCEP", "SSHPOP"].includes(provisioner.type)) {
    throw unauthorized("provisioner.AuthorizeRenew not implemented");
  }
  if (provisioner.uninitialized) throw new Panic("runtime error: invalid memory address or nil pointer dereference");
  const { disableRenewal = false, allowRenewalAfterExpiry = false } = { ...claims, ...provisioner.claims };
  if (disableRenewal) throw unauthorized(`renew is disabled for provisioner '${provisioner.name}'`);
  const second = new Date(Math.floor(now().getTime() / 1000) * 1000);
  if (second < notBefore) {
    throw unauthorized(`certificate is not yet valid ${goTime(second)} vs ${goTime(notBefore)}`);
  }
  if (second > notAfter && !allowRenewalAfterExpiry) {
    const said = `The request lacked necessary authorization to be completed: certificate expired on ${goTimeString(notAfter)}`;
    throw new Refusal(401, said, said);
  }
}
