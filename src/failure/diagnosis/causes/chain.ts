/** Whose certificate it is, and whether its chain leads to a root of the CA: what Go says while it builds the chain. */
import type { Evidence } from "../../evidence.ts";
import { contradicted, type Family, proved, silent, speaks } from "../cause.ts";
import { againCommand, enrolCommand, fileOf, intermediateLines } from "../commands.ts";
import { isJudgedByItsRoots, isNotTaken, isOfThisCa, lifetimeMs } from "../leaf.ts";
import { symptomOf } from "../symptom.ts";
import { quoted } from "../words.ts";
import { handshakes, mayNotSign, type Problem, predicted, wellWhen, wouldBeAnotherAlert } from "./predicted.ts";

type Chain = "LIVED_UNDER_A_MINUTE" | "CHAIN_INCOMPLETE" | "UNKNOWN_ISSUER";

const issuedHere = "the certificate's provisioner, by its key id, is one of this CA's";
const issuedElsewhere = "the certificate's provisioner has another key id here";

const isUnknown = ({ reason, detail }: Problem) =>
  reason === "chain-incomplete" || (reason === "unknown-authority" && !mayNotSign.test(detail));

/** Whoever stands in front of the CA may present another chain than the CA has. */
function isNoneOfItsOwn({ ca }: Evidence, isPublished: boolean | undefined): boolean {
  return isPublished === false && (ca.intermediates === "answers" || ca.handshake?.isCaItself === true);
}

export const chain: Family<Chain> = {
  LIVED_UNDER_A_MINUTE: {
    id: "LIVED_UNDER_A_MINUTE",
    title: "the certificate was valid for less than a minute, too short for a token",
    who: "both",
    symptoms: ["token-invalid"],
    step: "chain",
    only: "token",
    weigh({ certificate }) {
      const seconds = Math.round(lifetimeMs(certificate) / 1000);
      return lifetimeMs(certificate) < 60_000
        ? proved(
            `the certificate was valid for ${seconds}s, and a token's chain is checked at its end less a minute, before it began`,
          )
        : contradicted("it was valid for a minute or more");
    },
    help: (e) => [
      "no renewal can help once it has expired, and a renewal would copy its lifetime",
      `enrol anew, for longer: \`${enrolCommand(e).replace(/--not-after \S+/, "--not-after 24h")}\``,
    ],
    page: `The chain of a renewal token is verified as it was a minute before the certificate's end, so that an expired certificate can pass. If the whole lifetime is under a minute, that moment is before its beginning: "error validating renew token" (401) to the client, "x509: certificate has expired or is not yet valid: current time ... is before ..." in the log. While such a certificate is valid, mTLS renews it.

Renewal copies the lifetime. Enrol again with a longer one (--not-after).`,
    logs: ["x509: certificate has expired or is not yet valid"],
  },

  CHAIN_INCOMPLETE: {
    id: "CHAIN_INCOMPLETE",
    title: "an intermediate is missing from the certificate file",
    who: "you",
    symptoms: ["token-invalid", "alert-unknown-ca", ...handshakes],
    step: "chain",
    weigh(e) {
      const another = wouldBeAnotherAlert(e, 48);
      if (another !== null) return another;
      const { count, issuer } = e.certificate;
      const alone = count === 1 ? "only the leaf was sent" : `${count} certificates were sent`;
      const found = predicted(e, isUnknown);
      if (found === "none")
        return count === 1 && !isNotTaken(e) ? speaks(`${alone}; its issuer is ${quoted(issuer)}`) : silent(alone);
      if (found === "all-well") return contradicted("what was sent leads to a root");
      if (found === "other") return contradicted("its chain fails for another reason");
      const { reason, who, isPublished } = found.problem;
      if (reason === "chain-incomplete") {
        const because = `${alone}, and the issuer that is missing, ${quoted(who)}, is none of the roots`;
        const { accepts, presentsMissing } = e.ca.handshake ?? {};
        if ((presentsMissing || isPublished) && e.method === "token" && isJudgedByItsRoots(e) && found.when === "") {
          const where = presentsMissing ? "the CA's own server presents it" : "it is one of the CA's intermediates";
          return proved(`${because}; ${where}`);
        }
        const isTheirs = isOfThisCa(e);
        if (isTheirs) return speaks(`${because}; but ${issuedHere}`);
        if (accepts === "none") return silent(`${because}, and none that the CA takes in a handshake`);
        const isTaken = accepts === "issuer" ? `${because}; the CA takes certificates of that name` : because;
        return (count === 1 && isTheirs === undefined && !isNoneOfItsOwn(e, isPublished) ? speaks : silent)(isTaken);
      }
      if (count > 1) return contradicted("its chain fails for another reason");
      return silent(`${alone}; its issuer may be an intermediate that the CA had earlier`);
    },
    help: intermediateLines,
    page: `The CA judges a renewal token by the certificates in it and its own roots, and by nothing else: not by its own intermediates. A file with the leaf alone therefore works over mTLS, where the CA adds its current intermediates, and fails by token. Over mTLS it fails when the leaf's issuer is an earlier intermediate.

By token the client is told "error validating renew token" (401), over mTLS it sees TLS alert 48 (unknown CA). The log says "x509: certificate signed by unknown authority", as it does for a certificate of another CA.

Put the intermediate below the leaf in the certificate file. renew completes the chain of itself with an intermediate that the CA publishes (v0.27.3 or newer) or that its server presents (openssl s_client -connect HOST:PORT -showcerts), if it signed the certificate and leads to the given root. What is left is an intermediate that the CA no longer has.`,
    logs: ["x509: certificate signed by unknown authority"],
  },

  UNKNOWN_ISSUER: {
    id: "UNKNOWN_ISSUER",
    title: "the CA does not know the certificate's issuer",
    who: "both",
    symptoms: ["token-invalid", "alert-unknown-ca", "alert-foreign", ...handshakes],
    step: "chain",
    weigh(e) {
      const another = wouldBeAnotherAlert(e, 48);
      if (another !== null) return another;
      const isSaid = symptomOf(e) === "alert-unknown-ca";
      const found = predicted(e, isUnknown);
      if (typeof found === "object") {
        const { reason, who } = found.problem;
        const roots = isJudgedByItsRoots(e) ? "that the CA publishes" : "that we know";
        const isNamesake = /verification (failure|error)/.test(found.problem.detail);
        const namesake = isNamesake ? "; of that name there is another, with another key" : "";
        const because = `${found.when}the certificate's issuer ${quoted(who)} leads to no root ${roots}${namesake}`;
        if (reason === "chain-incomplete") {
          const isTheirs = isOfThisCa(e);
          if (isTheirs) return silent(`${because}; but ${issuedHere}`);
          if (isTheirs === false) return speaks(`${because}, and ${issuedElsewhere}`);
          const isLikely = e.certificate.count > 1 || isNoneOfItsOwn(e, found.problem.isPublished) || isNotTaken(e);
          return (isLikely ? speaks : silent)(`${because}, unless an intermediate is missing`);
        }
        const isWeak = /insecure algorithm/.test(found.problem.detail);
        return !isWeak && (isSaid || (isJudgedByItsRoots(e) && found.when === ""))
          ? proved(isSaid ? `${because}, and the CA says that it does not know it` : because)
          : speaks(because);
      }
      if (isSaid && found === "none") return speaks("the CA says that it does not know the issuer");
      if (isSaid && found === "all-well")
        return speaks("the certificate's chain leads to our root, which the CA does not seem to have");
      if (found === "other") return contradicted("its chain leads to a root, and fails for another reason");
      if (found === "all-well" && isJudgedByItsRoots(e)) return contradicted("its chain leads to a root of this CA");
      if (isNotTaken(e)) return speaks("none of the issuers that the CA takes in a handshake issued it");
      return silent(`${wellWhen(e)}the CA's roots may be others than ours`);
    },
    help: (e) => [
      `see who issued it: \`openssl x509 -noout -issuer -in ${fileOf(e)}\`; is ${e.ca.url} that CA?`,
      `if another CA issued it, ${e.operation ?? "renew"} there: \`${againCommand({ ...e, ca: { url: "URL" }, files: { ...e.files, root: "ROOT" } })}\``,
      `else enrol anew with this CA: \`${enrolCommand(e)}\``,
    ],
    page: `The certificate's chain does not lead to a root of this CA: another CA issued it (staging and production, an old installation), the CA got a new root with a new key, or a certificate of the same name but another key is meant.

Over mTLS that is TLS alert 48 (unknown CA; 42 from a CA built with Go 1.20 or older), by token "error validating renew token" (401). The log says "x509: certificate signed by unknown authority". step's client shows another face of the same: it does not send a certificate whose issuer the CA does not accept, and reports "missing client certificate".

Only the CA that issued a certificate renews it. Check --ca-url, or enrol again with this CA.`,
    logs: ["x509: certificate signed by unknown authority"],
  },
};
