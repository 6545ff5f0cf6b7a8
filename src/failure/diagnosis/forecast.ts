/** What would happen: the same causes as in a diagnosis, weighed before there is an answer. */
import type { CauseId, Evidence } from "../evidence.ts";
import { type Cause, order } from "./cause.ts";
import { causes } from "./causes.ts";
import { isRegistrationAuthority, provisionerInList } from "./leaf.ts";
import type { Symptom } from "./symptom.ts";

export type Cell =
  | { verdict: "works"; because: string }
  | { verdict: "refused" | "unknown"; cause: CauseId; because: string };

/** What is known before anything is asked; `at` is the moment that is foreseen. */
export type Outlook = Omit<Evidence, "answer" | "alert">;

/** Causes that facts alone can prove. The rest needs an answer to be thought of. */
const foreseeable: readonly CauseId[] = [
  "NOT_YET_VALID",
  "EXPIRED",
  "LIVED_UNDER_A_MINUTE",
  "CHAIN_INCOMPLETE",
  "UNKNOWN_ISSUER",
  "OUTLIVES_ISSUER",
  "ISSUER_YOUNGER",
  "ISSUER_UNFIT",
  "NO_SERVER_AUTH_OLD_CA",
  "NO_CLIENT_AUTH",
  "ISSUER_FORBIDS_USAGE",
  "NAME_NOT_PERMITTED",
  "NO_DIGITAL_SIGNATURE",
  "NO_EXTENSION_FOR_TOKEN",
  "REVOKED",
  "PROVISIONER_GONE",
  "RENEWAL_DISABLED",
  "PROVISIONER_CANNOT_RENEW",
  "CLOCK_AHEAD",
  "CLOCK_BEHIND",
];

/** These may be the reason of many answers; without one, only proof counts against a certificate. */
const needProof: readonly CauseId[] = [
  "REVOKED",
  "NAME_NOT_PERMITTED",
  "CLOCK_AHEAD",
  "CLOCK_BEHIND",
  "PROVISIONER_GONE",
  "RENEWAL_DISABLED",
  "PROVISIONER_CANNOT_RENEW",
];

/** Foresees one way at one moment: the first check of the CA that would fail decides. */
export function foresee(outlook: Outlook): Cell {
  const { method } = outlook;
  const weighed = foreseeable
    .map((id) => causes[id])
    .filter(({ only }) => only === undefined || only === method)
    .sort((a, b) => stepOf(a, method) - stepOf(b, method))
    .map((cause) => ({ ...cause.weigh(answeredAs(cause, outlook)), cause: cause.id }));
  const refused = weighed.find(({ verdict }) => verdict === "proved");
  if (refused !== undefined) return { ...refused, verdict: "refused" };
  const doubt = weighed.find(({ verdict, cause }) => verdict === "speaks" && !needProof.includes(cause));
  if (doubt !== undefined) return { ...doubt, verdict: "unknown" };
  return (
    afterExpiry(outlook) ??
    behind(outlook) ?? {
      verdict: "works",
      because: method === "mtls" ? "valid, and fit for clients" : "its chain is fit for a token",
    }
  );
}

/** Renewal after expiry takes the provisioner's leave; the authority's own claims, which no endpoint shows, may give it too. */
function afterExpiry(outlook: Outlook): Cell | undefined {
  const { certificate, at, method } = outlook;
  if (method === "mtls" || at <= certificate.notAfter) return undefined;
  const cause = "EXPIRED_NOT_ALLOWED";
  const listed = provisionerInList(outlook);
  if (typeof listed === "string") {
    return {
      verdict: "unknown",
      cause,
      because: "the CA hides its provisioners, and so whether renewal after expiry is allowed",
    };
  }
  const named = `provisioner "${listed.name}"`;
  if (listed.allowRenewalAfterExpiry === true) return undefined;
  if (listed.allowRenewalAfterExpiry === false)
    return { verdict: "refused", cause, because: `${named} forbids renewal after expiry` };
  const because = `${named} does not allow renewal after expiry, and only claims of the whole CA, which it does not show, could`;
  return { verdict: "unknown", cause, because };
}

function behind({ method, ca }: Outlook): Cell | undefined {
  if (method === "token" || !isRegistrationAuthority(ca)) return undefined;
  return {
    verdict: "unknown",
    cause: "RA_NEEDS_TOKEN",
    because: "the CA is a registration authority, and some renew by token only",
  };
}

/** The answer that this cause would give: some causes compare themselves with it. */
function answeredAs({ symptoms, step }: Cause, outlook: Outlook): Evidence {
  if (outlook.method === "mtls" && step === "chain")
    return { ...outlook, alert: alerts[symptoms[0] ?? "closed"] ?? 42 };
  const said = step === "chain" ? "error validating renew token" : unauthorized;
  return { ...outlook, answer: { status: 401, said, shape: "status" } };
}

const alerts: Partial<Record<Symptom, number>> = {
  "alert-expired": 45,
  "alert-unknown-ca": 48,
  "alert-bad-certificate": 42,
};

const unauthorized =
  "The request lacked necessary authorization to be completed. Please see the certificate authority logs for more info.";

function stepOf({ step }: Cause, method: Evidence["method"]): number {
  return order[method].indexOf(step);
}
