/** Whose certificates the rows are about: the CA's own, its relatives, and strangers. */
import { type Authority, type AuthorityOptions, createAuthority, issuerOf } from "../../../src/dev-ca/authority.ts";
import { type CertificatePlan, makeCertificate, pem } from "../../../src/dev-ca/issuing/certificate-maker.ts";
import { createKey, type KeyPair, publicDer, signerOf } from "../../../src/dev-ca/issuing/key.ts";
import { BasicConstraintsExtension, Extension, KeyUsageFlags, KeyUsagesExtension } from "../../../src/dev-ca/x509.ts";
import { hours } from "./row.ts";

export interface Authorities {
  /** An intermediate under a root: what `step ca init` makes. */
  main: Authority;
  /** An intermediate that the CA had before, under the same root. */
  earlier: Authority;
  /** Another one of the very name of the present one. */
  sameName: Authority;
  /** May issue for servers only. */
  forServers: Authority;
  /** Ends in two hours. */
  short: Authority;
  /** The same intermediate issued anew, with its name and key, for longer. */
  shortAnew: Authority;
  /** Ended an hour ago. */
  ended: Authority;
  /** Permits names under .example only. */
  constrained: Authority;
  /** An intermediate that stands above another one, which its path length forbids. */
  tooDeep: Authority;
  /** Root, an intermediate, another one below it that issues. */
  deep: Authority;
  /** A root that issues itself, as in k3s. */
  k3s: Authority;
  /** The same root issued anew two hours ago, with its name and key. */
  k3sAnew: Authority;
  foreign: Authority;
  /** The names of main, other keys. */
  impostor: Authority;
  k3sImpostor: Authority;
}

const long = { notBefore: hours(-30 * 24), notAfter: hours(30 * 24) };

export async function createAuthorities(): Promise<Authorities> {
  const create = (more: AuthorityOptions = {}) => createAuthority({ ...long, ...more });
  const main = await create({ subject: "Main", intermediate: true });
  const root = { certificate: main.root, key: main.rootKey };
  const intermediate = { certificate: main.issuerCertificate, key: main.issuerKey };
  const below = await create({ root: intermediate, intermediate: { subject: "Main, too deep" } });
  const upper = await intermediateOf(root, "Main, upper");
  const lower = await create({ root: upper, intermediate: { subject: "Main, lower" } });
  const k3s = await create();
  const short = await create({ root, intermediate: { subject: "Main, short" }, notAfter: hours(2) });
  return {
    main,
    earlier: await create({ root, intermediate: { subject: "Main intermediate, the first" } }),
    sameName: await create({ root, intermediate: { subject: "Main intermediate" } }),
    forServers: await create({ root, intermediate: { subject: "Main for servers", usages: ["serverAuth"] } }),
    short,
    shortAnew: await intermediateAnew(root, short),
    ended: await create({ root, intermediate: { subject: "Main, ended" }, notAfter: hours(-1) }),
    constrained: await constrained(root),
    tooDeep: { ...below, root: main.root, issue: withBelow(below.issue, main.issuerCertificate) },
    deep: { ...lower, root: main.root, issue: withBelow(lower.issue, upper.certificate) },
    k3s,
    k3sAnew: await createAuthority({ root: await issuedAnew(k3s) }),
    foreign: await create({ subject: "Foreign", intermediate: true }),
    impostor: await create({ subject: "Main", intermediate: true }),
    k3sImpostor: await create(),
  };
}

interface Pair {
  certificate: string;
  key: string;
}

function withBelow(issue: Authority["issue"], above: string): Authority["issue"] {
  return async (spec) => {
    const issued = await issue(spec);
    return { ...issued, chain: issued.chain + above };
  };
}

/** A root of the same name and key that is younger. */
async function issuedAnew({ root, rootKey }: Authority): Promise<Pair> {
  const { certificate } = await issuerOf({ certificate: root, key: rootKey });
  const plan = planOf({ privatePem: rootKey, spki: publicDer(rootKey) }, hours(-2));
  const made = await makeCertificate({ ...plan, subject: certificate.subjectName }, await signerOf(rootKey));
  return { certificate: pem(made), key: rootKey };
}

/** An authority whose intermediate has the name and key of that one's, and another end. */
async function intermediateAnew(root: Pair, old: Authority): Promise<Authority> {
  const { certificate } = await issuerOf({ certificate: old.issuerCertificate, key: old.issuerKey });
  const plan = planOf({ privatePem: old.issuerKey, spki: publicDer(old.issuerKey) }, long.notBefore);
  const made = pem(await makeCertificate({ ...plan, subject: certificate.subjectName }, await issuerOf(root)));
  return { ...old, intermediates: [made], issuerCertificate: made };
}

/** permittedSubtrees (RFC 5280 §4.2.1.10): dNSName "example", and "localhost", where the CA itself is. */
const permitted = ["example", "localhost"].map((name) =>
  Buffer.concat([Buffer.of(0x30, name.length + 2, 0x82, name.length), Buffer.from(name)]),
);
const subtrees = Buffer.concat(permitted);
const onlyExample = Buffer.concat([Buffer.of(0x30, subtrees.length + 2, 0xa0, subtrees.length), subtrees]);

async function constrained(root: Pair): Promise<Authority> {
  const issuer = await intermediateOf(root, "Main, constrained", new Extension("2.5.29.30", true, onlyExample));
  const own = await createAuthority({ root: issuer });
  return {
    root: root.certificate,
    rootKey: root.key,
    intermediates: [issuer.certificate],
    issuerCertificate: issuer.certificate,
    issuerKey: issuer.key,
    issue: withBelow(own.issue, issuer.certificate),
  };
}

/** An intermediate without a limit to its path, and with whatever else it has to have. */
async function intermediateOf(root: Pair, subject: string, ...more: Extension[]): Promise<Pair> {
  const pair = await createKey("P-256");
  const plan = planOf(pair, long.notBefore);
  const extensions = [...plan.extensions, ...more];
  const made = await makeCertificate({ ...plan, subject: [{ CN: [subject] }], extensions }, await issuerOf(root));
  return { certificate: pem(made), key: pair.privatePem };
}

function planOf({ spki }: KeyPair, notBefore: Date): Omit<CertificatePlan, "subject"> {
  const uses = KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign;
  const extensions = [new KeyUsagesExtension(uses, true), new BasicConstraintsExtension(true, undefined, true)];
  return { spki, notBefore, notAfter: long.notAfter, extensions };
}
