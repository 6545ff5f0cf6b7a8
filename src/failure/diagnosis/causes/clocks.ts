/** Two clocks that disagree. The CA's decides, whichever is wrong. */
import { instant } from "../../time.ts";
import { contradicted, type Family, proved, silent, speaks } from "../cause.ts";
import { leastSkewMs, lifeByCa, lifeByUs, skewMs, skewText } from "../clock.ts";
import { againCommand, renewCommand } from "../commands.ts";
import { symptomOf } from "../symptom.ts";
import { isSince, namedAlerts } from "../version.ts";

/** The CA allows a minute of difference; a skew measured well below that does not explain a refusal. */
const tellingMs = 30_000;

const outOfTime = "x509: certificate has expired or is not yet valid";
const setIt = "set the clock: `timedatectl set-ntp true`, on the CA's machine if its clock is the wrong one";

export const clocks: Family<"CLOCK_AHEAD" | "CLOCK_BEHIND"> = {
  CLOCK_AHEAD: {
    id: "CLOCK_AHEAD",
    title: "this machine's clock is ahead of the CA's",
    who: "both",
    symptoms: ["claim-nbf", "claim-iat"],
    step: "claims",
    only: "token",
    weigh(e) {
      const symptom = symptomOf(e);
      if (symptom !== "claim-nbf" && symptom !== "claim-iat") return silent("the CA does not say so");
      const skew = skewMs(e);
      const says = "the CA says that the token is from the future";
      if (skew === undefined) return proved(says);
      return skew > tellingMs
        ? proved(`${says}: ${skewText(skew)}`)
        : speaks(`${says}, though by now ${skewText(skew)}`);
    },
    help: (e) => [setIt, `then try again: \`${againCommand(e)}\``],
    page: `The token says from when it is valid, by this machine's clock; the CA allows one minute. More than that ahead, and it answers 401 "error validating renew token: token not valid yet (nbf)", or "token issued in the future (iat)". The Date header of its answer shows its clock.

If the certificate seems expired only because this clock is ahead, mTLS would work: a handshake is judged by the CA's clock.`,
    logs: ["token not valid yet (nbf)", "token issued in the future (iat)"],
  },

  CLOCK_BEHIND: {
    id: "CLOCK_BEHIND",
    title: "this machine's clock is behind the CA's",
    who: "both",
    symptoms: ["claim-exp", "alert-expired", "alert-bad-certificate"],
    step: "claims",
    weigh(e) {
      const skew = skewMs(e);
      if (symptomOf(e) === "claim-exp") {
        const says = "the CA says that the token has expired, which lasts five minutes and is sent at once";
        if (skew === undefined) return proved(says);
        if (skew < -tellingMs) return proved(`${says}: ${skewText(skew)}`);
        return speaks(
          `${says}, though by now ${skewText(skew)}: a clock was set meanwhile, or the request was held up`,
        );
      }
      if (symptomOf(e) === "alert-bad-certificate" && isSince(e.ca, namedAlerts)) {
        return contradicted("a CA of this age says so with TLS alert 45, not 42");
      }
      if (lifeByUs(e) === "after") return contradicted("the certificate has ended by this machine's clock, too");
      const life = lifeByCa(e);
      if (skew === undefined || life === null) return silent("the CA's clock is not known");
      if (life !== "after" || skew > -leastSkewMs)
        return contradicted("by the CA's clock the certificate has not ended");
      return proved(
        `the certificate ended on ${instant(e.certificate.notAfter)} by the CA's clock, and ${skewText(skew)}`,
      );
    },
    help: (e) => [
      setIt,
      symptomOf(e) === "claim-exp"
        ? `then try again: \`${againCommand(e)}\``
        : `the certificate has expired, so then prove identity by token: \`${renewCommand(e, "--force")}\``,
    ],
    page: `A renewal token lasts five minutes, by this machine's clock; the CA allows one more. If this clock is six minutes behind, every token has expired when it arrives: 401 "error validating renew token: token is expired (exp)". A request that was held up for as long (a laptop that slept) looks the same.

Over mTLS the same clock makes an expired certificate look valid: the handshake fails with TLS alert 45, because the CA's clock counts. The Date header of the CA's answers shows that clock.`,
    logs: ["token is expired (exp)", outOfTime],
    log: (e) => (e.method === "token" ? "token is expired (exp)" : outOfTime),
  },
};
