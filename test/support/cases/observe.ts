/** What an answer comes to once everything that differs from run to run has a name: so that two CAs can be compared. */
import "reflect-metadata";
import { X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { expect } from "vitest";
import type { Authority, Issued } from "../../../src/dev-ca/authority.ts";
import type { Answer, Reply } from "../raw.ts";
import type { Expected } from "./case.ts";

export type Observed =
  | { status: number; headers: Record<string, string>; body: unknown; log: string }
  | { alert: number; log: string }
  | { closed: true; log: string };

export interface Context {
  authority: Authority;
  /** The certificate that the answer is about. */
  asked: Issued | undefined;
}

export function observe(answer: Answer, log: string, context: Context): Observed {
  const said = withoutTimes(withoutSerial(withoutNames(log, context.authority), context));
  if ("alert" in answer) return { alert: answer.alert, log: said };
  if ("closed" in answer) return { closed: true, log: said };
  return { status: answer.status, headers: headersOf(answer), body: bodyOf(answer, context), log: said };
}

const compared = ["content-type", "allow", "content-disposition"];
const present = ["date", "x-request-id", "expires"];

/** What an expectation says of an observation: the rest may be as it is. */
export function pattern(expected: Expected): object {
  if ("alert" in expected || "closed" in expected) return expected;
  if ("message" in expected) {
    const { status, message, log } = expected;
    return { status, body: { message }, log };
  }
  if ("renewed" in expected) return { status: 201, body: { crt: expect.stringMatching(/^<renewed: /) }, log: "" };
  if ("signed" in expected) return { status: 201, body: { crt: expect.stringMatching(/^<signed: /) }, log: "" };
  const { status, type, body } = expected;
  return { status, headers: type === null ? {} : { "content-type": type }, body, log: "" };
}

function headersOf({ headers }: Reply): Record<string, string> {
  const values = compared.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]]));
  const others = present.flatMap((name) => (headers[name] === undefined ? [] : [[name, "<there>"]]));
  return Object.fromEntries([...values, ...others]);
}

function bodyOf({ headers, body }: Reply, context: Context): unknown {
  if (headers["content-type"] === "application/pkix-crl") return crlOf(Buffer.from(body, "latin1"), context);
  if (body.includes("BEGIN X509 CRL")) return crlOf(body, context);
  if (!headers["content-type"]?.startsWith("application/json") || body === "") return named(body, context);
  const parsed: unknown = JSON.parse(body);
  return replaced(parsed, context);
}

/** Certificates by what they are, keys and cursors by a word, everything else as it is. */
function replaced(value: unknown, context: Context, key = ""): unknown {
  if (typeof value === "string") {
    if (["kid", "x", "y"].includes(key)) return `<${key}>`;
    if (key === "nextCursor" && value !== "") return "<more>";
    return withoutTimes(withoutSerial(named(value, context), context));
  }
  if (Array.isArray(value)) return value.map((item) => replaced(item, context));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, replaced(item, context, name)]));
}

function named(text: string, { authority, asked }: Context): string {
  return text.replace(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/g, (pem) => {
    const is = (known: string): boolean => derOf(known).equals(derOf(pem));
    if (is(authority.root)) return "<root>";
    if (is(authority.issuerCertificate)) return "<intermediate>";
    return asked === undefined ? `<signed: ${signedFacts(pem)}>` : `<renewed: ${renewalFacts(pem, asked.certificate)}>`;
  });
}

function derOf(pem: string): Buffer {
  return new X509Certificate(pem).raw;
}

/** What became of a certificate in its renewal, and which extensions the new one has in which order. */
function renewalFacts(pem: string, oldPem: string): string {
  const [next, old] = [new X509Certificate(pem), new X509Certificate(oldPem)];
  const [later, earlier] = [new x509.X509Certificate(pem), new x509.X509Certificate(oldPem)];
  const lifetime = ({ notBefore, notAfter }: x509.X509Certificate): number => notAfter.getTime() - notBefore.getTime();
  const facts: Record<string, boolean> = {
    "same key": next.publicKey
      .export({ type: "spki", format: "der" })
      .equals(old.publicKey.export({ type: "spki", format: "der" })),
    "same subject": next.subject === old.subject,
    "same lifetime": lifetime(later) === lifetime(earlier),
    "begins now": Math.abs(later.notBefore.getTime() - Date.now()) < 5_000,
    "same serial": next.serialNumber === old.serialNumber,
  };
  const rest = later.extensions.map((extension) => {
    const before = earlier.getExtension(extension.type);
    const same = before !== null && Buffer.from(before.rawData).equals(Buffer.from(extension.rawData));
    return `${extension.type}${extension.critical ? " critical" : ""}${same ? " copied" : ""}`;
  });
  const yes = Object.entries(facts).map(([fact, holds]) => `${holds ? "" : "not "}${fact}`);
  return [...yes, `signed with ${JSON.stringify(later.signatureAlgorithm)}`, ...rest.sort()].join(", ");
}

/** What /sign made of a request: its names, its life, its extensions as they are but for the keys. */
function signedFacts(pem: string): string {
  const certificate = new x509.X509Certificate(pem);
  const { subject, subjectAltName } = new X509Certificate(pem);
  const hours = (certificate.notAfter.getTime() - certificate.notBefore.getTime()) / 3_600_000;
  const ofKeys = ["2.5.29.14", "2.5.29.35", "1.3.6.1.4.1.37476.9000.64.1"];
  const extensions = certificate.extensions.map(({ type, critical, value }) => {
    const shown = ofKeys.includes(type) ? `${value.byteLength} bytes` : Buffer.from(value).toString("hex");
    return `${type}${critical ? " critical" : ""} ${shown}`;
  });
  return [subject, subjectAltName, `${hours} h`, ...extensions.sort()].join(", ");
}

function crlOf(raw: string | Buffer, { authority, asked }: Context): unknown {
  const crl = new x509.X509Crl(raw);
  const issuer = new x509.X509Certificate(authority.issuerCertificate);
  return {
    issuer: withoutNames(crl.issuer, authority),
    lists: crl.entries.some(({ serialNumber }) => serialNumber.toLowerCase() === asked?.serial) ? "it" : "not it",
    authorityKey: issuer.issuer === crl.issuer,
    lasts:
      crl.nextUpdate === undefined
        ? "for ever"
        : `${(crl.nextUpdate.getTime() - crl.thisUpdate.getTime()) / 3_600_000} h`,
    extensions: crl.extensions.map(({ type, critical }) => `${type}${critical ? " critical" : ""}`).sort(),
  };
}

function withoutNames(text: string, { root, issuerCertificate }: Authority): string {
  const name = (pem: string): string => new X509Certificate(pem).subject.replace(/^CN=/, "");
  const issuer = issuerCertificate === root ? "root" : "intermediate";
  return text.replaceAll(name(issuerCertificate), issuer).replaceAll(name(root), "root");
}

function withoutSerial(text: string, { asked }: Context): string {
  return asked === undefined ? text : text.replaceAll(BigInt(`0x${asked.serial}`).toString(), "<serial>");
}

/** RFC 3339, and as Go prints a time. */
function withoutTimes(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| [+-]\d{4} [A-Z]+)( m=[+-][\d.]+)?/g, "<time>");
}
