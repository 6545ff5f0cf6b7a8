/**
 * What a run of the fuzzer starts from: two CAs, an old certificate and what would rightly follow it. All of it follows from
 * the seed, keys and signatures too (Ed25519 signs the same way twice), so that a finding can be had again byte by byte.
 */
import { createECDH, createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { bitString, boolean, encode, leaf, node, objectId, raw, sequence, type Tree } from "./der-tree.ts";

export interface Key {
  private: KeyObject;
  spki: Buffer;
}

export interface Extension {
  id: string;
  critical: boolean;
  value: Tree;
}

/** All that a certificate says; each part can be another thing than it should. */
export interface Plan {
  version: number | null;
  serial: Buffer;
  issuer: Tree;
  notBefore: Tree;
  notAfter: Tree;
  subject: Tree;
  spki: Buffer;
  extensions: readonly Extension[];
}

export interface Ca {
  key: Key;
  plan: Plan;
  der: Buffer;
}

export interface Stage {
  now: Date;
  root: Ca;
  intermediate: Ca;
  /** Nobody trusts it; its names are ours. */
  foreignRoot: Ca;
  foreign: Ca;
  old: { plan: Plan; der: Buffer; key: Key };
  /** What a rekey asks for. */
  newKey: Key;
  otherKey: Key;
  /** What rightly follows the old certificate. */
  next: Plan;
}

export const oids = {
  names: "2.5.29.17",
  keyUsage: "2.5.29.15",
  basicConstraints: "2.5.29.19",
  usages: "2.5.29.37",
  nameConstraints: "2.5.29.30",
  provisioner: "1.3.6.1.4.1.37476.9000.64.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  codeSigning: "1.3.6.1.5.5.7.3.3",
};

const hour = 3_600_000;

export function stageOf(seed: number, now: Date): Stage {
  const key = (name: string) => signingKey(`${seed} ${name}`);
  const at = (hours: number) => utc(new Date(now.getTime() + hours * hour));
  const life = { notBefore: at(-1000), notAfter: at(10_000) };
  const ca = (keyName: string, subject: string, by?: Ca): Ca => {
    const own = key(keyName);
    const plan: Plan = {
      ...base,
      ...life,
      serial: serialFor(keyName, seed),
      subject: nameOf(["CN", subject]),
      issuer: by?.plan.subject ?? nameOf(["CN", subject]),
      spki: own.spki,
      extensions: caExtensions(by ? 0 : null),
    };
    return { key: own, plan, der: certificateOf(plan, by?.key ?? own) };
  };
  const root = ca("root", "Fuzz Root CA");
  const intermediate = ca("intermediate", "Fuzz Intermediate CA", root);
  const foreignRoot = ca("foreign root", "Fuzz Root CA");
  const foreign = ca("foreign", "Fuzz Intermediate CA", foreignRoot);
  const oldKey = clientKey(`${seed} old`);
  const plan: Plan = {
    ...base,
    serial: serialFor("old", seed),
    issuer: intermediate.plan.subject,
    notBefore: at(-12),
    notAfter: at(12),
    subject: nameOf(["O", "ops"], ["CN", "web.internal"]),
    spki: oldKey.spki,
    extensions: leafExtensions,
  };
  return {
    now,
    root,
    intermediate,
    foreignRoot,
    foreign,
    old: { plan, der: certificateOf(plan, intermediate.key), key: oldKey },
    newKey: clientKey(`${seed} new`),
    otherKey: clientKey(`${seed} other`),
    next: { ...plan, serial: serialFor("next", seed), notBefore: at(0), notAfter: at(24) },
  };
}

/** The certificate of a plan, signed; `change` may break what is signed. */
export function certificateOf(plan: Plan, by: Key, change: (tbs: Tree) => Tree = (tbs) => tbs): Buffer {
  const tbs = encode(change(tbsOf(plan)));
  return encode(sequence(raw(tbs), ed25519, bitString(sign(null, tbs, by.private))));
}

export function tbsOf(plan: Plan): Tree {
  const { version, serial, issuer, notBefore, notAfter, subject, spki, extensions } = plan;
  const list = extensions.map(({ id, critical, value }) =>
    sequence(objectId(id), ...(critical ? [boolean(true)] : []), leaf(0x04, encode(value))),
  );
  return sequence(
    ...(version === null ? [] : [node(0xa0, leaf(0x02, Buffer.of(version)))]),
    leaf(0x02, serial),
    ed25519,
    issuer,
    sequence(notBefore, notAfter),
    subject,
    raw(spki),
    ...(list.length === 0 ? [] : [node(0xa3, sequence(...list))]),
  );
}

const ed25519 = sequence(objectId("1.3.101.112"));
const attributes: Record<string, string> = { CN: "2.5.4.3", O: "2.5.4.10" };

export function nameOf(...parts: readonly (readonly [type: string, value: string | Uint8Array])[]): Tree {
  return sequence(
    ...parts.map(([type, value]) => node(0x31, sequence(objectId(attributes[type] ?? type), leaf(0x0c, value)))),
  );
}

export function utc(date: Date): Tree {
  return leaf(0x17, `${date.toISOString().replace(/[-:T]/g, "").slice(2, 14)}Z`);
}

export const names = (...dns: readonly string[]): Tree => sequence(...dns.map((name) => leaf(0x82, name)));
export const usages = (...ids: readonly string[]): Tree => sequence(...ids.map(objectId));
export const keyUsage = (unused: number, ...octets: readonly number[]): Tree =>
  leaf(0x03, Buffer.of(unused, ...octets));

export function caExtensions(pathLength: number | null): Extension[] {
  const length = pathLength === null ? [] : [leaf(0x02, Buffer.of(pathLength))];
  return [
    { id: oids.keyUsage, critical: true, value: keyUsage(1, 0x06) },
    { id: oids.basicConstraints, critical: true, value: sequence(boolean(true), ...length) },
  ];
}

export const leafExtensions: readonly Extension[] = [
  { id: oids.keyUsage, critical: true, value: keyUsage(7, 0x80) },
  { id: oids.usages, critical: false, value: usages(oids.serverAuth, oids.clientAuth) },
  { id: oids.names, critical: false, value: names("web.internal", "localhost") },
  {
    id: oids.provisioner,
    critical: false,
    value: sequence(leaf(0x02, Buffer.of(1)), leaf(0x04, "admin"), leaf(0x04, "id")),
  },
];

const base = { version: 2 };

/** Positive, 16 octets. */
export function serialFor(name: string, seed: number): Buffer {
  const serial = digest(`${seed} serial ${name}`).subarray(0, 16);
  serial[0] = ((serial[0] ?? 0) & 0x1f) | 0x60;
  return serial;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** A CA's: Ed25519 (RFC 8410 §7). */
export function signingKey(name: string): Key {
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), digest(name)]);
  const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  return { private: key, spki: createPublicKey(key).export({ type: "spki", format: "der" }) };
}

/** A leaf's: P-256. */
function clientKey(name: string): Key {
  const curve = createECDH("prime256v1");
  curve.setPrivateKey(digest(name));
  const point = curve.getPublicKey();
  const [x = "", y = "", d = ""] = [point.subarray(1, 33), point.subarray(33), digest(name)].map((part) =>
    part.toString("base64url"),
  );
  const key = createPrivateKey({ key: { kty: "EC", crv: "P-256", x, y, d }, format: "jwk" });
  return { private: key, spki: createPublicKey(key).export({ type: "spki", format: "der" }) };
}
