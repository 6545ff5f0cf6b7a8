/** The CA's list of provisioners, page by page (smallstep/certificates, api/api.go: Provisioners). */
import type { ProvisionerFacts } from "../failure/evidence.ts";
import type { Answer } from "./answer.ts";
import { isRecord, parseJson } from "./response.ts";

/** More than any CA has, a hundred on each; a CA that never ends its list must not keep us. */
const mostPages = 200;

/** The list as far as it was read. */
export interface ProvisionerList {
  readonly found: ProvisionerFacts[];
  /** Why there may be others; null once all have been read. */
  partial: string | null;
}

/** Fills the list until it ends, or the reading of it: what was read by then stays. */
export async function readProvisioners(
  list: ProvisionerList,
  fetch: (path: string) => Promise<Answer>,
): Promise<{ status: number }> {
  const seen = new Set<string>();
  let isOdd = false;
  for (let cursor = ""; seen.size < mostPages; ) {
    seen.add(cursor);
    const { status, body } = await fetch(`/provisioners?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    const page = status === 200 ? parseJson(body.toString("utf8")) : undefined;
    if (status !== 200) return { status };
    if (!isRecord(page) || !Array.isArray(page["provisioners"])) return partial(list, "not the JSON of a list");
    for (const entry of page["provisioners"]) {
      const facts = provisionerFacts(entry);
      if (facts === null) isOdd = true;
      else list.found.push(facts);
    }
    cursor = typeof page["nextCursor"] === "string" ? page["nextCursor"] : "";
    if (cursor === "") {
      list.partial = isOdd ? "an entry has no name" : null;
      return { status };
    }
    if (seen.has(cursor)) return partial(list, "it repeats itself");
  }
  return partial(list, "it does not end");
}

function partial(list: ProvisionerList, why: string): { status: number } {
  list.partial = why;
  return { status: 200 };
}

/** Null for what names no provisioner: it may be any. */
function provisionerFacts(entry: unknown): ProvisionerFacts | null {
  if (!isRecord(entry)) return null;
  const { name, type, claims, key, state, disableTrustOnFirstUse } = entry;
  if (typeof name !== "string") return null;
  const { disableRenewal, allowRenewalAfterExpiry } = isRecord(claims) ? claims : {};
  const keyId = isRecord(key) ? key["kid"] : undefined;
  return {
    name,
    type: typeof type === "string" ? type : "",
    ...(typeof disableRenewal === "boolean" && { disableRenewal }),
    ...(typeof allowRenewalAfterExpiry === "boolean" && { allowRenewalAfterExpiry }),
    ...(typeof keyId === "string" && { keyId }),
    ...(typeof state === "string" && { state }),
    ...(typeof disableTrustOnFirstUse === "boolean" && { trustOnFirstUse: !disableTrustOnFirstUse }),
  };
}
