/**
 * Name constraints (RFC 5280 §4.2.1.10) as Go reads them: crypto/x509, constraints.go of Go 1.26. Four kinds of names count
 * (DNS, IP, email, URI), `.example.com` means "below example.com" for all of them, and every certificate under a constraint
 * is held to it, not only the leaf. Not promised: constraints so malformed that Go would not parse the certificate at all.
 */
import type { Certificate } from "./certificate.ts";
import { children, type Der, readDer, tags } from "./der.ts";
import { generalName } from "./name.ts";

/** A name that an issuer forbids: the issuer, and why in Go's words. */
export interface ForbiddenName {
  by: Certificate;
  why: string;
}

/** The first name that an issuer in this chain (leaf first) forbids, in Go's order; null when none is. */
export function forbiddenName(chain: readonly Certificate[]): ForbiddenName | null {
  for (const [position, certificate] of chain.entries()) {
    const above = chain.slice(position + 1).filter(({ extensions }) => extensions.has(nameConstraintsOid));
    if (above.length === 0) return null;
    const names = namesOf(certificate);
    for (const by of above) {
      const why = names.unreadable ?? problemWith(names.checked, nameConstraints(by));
      if (why !== null) return { by, why };
    }
  }
  return null;
}

/** Whether Go checks everything these constraints say: directory names, for one, it knows not. */
export function understandsConstraints(extension: Uint8Array): boolean {
  const all = subtrees(extension);
  return all.length > 0 && all.every(({ base }) => Object.values(nameTags).includes(base.tag));
}

/** Whether Go finds a name in this subject alternative names extension that it knows. */
export function understandsNames(extension: Uint8Array): boolean {
  return children(readDer(extension)).some(({ tag }) => Object.values(nameTags).includes(tag));
}

export const nameConstraintsOid = "2.5.29.30";
export const alternativeNamesOid = "2.5.29.17";

/** In the order in which Go checks them. */
const kinds = ["ip", "dns", "uri", "email"] as const;
type Kind = (typeof kinds)[number];
const nameTags: Record<Kind, number> = {
  ip: tags.implicit(7),
  dns: tags.implicit(2),
  uri: tags.implicit(6),
  email: tags.implicit(1),
};
const labels: Record<Kind, string> = { ip: "IP address", dns: "DNS name", uri: "URI", email: "email address" };

/** A name to check: `shown` as Go quotes it, `host` as the constraint sees it, `mailbox` for an address as a whole. */
interface CheckedName {
  kind: Kind;
  shown: string;
  host: string;
  bytes: Uint8Array;
  mailbox?: string;
}

type Subtree = { base: Der; isPermitted: boolean };

/** Each name is held against each constraint; what a certificate made to be slow has is more than anybody needs. */
const mostComparisons = 250_000;

function problemWith(names: readonly CheckedName[], constraints: readonly Subtree[]): string | null {
  if (names.length * constraints.length > mostComparisons) return "its names and the constraints on them are too many";
  for (const name of names) {
    const { kind, shown, host } = name;
    const label = labels[kind];
    if (kind !== "ip" && !isDomain(host)) {
      if (kind === "uri") return `x509: internal error: URI SAN ${quoted(shown)} failed to parse`;
      return `x509: cannot parse ${kind === "dns" ? "dnsName" : "rfc822Name"} ${quoted(shown)}`;
    }
    const ofKind = constraints.filter(({ base }) => base.tag === nameTags[kind]);
    const permitted = ofKind.filter(({ isPermitted }) => isPermitted);
    if (permitted.length > 0 && !permitted.some((subtree) => covers(subtree, name))) {
      return `${label} ${quoted(shown)} is not permitted by any constraint`;
    }
    const excluding = ofKind.find((subtree) => !subtree.isPermitted && covers(subtree, name));
    if (excluding !== undefined) {
      return `${label} ${quoted(shown)} is excluded by constraint ${quoted(constraintText(excluding.base))}`;
    }
  }
  return null;
}

function covers({ base, isPermitted }: Subtree, { kind, host, bytes, mailbox }: CheckedName): boolean {
  if (kind === "ip") return containsAddress(base.value, bytes);
  const constraint = latin1(base.value);
  if (kind === "email" && constraint.includes("@")) return mailboxOf(constraint)?.text === mailbox;
  if (isBelow(host, constraint)) return true;
  // An excluded a.example.com is among what *.example.com stands for.
  return !isPermitted && host.startsWith("*") && parentOf(host) !== "" && parentOf(host) === parentOf(constraint);
}

/** Whether `name` is the constraint or ends in it at a dot; an empty constraint covers every name. */
function isBelow(name: string, constraint: string): boolean {
  const [host, suffix] = [name.toLowerCase(), constraint.toLowerCase()];
  if (suffix === "") return true;
  if (!host.endsWith(suffix)) return false;
  return suffix.startsWith(".") || host.length === suffix.length || host.at(-suffix.length - 1) === ".";
}

/** `.example.com` of `a.example.com`, "" of a single label. */
function parentOf(name: string): string {
  const dot = name.indexOf(".");
  return dot < 0 ? "" : name.slice(dot).toLowerCase();
}

/** An address and its mask in one, as constraints have them. */
function containsAddress(range: Uint8Array, address: Uint8Array): boolean {
  const length = address.length;
  if (range.length !== 2 * length) return false;
  return address.every((octet, index) => {
    const mask = range[length + index] ?? 0;
    return (octet & mask) === ((range[index] ?? 0) & mask);
  });
}

/** The alternative names of a certificate, or why Go refuses to hold them against a constraint. */
function namesOf({ extensions }: Certificate): { checked: CheckedName[]; unreadable: string | null } {
  const extension = extensions.get(alternativeNamesOid);
  const all = extension === undefined ? [] : children(readDer(extension));
  const unreadable: string[] = [];
  const checked = kinds.flatMap((kind) =>
    all.filter(({ tag }) => tag === nameTags[kind]).map((name) => checkedName(kind, name, unreadable)),
  );
  return { checked, unreadable: unreadable[0] ?? null };
}

/** Go reads all URIs and addresses before it compares the first name, so `unreadable` collects in the order of `kinds`. */
function checkedName(kind: Kind, { tag, value, raw }: Der, unreadable: string[]): CheckedName {
  const text = latin1(value);
  if (kind === "uri") {
    const host = uriHost(text);
    if ("problem" in host) unreadable.push(host.problem);
    return { kind, shown: text, host: "host" in host ? host.host : "", bytes: value };
  }
  if (kind === "email") {
    const mailbox = mailboxOf(text);
    if (mailbox === null) unreadable.push(`cannot parse rfc822Name ${quoted(text)}`);
    const whole = mailbox?.text ?? text;
    return { kind, shown: whole, host: mailbox?.domain ?? "", bytes: value, mailbox: whole };
  }
  return { kind, shown: generalName({ tag, value, raw }), host: text, bytes: value };
}

function uriHost(uri: string): { host: string } | { problem: string } {
  const authority = /^(?:[a-z][a-z0-9+.-]*:)?\/\/(?:[^/?#]*@)?([^/?#]*)/i.exec(uri)?.[1] ?? "";
  if (authority === "")
    return { problem: `URI with empty host (${quoted(uri)}) cannot be matched against constraints` };
  const host = authority.toLowerCase().replace(/:[^:\]]*$/, "");
  const isAddress = /^\[.*\]$/.test(host) || /^\d{1,3}(\.\d{1,3}){3}$/.test(host);
  return isAddress ? { problem: `URI with IP (${quoted(uri)}) cannot be matched against constraints` } : { host };
}

/** RFC 2821 §4.1.2, with the freedoms that Go takes: a space in quotes, a backslash outside of them. */
const mailboxPattern =
  /^(?:"((?:\\[\x01-\x09\x0b\x0c\x0e-\x7f]|[\x01-\x09\x0b\x0c\x0e-\x21\x23-\x5b\x5d-\x7f])*)"|((?:\\.|[\w!#$%&'*+\-/=?^`{|}~.])+))@(.*)$/s;

function mailboxOf(text: string): { text: string; domain: string } | null {
  const [, inQuotes, bare, domain] = mailboxPattern.exec(text) ?? [];
  if (domain === undefined || !isDomain(domain)) return null;
  const local = (inQuotes ?? bare ?? "").replace(/\\(.)/gs, "$1");
  if (bare !== undefined && /^\.|\.$|\.\./.test(local)) return null;
  return { text: `${local}@${domain.toLowerCase()}`, domain: domain.toLowerCase() };
}

/** Go's domainNameValid: printable ASCII in labels that are not empty. An empty name passes. */
function isDomain(name: string): boolean {
  return name === "" || name.split(".").every((label) => /^[\x21-\x7e]+$/.test(label));
}

function nameConstraints({ extensions }: Certificate): Subtree[] {
  const extension = extensions.get(nameConstraintsOid);
  return extension === undefined ? [] : subtrees(extension);
}

/** None where the extension is broken: no other reader of a certificate looks into it. */
function subtrees(extension: Uint8Array): Subtree[] {
  try {
    return children(readDer(extension)).flatMap((side) =>
      children(side, side.tag).flatMap((subtree) =>
        children(subtree)
          .slice(0, 1)
          .map((base) => ({ base, isPermitted: side.tag === tags.explicit(0) })),
      ),
    );
  } catch {
    return [];
  }
}

function constraintText({ tag, value, raw }: Der): string {
  if (tag !== nameTags.ip) return latin1(value);
  const half = value.length / 2;
  const ones = [...value.subarray(half)].reduce((sum, octet) => sum + octet.toString(2).replaceAll("0", "").length, 0);
  return `${generalName({ tag, value: value.subarray(0, half), raw })}/${ones}`;
}

function latin1(value: Uint8Array): string {
  return Buffer.from(value).toString("latin1");
}

/** As Go's %q, for the characters that names have. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
