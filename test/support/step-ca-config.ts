/** What a real step-ca is told: its provisioners and its ca.json. */
import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Authority } from "../../src/dev-ca/authority.ts";

/** The claims of a provisioner, or of the whole authority, that decide over a renewal. */
export interface RenewalClaims {
  disableRenewal?: boolean;
  allowRenewalAfterExpiry?: boolean;
  disableSmallstepExtensions?: boolean;
  minTLSCertDuration?: string;
  maxTLSCertDuration?: string;
  defaultTLSCertDuration?: string;
}

/** A provisioner for ca.json. JWK, with a key made at the start, unless `type` says otherwise; `more` goes in as it is. */
export interface ProvisionerSpec {
  name: string;
  type?: string;
  claims?: RenewalClaims;
  more?: Record<string, unknown>;
}

/** What most tests want: one that renews in time, one that renews after expiry too, one that never does. */
export const standardProvisioners: readonly ProvisionerSpec[] = [
  { name: "admin" },
  { name: "after-expiry", claims: { allowRenewalAfterExpiry: true } },
  { name: "no-renewal", claims: { disableRenewal: true } },
];

/** A provisioner's key: signs its one-time tokens. */
export interface ProvisionerKey {
  keyId: string;
  privateKey: KeyObject;
  publicJwk: Record<string, unknown>;
}

export function createProvisionerKey(): ProvisionerKey {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { crv, kty, x, y } = publicKey.export({ format: "jwk" });
  const keyId = createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
  return { keyId, privateKey, publicJwk: { use: "sig", alg: "ES256", kid: keyId, crv, kty, x, y } };
}

/** A one-time token for /sign, /revoke and the like, as `step ca token` makes it. */
export function provisionerToken(
  key: ProvisionerKey,
  claims: { iss: string; aud: string; sub: string } & Record<string, unknown>,
): string {
  const now = Math.floor(Date.now() / 1000);
  const header = { alg: "ES256", kid: key.keyId, typ: "JWT" };
  const payload = { jti: randomUUID(), iat: now, nbf: now, exp: now + 300, ...claims };
  const input = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const signature = sign("sha256", Buffer.from(input), { key: key.privateKey, dsaEncoding: "ieee-p1363" });
  return `${input}.${signature.toString("base64url")}`;
}

export interface CaConfig {
  port: number;
  authority: Authority;
  provisioners: readonly ProvisionerSpec[];
  keys: ReadonlyMap<string, ProvisionerKey>;
  dnsNames: readonly string[];
  claims: RenewalClaims;
  backdate: string;
  crl: boolean;
  dbless: boolean;
  more: Record<string, unknown>;
  cas: Record<string, unknown> | null;
  /** The CA that this one is a registration authority for. */
  upstream: { url: string; provisioner: string; key: ProvisionerKey; rootFingerprint: string } | null;
}

/** Writes ca.json and the files it names into the CA's folder; returns its path. */
export function writeConfig(dir: string, config: CaConfig): string {
  const { authority, upstream } = config;
  const write = (name: string, text: string): string => {
    const path = join(dir, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const root = write("root.crt", authority.root);
  const signer =
    upstream === null && config.cas === null
      ? {
          crt: write("issuer.crt", [...new Set([authority.issuerCertificate, ...authority.intermediates])].join("")),
          key: write("issuer.key", authority.issuerKey),
        }
      : {};
  const json = {
    root,
    ...signer,
    address: `127.0.0.1:${config.port}`,
    dnsNames: config.dnsNames,
    logger: { format: "json" },
    ...(!config.dbless && { db: { type: "badgerv2", dataSource: join(dir, "db") } }),
    ...(config.crl && { crl: { enabled: true, generateOnRevoke: true, cacheDuration: "24h" } }),
    authority: {
      backdate: config.backdate,
      claims: config.claims,
      provisioners: config.provisioners.map((spec) => provisionerJson(spec, config.keys)),
      ...config.cas,
      ...(upstream !== null && {
        type: "stepcas",
        certificateAuthority: upstream.url,
        certificateAuthorityFingerprint: upstream.rootFingerprint,
        certificateIssuer: {
          type: "jwk",
          provisioner: upstream.provisioner,
          key: write("upstream.key", upstream.key.privateKey.export({ type: "pkcs8", format: "pem" }).toString()),
        },
      }),
    },
    ...config.more,
  };
  return write("ca.json", JSON.stringify(json, null, 2));
}

function provisionerJson(spec: ProvisionerSpec, keys: ReadonlyMap<string, ProvisionerKey>): Record<string, unknown> {
  const key = keys.get(spec.name);
  return {
    type: spec.type ?? "JWK",
    name: spec.name,
    ...(key !== undefined && { key: key.publicJwk }),
    ...(spec.claims !== undefined && { claims: spec.claims }),
    ...spec.more,
  };
}
