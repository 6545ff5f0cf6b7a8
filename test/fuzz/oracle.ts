/** What may be installed, judged with node:crypto and @peculiar/x509 alone: nothing of the program under test is asked. */
import { X509Certificate as Native } from "node:crypto";
import { BasicConstraintsExtension, X509Certificate } from "../../src/dev-ca/x509.ts";
import { oids } from "./stage.ts";

export interface Question {
  chain: readonly Uint8Array[];
  old: Uint8Array;
  roots: readonly Uint8Array[];
  /** SubjectPublicKeyInfo that was asked for. */
  spki: Uint8Array;
  /** The CA's clock, else ours. */
  now: Date;
}

const day = 24 * 3_600_000;

/** Everything that speaks against it; nothing when it is what was asked for. */
export function objections({ chain, old, roots, spki, now }: Question): string[] {
  let read: { native: Native; peculiar: X509Certificate }[];
  try {
    read = chain.map((der) => ({ native: new Native(der), peculiar: new X509Certificate(Buffer.from(der)) }));
    for (const { peculiar } of read) void peculiar.extensions; // read only now
  } catch (error) {
    return [`unreadable: ${error}`];
  }
  const [leaf, ...others] = read;
  if (leaf === undefined) return ["no certificate"];
  const was = { native: new Native(old), peculiar: new X509Certificate(Buffer.from(old)) };
  const found: string[] = [];
  const hold = (what: string, isTrue: boolean) => {
    if (!isTrue) found.push(what);
  };
  const { native, peculiar } = leaf;
  hold("key", native.publicKey.export({ type: "spki", format: "der" }).equals(spki));
  hold("subject", native.subject === was.native.subject);
  hold("names", native.subjectAltName === was.native.subjectAltName);
  hold("usages", JSON.stringify(native.keyUsage) === JSON.stringify(was.native.keyUsage));
  hold("key usage", extension(peculiar, oids.keyUsage) === extension(was.peculiar, oids.keyUsage));
  hold("provisioner", extension(peculiar, oids.provisioner) === extension(was.peculiar, oids.provisioner));
  // OpenSSL's own word takes the key usage into account
  hold("a CA", !native.ca && !isCa(peculiar));
  hold("serial", native.serialNumber !== was.native.serialNumber);
  const ids = peculiar.extensions.map(({ type }) => type);
  hold("an extension twice", new Set(ids).size === ids.length);
  hold("a critical extension that nobody knows", !read.some(({ peculiar: one }) => one.extensions.some(isStrange)));
  const [from, to] = [Date.parse(native.validFrom), Date.parse(native.validTo)];
  hold("not newer", to >= Date.parse(was.native.validTo));
  hold("expired", to > now.getTime());
  hold("not yet valid", from <= now.getTime() + day && from < to);
  const anchors = roots.map((der) => new Native(der));
  const pool = others.map((one) => one.native);
  hold("no way to the root", leads(native, pool, anchors, now, 0));
  return found;
}

function extension(certificate: X509Certificate, id: string): string {
  const found = certificate.getExtension(id);
  return found === null ? "" : Buffer.from(found.value).toString("hex");
}

function isCa(certificate: X509Certificate): boolean {
  return certificate.getExtension(BasicConstraintsExtension)?.ca ?? false;
}

const known = [oids.names, oids.keyUsage, oids.basicConstraints, oids.usages, oids.nameConstraints];
const isStrange = ({ critical, type }: { critical: boolean; type: string }) => critical && !known.includes(type);

function leads(tip: Native, pool: readonly Native[], anchors: readonly Native[], now: Date, below: number): boolean {
  const signs = (issuer: Native) => issuer.ca && tip.checkIssued(issuer) && tip.verify(issuer.publicKey);
  const isFit = (issuer: Native) => Date.parse(issuer.validTo) >= now.getTime() && below <= pathLengthOf(issuer);
  if (anchors.some((anchor) => signs(anchor) && below <= pathLengthOf(anchor))) return true;
  return pool.some((issuer) => {
    const rest = pool.filter((one) => one !== issuer);
    return signs(issuer) && isFit(issuer) && leads(issuer, rest, anchors, now, below + 1);
  });
}

function pathLengthOf(issuer: Native): number {
  const constraints = new X509Certificate(issuer.raw).extensions.find(({ type }) => type === oids.basicConstraints);
  const length = constraints && "pathLength" in constraints ? constraints.pathLength : undefined;
  return typeof length === "number" ? length : Number.POSITIVE_INFINITY;
}
