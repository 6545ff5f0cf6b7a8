/** The token: its form, its signature, its one use, its claims. */
import type { Evidence } from "../../evidence.ts";
import { contradicted, type Family, proved, silent, speaks, unlikely, type Weight } from "../cause.ts";
import { hasExpired } from "../clock.ts";
import { enrolCommand, fileOf, keyOf, renewCommand, updateProvisioner } from "../commands.ts";
import { isFirstUseAlone, mayComeTwice, typeOf } from "../leaf.ts";
import { proxyShown, type Symptom, symptomOf } from "../symptom.ts";
import { firstTokens, isSince } from "../version.ts";
import { quoted } from "../words.ts";
import { around } from "./between.ts";

type Token =
  | "KEY_MISMATCH"
  | "TOKEN_UNREADABLE"
  | "TOKEN_REUSED"
  | "TOKEN_SUBJECT_WRONG"
  | "TOKEN_ISSUER_WRONG"
  | "TOKEN_NOT_SUPPORTED"
  | "AUDIENCE_NOT_A_CA_NAME";

/** For causes that a sentence of the CA names: it decides, and nothing else says anything. */
function named(symptom: Symptom, because: string): (e: Evidence) => Weight {
  return (e) => (symptomOf(e) === symptom ? proved(because) : silent("the CA does not say so"));
}

/** What the CA compares of the audience. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : url;
}

export const token: Family<Token> = {
  KEY_MISMATCH: {
    id: "KEY_MISMATCH",
    title: "the key is not the certificate's",
    who: "you",
    symptoms: ["token-signature", "alert-signature"],
    step: "signature",
    weigh: (e) => {
      const isSaid = symptomOf(e) === "token-signature" || symptomOf(e) === "alert-signature";
      const shown = proxyShown(e.answer);
      const because = "the CA could not verify the signature with the certificate's key";
      if (!isSaid) return silent("nobody says so");
      return proved(shown === null ? because : `${because}; ${shown} is in between, and may have changed it`);
    },
    help(e) {
      const commands = [`openssl x509 -noout -pubkey -in ${fileOf(e)}`, `openssl pkey -pubout -in ${keyOf(e)}`];
      const compare = `do both print the same? \`${commands.join("` and `")}\``;
      return proxyShown(e.answer) === null
        ? [compare, `if so, something between changes what is sent; ${around}`]
        : [around, compare];
    },
    page: `The token was signed, or the handshake was, with a key that is not the certificate's. renew compares the two files before it asks, so this comes from files that changed under it, or from another client.

By token the CA answers 500 "error validating renew token", although trying again never helps; its log says "go-jose/go-jose: error in cryptographic primitive". In a handshake it is TLS alert 51 (decrypt error).`,
    logs: ["error in cryptographic primitive"],
  },

  TOKEN_UNREADABLE: {
    id: "TOKEN_UNREADABLE",
    title: "the token did not reach the CA as it was made",
    who: "both",
    symptoms: ["token-invalid"],
    step: "chain",
    only: "token",
    weigh: ({ answer }) =>
      answer?.server !== undefined || answer?.via !== undefined
        ? silent("something between us and the CA shows itself, and may have changed the header")
        : contradicted("the token was well made, and nothing shows itself that could have changed it"),
    help: (e) => [
      around,
      ...(hasExpired(e) ? [] : [`or let the proxy pass TLS on, and use mTLS: \`${renewCommand(e, "--force")}\``]),
    ],
    page: `The CA could not read the token: not three parts, no certificates in its x5cInsecure header, or certificates that are none. renew makes such tokens never; a proxy that cuts or rewrites the Authorization header does.

The client is told "error validating renew token" (401), as for a chain that the CA does not take. The log says "error parsing x5cInsecure token" or "error extracting x5cInsecure cert chain".`,
    logs: ["error parsing x5cInsecure token", "error extracting x5cInsecure cert chain"],
  },

  TOKEN_REUSED: {
    id: "TOKEN_REUSED",
    title: "the CA takes the token for one that was used before",
    who: "both",
    symptoms: ["unauthorized"],
    step: "use",
    only: "token",
    weigh(e) {
      if (isFirstUseAlone(e)) {
        return speaks(
          `a provisioner of type ${quoted(typeOf(e))} takes every renewal token for the same one, so only the first works`,
        );
      }
      return mayComeTwice(e)
        ? unlikely("each token of renew is new and sent once, but something between us and the CA may send it again")
        : contradicted("each token of renew is new and was sent once, and TLS ends in the CA itself");
    },
    help: (e) => [
      ...(isFirstUseAlone(e)
        ? [
            ...(hasExpired(e) ? [] : [`renew over mTLS, which needs no token: \`${renewCommand(e, "--force")}\``]),
            `the CA's administrator: let each token count for itself: \`${updateProvisioner(e, "--disable-trust-on-first-use")}\``,
          ]
        : [`try again; each try has a new token: \`${renewCommand(e, "--force", "--mtls=false")}\``]),
      `or enrol anew: \`${enrolCommand(e)}\``,
    ],
    page: `A CA with a database takes each token once, by its id if it has one, and counts it as used before it looks at its claims. renew gives each token a random id and never sends one twice; step's tokens have no id, and two that are made within a second with an RSA or Ed25519 key are the same. A proxy that ends TLS may send a request again: the first one was then granted, and its certificate lost.

GCP and Azure provisioners that trust on first use (the default) make their key for this from instance data that a renewal token does not have, so renewal by token works once for such a provisioner, and never again.

The client is told 401, "The request lacked necessary authorization to be completed"; the log says "token already used".`,
    logs: ["token already used"],
  },

  TOKEN_SUBJECT_WRONG: {
    id: "TOKEN_SUBJECT_WRONG",
    title: "the token's subject is not the certificate's common name",
    who: "both",
    symptoms: ["claim-sub"],
    step: "claims",
    only: "token",
    weigh: named("claim-sub", "the CA says that the token's subject is not the certificate's common name"),
    help: (e) => [
      ...(hasExpired(e) ? [] : [`mTLS needs no subject: \`${renewCommand(e, "--force")}\``]),
      `is the common name plain text? \`openssl x509 -noout -subject -nameopt utf8 -in ${fileOf(e)}\`; else enrol anew`,
    ],
    page: `The claim "sub" must be the certificate's common name, byte for byte (a certificate without one takes any). renew takes it from the certificate, so a difference means a name in an old encoding that the CA reads otherwise, or a token made elsewhere.

The CA answers 401 "error validating renew token: invalid subject claim (sub)".`,
    logs: ["validation failed, invalid subject claim (sub)"],
  },

  TOKEN_ISSUER_WRONG: {
    id: "TOKEN_ISSUER_WRONG",
    title: "the CA does not accept who issued the token",
    who: "admin",
    symptoms: ["claim-iss"],
    step: "claims",
    only: "token",
    weigh: named("claim-iss", "the CA says that it does not accept the token's issuer"),
    help: () => [
      "the CA's administrator: step-ca accepts \"step-ca-client/1.0\" and the provisioner's name; is the CA a changed one?",
    ],
    page: `The claim "iss" must be "step-ca-client/1.0", which renew and step send, or the provisioner's name, which old clients sent. A CA that refuses the first is not step-ca as published, or the token was made elsewhere.

The CA answers 401 "error validating renew token: invalid issuer claim (iss)", in another JSON shape than usual: {"type":"unauthorized","detail":…,"message":…}.`,
    logs: ["error validating renew token: invalid issuer claim (iss)"],
  },

  TOKEN_NOT_SUPPORTED: {
    id: "TOKEN_NOT_SUPPORTED",
    title: "this CA does not renew certificates of this provisioner by token",
    who: "both",
    symptoms: ["token-not-supported"],
    step: "use",
    only: "token",
    weigh: named("token-not-supported", "the CA says that its provisioner has no tokens"),
    help: (e) => [
      ...(hasExpired(e) ? [] : [`renew over mTLS, which needs no token: \`${renewCommand(e, "--force")}\``]),
      `${hasExpired(e) ? "enrol anew" : "or enrol anew"}: \`${enrolCommand(e)}\``,
      `for the next one: renew before the end, from a timer: \`${renewCommand(e, "--force", "--expires-in", "66%")}\``,
    ],
    page: `ACME and SCEP provisioners issue without tokens. Some CAs answer a renewal by token for their certificates with 400 "token flow is not supported"; v0.26.1, v0.26.2 and all since v0.29.0 accept it.`,
    logs: ["token flow is not supported"],
  },

  AUDIENCE_NOT_A_CA_NAME: {
    id: "AUDIENCE_NOT_A_CA_NAME",
    title: "the host in --ca-url is not one of the CA's own names",
    who: "both",
    symptoms: ["claim-aud", "closed"],
    step: "claims",
    only: "token",
    weigh(e) {
      const host = hostOf(e.ca.url);
      if (symptomOf(e) === "claim-aud")
        return proved(`the token is for ${quoted(host)}, and the CA says that this is none of its names`);
      // v0.19 to v0.22 crash on it: an error that is nil.
      const isFixed = isSince(e.ca, [0, 23, 0]);
      if (isFixed || isSince(e.ca, firstTokens) === false) return contradicted("a CA of this age says it in an answer");
      const crash = `CAs of v0.19 to v0.22 crash on a token for a name that is not theirs, such as ${quoted(host)} may be`;
      return isFixed === false ? speaks(crash) : silent(crash);
    },
    help: (e) => [
      `use one of the CA's names (dnsNames in its ca.json): \`${renewCommand({ ...e, ca: { url: "https://NAME:PORT" } }, "--force")}\``,
      `the CA's administrator: add ${quoted(hostOf(e.ca.url))} to dnsNames in ca.json, and restart the CA`,
    ],
    page: `The claim "aud" of a renewal token is the CA's address with /renew. The CA compares the host with its own dnsNames; the port does not count, and neither does a path of a proxy's, which renew leaves out. A proxy or a load balancer under another name makes it fail, though its TLS certificate is good.

The CA answers 500 "error validating renew token: invalid audience claim (aud)", although trying again never helps. v0.19 to v0.22 crash instead, and the client sees a closed connection.

Use a name from dnsNames in --ca-url, or add the proxy's name to dnsNames.`,
    logs: ["validation failed, invalid audience claim (aud)"],
  },
};
