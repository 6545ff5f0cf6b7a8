/** Names that an issuer forbids, or that nobody can read. */
import type { Evidence } from "../../evidence.ts";
import { contradicted, type Family, proved, silent, speaks } from "../cause.ts";
import { againCommand, commonName, enrolCommand, fileOf } from "../commands.ts";
import { isJudgedByItsRoots, predictions } from "../leaf.ts";
import { isRefusedAnyway } from "../obstacles.ts";
import { symptomOf } from "../symptom.ts";
import { quoted } from "../words.ts";

/** The names that a new certificate can have; the common name goes as well, if it is one of the others. */
function without(e: Evidence, isBad: (name: string) => boolean): Evidence {
  const { subject, names } = e.certificate;
  const left = names.filter((name) => !isBad(name));
  return { ...e, certificate: { ...e.certificate, names: left, subject: isBad(commonName(subject)) ? "" : subject } };
}

/** The name that the CA's sentence quotes, or Go's, as it is foretold: a constraint may also be of a mail's or a URI's host. */
function isForbidden(e: Evidence, name: string): boolean {
  const foretold = predictions(e).flatMap(({ verdict }) => (verdict.ok ? [] : [verdict.detail]));
  const said = [e.answer?.said ?? "", e.path?.forbidden?.why ?? "", ...foretold].join("\n").toLowerCase();
  return said.includes(`"${name.toLowerCase()}"`);
}

function isBadMail(name: string): boolean {
  return name.includes("@") && !/^[^@\s:/]+@[^@\s.]+(\.[^@\s.]+)*$/.test(name) && !/^[a-z][a-z0-9+.-]*:/i.test(name);
}

export const names: Family<"NAME_NOT_PERMITTED" | "NAME_UNREADABLE"> = {
  NAME_NOT_PERMITTED: {
    id: "NAME_NOT_PERMITTED",
    title: "a name in the certificate is forbidden by the name constraints of its issuer",
    who: "both",
    symptoms: ["name-forbidden", "token-invalid", "alert-bad-certificate"],
    step: "names",
    weigh(e) {
      if (symptomOf(e) === "name-forbidden") return proved(`the CA says so: ${quoted(e.answer?.said ?? "", 120)}`);
      const all = predictions(e);
      for (const { verdict, when } of all) {
        if (verdict.ok || verdict.reason !== "constraint" || !/for this name/.test(verdict.detail)) continue;
        const because = `${when}the certificate's issuer ${quoted(verdict.who)} forbids one of its names`;
        return isJudgedByItsRoots(e) && when === "" ? proved(because) : speaks(because);
      }
      if (e.certificate.names.length === 0) return contradicted("it has no alternative names to forbid");
      return all.length === 0
        ? silent("its issuers' constraints are not known")
        : contradicted("its issuers permit its names");
    },
    help: (e) => [
      `enrol anew, for names that the issuer permits: \`${enrolCommand(without(e, (name) => isForbidden(e, name)))}\``,
      "the CA's administrator: the intermediate's name constraints forbid a name that was permitted before;" +
        (isRefusedAnyway(e, "NAME_NOT_PERMITTED")
          ? " that alone is not enough, as the next obstacle shows"
          : ` once they permit it, \`${againCommand(e)}\` works`),
    ],
    page: `An intermediate may permit or exclude names (RFC 5280, name constraints). A new intermediate with narrower constraints refuses old names: step-ca checks them at every renewal since v0.23.0 and answers 403 with the name, as in

    DNS name "foo.org" is not permitted by any constraint

If an issuer in the certificate's own chain forbids the name, the chain check comes first: TLS alert 42 over mTLS, or "error validating renew token" (401), and the log says "x509: a root or intermediate certificate is not authorized to sign for this name". Either way a renewal copies the names, so only a new enrolment for other names helps, or another intermediate.`,
    logs: [
      "is not permitted by any constraint",
      "is excluded by constraint",
      "x509: a root or intermediate certificate is not authorized to sign for this name",
    ],
  },

  NAME_UNREADABLE: {
    id: "NAME_UNREADABLE",
    title: "a name in the certificate cannot be read, so the CA cannot hold it against its constraints",
    who: "both",
    symptoms: ["name-unreadable"],
    step: "names",
    weigh: (e) =>
      symptomOf(e) === "name-unreadable"
        ? proved('the CA says "error renewing certificate", which is its word for a name that it cannot parse')
        : silent("nothing says so"),
    help: (e) => [
      `see the names: \`openssl x509 -noout -ext subjectAltName -in ${fileOf(e)}\``,
      `renewal copies the names, so enrol anew without the bad one: \`${enrolCommand(without(e, isBadMail))}\``,
    ],
    page: `Where the intermediate has name constraints, step-ca parses every name at a renewal. An email address that is none makes it answer 500 "error renewing certificate"; trying again never helps. The log names it: "cannot parse rfc822Name".

Renewal copies the names: enrol again without the bad one.`,
    logs: ["cannot parse rfc822Name"],
  },
};
