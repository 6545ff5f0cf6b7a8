/** Extended key usage and key usage: which version takes which certificate, and which way. */
import type { LeafSpec, Usage } from "../../../../src/dev-ca/authority.ts";
import { all, badChain, expired, mtls, type Outcome, oldAndNew, type Row, rejected, token, x509 } from "../row.ts";

const isOld = (version: string) => version === "v0.26.1";
const noServerAuth = badChain("NO_SERVER_AUTH_OLD_CA", x509.usage);
const noClientAuth = badChain("NO_CLIENT_AUTH", x509.usage);
const byToken = ["--mtls=false"];

/** Valid and expired. */
const matrix: [name: string, usages: Usage[], valid: Row["expect"], expired: Row["expect"]][] = [
  ["serverAuth and clientAuth", ["serverAuth", "clientAuth"], mtls, token],
  ["no extended key usage", [], mtls, token],
  ["anyExtendedKeyUsage", ["any"], mtls, token],
  ["clientAuth only", ["clientAuth"], mtls, (version) => (isOld(version) ? noServerAuth : token)],
  [
    "serverAuth only",
    ["serverAuth"],
    (version) => (isOld(version) ? token : noClientAuth),
    (version) => (isOld(version) ? token : noClientAuth),
  ],
  ["codeSigning only", ["codeSigning"], rejected("NO_CLIENT_AUTH", x509.usage), noClientAuth],
  [
    "clientAuth and codeSigning",
    ["clientAuth", "codeSigning"],
    mtls,
    (version) => (isOld(version) ? noServerAuth : token),
  ],
  ["emailProtection only", ["emailProtection"], rejected("NO_CLIENT_AUTH", x509.usage), noClientAuth],
];

const ofUsages: Row[] = matrix.flatMap(([name, usages, whenValid, whenExpired]) => [
  { name: `${name}, valid`, on: all, leaf: { usages }, expect: whenValid },
  { name: `${name}, expired`, on: all, leaf: { usages, ...expired }, expect: whenExpired },
]);

const asked: Row[] = [
  {
    name: "clientAuth only, valid, --mtls=false",
    on: all,
    leaf: { usages: ["clientAuth"] },
    flags: () => byToken,
    expect: (version) => (isOld(version) ? noServerAuth : token),
  },
  {
    name: "serverAuth only, valid, --mtls=false",
    on: all,
    leaf: { usages: ["serverAuth"] },
    flags: () => byToken,
    expect: (version) => (isOld(version) ? token : noClientAuth),
  },
];

const noSignature = (name: string, leaf: LeafSpec): Row[] => {
  const log = "certificate used to sign x5cInsecure token cannot be used for digital signature";
  const refused: Outcome = { ...badChain("NO_DIGITAL_SIGNATURE", ""), log };
  return [
    { name: `${name}, valid`, on: oldAndNew, leaf, expect: mtls },
    { name: `${name}, expired`, on: oldAndNew, leaf: { ...leaf, ...expired }, expect: refused },
  ];
};

export const usages: Row[] = [
  ...ofUsages,
  ...asked,
  ...noSignature("key usage keyEncipherment only", { keyUsages: ["keyEncipherment"] }),
  ...noSignature("no key usage at all", { keyUsages: [] }),
  {
    name: "clientAuth only and no digitalSignature, expired",
    on: all,
    leaf: { ...expired, usages: ["clientAuth"], keyUsages: ["keyEncipherment"] },
    expect: (version) =>
      isOld(version)
        ? noServerAuth
        : {
            ...badChain("NO_DIGITAL_SIGNATURE", ""),
            log: "certificate used to sign x5cInsecure token cannot be used for digital signature",
          },
  },
];
