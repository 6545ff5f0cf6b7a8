/** What would refuse the certificate in any case, whatever this refusal is about: facts that the CA itself shows. */
import type { CauseId, Evidence } from "../evidence.ts";
import { hasExpired } from "./clock.ts";
import { cannotRenew, provisionerInList } from "./leaf.ts";
import { quoted } from "./words.ts";

export interface Obstacle {
  id: CauseId;
  because: string;
}

/** In the order in which the CA comes to them by token, which is that of what is mended first. */
export function obstacles(e: Evidence): Obstacle[] {
  const { crl } = e.ca;
  const name = quoted(e.certificate.provisioner?.name ?? "");
  const listed = provisionerInList(e);
  const found: Obstacle[] = [];
  // An empty list proves nothing.
  if (listed === "gone" && e.ca.provisioners?.length !== 0)
    found.push({ id: "PROVISIONER_GONE", because: `the CA's list lacks the certificate's provisioner ${name}` });
  if (crl?.usable && crl.lists)
    found.push({ id: "REVOKED", because: "the CA's CRL lists this certificate's serial number" });
  if (typeof listed !== "object") return found;
  if (cannotRenew.test(listed.type))
    found.push({
      id: "PROVISIONER_CANNOT_RENEW",
      because: `its provisioner ${name} is of type ${quoted(listed.type)}, which does not renew`,
    });
  else if (listed.disableRenewal === true)
    found.push({ id: "RENEWAL_DISABLED", because: `its provisioner ${name} is listed with disableRenewal: true` });
  if (hasExpired(e) && listed.allowRenewalAfterExpiry === false)
    found.push({
      id: "EXPIRED_NOT_ALLOWED",
      because: `it has expired, and its provisioner ${name} is listed with allowRenewalAfterExpiry: false`,
    });
  return found;
}

/** Whether something else than `cause` is known that refuses it. */
export function isRefusedAnyway(e: Evidence, cause: CauseId): boolean {
  return obstacles(e).some(({ id }) => id !== cause);
}
