/** What the CA shows of itself, and how the certificate stands with it. */
import type { CaAnswers } from "../../ca/endpoints.ts";
import { leastSkewMs, skewMs, skewText } from "../../failure/diagnosis/clock.ts";
import { addPresented, fileOf, shell, templateLines } from "../../failure/diagnosis/commands.ts";
import type { Outlook } from "../../failure/diagnosis/forecast.ts";
import { provisionerInList } from "../../failure/diagnosis/leaf.ts";
import { claims } from "../../failure/diagnosis/lines.ts";
import { tokenRule, versionSaid } from "../../failure/diagnosis/version.ts";
import { quoted } from "../../failure/diagnosis/words.ts";
import { shellFile } from "../../failure/shell.ts";
import { instant, relative } from "../../failure/time.ts";
import { leadsTo } from "../../pki/anchored.ts";
import { type Certificate, isIssuedBy } from "../../pki/certificate.ts";
import type { Identity } from "../../pki/identity.ts";
import { type Check, ok, refused, unknown, warning } from "./check.ts";
import { usagesCheck } from "./local.ts";

export interface Seen {
  /** As the file has it, and as a token would carry it. */
  identity: Identity;
  sent: Identity;
  /** How the certificate's file is written. */
  isDer: boolean;
  anchors: readonly Certificate[];
  answers: CaAnswers;
  /** For a token, now. */
  outlook: Outlook;
  /** Bytes of the header that carries a token. */
  tokenBytes: number;
  now: Date;
}

export function caChecks(seen: Seen): Check[] {
  const { outlook } = seen;
  return [
    usages(outlook),
    chain(seen),
    version(outlook),
    clocks(outlook),
    provisioner(outlook),
    revocation(outlook),
    issuers(seen),
    names(outlook),
    token(seen),
  ];
}

function usages(outlook: Outlook): Check {
  return usagesCheck(outlook.certificate, tokenRule(outlook.ca).usage, ...templateLines(outlook));
}

function chain({ identity, sent, anchors, answers, outlook, isDer }: Seen): Check {
  const [leaf, ...others] = identity.chain;
  const roots = [...anchors, ...answers.roots];
  const whole = leadsTo(
    leaf,
    others,
    roots.filter((root) => isIssuedBy(root, root)),
  );
  const root = (path: readonly Certificate[]) => quoted(path.at(-1)?.subject.text ?? "");
  if (whole !== null) return ok("chain", `${counted(whole.length - 2)}, up to ${root(whole)}`);
  if (sent.chain.length > identity.chain.length) {
    const add = `put it below the leaf, as servers need it too: \`${addGiven(outlook, isDer)}\``;
    return warning("chain", "the file lacks an intermediate, which the CA still shows: a token can be completed", add);
  }
  const issuer = quoted((identity.chain.at(-1) ?? leaf).issuer.text);
  return warning("chain", `${identity.chain.length} in the file, and no way from ${issuer} to a root that is known`);
}

/** A file in DER holds one certificate alone, so it is made PEM first. */
function addGiven(outlook: Outlook, isDer: boolean): string {
  const { ca, files } = outlook;
  const [file, url] = [fileOf(outlook), shell(`${ca.url}/intermediates.pem`, "URL")];
  const published = `curl -sf --cacert ${shellFile(files?.root, "ROOT")} ${url} >> ${file}`;
  const fetch = ca.intermediates === "answers" ? published : addPresented(outlook);
  if (!isDer) return fetch;
  return `openssl x509 -inform DER -in ${file} -out ${file} && ${fetch}`;
}

function counted(intermediates: number): string {
  if (intermediates <= 0) return "the leaf itself";
  return intermediates === 1 ? "the leaf and its intermediate" : `the leaf and ${intermediates} intermediates`;
}

function version({ ca }: Outlook): Check {
  const { usage, because } = tokenRule(ca);
  if (usage === "unknown") return unknown("version", because);
  return ok(
    "version",
    `${versionSaid(ca)}: wants ${usage === "clientAuth" ? "" : `${usage} of tokens, `}clientAuth of ${usage === "clientAuth" ? "tokens and handshakes" : "handshakes"}`,
  );
}

function clocks(outlook: Outlook): Check {
  const skew = skewMs(outlook);
  if (skew === undefined) return unknown("clocks", "the CA says no time");
  const text = skewText(skew);
  if (Math.abs(skew) < 30_000) return ok("clocks", Math.abs(skew) < leastSkewMs ? text : `${text}, which is little`);
  const help = "set the clock: `timedatectl set-ntp true`, on the CA's machine if its clock is the wrong one";
  return warning("clocks", `${text}; a token is refused from a minute ahead and six minutes behind`, help);
}

function provisioner(outlook: Outlook): Check {
  const { certificate, ca } = outlook;
  const issuedBy = certificate.provisioner;
  if (issuedBy === undefined) return warning("provisioner", "the certificate names none, which a token needs");
  const listed = provisionerInList(outlook);
  const name = quoted(issuedBy.name);
  if (listed === "not-known")
    return unknown("provisioner", `${name} (${issuedBy.type}); the CA hides its provisioners`);
  if (listed === "gone") return refused("provisioner", `${name} is not among the CA's ${ca.provisioners?.length ?? 0}`);
  const says = `${name} (${listed.type}) is there; claims: ${claims(listed)}`;
  return listed.disableRenewal === true ? refused("provisioner", says) : ok("provisioner", says);
}

function revocation({ ca: { crl } }: Outlook): Check {
  if (crl === undefined) return unknown("revocation", "the CA publishes no CRL");
  if (!crl.usable)
    return unknown("revocation", "the CA's CRL cannot be used: out of date, or not signed by its issuers");
  const made = crl.issued === undefined ? "" : ` of ${instant(crl.issued)}`;
  if (crl.lists) return refused("revocation", `the CA's CRL${made} lists this certificate`);
  return ok("revocation", `the CA's CRL${made} does not list it`);
}

const month = 30 * 86_400_000;

/** Above the leaf, and above what the CA would issue next: the first to end takes everything below it along. */
function issuers({ sent, anchors, answers, now }: Seen): Check {
  const { leaf, chain } = sent;
  const roots = [...anchors, ...answers.roots];
  const above = ([tip, ...others]: readonly Certificate[]) =>
    tip === undefined ? [] : (leadsTo(tip, others, roots) ?? [tip, ...others]);
  const all = [...above(chain).slice(1), ...above(answers.intermediates)];
  const [first] = all.toSorted((a, b) => a.notAfter.getTime() - b.notAfter.getTime());
  if (first === undefined) return unknown("issuers", "none is known");
  const help = "the CA's administrator: issue it anew, and the leaves after it";
  const who = quoted(first.subject.text);
  if (first.notAfter < now) return warning("issuers", `${who} has ended, ${relative(first.notAfter, now)}`, help);
  const ends = `${who} ends ${relative(first.notAfter, now)}`;
  if (first.notAfter < leaf.notAfter) return warning("issuers", `${ends}, before the certificate does`, help);
  const lifetime = leaf.notAfter.getTime() - leaf.notBefore.getTime();
  const isNear = first.notAfter.getTime() - now.getTime() < Math.min(month, 10 * lifetime);
  return isNear ? warning("issuers", `${ends}: soon`, help) : ok("issuers", ends);
}

/** A token is for the host of the CA's address, and the CA takes it only for a name of its own. */
function names({ ca }: Outlook): Check {
  const host = quoted(new URL(ca.url).hostname);
  const { isCaItself, asks } = ca.handshake ?? {};
  if (isCaItself) return ok("names", `${host} is one of the CA's own, as tokens need it`);
  if (asks !== false && isCaItself !== false)
    return unknown("names", `whether ${host} is one of the CA's own, as tokens need it`);
  const help =
    "behind a proxy, dnsNames in the CA's ca.json must have the proxy's name: `renew doctor --rehearse` shows it";
  const way = asks === false ? "no mTLS" : "mTLS only if it shows the certificate to the CA";
  const says = `something in front of the CA ends TLS at ${host}: ${way}, and it must be one of the CA's names`;
  return warning("names", says, help);
}

/** nginx and Apache take 8 KB for one header, and most others more. */
const commonLimit = 8 * 1024;

function token({ tokenBytes }: Seen): Check {
  const size = `${(tokenBytes / 1024).toFixed(1)} KB in a header`;
  if (tokenBytes < commonLimit * 0.9) return ok("token", `${size}; proxies take 8 KB and more`);
  const help =
    "the administrator of a proxy before the CA: allow larger headers, in nginx `large_client_header_buffers 4 16k;`";
  return warning("token", `${size}: more than proxies such as nginx take (8 KB); step-ca itself takes 1 MB`, help);
}
