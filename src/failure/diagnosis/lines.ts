/** The evidence in lines: a label and a short value, foreign words in quotes. */
import { certificateAlerts } from "../causes.ts";
import type { CaFacts, Evidence, IssuerFacts, ProvisionerFacts } from "../evidence.ts";
import { instant, relative, span } from "../time.ts";
import { leastSkewMs, skewMs, skewText } from "./clock.ts";
import { lifetimeMs, predictions, provisionerInList } from "./leaf.ts";
import { tokenRule, versionSaid } from "./version.ts";
import { quoted } from "./words.ts";

type Line = readonly [label: string, value: string];

export function evidenceLines(evidence: Evidence): Line[] {
  return [...certificateLines(evidence), ...answerLines(evidence), ...caLines(evidence)];
}

/** What was said is shown at more length than a name. */
const atLength = 240;

function certificateLines(evidence: Evidence): Line[] {
  const { certificate, at, method } = evidence;
  const { usages, keyUsages, notBefore, notAfter, provisioner, count, issuer } = certificate;
  const ends = notAfter < at ? `expired ${relative(notAfter, at)}` : `ends ${relative(notAfter, at)}`;
  const begins = notBefore > at ? `, begins ${relative(notBefore, at)}` : "";
  const lines: Line[] = [
    ["usages", usages === null || usages.length === 0 ? "none named, so any" : usages.join(", ")],
    ["valid", `${instant(notBefore).slice(0, -4)} to ${instant(notAfter)}`],
    ["lifetime", `${span(lifetimeMs(certificate))}${begins}, ${ends}`],
    ["provisioner", provisioner === undefined ? "none named" : `${quoted(provisioner.name)} (${provisioner.type})`],
  ];
  if (method === "token" && !keyUsages?.includes("digitalSignature"))
    lines.push(["key usage", keyUsages?.join(", ") || "none"]);
  const problem = predictions(evidence).find(({ verdict }) => !verdict.ok)?.verdict;
  if (problem !== undefined && !problem.ok && problem.reason !== "usage") {
    lines.push(
      ["issuer", quoted(issuer)],
      ["chain", `${count} sent; Go would say ${quoted(problem.detail, atLength)}`],
    );
  }
  return lines;
}

function answerLines({ answer, alert }: Evidence): Line[] {
  if (answer === undefined) {
    if (typeof alert !== "number") return [["connection", "closed without an answer"]];
    return [["TLS alert", `${alert} (${certificateAlerts[alert] ?? otherAlerts[alert] ?? "not about a certificate"})`]];
  }
  const { status, said, requestId, server, via, shape } = answer;
  const who = shape === "status" || shape === "type" ? "the CA said" : "it said";
  const lines: Line[] = [[who, said === "" ? `${status}, and nothing else` : `${status} ${quoted(said, atLength)}`]];
  if (server !== undefined) lines.push(["server", quoted(server)]);
  if (via !== undefined) lines.push(["via", quoted(via)]);
  if (requestId !== undefined) lines.push(["request id", quoted(requestId)]);
  return lines;
}

const otherAlerts: Readonly<Record<number, string>> = { 51: "decrypt error" };

function caLines(evidence: Evidence): Line[] {
  const { ca, method } = evidence;
  const lines: Line[] = [["CA version", versionValue(evidence)]];
  if (ca.issuer !== undefined && isOfAnIssuer(evidence)) lines.push(["issues with", issuerValue(ca.issuer)]);
  const listed = provisionerInList(evidence);
  if (listed === "gone") lines.push(["claims", `not in the CA's list of ${ca.provisioners?.length ?? 0}`]);
  if (typeof listed === "object") lines.push(["claims", claims(listed)]);
  const skew = skewMs(evidence);
  if (skew !== undefined && Math.abs(skew) >= leastSkewMs) lines.push(["clocks", skewText(skew)]);
  if (ca.crl !== undefined) lines.push(["CRL", crlValue(ca.crl)]);
  if (ca.foreign !== undefined) lines.push(["published", `another CA's ${ca.foreign.join(" and ")}, not used`]);
  lines.push(...handshakeLines(evidence));
  if (ca.intermediates === "not-implemented") lines.push(["intermediates", "501, as from a registration authority"]);
  return method === "token" && skew === undefined ? [...lines, ["clocks", "the CA's is not known"]] : lines;
}

/** Whether the chain fails by an issuer's fault, so that it counts which one the CA has by now. */
function isOfAnIssuer(evidence: Evidence): boolean {
  return predictions(evidence).some(
    ({ verdict }) =>
      !verdict.ok &&
      (verdict.reason === "usage-nesting" ||
        ((verdict.reason === "expired" || verdict.reason === "constraint") &&
          verdict.who !== evidence.certificate.subject)),
  );
}

function issuerValue({ name, until, isOwn }: IssuerFacts): string {
  return `${isOwn ? "the same issuer" : quoted(name)}, until ${instant(until)}`;
}

/** Only where it tells something that is not as it should be. */
function handshakeLines({ ca: { handshake } }: Evidence): Line[] {
  if (handshake?.asks === false) return [["handshake", "asks for no client certificate; step-ca would"]];
  if (handshake?.isCaItself && handshake.provisioner !== undefined)
    return [["handshake", `its own certificate is of a provisioner, ${quoted(handshake.provisioner)}`]];
  if (handshake?.presentsMissing) return [["handshake", "presents the issuer that is missing"]];
  const [first, ...others] = handshake?.acceptable ?? [];
  if (handshake?.accepts !== "none" || first === undefined) return [];
  return [["handshake", `takes issuer ${quoted(first)}${others.length > 0 ? ` and ${others.length} more` : ""}`]];
}

function versionValue({ ca, method }: Evidence): string {
  const said = versionSaid(ca);
  const { usage } = tokenRule(ca);
  if (method === "mtls") return usage === "clientAuth" && said === "hidden" ? "hidden, but v0.26.2 or newer" : said;
  return `${said}, ${usage === "unknown" ? "its rule for tokens is not known" : `takes tokens for ${usage}`}`;
}

/** What a provisioner says of renewal. */
export function claims({ disableRenewal, allowRenewalAfterExpiry, state }: ProvisionerFacts): string {
  const set = Object.entries({ disableRenewal, allowRenewalAfterExpiry, state });
  const shown = set.flatMap(([claim, value]) => {
    if (value === undefined) return [];
    return [`${claim}: ${typeof value === "string" ? quoted(value) : value}`];
  });
  return shown.length === 0 ? "none about renewal" : shown.join(", ");
}

function crlValue({ lists, usable, issued, why }: NonNullable<CaFacts["crl"]>): string {
  const made = issued === undefined ? "" : `, of ${instant(issued)}`;
  if (!usable) return why === undefined ? `not usable${made}` : `not usable${made}: ${why}`;
  return `${lists ? "lists this certificate" : "does not list this certificate"}${made}`;
}
