/** Why a certificate cannot be rekeyed, known before the CA is asked, and what leads to a new key all the same. */
import { causes } from "../failure/diagnosis/causes.ts";
import { enrolCommand, renewCommand } from "../failure/diagnosis/commands.ts";
import { usagesText } from "../failure/diagnosis/leaf.ts";
import type { Diagnosis, Evidence, RankedCause } from "../failure/evidence.ts";
import { instant, relative } from "../failure/time.ts";
import type { Identity } from "../pki/identity.ts";
import { certificateFacts } from "./evidence.ts";
import { ofKubeconfig } from "./load.ts";

interface About {
  identity: Identity;
  url: string;
  /** As the user gave it. */
  root: string;
  now: Date;
}

/** A diagnosis without an answer: the certificate alone decides. */
export function foreseeRekey(reason: "expired" | "not-a-client", { identity, url, root, now }: About): Diagnosis {
  const certificate = certificateFacts(identity);
  const files = { key: identity.keyFile, root, ...ofKubeconfig(identity) };
  const evidence: Evidence = { at: now, method: "mtls", operation: "rekey", certificate, ca: { url }, files };
  const { notAfter } = certificate;
  const usages = usagesText(certificate);
  const first =
    reason === "expired"
      ? ranked(
          "REKEY_NEEDS_MTLS",
          "a rekey works over mTLS only, and a handshake takes no certificate that has expired",
          [
            `renew it first, by token, with the key that it has: \`${renewCommand(evidence, "--force")}\`; then rekey`,
            `where the provisioner does not renew after expiry, enrol anew: \`${enrolCommand(evidence)}\``,
          ],
        )
      : ranked(
          "NO_CLIENT_AUTH",
          `a rekey works over mTLS only, and the certificate's extended key usage is ${usages}, which no handshake takes`,
          [
            `enrol anew, which makes a new key, too: \`${enrolCommand(evidence)}\``,
            "the CA's administrator: a template with clientAuth for this provisioner; `renew explain NO_CLIENT_AUTH` has it",
          ],
        );
  return {
    causes: [first],
    ruledOut: [],
    evidence: [
      ["usages", usages],
      ["valid", `until ${instant(notAfter)} (${relative(notAfter, now)})`],
    ],
    asked: [],
  };
}

function ranked(id: "REKEY_NEEDS_MTLS" | "NO_CLIENT_AUTH", because: string, help: readonly string[]): RankedCause {
  return { id, certainty: "certain", who: causes[id].who, because, help };
}
