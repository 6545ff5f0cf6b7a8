/** Two things wrong at once: the first cause is that of the check that the CA comes to first. */
import { generateKeyPairSync } from "node:crypto";
import { terminating } from "../fronts.ts";
import {
  badChain,
  expired,
  minutes,
  mtls,
  newest,
  notYet,
  type Outcome,
  oldAndNew,
  type Row,
  refused,
  rejected,
  token,
  x509,
} from "../row.ts";

const byToken = () => ["--mtls=false"];
const likely = { certainty: "likely" } as const;
const revoke: Row["before"] = ({ standing, issued }) => standing.ca.revoke(issued.serial);
const revoked = "authority.authorizeRenew: certificate has been revoked";
const disabled = refused("token", "RENEWAL_DISABLED", "renew is disabled for provisioner");
const noClientAuth = badChain("NO_CLIENT_AUTH", x509.usage);
const notAllowed = refused("token", "EXPIRED_NOT_ALLOWED", "certificate expired on", { code: "CERT_EXPIRED" });
const noProvisioner = "error validating renew token: cannot get provisioner from certificate";
const onOld = (old: Outcome, other: Outcome) => (version: string) => (version === "v0.26.1" ? old : other);
const server = ["serverAuth" as const];
const leafOnly: Row["file"] = ({ certificate }) => certificate;

const rules: Row[] = [
  {
    name: "revoked, expired, and not allowed after expiry",
    leaf: { ...expired, provisioner: { name: "admin" } },
    before: revoke,
    expect: refused("token", "REVOKED", revoked, likely),
  },
  {
    name: "not yet valid and disabled, --mtls=false",
    leaf: { ...notYet, provisioner: { name: "no-renewal" } },
    flags: byToken,
    expect: disabled,
  },
  {
    name: "not yet valid and revoked, CRL on, --mtls=false",
    at: "root",
    leaf: notYet,
    before: revoke,
    flags: byToken,
    expect: refused("token", "REVOKED", revoked),
  },
  {
    name: "of SSHPOP and revoked, CRL on",
    at: "root",
    leaf: { provisioner: { name: "sshpop" } },
    before: revoke,
    expect: refused("mtls", "REVOKED", revoked),
  },
  {
    name: "of SSHPOP and not yet valid, --mtls=false",
    leaf: { ...notYet, provisioner: { name: "sshpop" } },
    flags: byToken,
    expect: refused("token", "PROVISIONER_CANNOT_RENEW", "provisioner.AuthorizeRenew not implemented"),
  },
  {
    name: "serverAuth only and disabled",
    leaf: { usages: server, provisioner: { name: "no-renewal" } },
    expect: onOld(disabled, noClientAuth),
  },
  {
    name: "serverAuth only, expired, and not allowed after expiry",
    leaf: { ...expired, usages: server, provisioner: { name: "admin" } },
    expect: onOld(notAllowed, noClientAuth),
  },
  {
    name: "no digitalSignature and provisioner gone, expired",
    leaf: { ...expired, keyUsages: ["keyEncipherment"], provisioner: { name: "gone" } },
    expect: {
      ...badChain("NO_DIGITAL_SIGNATURE", ""),
      log: "certificate used to sign x5cInsecure token cannot be used for digital signature",
    },
  },
  {
    name: "codeSigning only and not yet valid",
    leaf: { ...notYet, usages: ["codeSigning"] },
    expect: rejected("NOT_YET_VALID", x509.time, { code: "CERT_NOT_YET_VALID" }),
  },
  {
    name: "leaf only and provisioner gone, expired",
    leaf: { ...expired, provisioner: { name: "gone" } },
    file: leafOnly,
    expect: refused("token", "PROVISIONER_GONE", noProvisioner),
  },
  {
    name: "leaf only and no provisioner extension, expired",
    leaf: { ...expired, provisioner: null },
    file: leafOnly,
    expect: refused("token", "NO_EXTENSION_FOR_TOKEN", noProvisioner, likely),
  },
];

const clocks: Row[] = [
  {
    name: "clock an hour behind, so an expired certificate seems valid",
    clock: -60,
    leaf: { notBefore: minutes(-180), notAfter: minutes(-30) },
    expect: rejected("CLOCK_BEHIND", x509.time),
  },
  {
    name: "clock 20 min ahead, and not yet valid",
    clock: 20,
    leaf: { notBefore: minutes(10), notAfter: minutes(90) },
    expect: rejected("NOT_YET_VALID", x509.time, { code: "CERT_NOT_YET_VALID" }),
  },
  {
    name: "clock 20 min behind, and not yet valid by it",
    clock: -20,
    leaf: { notBefore: minutes(-10), notAfter: minutes(90) },
    expect: mtls,
  },
  {
    name: "clock 10 min ahead, and disabled, token",
    clock: 10,
    leaf: { provisioner: { name: "no-renewal" } },
    flags: byToken,
    expect: refused("token", "CLOCK_AHEAD", "token not valid yet (nbf)"),
  },
  {
    name: "clock 10 min ahead, and provisioner gone, token",
    clock: 10,
    leaf: { provisioner: { name: "gone" } },
    flags: byToken,
    expect: refused("token", "PROVISIONER_GONE", noProvisioner),
  },
  {
    name: "clock 10 min ahead, and codeSigning only, token",
    clock: 10,
    leaf: { usages: ["codeSigning"] },
    flags: byToken,
    expect: noClientAuth,
  },
];

const twice = (name: string, adds: Record<string, string>, more: Partial<Row> & Pick<Row, "expect">): Row => ({
  name,
  leaf: expired,
  through: (scene) => terminating(scene, { isDoubling: true, adds }),
  ...more,
});

/** The sentence is that of a revoked certificate, and nothing shows that the request came twice. */
const reused = (after: "REVOKED" | "RENEWAL_DISABLED") =>
  refused("token", "TOKEN_REUSED", "token already used", { certainty: "possible", after });
const proxies: Row[] = [
  twice("proxy that sends the request twice", {}, { expect: reused("REVOKED") }),
  // Then three causes are possible, and none is likely.
  twice("the same, and it shows itself", { Via: "1.1 gateway" }, { expect: reused("RENEWAL_DISABLED") }),
  {
    name: "TLS-terminating proxy, revoked, expired",
    leaf: expired,
    before: revoke,
    through: (scene) => terminating(scene),
    expect: refused("token", "REVOKED", revoked, likely),
  },
  {
    name: "TLS-terminating proxy, disabled",
    leaf: { provisioner: { name: "no-renewal" } },
    through: (scene) => terminating(scene),
    expect: disabled,
  },
];

const rsa = generateKeyPairSync("rsa", {
  modulusLength: 3072,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
const ownKey = { on: newest, keyFile: () => rsa.privateKey };
const keys: Row[] = [
  { name: "RSA-3072 key, valid", ...ownKey, leaf: { publicKeyPem: rsa.publicKey }, expect: mtls },
  { name: "RSA-3072 key, expired", ...ownKey, leaf: { ...expired, publicKeyPem: rsa.publicKey }, expect: token },
];

export const combined: Row[] = [
  ...[...rules, ...clocks, ...proxies].map((row) => ({ on: oldAndNew, ...row })),
  ...keys,
];
