/** Issuers that cannot vouch for the certificate: ended, not begun, or without the right to. */
import type { Evidence } from "../../evidence.ts";
import { contradicted, type Family, proved, silent, speaks, type Weight } from "../cause.ts";
import { hasExpired } from "../clock.ts";
import { enrolCommand, fileOf, renewCommand, shell } from "../commands.ts";
import { isJudgedByItsRoots } from "../leaf.ts";
import { anotherIssuer, signsWith, wouldLast } from "../next-issuer.ts";
import { quoted } from "../words.ts";
import {
  handshakes,
  mayNotSign,
  type Problem,
  predicted,
  sentenceOf,
  wellWhen,
  wouldBeAnotherAlert,
} from "./predicted.ts";

type Issuers = "OUTLIVES_ISSUER" | "ISSUER_YOUNGER" | "ISSUER_UNFIT";

/** For problems that an issuer's dates or fields make; our roots may not be the CA's, so they seldom prove it. */
function ofAnIssuer(e: Evidence, isIt: (problem: Problem) => boolean, tell: (who: string) => string): Weight {
  const found = predicted(e, isIt);
  if (found === "none") return silent("its issuers are not known");
  if (found === "all-well") return contradicted("with our roots its chain leads up without that");
  if (found === "other") return contradicted("its chain fails for another reason");
  const because = `${found.when}${tell(quoted(found.problem.who))}`;
  return isJudgedByItsRoots(e) && found.when === "" ? proved(because) : speaks(because);
}

const isIssuers = (e: Evidence, reason: Problem["reason"]) => (problem: Problem) =>
  problem.reason === reason && problem.who !== e.certificate.subject;

const isUnfit = ({ reason, detail }: Problem) =>
  reason === "unknown-authority" ? mayNotSign.test(detail) : reason === "constraint" && !/for this name/.test(detail);

/** What helps depends on who signs by now, and whether a handshake still takes the certificate. */
function outlivesHelp(e: Evidence): string[] {
  const { issuer } = e.ca;
  const enrol = `\`${enrolCommand(e)}\``;
  const isValid = e.method === "token" && !hasExpired(e) && e.path?.mtls.ok === true;
  const overMtls = (words: string) => (isValid ? [`${words}: \`${renewCommand(e, "--force")}\``] : []);
  const newIssuer = "issue a new intermediate or root, or correct the lifetimes of the leaves";
  if (issuer === undefined)
    return [
      ...overMtls("the certificate is still valid, so mTLS works until its issuer ends"),
      `the CA's administrator: if the CA has no newer issuer yet, ${newIssuer}`,
      `then enrol anew: ${enrol}`,
    ];
  if (wouldLast(e)) {
    const renewal = overMtls(`renew over mTLS before its issuer ends; ${signsWith(issuer)}`);
    return [...renewal, isValid ? `after that, enrol anew: ${enrol}` : `enrol anew; ${signsWith(issuer)}: ${enrol}`];
  }
  return [
    `the CA's administrator: ${newIssuer}; ${signsWith(issuer)}, and the next certificate would outlive it, too`,
    ...overMtls("then renew over mTLS, before the certificate's issuer ends"),
    `${isValid ? "after that," : "then"} enrol anew: ${enrol}`,
  ];
}

export const issuers: Family<Issuers> = {
  OUTLIVES_ISSUER: {
    id: "OUTLIVES_ISSUER",
    title: "an issuer ended, or ends, before the certificate does",
    who: "admin",
    symptoms: ["token-invalid", "alert-expired", ...handshakes],
    step: "chain",
    weigh(e) {
      const moment = e.method === "token" ? "will have ended a minute before the certificate's end" : "has ended";
      const weight = ofAnIssuer(e, isIssuers(e, "expired"), (who) => `the certificate's issuer ${who} ${moment}`);
      return (weight.verdict !== "contradicted" && wouldBeAnotherAlert(e, 45)) || weight;
    },
    mender: (e) => (wouldLast(e) ? "you" : "admin"),
    help: outlivesHelp,
    page: `The CA checks a token's chain at the certificate's end less a minute; an issuer that has ended by then breaks it: "error validating renew token" (401), and in the log "x509: certificate has expired or is not yet valid: current time ... is after ...". Over mTLS the chain is checked now, so a certificate that outlives its issuer works until the issuer's end; from then on the handshake fails with TLS alert 45.

step-ca does not shorten a certificate to its issuer's life, and it signs a renewal with the intermediate that it has now. So while mTLS still works, a renewal comes under the new intermediate where the CA has one; where it has none, the next certificate outlives its issuer as this one does. After the issuer's end only a new enrolment helps, under a new issuer. renew shows who signs now, where the CA publishes its intermediates (v0.27.3 or newer) or presents them.`,
    logs: ["x509: certificate has expired or is not yet valid"],
  },

  ISSUER_YOUNGER: {
    id: "ISSUER_YOUNGER",
    title: "the CA's root or intermediate was issued anew after the certificate's end",
    who: "admin",
    symptoms: ["token-invalid", "alert-expired", ...handshakes],
    step: "chain",
    weigh(e) {
      const isYounger = isIssuers(e, "not-yet-valid");
      const weight = ofAnIssuer(
        e,
        (problem) => isYounger(problem) || problem.reason === "issued-anew",
        (who) => `the certificate's issuer ${who} began after its end`,
      );
      if (weight.verdict !== "contradicted") return wouldBeAnotherAlert(e, 45) ?? weight;
      const mayBeAnother = e.method === "token" && !isJudgedByItsRoots(e) && predicted(e, () => false) === "all-well";
      if (!mayBeAnother || !hasExpired(e)) return weight;
      return silent(`${wellWhen(e)}it may have issued its root anew, with the same key, after this certificate's end`);
    },
    help: (e) => [
      "no renewal can help: the new issuer was not valid when this certificate ended",
      `enrol anew: \`${enrolCommand(e)}\``,
      `see from when the CA's root is valid: \`curl -sk ${shell(`${e.ca.url}/roots.pem`, "URL")} | openssl x509 -noout -dates\``,
    ],
    page: `A root or intermediate issued anew, with the same key and name, is younger than certificates that ended before it began. The CA checks a token's chain at the certificate's end less a minute, when the new issuer was not valid yet: "error validating renew token" (401), and in the log "x509: certificate has expired or is not yet valid: current time ... is before ...". With the old root in the file the log says "signed by unknown authority".

Only a new enrolment helps.`,
    logs: ["x509: certificate has expired or is not yet valid", "x509: certificate signed by unknown authority"],
    log: (e) =>
      sentenceOf(e, ({ reason }) => reason === "issued-anew", "x509: certificate has expired or is not yet valid"),
  },

  ISSUER_UNFIT: {
    id: "ISSUER_UNFIT",
    title: "an issuer in the chain may not issue this certificate",
    who: "admin",
    symptoms: ["token-invalid", "alert-unknown-ca", ...handshakes],
    step: "chain",
    weigh: (e) =>
      ofAnIssuer(
        e,
        isUnfit,
        (who) => `the certificate's issuer ${who} has no right to issue it: it is no CA, or too many are below it`,
      ),
    help(e) {
      const look = `\`openssl crl2pkcs7 -nocrl -certfile ${fileOf(e)} | openssl pkcs7 -print_certs -text\``;
      const another = anotherIssuer(e);
      const enrol = `enrol anew: \`${enrolCommand(e)}\``;
      const fit = "issue an intermediate that may issue leaves";
      return another
        ? [`${signsWith(another)}; ${enrol}`, `if that is refused, too, the CA's administrator: ${fit}`]
        : [`look at the issuers: ${look}`, `the CA's administrator: ${fit}`, `then ${enrol}`];
    },
    page: `An issuer in the chain is no CA, stands above more certificates than its path length allows, or has a critical extension that Go does not know. Go refuses such a chain: TLS alert 42 over mTLS, "error validating renew token" (401) by token, and in the log "x509: certificate is not authorized to sign other certificates", "x509: too many intermediates for path length constraint" or "x509: unhandled critical extension". Of an issuer that may not sign it says "x509: certificate signed by unknown authority (possibly because of ... parent certificate cannot sign this kind of certificate", with TLS alert 48.

The CA's administrator has to mend the intermediate.`,
    logs: [
      "x509: certificate is not authorized to sign other certificates",
      "x509: too many intermediates for path length constraint",
      "x509: unhandled critical extension",
      "parent certificate cannot sign this kind of certificate",
    ],
    log: (e) => sentenceOf(e, isUnfit, "x509: certificate is not authorized to sign other certificates"),
  },
};
