/** May it be renewed now: revoked, not begun, ended. */
import type { Evidence } from "../../evidence.ts";
import { instant, relative } from "../../time.ts";
import { contradicted, type Family, proved, silent, speaks, unlikely } from "../cause.ts";
import { hasExpired, leastSkewMs, lifeByCa, lifeByUs, skewMs, skewText } from "../clock.ts";
import { againCommand, enrolCommand, renewCommand, shell, updateProvisioner } from "../commands.ts";
import { cannotRenew, isFirstUseAlone, provisionerInList } from "../leaf.ts";
import { isRefusedAnyway } from "../obstacles.ts";
import { proxyShown, symptomOf } from "../symptom.ts";
import { isSince, namedAlerts } from "../version.ts";

type Validity = "REVOKED" | "NOT_YET_VALID" | "EXPIRED" | "EXPIRED_NOT_ALLOWED";

const outOfTime = "x509: certificate has expired or is not yet valid";

/** Whether the CA has, as far as is known, the provisioner that the certificate names. */
function hasProvisioner(e: Evidence): boolean {
  return e.certificate.provisioner !== undefined && provisionerInList(e) !== "gone";
}

/**
 * Before v0.20.0 "certificate expired on" is kept to the log; undefined where the CA's age is not known. A request id is step-ca's
 * own (v0.26.0) unless a proxy shows itself, which may have put it there.
 */
function saysThatItExpired({ ca, answer }: Evidence): boolean | undefined {
  const isOwnId = answer?.requestId !== undefined && proxyShown(answer) === null;
  return isSince(ca, [0, 20, 0]) ?? (isOwnId || undefined);
}

/** Whether all that can be known of the other causes of this sentence speaks against them. */
function isNothingElseSeen(e: Evidence): boolean {
  const listed = provisionerInList(e);
  const mayBeTheToken = e.method === "token" && (isFirstUseAlone(e) || proxyShown(e.answer) !== null);
  if (e.certificate.provisioner === undefined) return e.method === "mtls";
  if (typeof listed !== "object" || listed.disableRenewal === true || mayBeTheToken) return false;
  if (cannotRenew.test(listed.type) || lifeByCa(e) === "before") return false;
  return listed.allowRenewalAfterExpiry === true || saysThatItExpired(e) !== false || !hasExpired(e);
}

/** The CRL leaves out what expired more than an hour before it was made (authority/tls.go). */
function isLeftOutOfCrl({ certificate, ca }: Evidence): boolean {
  const issued = ca.crl?.issued;
  return issued !== undefined && issued.getTime() > certificate.notAfter.getTime() + 3_600_000;
}

/** The time that "certificate expired on" names; null where it cannot be read. */
export function namedEnd({ answer }: Evidence): Date | null {
  const [, day, time] =
    /certificate expired on (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)? \+0000/.exec(answer?.said ?? "") ?? [];
  const end = new Date(`${day}T${time}Z`);
  return Number.isNaN(end.getTime()) ? null : end;
}

export const validity: Family<Validity> = {
  REVOKED: {
    id: "REVOKED",
    title: "the certificate has been revoked",
    who: "both",
    symptoms: ["unauthorized", "unauthorized-bare", "alert-foreign"],
    step: "revocation",
    weigh(e) {
      const { crl } = e.ca;
      if (e.alert === 44 && e.answer === undefined) return proved("TLS alert 44 says that the certificate is revoked");
      if (crl?.usable && crl.lists) {
        const because = "the CA's CRL lists this certificate's serial number";
        const isAsked = e.method === "mtls" || hasProvisioner(e);
        return isAsked
          ? proved(because)
          : speaks(`${because}; but a token without a provisioner may not come that far`);
      }
      if (crl?.usable && !isLeftOutOfCrl(e)) {
        const made = crl.issued === undefined ? "" : ` of ${instant(crl.issued)}`;
        return unlikely(
          `the CA's CRL${made} does not list it, which makes it unlikely: the list may be older than the revocation`,
        );
      }
      if (/^unauthorized/.test(symptomOf(e)) && isNothingElseSeen(e)) {
        const isNamed = e.certificate.provisioner !== undefined;
        const rest = isNamed
          ? "the certificate's provisioner is there and renews"
          : "the certificate names no provisioner";
        return speaks(`${rest}, so it seems to be this certificate itself that the CA does not renew`);
      }
      return silent("the CA shows no CRL that would tell");
    },
    help: (e) => [
      `${e.ca.crl?.lists ? "no" : "if it is revoked, no"} renewal can help: enrol anew, with a new key: \`${enrolCommand(e)}\``,
      `the CA's administrator: was serial ${e.certificate.serial} revoked, when and why?` +
        ` \`journalctl -u step-ca | grep -F ${shell(e.certificate.serial, "SERIAL")}\``,
    ],
    page: `step-ca keeps revoked serial numbers in its database and refuses to renew them (passive revocation); since v0.23.0 it can also publish a CRL (GET /crl), which is off by default and may be older than the revocation. Without a CRL, a client cannot tell a revoked certificate from one whose renewal the whole authority disables.

The client is told 401, "The request lacked necessary authorization to be completed". The log says "authority.authorizeRenew: certificate has been revoked".

A revoked certificate stays revoked. Enrol again, with a new key.`,
    logs: ["authority.authorizeRenew: certificate has been revoked"],
  },

  NOT_YET_VALID: {
    id: "NOT_YET_VALID",
    title: "the certificate is not valid yet, by the CA's clock",
    who: "both",
    symptoms: ["alert-expired", "alert-bad-certificate", "closed", "unauthorized"],
    step: "renewal",
    weigh(e) {
      const begins = `the certificate is valid from ${instant(e.certificate.notBefore)}`;
      const symptom = symptomOf(e);
      if (symptom !== "unauthorized" && e.method === "token")
        return contradicted("no certificate was shown in the handshake");
      if (symptom === "unauthorized" && e.method === "mtls")
        return contradicted("the handshake has accepted its dates");
      if (symptom === "alert-bad-certificate" && isSince(e.ca, namedAlerts)) {
        return contradicted("a CA of this age says so with TLS alert 45, not 42");
      }
      const life = lifeByCa(e);
      const skew = skewMs(e);
      if (life === "before" && skew !== undefined) {
        const ours = Math.abs(skew) < leastSkewMs ? "" : ` (${skewText(skew)})`;
        const because = `${begins}, and by the CA's clock that is still to come${ours}`;
        return symptom !== "unauthorized" || hasProvisioner(e)
          ? proved(because)
          : speaks(`${because}; but no provisioner would look at that`);
      }
      if (life === "within" || life === "after") return contradicted("it has begun, by the CA's clock");
      return lifeByUs(e) === "before"
        ? speaks(`${begins}, still to come`)
        : silent(`${begins}; the CA's clock is not known`);
    },
    help: (e) => [
      `wait: ${instant(e.certificate.notBefore)} by the CA's clock; then \`${againCommand(e)}\``,
      "the CA's administrator: is the CA's clock right? `timedatectl` on the CA's machine",
    ],
    page: `The CA judges validity by its own clock. A certificate that has not begun fails the TLS handshake (alert 45; 42 from a CA built with Go 1.20 or older), and by token it gets 401, "The request lacked necessary authorization to be completed".

The log says "x509: certificate has expired or is not yet valid: current time ... is before ..." over mTLS, "certificate is not yet valid" with both times by token. Either it was issued for a later time (--not-before), or the CA's clock has gone back. The Date header of the CA's answers shows its clock.`,
    logs: ["certificate is not yet valid", outOfTime],
    log: (e) => (e.answer === undefined ? outOfTime : "certificate is not yet valid"),
  },

  EXPIRED: {
    id: "EXPIRED",
    title: "the certificate has expired, and was offered in a handshake, which takes no expired ones",
    who: "you",
    symptoms: ["alert-expired", "alert-bad-certificate", "alert-foreign", "closed"],
    step: "chain",
    only: "mtls",
    weigh(e) {
      const ended = `the certificate ended on ${instant(e.certificate.notAfter)}`;
      const life = lifeByCa(e);
      if (symptomOf(e) === "alert-bad-certificate" && isSince(e.ca, namedAlerts)) {
        return contradicted("a CA of this age says so with TLS alert 45, not 42");
      }
      const isLateByUs = lifeByUs(e) === "after";
      if (life === "within" || life === "before") return contradicted("it has not ended, by the CA's clock");
      if (life === "after" && isLateByUs) return proved(`${ended}, by the CA's clock and by ours`);
      const skew = skewMs(e);
      if (life === "after" && skew !== undefined && skew > -leastSkewMs) return proved(`${ended}, by the CA's clock`);
      const isNearEnd = 2 * e.at.getTime() > e.certificate.notBefore.getTime() + e.certificate.notAfter.getTime();
      if (isLateByUs) return speaks(ended);
      if (life === "edge" && isNearEnd) return speaks(`${ended.replace("ended", "ends")}, just about now`);
      return silent(
        `${ended.replace("ended", "ends")}, ${relative(e.certificate.notAfter, e.at)} by this machine's clock`,
      );
    },
    help: (e) => [
      `${e.operation === "rekey" ? "renew it by token first, with the key that it has" : "prove identity by token instead"}, which the provisioner has to allow: \`${renewCommand(e, "--force", "--mtls=false")}\``,
      `the CA's administrator: \`${updateProvisioner(e, "--allow-renewal-after-expiry")}\``,
      `or enrol anew: \`${enrolCommand(e)}\``,
    ],
    page: `An expired certificate does not pass a TLS handshake, on any server: TLS alert 45 (42 from a CA built with Go 1.20 or older). The CA's log says "x509: certificate has expired or is not yet valid: current time ... is after ...".

step-ca renews expired certificates by token alone, and only if the provisioner has the claim allowRenewalAfterExpiry. renew chooses the token by itself when the certificate has expired by this machine's clock.`,
    logs: [outOfTime],
  },

  EXPIRED_NOT_ALLOWED: {
    id: "EXPIRED_NOT_ALLOWED",
    title: "the certificate has expired, and its provisioner does not allow renewal after expiry",
    who: "both",
    symptoms: ["expired", "unauthorized", "unauthorized-bare"],
    step: "renewal",
    weigh(e) {
      const listed = provisionerInList(e);
      const claim = typeof listed === "object" ? listed.allowRenewalAfterExpiry : undefined;
      if (symptomOf(e) === "expired") {
        const named = namedEnd(e);
        const isOurs = named === null || Math.abs(named.getTime() - e.certificate.notAfter.getTime()) < 1000;
        if (!isOurs) return contradicted("the CA names another end than this certificate's");
        const says = "the CA says that the certificate has expired, and does not renew it then";
        return proved(claim === undefined ? says : `${says}; the provisioner has allowRenewalAfterExpiry: ${claim}`);
      }
      if (!hasExpired(e)) return contradicted("it has not expired");
      if (claim === true) return contradicted("its provisioner is listed with allowRenewalAfterExpiry: true");
      const saysSo = saysThatItExpired(e);
      if (saysSo) return contradicted('a CA of v0.20.0 or newer says "certificate expired on" for that');
      const old = "the certificate has expired, and a CA before v0.20.0 does not say so";
      return saysSo === false ? speaks(old) : silent(old);
    },
    help: (e) => [
      `the CA's administrator: allow it: \`${updateProvisioner(e, "--allow-renewal-after-expiry")}\`` +
        ' (in ca.json: `"claims": {"allowRenewalAfterExpiry": true}`, then reload the CA)',
      ...(isRefusedAnyway(e, "EXPIRED_NOT_ALLOWED")
        ? ["that alone is not enough, as the next obstacle shows"]
        : [`then the same command ${e.operation ?? "renew"}s it: \`${againCommand(e)}\``]),
      `or enrol anew: \`${enrolCommand(e)}\``,
      `for the next one: ${e.operation ?? "renew"} before the end, from a timer: \`${againCommand(e, "--expires-in", "66%")}\``,
    ],
    page: `A certificate is renewed after its end only if its provisioner (or the whole authority) has the claim allowRenewalAfterExpiry; the default is false. The CA says so since v0.20.0: 401, "The request lacked necessary authorization to be completed: certificate expired on DATE". Before, the client gets the sentence without the reason.

The claim is set with

    step ca provisioner update NAME --allow-renewal-after-expiry

or in ca.json, in the provisioner's "claims". It lasts without limit: a certificate lost years ago can be renewed by whoever has its key, unless it is revoked.`,
    logs: ["certificate expired on"],
  },
};
