/** Exit 77: the CA said no. Why is a matter of evidence: the causes come from `diagnosis`. */

import { certificateAlerts } from "../causes.ts";
import type { Refused } from "../facts.ts";
import { type Family, sentence } from "./explanation.ts";

const verb = ({ operation }: Refused) => operation ?? "renew";

const way = ({ method }: Refused) => (method === "mtls" ? "over mTLS" : "by token");

/** The first cause in words, if it is sure enough to lead with. */
function reason({ diagnosis }: Refused, otherwise: string): string {
  const { causes } = diagnosis;
  const [first] = causes;
  if (first === undefined) return otherwise;
  if (first.certainty === "certain") return sentence(first.because);
  if (first.certainty === "likely") return `${otherwise} Most likely: ${first.because}.`;
  if (causes.length === 1) return `${otherwise} Possibly: ${first.because}.`;
  return `${otherwise} Nothing that it shows tells which of ${causes.length} causes it is.`;
}

/** Sentences for which step-ca keeps the reason to its log. */
const isOpaque = (said: string) =>
  /Please see the certificate authority logs|^error validating renew token$/.test(said);

export const refusals: Family<"CA_REFUSED" | "CERT_EXPIRED" | "CLIENT_REJECTED"> = {
  CA_REFUSED: {
    exit: 77,
    retry: "after-fix",
    title: "the CA refused to renew the certificate",
    about:
      "The CA answered, and said no. It gives one sentence for many causes and keeps the true one to its log; renew looks at the certificate, the answer, the clocks and the CA's public endpoints to find it.",
    what: (f) => `the CA refused to ${verb(f)} ${f.certificate} ${way(f)}`,
    why: (f) => reason(f, isOpaque(f.said) ? "The CA keeps the reason to its log." : "It gives a reason of its own."),
    help: () => [],
  },
  CERT_EXPIRED: {
    exit: 77,
    retry: "after-fix",
    title: "the CA does not renew this certificate after its end",
    about:
      "The provisioner that issued the certificate lacks the claim allowRenewalAfterExpiry, whose default is false.",
    what: (f) =>
      f.diagnosis.causes[0]?.id === "PROXY_CERTIFICATE"
        ? `the CA judged another certificate, not ${f.certificate}`
        : `the CA does not ${verb(f)} ${f.certificate} now that it has expired`,
    why: (f) => reason(f, "The CA says that it has expired."),
    help: () => [],
  },
  CLIENT_REJECTED: {
    exit: 77,
    retry: "after-fix",
    title: "the CA refused the client certificate in the TLS handshake",
    about:
      "The handshake failed because of the client's certificate: expired, of another CA, or not for clients. The alert's number narrows it down.",
    what: (f) => `the CA refused ${f.certificate} in the TLS handshake`,
    why: (f) => {
      const alert =
        f.alert === null
          ? "It closed the connection without a TLS alert."
          : `It sent TLS alert ${f.alert} (${certificateAlerts[f.alert] ?? "unknown"}).`;
      return reason(f, alert);
    },
    help: () => [],
  },
};
