/** What is between us and the CA, and what never reached it. */
import type { Evidence } from "../../evidence.ts";
import { instant } from "../../time.ts";
import { contradicted, type Family, proved, silent, speaks, type Weight } from "../cause.ts";
import { hasExpired } from "../clock.ts";
import { againCommand, enrolCommand, renewCommand } from "../commands.ts";
import { proxyShown, symptomOf } from "../symptom.ts";
import { firstTokens, isSince } from "../version.ts";
import { namedEnd } from "./validity.ts";

type Between =
  | "CONNECTION_CUT"
  | "CA_TOO_OLD_FOR_TOKENS"
  | "REKEY_NEEDS_MTLS"
  | "TOKEN_NOT_SEEN"
  | "TLS_TERMINATED"
  | "CERTIFICATE_NOT_SENT"
  | "PROXY_CERTIFICATE";

export const around =
  "go to the CA directly, around the proxy: `--ca-url https://CA:9000`; around HTTPS_PROXY by `NO_PROXY=CA`";
const passOn = "the proxy's administrator: pass TLS through to the CA (nginx: `stream`, HAProxy: `mode tcp`)";

const asksForNone =
  "the server asks for no client certificate in the handshake, and step-ca always does: something in front of it ends TLS";

function byProxy(e: Evidence, because: string): Weight {
  const shown = proxyShown(e.answer);
  return shown === null ? speaks(because) : proved(`${because}, and ${shown} is in between`);
}

export const between: Family<Between> = {
  CONNECTION_CUT: {
    id: "CONNECTION_CUT",
    title: "the connection was cut: a restart, a timeout, or something in between",
    who: "both",
    symptoms: ["closed"],
    step: "wire",
    weigh: () => silent("nothing was said: the CA may be restarting, or a proxy or firewall may have cut it"),
    help: (e) => [`try again in a minute: \`${againCommand(e)}\``, around],
    page: `The connection was closed without an answer and without a TLS alert. A CA that restarts does this, one that runs into its own limit of 15 seconds, one whose handler crashes, and any proxy or firewall between.`,
    logs: [],
  },

  CA_TOO_OLD_FOR_TOKENS: {
    id: "CA_TOO_OLD_FOR_TOKENS",
    title: "the CA is older than v0.19.0, which is the first that renews by token",
    who: "admin",
    symptoms: ["certificate-missing"],
    step: "wire",
    only: "token",
    weigh(e) {
      const isNew = isSince(e.ca, firstTokens);
      if (isNew === false) return proved(`the CA is ${e.ca.version}, and renews by token since v0.19.0 only`);
      return isNew ? contradicted("the CA is new enough for tokens") : silent("a CA before v0.19.0 knows no tokens");
    },
    help: (e) => [
      "the CA's administrator: upgrade step-ca; v0.26.2 or newer takes the tokens of client certificates, too",
      hasExpired(e)
        ? `enrol anew: \`${enrolCommand(e)}\``
        : `renew over mTLS, as long as the certificate is valid: \`${renewCommand(e, "--force")}\``,
    ],
    page: `Renewal by token came with v0.19.0. An older CA does not look at the Authorization header, and says that the client certificate is missing (400). Only mTLS renews there, before expiry.`,
    logs: ["missing client certificate", "missing peer certificate"],
  },

  REKEY_NEEDS_MTLS: {
    id: "REKEY_NEEDS_MTLS",
    title: "a rekey works over mTLS only",
    who: "you",
    symptoms: ["certificate-missing"],
    step: "wire",
    only: "token",
    weigh: ({ operation }) =>
      operation === "rekey"
        ? proved("it was a rekey by token, and /rekey looks at no token")
        : contradicted("it was no rekey"),
    help: (e) => [`renew by token with the same key, and rekey over mTLS then: \`${renewCommand(e, "--force")}\``],
    page: `POST /rekey takes the certificate of the handshake and no token (smallstep/certificates, api/rekey.go). An expired certificate can be renewed by token, where the provisioner allows it, and rekeyed after that.`,
    logs: ["missing client certificate"],
  },

  TOKEN_NOT_SEEN: {
    id: "TOKEN_NOT_SEEN",
    title: "something in front of the CA took the token away",
    who: "admin",
    symptoms: ["certificate-missing"],
    step: "wire",
    only: "token",
    weigh: (e) =>
      e.operation === "rekey"
        ? contradicted("a rekey is not judged by a token")
        : byProxy(e, "a token was sent, and the CA saw neither it nor a certificate"),
    help: () => ["the proxy's administrator: pass the Authorization header on to the CA", around],
    page: `The token travels in the header "Authorization: Bearer". A proxy that checks logins itself may take it away; then the CA says 400, "missing client certificate", although a token was sent. A CA before v0.19.0 says the same, because it knows no tokens.`,
    logs: ["missing client certificate"],
  },

  TLS_TERMINATED: {
    id: "TLS_TERMINATED",
    title: "something in front of the CA ends TLS, so the CA never sees the client certificate",
    who: "both",
    symptoms: ["certificate-missing", "alert-foreign", "proxy"],
    step: "wire",
    weigh(e) {
      const symptom = symptomOf(e);
      if (symptom === "certificate-missing") {
        if (e.method === "token") return contradicted("a token was sent, which needs no handshake");
        if (e.ca.handshake?.asks === false) return proved(asksForNone);
        return byProxy(e, "the certificate was in the handshake, and the CA did not see it");
      }
      if (symptom === "alert-foreign") return speaks("step-ca sends no such alert, so something else ends TLS");
      const asks = /SSL certificate/i.test(e.answer?.said ?? "");
      return asks
        ? proved("a page about certificates came back: something in front of the CA judges them itself")
        : silent("a page came back");
    },
    help: (e) => [
      ...(e.operation === "rekey" || e.method === "token"
        ? []
        : [`prove identity by token, which most proxies let pass: \`${renewCommand(e, "--force", "--mtls=false")}\``]),
      around,
      passOn,
      ...(e.operation === "rekey"
        ? [
            `meanwhile a token passes, for a renewal with the same key: \`${renewCommand(e, "--force", "--mtls=false")}\``,
          ]
        : []),
    ],
    page: `A proxy or load balancer in front of the CA that ends TLS keeps the client certificate to itself; the CA says 400, "missing client certificate". renew tries again by token of itself, as a token passes such a proxy; a rekey cannot.

If the proxy shows the CA a client certificate of its own, that one is renewed and returned: renew sees that key and names differ, and installs nothing.

Let the proxy pass TLS through to step-ca, as its own documentation asks for.`,
    logs: ["missing client certificate", "missing peer certificate"],
  },

  CERTIFICATE_NOT_SENT: {
    id: "CERTIFICATE_NOT_SENT",
    title: "the client did not send its certificate in the handshake",
    who: "both",
    symptoms: ["certificate-missing", "alert-foreign"],
    step: "wire",
    weigh(e) {
      if (e.answer === undefined && e.alert === 116) return proved("TLS alert 116 says that a certificate is required");
      if (symptomOf(e) === "alert-foreign") return contradicted("the alert is about a certificate that was sent");
      if (e.method === "token") return contradicted("a token was sent instead");
      const { asks } = e.ca.handshake ?? {};
      if (asks === false) return contradicted("it was not asked for");
      const because = "a client sends none when the server's TLS does not take its kind of key";
      return silent(asks ? `${because}; it was asked for` : because);
    },
    help: (e) =>
      e.operation === "rekey"
        ? [around, passOn]
        : e.method === "mtls"
          ? [`prove identity by token: \`${renewCommand(e, "--force", "--mtls=false")}\``, around]
          : [
              around,
              "the proxy's administrator: ask for a client certificate, but do not demand one (nginx: `ssl_verify_client optional_no_ca;`), or pass TLS through",
              ...(hasExpired(e)
                ? []
                : [`the certificate is valid still, so show it: \`${renewCommand(e, "--force")}\``]),
            ],
    page: `A client offers its certificate when the server asks for one. Go's client, and so step, keeps it back if its issuer is not among those that the CA names as acceptable, and reports "missing client certificate"; OpenSSL, and so renew, sends it all the same and gets TLS alert 48 (unknown CA). It is one cause with two faces: see UNKNOWN_ISSUER.

By token no certificate is shown. A proxy that demands one ends the handshake with TLS alert 116 (certificate required); step-ca never does.`,
    logs: ["missing client certificate"],
  },

  PROXY_CERTIFICATE: {
    id: "PROXY_CERTIFICATE",
    title: "the CA judged another certificate than ours, that of a proxy",
    who: "both",
    symptoms: ["expired"],
    step: "wire",
    weigh(e) {
      const named = namedEnd(e);
      if (named === null) return silent("the CA names no time");
      return Math.abs(named.getTime() - e.certificate.notAfter.getTime()) < 1000
        ? contradicted("the CA names the end of this certificate")
        : proved(
            `the CA speaks of a certificate that expired on ${instant(named)}, and ours ends on ${instant(e.certificate.notAfter)}`,
          );
    },
    help: (e) => [
      around,
      `the proxy's administrator: the proxy must not show the CA a certificate of its own for /${e.operation ?? "renew"}`,
    ],
    page: `step-ca prefers the certificate of the handshake to a token. A proxy with a client certificate of its own towards the CA therefore has its own certificate judged, and renewed. A refusal is then about the proxy's certificate; an answer holds another key and other names, and renew installs nothing.`,
    logs: [],
  },
};
