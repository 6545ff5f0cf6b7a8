/** The provisioners: found by name, listed page by page (certificates, authority/provisioner/collection.go). */
import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";

export interface RenewalClaims {
  allowRenewalAfterExpiry?: boolean;
  disableRenewal?: boolean;
}

export interface DevProvisioner {
  name: string;
  /** Default "JWK", with a key made at the start. */
  type?: string;
  claims?: RenewalClaims;
  /** A cloud provisioner that could not fetch its keys at the start: it is listed so, and the handler panics on it. */
  uninitialized?: boolean;
}

export interface Provisioner {
  name: string;
  type: string;
  claims: RenewalClaims;
  uninitialized: boolean;
  keyId: string;
  publicKey: KeyObject;
  privateKey: KeyObject;
  /** As /provisioners shows it: the claims only where they are its own. */
  json: Record<string, unknown>;
}

/** One that renews in time, one that renews after expiry too, one that never does. */
export const standardProvisioners: readonly DevProvisioner[] = [
  { name: "admin" },
  { name: "after-expiry", claims: { allowRenewalAfterExpiry: true } },
  { name: "no-renewal", claims: { disableRenewal: true } },
];

export function createProvisioner(wanted: DevProvisioner): Provisioner {
  const { name, type = "JWK", claims, uninitialized = false } = wanted;
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { kty, crv, x, y } = publicKey.export({ format: "jwk" });
  const keyId = createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
  const key = { use: "sig", kty, kid: keyId, crv, alg: "ES256", x, y };
  const state = { state: "Uninitialized", stateReason: "error fetching the cloud's keys: dial tcp: i/o timeout" };
  const json = { type, name, ...(type === "JWK" && { key }), ...(claims && { claims }), ...(uninitialized && state) };
  return { name, type, claims: claims ?? {}, uninitialized, keyId, publicKey, privateKey, json };
}

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

/** `limit` at most 100, 20 where it is not positive; the cursor is where the next page begins, "" after the last. */
export function page(
  provisioners: readonly Provisioner[],
  cursor: string,
  limit: number,
): { provisioners: Record<string, unknown>[]; nextCursor: string } {
  const sorted = provisioners.map((provisioner, index) => ({ id: sortKey(provisioner, index), provisioner }));
  const start = sorted.findIndex(({ id }) => id >= cursor.padStart(40, "0"));
  const rest = start < 0 ? [] : sorted.slice(start);
  const count = limit <= 0 ? DEFAULT_LIMIT : Math.min(limit, MAX_LIMIT);
  return {
    provisioners: rest.slice(0, count).map(({ provisioner }) => provisioner.json),
    nextCursor: rest[count]?.id.replace(/^0+/, "") ?? "",
  };
}

function sortKey({ name, keyId }: Provisioner, index: number): string {
  const sum = createHash("sha1").update(`${name}:${keyId}`).digest("hex");
  return index.toString(16).padStart(8, "0") + sum.slice(8);
}
