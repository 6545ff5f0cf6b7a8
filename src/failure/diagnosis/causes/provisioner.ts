/** The provisioner that issued the certificate: a renewal asks it again, found by its name. */
import type { Evidence } from "../../evidence.ts";
import { contradicted, type Family, proved, silent, speaks } from "../cause.ts";
import { hasExpired } from "../clock.ts";
import { addProvisioner, enrolCommand, enrolElsewhere, renewCommand, shell, updateProvisioner } from "../commands.ts";
import { cannotRenew, provisionerInList } from "../leaf.ts";
import { isSince } from "../version.ts";
import { quoted } from "../words.ts";

type ProvisionerCause =
  | "PROVISIONER_CANNOT_RENEW"
  | "RENEWAL_DISABLED"
  | "PROVISIONER_GONE"
  | "PROVISIONER_NOT_READY"
  | "NO_EXTENSION_FOR_TOKEN";

const unauthorized = ["unauthorized", "unauthorized-bare"] as const;
const nameless = "the certificate names no provisioner";
/** Their keys are fetched from the cloud when the CA starts (authority/provisioner/gcp.go, azure.go: Init). */
const fetchesKeys = /^(GCP|Azure)$/i;

const nameOf = ({ certificate }: Evidence) => quoted(certificate.provisioner?.name ?? "");

export const provisioner: Family<ProvisionerCause> = {
  PROVISIONER_GONE: {
    id: "PROVISIONER_GONE",
    title: "the provisioner that issued the certificate was removed or renamed",
    who: "both",
    symptoms: unauthorized,
    step: "provisioner",
    weigh(e) {
      const issuedBy = e.certificate.provisioner;
      if (issuedBy === undefined) return contradicted(nameless);
      const listed = provisionerInList(e);
      if (listed === "not-known")
        return silent(`the CA does not show whether it still has the provisioner ${nameOf(e)}`);
      if (listed !== "gone") return contradicted(`the CA still has the provisioner ${nameOf(e)}`);
      const others = e.ca.provisioners ?? [];
      const gone = `the CA's list of provisioners (${others.length}) lacks the certificate's, ${nameOf(e)}`;
      const renamed = others.find(({ keyId }) => keyId !== undefined && keyId === issuedBy.credentialId);
      // With remote management a renamed provisioner is still found, by its id in the CA's database.
      if (renamed !== undefined) return speaks(`${gone}, but ${quoted(renamed.name)} has its key`);
      if (others.length === 0) return speaks("the CA's list of provisioners is empty");
      const near = others.find(({ name }) => name.toLowerCase() === issuedBy.name.toLowerCase());
      return proved(near === undefined ? gone : `${gone}; ${quoted(near.name)} differs in case, which counts`);
    },
    help: (e) => [
      `see the list: \`step ca provisioner list --ca-url ${shell(e.ca.url, "URL")}\``,
      `the CA's administrator: add it again, with any key, as it is found by its name: \`${addProvisioner(e)}\``,
      `or enrol anew through another provisioner: \`${enrolElsewhere(e)}\``,
    ],
    page: `A certificate of step-ca notes its provisioner in an extension (1.3.6.1.4.1.37476.9000.64.1). At a renewal the CA looks for a provisioner of that name; case counts, the key does not. If it was removed or renamed, the renewal is refused: 401, "The request lacked necessary authorization to be completed". The log says "provisioner not found" over mTLS, and "cannot get provisioner from certificate" by token.

GET /provisioners lists those that exist, if the CA does not hide it. A provisioner added again under the same name is enough, with any key.`,
    logs: [
      "authority.authorizeRenew: provisioner not found",
      "error validating renew token: cannot get provisioner from certificate",
    ],
    log: ({ method }) =>
      method === "token"
        ? "error validating renew token: cannot get provisioner from certificate"
        : "authority.authorizeRenew: provisioner not found",
  },

  RENEWAL_DISABLED: {
    id: "RENEWAL_DISABLED",
    title: "renewal is disabled for the provisioner, or for the whole CA",
    who: "admin",
    symptoms: unauthorized,
    step: "renewal",
    weigh(e) {
      const listed = provisionerInList(e);
      if (listed === "gone") return silent("its provisioner is not in the CA's list, so its claims are not known");
      if (listed === "not-known") return silent("the provisioner's claims are not known");
      if (cannotRenew.test(listed.type))
        return contradicted(`a provisioner of type ${quoted(listed.type)} has no such claim`);
      const { disableRenewal } = listed;
      if (disableRenewal === true)
        return proved(`the CA lists the certificate's provisioner ${nameOf(e)} with disableRenewal: true`);
      if (disableRenewal === false) {
        return contradicted(`its provisioner ${nameOf(e)} is listed with disableRenewal: false`);
      }
      const { crl } = e.ca;
      const open = `the certificate's provisioner ${nameOf(e)} does not disable it, but the claims of the whole CA are not shown`;
      return crl?.usable && !crl.lists ? speaks(`${open}, and the CRL does not list the certificate`) : silent(open);
    },
    help: (e) => [
      `the CA's administrator: allow it, if that is not meant: \`${updateProvisioner(e, "--disable-renewal=false")}\`` +
        ' (in ca.json: take `"disableRenewal": true` out of the claims, then reload the CA)',
      `you, meanwhile: enrol anew: \`${enrolCommand(e)}\``,
    ],
    page: `The claim disableRenewal, of a provisioner or of the whole authority (authority.claims in ca.json), makes the CA refuse every renewal of its certificates, over mTLS and by token, valid or expired. GET /provisioners shows the claim of a provisioner; that of the authority is not shown, and then nothing but the log tells this from a revoked certificate.

The client is told 401, "The request lacked necessary authorization to be completed". The log says "renew is disabled for provisioner 'NAME'".`,
    logs: ["renew is disabled for provisioner"],
  },

  PROVISIONER_CANNOT_RENEW: {
    id: "PROVISIONER_CANNOT_RENEW",
    title: "the provisioner is of a type that does not renew: SCEP or SSHPOP",
    who: "both",
    symptoms: unauthorized,
    step: "renewal",
    weigh(e) {
      const listed = provisionerInList(e);
      const issuedBy = e.certificate.provisioner;
      if (issuedBy === undefined) return contradicted(nameless);
      if (typeof listed === "object") {
        return cannotRenew.test(listed.type)
          ? proved(
              `the CA lists the certificate's provisioner ${nameOf(e)} with type ${quoted(listed.type)}, which does not renew`,
            )
          : contradicted(`its provisioner ${nameOf(e)} is of type ${quoted(listed.type)}, which renews`);
      }
      return cannotRenew.test(issuedBy.type)
        ? speaks(`a provisioner of type ${issuedBy.type} issued it, and that type does not renew`)
        : silent(
            `a provisioner of type ${issuedBy.type} issued it, which renews; one of that name may be of another type now`,
          );
    },
    help: (e) => [
      `no renewal can help; enrol anew through a provisioner that renews, such as JWK or ACME: \`${enrolElsewhere(e)}\``,
      "with SCEP, the SCEP client can enrol anew, and use its certificate for that",
    ],
    page: `step-ca asks the provisioner whether a certificate may be renewed. SCEP and SSHPOP provisioners do not answer that, so their certificates are never renewed by /renew. The provisioner is found by name: the type that the certificate notes does not decide, and a certificate of type SCEP renews if a JWK provisioner has that name now.

The client is told what it is told for six other causes (401, "The request lacked necessary authorization to be completed"). The log says "provisioner.AuthorizeRenew not implemented".`,
    logs: ["provisioner.AuthorizeRenew not implemented"],
  },

  NO_EXTENSION_FOR_TOKEN: {
    id: "NO_EXTENSION_FOR_TOKEN",
    title: "the certificate names no provisioner, which a token needs",
    who: "both",
    symptoms: unauthorized,
    step: "provisioner",
    only: "token",
    weigh: (e) =>
      e.certificate.provisioner === undefined
        ? speaks(`${nameless}, and a token is judged by the provisioner that its certificate names`)
        : contradicted(`the certificate names its provisioner, ${nameOf(e)}`),
    help: (e) => [
      hasExpired(e)
        ? `no renewal can help, now that it has expired; enrol anew: \`${enrolCommand(e)}\``
        : `mTLS works without: \`${renewCommand(e, "--force")}\``,
      "the CA's administrator: the claim disableSmallstepExtensions leaves the extension out; renewal by token needs it",
    ],
    page: `A certificate without the provisioner extension (1.3.6.1.4.1.37476.9000.64.1) renews over mTLS, where the CA lets it pass, and not by token: the token's rules are those of the provisioner, and there is none. Such certificates come from another CA program, from openssl, or from a provisioner with the claim disableSmallstepExtensions (v0.25.0). If the CA's database remembers who issued the certificate, the extension is not needed.

The client is told 401, "The request lacked necessary authorization to be completed"; the log says "error validating renew token: cannot get provisioner from certificate".`,
    logs: ["error validating renew token: cannot get provisioner from certificate"],
  },

  PROVISIONER_NOT_READY: {
    id: "PROVISIONER_NOT_READY",
    title: "a cloud provisioner could not start, and the CA's handler crashes on it",
    who: "admin",
    symptoms: ["closed"],
    step: "renewal",
    weigh(e) {
      const listed = provisionerInList(e);
      if (typeof listed === "object") {
        if (!fetchesKeys.test(listed.type)) return contradicted(`its provisioner is of type ${quoted(listed.type)}`);
        if (listed.state === "Uninitialized")
          return proved(`the CA lists its provisioner ${nameOf(e)} as uninitialized`);
        return e.ca.provisioners?.some(({ state }) => state !== undefined)
          ? contradicted("the CA lists its provisioner as initialized")
          : silent(`its provisioner is of type ${quoted(listed.type)}, which needs the cloud when the CA starts`);
      }
      const type = e.certificate.provisioner?.type ?? "";
      if (!fetchesKeys.test(type)) return contradicted(type === "" ? nameless : `its provisioner is of type ${type}`);
      if (isSince(e.ca, [0, 27, 0]) === false)
        return contradicted("before v0.27.0 a CA does not start with such a provisioner");
      return silent(`its provisioner is of type ${type}, which needs the cloud when the CA starts`);
    },
    help: () => ["the CA's administrator: let the CA reach the cloud's key servers, then restart step-ca"],
    page: `Azure and GCP provisioners fetch keys when the CA starts. If the network is down at that moment, a step-ca of v0.27.0 or newer keeps them as "Uninitialized" (GET /provisioners shows it) and starts all the same. A renewal then meets a provisioner without its controller, the handler panics, and the client sees the connection closed with no answer. By token that happens once: the next one is refused as used before (see TOKEN_REUSED).

The log has "http: panic serving" and a Go stack. A restart with the network up mends it.`,
    logs: ["http: panic serving"],
  },
};
