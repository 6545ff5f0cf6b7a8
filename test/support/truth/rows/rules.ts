/** The rules of renewal: the provisioner, revocation, the certificate's life. */

import { oddName } from "../places.ts";
import {
  all,
  expired,
  mtls,
  notYet,
  type Outcome,
  oldAndNew,
  type Refused,
  type Row,
  refused,
  rejected,
  token,
  x509,
} from "../row.ts";

const disabled = "renew is disabled for provisioner";
const notFound = "authority.authorizeRenew: provisioner not found";
const noProvisioner = "error validating renew token: cannot get provisioner from certificate";
const revoked = "authority.authorizeRenew: certificate has been revoked";
const notAllowed: Outcome = refused("token", "EXPIRED_NOT_ALLOWED", "certificate expired on", { code: "CERT_EXPIRED" });
const revoke: Row["before"] = ({ standing, issued }) => standing.ca.revoke(issued.serial);

/** A provisioner with the same refusal while the certificate is valid and after. */
function both(name: string, provisioner: string, cause: Refused["cause"], logs: [mtls: string, token: string]): Row[] {
  const leaf = { provisioner: { name: provisioner } };
  return [
    { name: `${name}, valid`, on: oldAndNew, leaf, expect: refused("mtls", cause, logs[0]) },
    {
      name: `${name}, expired`,
      on: oldAndNew,
      leaf: { ...leaf, ...expired },
      expect: refused("token", cause, logs[1]),
    },
  ];
}

const ofProvisioners: Row[] = [
  {
    name: "expired, provisioner lacks allowRenewalAfterExpiry",
    on: all,
    leaf: { ...expired, provisioner: { name: "admin" } },
    expect: notAllowed,
  },
  ...both("disableRenewal on the provisioner", "no-renewal", "RENEWAL_DISABLED", [disabled, disabled]),
  ...both("provisioner removed or renamed", "gone", "PROVISIONER_GONE", [notFound, noProvisioner]),
  ...both("provisioner's name differs in case", "After-Expiry", "PROVISIONER_GONE", [notFound, noProvisioner]),
  ...both("provisioner of type SSHPOP", "sshpop", "PROVISIONER_CANNOT_RENEW", [
    "provisioner.AuthorizeRenew not implemented",
    "provisioner.AuthorizeRenew not implemented",
  ]),
  ...both("disabled and allowed after expiry", "no-renewal-but-after-expiry", "RENEWAL_DISABLED", [disabled, disabled]),
  ...both("an odd name, disabled", `${oddName}, off`, "RENEWAL_DISABLED", [disabled, disabled]),
  ...both("an odd name, gone", `${oddName}, gone`, "PROVISIONER_GONE", [notFound, noProvisioner]),
  { name: "an odd name, valid", on: oldAndNew, leaf: { provisioner: { name: oddName } }, expect: mtls },
  {
    name: "an odd name, expired",
    on: oldAndNew,
    leaf: { ...expired, provisioner: { name: oddName } },
    expect: notAllowed,
  },
  { name: "of an ACME provisioner, expired", leaf: { ...expired, provisioner: { name: "acme" } }, expect: token },
  {
    name: "type SCEP in the extension, name of a JWK provisioner",
    on: oldAndNew,
    leaf: { provisioner: { name: "after-expiry", type: 10 } },
    expect: mtls,
  },
  {
    name: "provisioner made again: same name, another key id",
    on: oldAndNew,
    leaf: { provisioner: { name: "after-expiry", credentialId: "another" } },
    expect: mtls,
  },
  { name: "no provisioner extension, valid", on: oldAndNew, leaf: { provisioner: null }, expect: mtls },
  {
    name: "no provisioner extension, expired",
    on: oldAndNew,
    leaf: { ...expired, provisioner: null },
    expect: refused("token", "NO_EXTENSION_FOR_TOKEN", noProvisioner, { certainty: "likely" }),
  },
  {
    name: "no provisioner extension, valid, --mtls=false",
    on: oldAndNew,
    leaf: { provisioner: null },
    flags: () => ["--mtls=false"],
    expect: refused("token", "NO_EXTENSION_FOR_TOKEN", noProvisioner, { certainty: "likely" }),
  },
];

/** Without a CRL nothing tells it from disableRenewal for the whole CA, which is not shown. */
const likelyRevoked = (method: "mtls" | "token") => refused(method, "REVOKED", revoked, { certainty: "likely" });
const surelyRevoked = (method: "mtls" | "token") => refused(method, "REVOKED", revoked);

const ofRevocation: Row[] = [
  { name: "revoked, CRL off", before: revoke, expect: likelyRevoked("mtls") },
  { name: "revoked, CRL on", at: "root", on: oldAndNew, before: revoke, expect: surelyRevoked("mtls") },
  {
    name: "revoked, then expired, CRL off",
    on: oldAndNew,
    leaf: expired,
    before: revoke,
    expect: likelyRevoked("token"),
  },
  {
    name: "revoked, its provisioner says disableRenewal: false",
    on: oldAndNew,
    leaf: { provisioner: { name: "renewal-not-disabled" } },
    before: revoke,
    expect: surelyRevoked("mtls"),
  },
  {
    name: "the same, expired",
    on: oldAndNew,
    leaf: { ...expired, provisioner: { name: "renewal-not-disabled" } },
    before: revoke,
    expect: surelyRevoked("token"),
  },
  {
    name: "revoked, no provisioner extension",
    on: oldAndNew,
    leaf: { provisioner: null },
    before: revoke,
    expect: likelyRevoked("mtls"),
  },
  {
    name: "revoked and its provisioner disabled, CRL on",
    at: "root",
    on: oldAndNew,
    leaf: { provisioner: { name: "no-renewal" } },
    before: revoke,
    expect: surelyRevoked("mtls"),
  },
  {
    name: "revoked and its provisioner gone, CRL on, valid",
    at: "root",
    on: oldAndNew,
    leaf: { provisioner: { name: "gone" } },
    before: revoke,
    expect: surelyRevoked("mtls"),
  },
  {
    name: "revoked and its provisioner gone, CRL on, expired",
    at: "root",
    on: oldAndNew,
    leaf: { ...expired, provisioner: { name: "gone" } },
    before: revoke,
    expect: refused("token", "PROVISIONER_GONE", noProvisioner),
  },
];

const ofLife: Row[] = [
  {
    name: "not yet valid",
    on: oldAndNew,
    leaf: notYet,
    expect: rejected("NOT_YET_VALID", x509.time, { code: "CERT_NOT_YET_VALID" }),
  },
  {
    name: "not yet valid, --mtls=false",
    on: oldAndNew,
    leaf: notYet,
    flags: () => ["--mtls=false"],
    expect: refused("token", "NOT_YET_VALID", "certificate is not yet valid"),
  },
];

export const rules: Row[] = [...ofProvisioners, ...ofRevocation, ...ofLife];
