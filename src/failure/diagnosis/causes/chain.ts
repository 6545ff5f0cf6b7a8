/** Whose certificate it is, and whether its issuers can vouch for it: what Go says while it builds the chain. */
import type { Evidence, PathVerdict } from "../../evidence.ts";
import { contradicted, type Family, proved, silent, speaks, type Weight } from "../cause.ts";
import { hasExpired } from "../clock.ts";
import { enrolCommand, fileOf, intermediateLines, renewCommand, shell } from "../commands.ts";
import { isJudgedByItsRoots, isNotTaken, lifetimeMs, predictions } from "../leaf.ts";
import { symptomOf } from "../symptom.ts";
import { isSince, namedAlerts } from "../version.ts";
import { quoted } from "../words.ts";

type Chain =
  | "LIVED_UNDER_A_MINUTE"
  | "CHAIN_INCOMPLETE"
  | "UNKNOWN_ISSUER"
  | "OUTLIVES_ISSUER"
  | "ISSUER_YOUNGER"
  | "ISSUER_UNFIT";

const handshakes = ["alert-bad-certificate", "closed"] as const;

/** What the prediction says for one kind of problem: that it happens (and when), that it does not, or nothing. */
function predicted(e: Evidence, isIt: (problem: Problem) => boolean): "all-well" | "other" | "none" | Hit {
  const all = predictions(e);
  if (all.length === 0) return "none";
  for (const { verdict, when } of all) if (!verdict.ok && isIt(verdict)) return { problem: verdict, when };
  return all.some(({ verdict }) => verdict.ok || verdict.reason === "usage") ? "all-well" : "other";
}
type Problem = Extract<PathVerdict, { ok: false }>;
type Hit = { problem: Problem; when: string };

/** The condition under which the chain would be good, for what is left to be the cause then. */
function wellWhen(e: Evidence): string {
  return predictions(e).find(({ verdict }) => verdict.ok)?.when ?? "";
}

/** Go 1.21 and later has alerts of their own for these (45 and 48), so alert 42 is not theirs. */
function wouldBeAnotherAlert(e: Evidence, number: number): Weight | null {
  if (symptomOf(e) !== "alert-bad-certificate" || !isSince(e.ca, namedAlerts)) return null;
  return contradicted(`a CA of this age says so with TLS alert ${number}, not 42`);
}

/** For problems that an issuer's dates or fields make; our roots may not be the CA's, so they seldom prove it. */
function ofAnIssuer(e: Evidence, isIt: (problem: Problem) => boolean, tell: (who: string) => string): Weight {
  const found = predicted(e, isIt);
  if (found === "none") return silent("its issuers are not known");
  if (found === "all-well") return contradicted("with our roots its chain leads up without that");
  if (found === "other") return contradicted("its chain fails for another reason");
  const because = `${found.when}${tell(quoted(found.problem.who))}`;
  return isJudgedByItsRoots(e) && found.when === "" ? proved(because) : speaks(because);
}

const isUnknown = ({ reason }: Problem) => reason === "unknown-authority" || reason === "chain-incomplete";
const isIssuers = (e: Evidence, reason: Problem["reason"]) => (problem: Problem) =>
  problem.reason === reason && problem.who !== e.certificate.subject;

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
      const { reason, who } = found.problem;
      if (reason === "chain-incomplete") {
        const because = `${alone}, and the issuer that is missing, ${quoted(who)}, is none of the roots`;
        if (count > 1) return silent(because);
        const { accepts, presentsMissing } = e.ca.handshake ?? {};
        const isKnown = presentsMissing || e.ca.intermediates === "answers";
        if (e.method === "token" && isKnown && isJudgedByItsRoots(e)) {
          const where = presentsMissing ? "the CA's own server presents it" : "it is one of the CA's intermediates";
          return proved(`${because}; ${where}`);
        }
        if (accepts === "none") return silent(`${because}, and none that the CA takes in a handshake`);
        return speaks(accepts === "issuer" ? `${because}; the CA takes certificates of that name` : because);
      }
      if (count > 1) return contradicted("its chain fails for another reason");
      return silent(`${alone}; its issuer may be an intermediate that the CA had earlier`);
    },
    help: intermediateLines,
    page: `The CA judges a renewal token by the certificates in it and its own roots, and by nothing else: not by its own intermediates. A file with the leaf alone therefore works over mTLS, where the CA adds its current intermediates, and fails by token. Over mTLS it fails when the leaf's issuer is an earlier intermediate.

By token the client is told "error validating renew token" (401), over mTLS it sees TLS alert 48 (unknown CA). The log says "x509: certificate signed by unknown authority", as it does for a certificate of another CA.

Put the intermediate below the leaf in the certificate file. renew completes the chain of itself where the CA publishes its intermediates (v0.27.3 or newer); the TLS handshake of an older one presents them: openssl s_client -connect HOST:PORT -showcerts.`,
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
        const { reason, who, detail } = found.problem;
        const roots = isJudgedByItsRoots(e) ? "that the CA publishes" : "that we know";
        const because = `${found.when}the certificate's issuer ${quoted(who)} leads to no root ${roots}`;
        if (reason === "chain-incomplete") {
          const unless = `${because}, unless an intermediate is missing`;
          return e.certificate.count > 1 || isNotTaken(e) ? speaks(unless) : silent(unless);
        }
        const isWhole = e.certificate.count > 1 || /possibly because of/.test(detail);
        return isWhole && (isSaid || (isJudgedByItsRoots(e) && found.when === ""))
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
      `if another CA issued it, renew there: \`${renewCommand({ ...e, ca: { url: "URL" }, files: { ...e.files, root: "ROOT" } }, "--force")}\``,
      `else enrol anew with this CA: \`${enrolCommand(e)}\``,
    ],
    page: `The certificate's chain does not lead to a root of this CA: another CA issued it (staging and production, an old installation), the CA got a new root with a new key, or a certificate of the same name but another key is meant.

Over mTLS that is TLS alert 48 (unknown CA; 42 from a CA built with Go 1.20 or older), by token "error validating renew token" (401). The log says "x509: certificate signed by unknown authority". step's client shows another face of the same: it does not send a certificate whose issuer the CA does not accept, and reports "missing client certificate".

Only the CA that issued a certificate renews it. Check --ca-url, or enrol again with this CA.`,
    logs: ["x509: certificate signed by unknown authority"],
  },

  OUTLIVES_ISSUER: {
    id: "OUTLIVES_ISSUER",
    title: "an issuer ended, or ends, before the certificate does",
    who: "admin",
    symptoms: ["token-invalid", "alert-expired", ...handshakes],
    step: "chain",
    weigh(e) {
      const moment = e.method === "token" ? "has ended a minute before the certificate's end" : "has ended";
      const weight = ofAnIssuer(e, isIssuers(e, "expired"), (who) => `the certificate's issuer ${who} ${moment}`);
      return (weight.verdict !== "contradicted" && wouldBeAnotherAlert(e, 45)) || weight;
    },
    help: (e) => [
      ...(e.method === "token"
        ? [`if the certificate is still valid, mTLS may work: \`${renewCommand(e, "--force")}\``]
        : []),
      "the CA's administrator: issue a new intermediate or root, or correct the lifetimes of the leaves",
      `then enrol anew: \`${enrolCommand(e)}\``,
    ],
    page: `The CA checks a token's chain at the certificate's end less a minute; an issuer that has ended by then breaks it: "error validating renew token" (401), and in the log "x509: certificate has expired or is not yet valid: current time ... is after ...". Over mTLS the chain is checked now, so a certificate that outlives its issuer works until the issuer's end; from then on the handshake fails with TLS alert 45.

The chain cannot be mended from outside: a new issuer, and a new enrolment under it.`,
    logs: ["x509: certificate has expired or is not yet valid"],
  },

  ISSUER_YOUNGER: {
    id: "ISSUER_YOUNGER",
    title: "the CA's root or intermediate was issued anew after the certificate's end",
    who: "admin",
    symptoms: ["token-invalid", "alert-expired", ...handshakes],
    step: "chain",
    weigh(e) {
      const weight = ofAnIssuer(
        e,
        isIssuers(e, "not-yet-valid"),
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
    logs: ["x509: certificate has expired or is not yet valid"],
  },

  ISSUER_UNFIT: {
    id: "ISSUER_UNFIT",
    title: "an issuer in the chain may not issue this certificate",
    who: "admin",
    symptoms: ["token-invalid", ...handshakes],
    step: "chain",
    weigh: (e) =>
      ofAnIssuer(
        e,
        ({ reason, detail }) => reason === "constraint" && !/for this name/.test(detail),
        (who) => `the certificate's issuer ${who} has no right to issue it: it is no CA, or too many are below it`,
      ),
    help: (e) => [
      `look at the issuers: \`openssl crl2pkcs7 -nocrl -certfile ${fileOf(e)} | openssl pkcs7 -print_certs -text\``,
      "the CA's administrator: issue an intermediate that may issue leaves",
      `then enrol anew: \`${enrolCommand(e)}\``,
    ],
    page: `An issuer in the chain is no CA, stands above more certificates than its path length allows, or has a critical extension that Go does not know. Go refuses such a chain: TLS alert 42 over mTLS, "error validating renew token" (401) by token, and in the log "x509: certificate is not authorized to sign other certificates", "x509: too many intermediates for path length constraint" or "x509: unhandled critical extension".

The CA's administrator has to mend the intermediate.`,
    logs: [
      "x509: certificate is not authorized to sign other certificates",
      "x509: too many intermediates for path length constraint",
      "x509: unhandled critical extension",
    ],
  },
};
