/** What the certificate may be used for: extended key usage and key usage, which a renewal copies and cannot mend. */
import type { Evidence, IssuerFacts } from "../../evidence.ts";
import { contradicted, type Family, proved, silent, speaks, type Weight } from "../cause.ts";
import { hasExpired } from "../clock.ts";
import { addProvisioner, enrolCommand, renewCommand, templateLines, updateProvisioner } from "../commands.ts";
import { allows, buildingProblem, isJudgedByItsRoots, predictions, provisionerInList, usagesText } from "../leaf.ts";
import { anotherIssuer, signsWith } from "../next-issuer.ts";
import { isRefusedAnyway } from "../obstacles.ts";
import { tokenRule } from "../version.ts";
import { quoted } from "../words.ts";

type Usage = "NO_SERVER_AUTH_OLD_CA" | "NO_CLIENT_AUTH" | "ISSUER_FORBIDS_USAGE" | "NO_DIGITAL_SIGNATURE";

/** As step-ca's default template for leaves, for keys that are not RSA. */
const template = `    {
      "subject": {{ toJson .Subject }},
      "sans": {{ toJson .SANs }},
      "keyUsage": ["digitalSignature"],
      "extKeyUsage": ["clientAuth", "serverAuth"]
    }`;

const incompatible = "x509: certificate specifies an incompatible key usage";
const refusedToken = `error verifying x5cInsecure certificate chain: ${incompatible}`;
const refusedHandshake = `failed to verify certificate: ${incompatible}`;

/** Go builds the chain first: where that fails, the usage would only be the next obstacle. */
function unlessBuildingFails(evidence: Evidence, because: string): Weight {
  const problem = buildingProblem(evidence);
  return problem === undefined
    ? proved(because)
    : speaks(`${because}; its chain, though, fails before that is looked at`);
}

/** Another issuer by now, that does not forbid what is asked: a usage for clients, but of tokens to an old CA. */
function issuerForClients(e: Evidence): IssuerFacts | undefined {
  const isAsked = e.method === "mtls" || tokenRule(e.ca).usage !== "serverAuth";
  const another = anotherIssuer(e);
  return isAsked && another?.isForClients ? another : undefined;
}

/** An expired certificate needs the provisioner's leave as well, once its chain is taken. */
function afterExpiryLine(evidence: Evidence): string[] {
  const listed = provisionerInList(evidence);
  const isAllowed = typeof listed === "object" && listed.allowRenewalAfterExpiry === true;
  if (!hasExpired(evidence) || isAllowed) return [];
  if (listed === "gone") {
    const add = addProvisioner(evidence, "--allow-renewal-after-expiry");
    return [
      `the CA's administrator: its provisioner is gone, which has to be there again, and to allow this: \`${add}\``,
    ];
  }
  const update = updateProvisioner(evidence, "--allow-renewal-after-expiry");
  return [`the CA's administrator: its provisioner must allow renewal after expiry, too: \`${update}\``];
}

export const usage: Family<Usage> = {
  NO_SERVER_AUTH_OLD_CA: {
    id: "NO_SERVER_AUTH_OLD_CA",
    title: "a certificate for clients only, and a CA before v0.26.2, which takes tokens of servers only",
    who: "admin",
    symptoms: ["token-invalid"],
    step: "chain",
    only: "token",
    weigh(e) {
      const { certificate, ca } = e;
      const rule = tokenRule(ca);
      const has = `the certificate's extended key usage is ${usagesText(certificate)}`;
      if (allows(certificate, "serverAuth")) return contradicted(`${has}, which allows serverAuth`);
      if (!allows(certificate, "clientAuth")) return contradicted(`${has}: no version would take its token`);
      if (rule.usage === "clientAuth") return contradicted(`${has}, ${rule.because}`);
      if (rule.usage === "serverAuth") return unlessBuildingFails(e, `${has}, ${rule.because}`);
      return speaks(`${has}, and a CA before v0.26.2 takes tokens for serverAuth alone; ${rule.because}`);
    },
    help(e) {
      const isExpired = hasExpired(e);
      const again = `\`${renewCommand(e, "--force")}\``;
      const early = `\`${renewCommand(e, "--force", "--expires-in", "66%")}\``;
      const upgrade = "the CA's administrator: upgrade step-ca to v0.26.2 or newer, which lifts it";
      const onTime = `renewing before expiry, over mTLS, works with this CA as it is; run from a timer: ${early}`;
      const isBlocked = isRefusedAnyway(e, "NO_SERVER_AUTH_OLD_CA");
      if (!isExpired && isBlocked)
        return [`${upgrade}; that alone is not enough, as the next obstacle shows`, ...templateLines(e)];
      if (!isExpired) {
        const today = `the certificate is still valid: over mTLS this CA renews it today: ${again}`;
        return [today, `${upgrade} for tokens, too`, ...templateLines(e)];
      }
      const then = isBlocked
        ? `${upgrade}; that alone is not enough, as the next obstacle shows`
        : `${upgrade}; then the same command renews the same certificate: ${again}`;
      return [then, ...afterExpiryLine(e), onTime, ...templateLines(e)];
    },
    page: `A renewal token carries the certificate's chain, and step-ca verifies that chain as Go does, for one extended key usage. Before v0.26.2 that usage is serverAuth, which is Go's default; v0.26.2 (smallstep/crypto PR 503) asks for clientAuth. A certificate for clients only, such as those of Kubernetes users, therefore cannot be renewed by token on an older CA, although the CA issued it.

The token is the only way once the certificate has expired, because an expired certificate does not pass a TLS handshake. While it is valid, mTLS works with every version: the handshake asks for clientAuth.

The client is told "error validating renew token" (401). The CA's log has the reason: "${incompatible}".

What mends it: a CA of v0.26.2 or newer, with the same certificate and the same command; or renewal before the end, from a timer; or a certificate for both usages. Renewal copies the usages, so the last needs a new enrolment, from a provisioner whose template (options.x509.templateFile) names both:

${template}`,
    logs: [refusedToken],
  },

  NO_CLIENT_AUTH: {
    id: "NO_CLIENT_AUTH",
    title: "the certificate is not for clients, and the CA asks for one that is",
    who: "both",
    symptoms: ["alert-bad-certificate", "alert-foreign", "closed", "token-invalid"],
    step: "chain",
    weigh(e) {
      const { certificate, ca, method } = e;
      const has = `the certificate's extended key usage is ${usagesText(certificate)}`;
      if (allows(certificate, "clientAuth")) return contradicted(`${has}, which allows clientAuth`);
      if (method === "mtls") return unlessBuildingFails(e, `${has}, and a TLS handshake asks clients for clientAuth`);
      const rule = tokenRule(ca);
      if (!allows(certificate, "serverAuth")) {
        return unlessBuildingFails(e, `${has}: step-ca takes neither its handshake nor, in any version, its token`);
      }
      if (rule.usage === "serverAuth") return contradicted(`${has}, ${rule.because}`);
      if (rule.usage === "clientAuth") return unlessBuildingFails(e, `${has}, ${rule.because}`);
      return speaks(`${has}, and a CA of v0.26.2 or newer takes tokens for clientAuth alone; ${rule.because}`);
    },
    help(e) {
      const isForServers = allows(e.certificate, "serverAuth");
      const { usage: rule } = tokenRule(e.ca);
      const token = `\`${renewCommand(e, "--force", "--mtls=false")}\``;
      const isOpen = isForServers && e.method === "mtls" && rule !== "clientAuth";
      const cannot = "no renewal can help: neither mTLS nor a token will ever take this certificate";
      return [
        ...(isOpen ? [`a CA before v0.26.2 takes its token: ${token}`] : []),
        ...(isOpen ? [] : [rule === "unknown" && isForServers ? `if the CA is v0.26.2 or newer, ${cannot}` : cannot]),
        ...templateLines(e),
      ];
    },
    page: `step-ca asks twice for a certificate that may be a client: Go's TLS server wants clientAuth of every client certificate (or no extended key usage at all), and since v0.26.2 the chain of a renewal token must allow clientAuth, too. A certificate for servers only can be renewed by token on a CA before v0.26.2, and not at all on a newer one. A certificate for neither, such as one for code signing, was never renewable.

Over mTLS the handshake ends with TLS alert 42 (bad certificate); by token the CA says "error validating renew token" (401). Its log has in both cases: "${incompatible}".

Renewal copies the usages, so it cannot mend this: enrol again, from a provisioner whose template (options.x509.templateFile) names both:

${template}

That is what step-ca's default template has; a certificate for servers only comes from a template of somebody's own.`,
    logs: [refusedHandshake, `failed to verify client certificate: ${incompatible}`, refusedToken],
    log: ({ method }) => (method === "token" ? refusedToken : refusedHandshake),
  },

  ISSUER_FORBIDS_USAGE: {
    id: "ISSUER_FORBIDS_USAGE",
    title: "an issuer in the chain has extended key usages that forbid what is asked",
    who: "admin",
    symptoms: ["token-invalid", "alert-bad-certificate"],
    step: "chain",
    weigh(e) {
      const all = predictions(e);
      const hit = all.find(({ verdict }) => !verdict.ok && verdict.reason === "usage-nesting");
      if (hit === undefined || hit.verdict.ok) {
        if (all.length === 0) return silent("its issuers' usages are not known");
        const isBuilt = all.every(({ verdict }) => verdict.ok || verdict.reason === "usage");
        return contradicted(isBuilt ? "no issuer in its chain limits usages" : "its chain fails for another reason");
      }
      const because = `${hit.when}${quoted(hit.verdict.who)}, an issuer of the certificate, is limited to other usages`;
      return isJudgedByItsRoots(e) && all.length === 1 ? proved(because) : speaks(because);
    },
    mender: (e) => (issuerForClients(e) ? "you" : "admin"),
    help(e) {
      const token = `\`${renewCommand(e, "--force", "--mtls=false")}\``;
      const fit = issuerForClients(e);
      const works = e.method === "mtls" && e.path?.tokenServerAuth.ok && tokenRule(e.ca).usage !== "clientAuth";
      return [
        ...(works ? [`a CA before v0.26.2 takes a token under this issuer: ${token}`] : []),
        ...(fit
          ? [`${signsWith(fit)}, and is not limited so; enrol anew: \`${enrolCommand(e)}\``]
          : [
              "the CA's administrator: issue a new intermediate without extended key usages, or with clientAuth and serverAuth",
              `then enrol anew: \`${enrolCommand(e)}\``,
            ]),
      ];
    },
    page: `Go counts the extended key usages of every certificate in a chain, the root included: what an intermediate forbids, no leaf under it is good for, whatever the leaf itself says. An intermediate for serverAuth only makes mTLS impossible for every certificate under it.

Over mTLS the client sees TLS alert 42 (bad certificate), by token "error validating renew token"; the CA's log says "${incompatible}" in both cases, the same as for a leaf without the usage.

The CA needs another intermediate, and the certificate another enrolment. Where the CA shows that it has one by now, renew says so.`,
    logs: [incompatible],
  },

  NO_DIGITAL_SIGNATURE: {
    id: "NO_DIGITAL_SIGNATURE",
    title: "the certificate's key usage lacks digitalSignature, without which its key may sign no token",
    who: "both",
    symptoms: ["token-invalid"],
    step: "chain",
    only: "token",
    weigh(e) {
      const { keyUsages } = e.certificate;
      if (keyUsages?.includes("digitalSignature")) return contradicted("its key usage has digitalSignature");
      const has =
        keyUsages === null
          ? "the certificate has no key usage at all"
          : `the certificate's key usage is ${keyUsages.join(", ") || "empty"}`;
      const because = `${has}, and a token's signer needs digitalSignature`;
      const isFit = allows(e.certificate, "clientAuth") && allows(e.certificate, "serverAuth");
      const isReached = e.path === undefined ? isFit : predictions(e).every(({ verdict }) => verdict.ok);
      return isReached ? proved(because) : speaks(because);
    },
    help: (e) => [
      ...(hasExpired(e)
        ? []
        : [`renew over mTLS, where key usage is not asked for: \`${renewCommand(e, "--force")}\``]),
      'the CA\'s administrator: the provisioner\'s certificate template needs `"keyUsage": ["digitalSignature"]`',
      `renewal copies the key usage, so enrol anew then: \`${enrolCommand(e)}\``,
    ],
    page: `A renewal token is signed with the certificate's key, and step-ca takes it only if the certificate's key usage has digitalSignature. A certificate without the key usage extension fails as well: Go reads a missing extension as no usage. A handshake does not ask for it, so mTLS works while the certificate is valid.

The client is told "error validating renew token" (401); the log says "certificate used to sign x5cInsecure token cannot be used for digital signature".

Renewal copies the key usage: enrol again with a template that has "keyUsage": ["digitalSignature"].`,
    logs: ["certificate used to sign x5cInsecure token cannot be used for digital signature"],
  },
};
