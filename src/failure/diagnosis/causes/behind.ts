/** What is behind the CA's API: the service that signs, its keys, its database. */
import type { Evidence } from "../../evidence.ts";
import { span } from "../../time.ts";
import { contradicted, type Family, proved, silent, speaks } from "../cause.ts";
import { againCommand, enrolCommand, renewCommand } from "../commands.ts";
import { lifetimeMs, registrationAuthoritySign } from "../leaf.ts";
import { symptomOf } from "../symptom.ts";

type Behind =
  | "RA_NEEDS_TOKEN"
  | "RA_UPSTREAM"
  | "CAS_CANNOT_RENEW"
  | "LIFETIME_IS_BACKDATE"
  | "CA_STORE_FAILED"
  | "CA_SIGNER_FAILED"
  | "KEY_TYPE_NOT_SUPPORTED"
  | "CA_PANICKED";

const minute = 60_000;
const day = 24 * 60 * minute;
const onceMore = (e: Evidence) => `try once more in a minute: \`${againCommand(e)}\``;

export const behind: Family<Behind> = {
  RA_NEEDS_TOKEN: {
    id: "RA_NEEDS_TOKEN",
    title: "the CA is a registration authority, which renews by token only",
    who: "you",
    symptoms: ["internal-bad-request"],
    step: "signing",
    only: "mtls",
    weigh: (e) =>
      symptomOf(e) === "internal-bad-request"
        ? proved(
            "the words of an internal error with status 400 come from a registration authority that has no token to pass on",
          )
        : silent("it does not say so"),
    help: (e) =>
      e.operation === "rekey"
        ? [`a registration authority cannot rekey at all; enrol anew: \`${enrolCommand(e)}\``]
        : [`renew by token: \`${renewCommand(e, "--force", "--mtls=false")}\``],
    page: `A registration authority (StepCAS) has another step-ca sign for it. A renewal by token is passed on with the token; over mTLS there is none to pass on, and the renewal fails: status 400, with the sentence of an internal error. Rekeying, which works over mTLS only, never works there.

The log says "renewCertificateRequest \`token\` cannot be empty". renew tries again by token of itself.`,
    logs: ["renewCertificateRequest `token` cannot be empty"],
  },

  CAS_CANNOT_RENEW: {
    id: "CAS_CANNOT_RENEW",
    title: "the service that signs for this CA cannot renew",
    who: "admin",
    symptoms: ["internal-not-implemented"],
    step: "signing",
    weigh: (e) =>
      symptomOf(e) === "internal-not-implemented"
        ? proved(
            "the CA says 501: what signs for it does not renew, as VaultCAS and old registration authorities do not",
          )
        : silent("it does not say so"),
    help: (e) => [
      `no renewal can help with this CA; enrol anew each time: \`${enrolCommand(e)}\``,
      "the CA's administrator: behind a registration authority, v0.23.0 or newer renews by token; VaultCAS never renews",
    ],
    page: `step-ca can leave signing to another service. HashiCorp Vault (VaultCAS) cannot renew: 501, with the sentence of an internal error. Registration authorities before v0.23.0 could not either.

The log says "vaultCAS does not support renewals". Certificates of such a CA are enrolled anew each time.`,
    logs: ["vaultCAS does not support renewals"],
  },

  CA_STORE_FAILED: {
    id: "CA_STORE_FAILED",
    title: "the CA's database failed",
    who: "admin",
    symptoms: ["internal"],
    step: "revocation",
    weigh: () => silent("the CA says that the error is its own; its database is asked three times on the way"),
    help: (e) => [
      onceMore(e),
      "the CA's administrator: disk full, database locked or out of reach? `journalctl -u step-ca -n 50` and `df -h`",
    ],
    page: `A renewal asks the CA's database whether the certificate was revoked, notes the token as used, and stores the new certificate. If any of that fails the client is told 500, "The certificate authority encountered an Internal Server Error". If only the storing failed, a certificate was issued that nobody has; trying again does no harm.

The log says "error checking revocation bucket", "failed when attempting to store token", "database Set error" or "database Update error", or with a linked CA "error getting certificate status" or "error posting renewed certificate". GET /health says "ok" all the same: it does not ask the database.`,
    logs: [
      "error checking revocation bucket",
      "error getting certificate status",
      "failed when attempting to store token",
      "database Set error",
      "database Update error",
      "error posting renewed certificate",
    ],
  },

  CA_SIGNER_FAILED: {
    id: "CA_SIGNER_FAILED",
    title: "the CA could not sign: its key store, HSM or cloud service failed",
    who: "admin",
    symptoms: ["internal"],
    step: "signing",
    weigh: () => silent("the CA says that the error is its own; its key may be out of reach"),
    help: (e) => [
      onceMore(e),
      "the CA's administrator: is the KMS, HSM or cloud CA reachable, its PIN and credentials good?",
    ],
    page: `The CA's signing key may be in a KMS, an HSM, or with Google's CA service. If that fails, the client is told 500, "The certificate authority encountered an Internal Server Error"; the log has the service's own words, such as "cloudCAS CreateCertificate failed". GET /health says "ok" all the same.`,
    logs: ["cloudCAS CreateCertificate failed"],
  },

  RA_UPSTREAM: {
    id: "RA_UPSTREAM",
    title: "the CA behind this registration authority refused, or was not reached",
    who: "admin",
    symptoms: ["internal-foreign-status", "internal-bad-request", "internal"],
    step: "signing",
    weigh(e) {
      const symptom = symptomOf(e);
      const { status } = e.answer ?? { status: 0 };
      if (symptom === "internal-foreign-status" || (symptom === "internal-bad-request" && e.method === "token")) {
        return proved(
          `the CA calls it an internal error, with status ${status}: that is what the CA behind it answered, which refused`,
        );
      }
      if (symptom === "internal-bad-request") return contradicted("over mTLS a registration authority asks nobody");
      const shown = registrationAuthoritySign(e.ca);
      if (shown === undefined) return silent("it may be a registration authority whose CA is out of reach");
      return speaks(`${shown}; the CA behind may be out of reach`);
    },
    help: (e) => [
      "the administrators of both CAs: the log of this one has the other's words; a 401 there has the causes of any 401",
      onceMore(e),
    ],
    page: `A registration authority (StepCAS) passes a renewal on to another step-ca, and answers with that one's status and its own sentence, "The certificate authority encountered an Internal Server Error". So 401 with that sentence is the other CA's refusal, and 500 may be that it was not reached.

The log of the registration authority has the other CA's message, or "client POST https://.../renew failed: dial tcp ...". Look there, and in the log of the CA behind.`,
    logs: [
      "/renew failed: dial tcp",
      "/renew failed:",
      "cahandler.Renew: The request lacked necessary authorization to be completed. Please see",
      "cahandler.Renew: error validating renew token",
    ],
    log: (e) => (symptomOf(e) === "internal" ? "/renew failed:" : undefined),
  },

  LIFETIME_IS_BACKDATE: {
    id: "LIFETIME_IS_BACKDATE",
    title: "the certificate's whole lifetime equals the CA's backdate, so nothing is left of it",
    who: "admin",
    symptoms: ["internal"],
    step: "signing",
    weigh({ certificate }) {
      const lifetime = lifetimeMs(certificate);
      if (lifetime === minute)
        return speaks("the certificate was valid for one minute, which is what the CA takes off by default");
      const lasted = `it was valid for ${span(lifetime)}`;
      return lifetime > day
        ? contradicted(`${lasted}, more than any backdate`)
        : silent(`${lasted}; the CA's backdate is not known`);
    },
    help: (e) => [
      "renewal copies the lifetime, so it cannot help",
      `enrol anew, for longer: \`${enrolCommand(e).replace(/--not-after \S+/, "--not-after 24h")}\``,
      "the CA's administrator: or lower `backdate` in ca.json (default 1m)",
    ],
    page: `A renewed certificate lasts as long as the old one, less the CA's backdate (1 minute by default), counted from now. If both are equal nothing is left, and the CA answers 500 with the sentence of an internal error, for ever. If the backdate is longer, the CA issues a certificate that has ended already.

The log says "createCertificateRequest \`lifetime\` cannot be 0".`,
    logs: ["createCertificateRequest `lifetime` cannot be 0"],
  },

  KEY_TYPE_NOT_SUPPORTED: {
    id: "KEY_TYPE_NOT_SUPPORTED",
    title: "the CA does not sign keys of this type",
    who: "you",
    symptoms: ["internal", "alert-foreign"],
    step: "signing",
    only: "mtls",
    weigh(e) {
      if (e.answer === undefined && e.alert === 43)
        return speaks("alert 43: Go's word for a key of a type that it does not know");
      return e.operation === "rekey" && e.answer !== undefined
        ? silent("the new key may be of a type that the CA does not sign")
        : contradicted("the CA has signed this key before");
    },
    help: () => ["use a key that Go signs: RSA from 2048 bits, ECDSA on P-256, P-384 or P-521, or Ed25519"],
    page: `Go signs for RSA, ECDSA and Ed25519 keys. A rekey with another type fails with 500 and the sentence of an internal error; the log says "x509: only RSA, ECDSA and Ed25519 keys supported". In a handshake a client key of another type is TLS alert 43.`,
    logs: ["x509: only RSA, ECDSA and Ed25519 keys supported"],
  },

  CA_PANICKED: {
    id: "CA_PANICKED",
    title: "the CA's handler crashed on the request",
    who: "admin",
    symptoms: ["closed"],
    step: "storing",
    weigh: ({ ca }) =>
      ca.version !== undefined || ca.provisioners !== undefined
        ? speaks("the CA answers other questions, and closed the connection on this one: its handler may have crashed")
        : silent("a crash in the CA closes the connection without an answer"),
    help: (e) => [onceMore(e)],
    page: `A bug in the CA's handler: Go closes the connection and logs "http: panic serving" with a stack. Known ones: a token whose x5cInsecure header is an empty list (renew makes none), a wrong audience on v0.19 to v0.22, and cloud provisioners that could not start.`,
    logs: ["http: panic serving"],
  },
};
