/** Which certificates are renewed, which way, by which version. */
import type { Usage } from "../../../src/dev-ca/authority.ts";
import {
  alert,
  badChain,
  bothWays,
  type Case,
  type Change,
  expired,
  hours,
  internal,
  mtls,
  noRenewal,
  notYetValid,
  outOfTime,
  refused,
  renewed,
  token,
  unauthorized,
  unknownAuthority,
  valid,
  wrongUsage,
} from "./case.ts";

const after = `${outOfTime} is after <time>`;
const before = `${outOfTime} is before <time>`;

const usages: [string, Usage[]][] = [
  ["serverAuth and clientAuth", ["serverAuth", "clientAuth"]],
  ["no extended key usage", []],
  ["anyExtendedKeyUsage", ["any"]],
  ["clientAuth only", ["clientAuth"]],
  ["serverAuth only", ["serverAuth"]],
  ["codeSigning only", ["codeSigning"]],
];

/** The rule that changed with v0.26.2: the chain of a token must be good for a client; before, for a server. */
const usageCases: Case[] = usages.flatMap(([name, wanted]) => {
  const has = (usage: Usage): boolean => wanted.length === 0 || wanted.includes("any") || wanted.includes(usage);
  const expectToken: Case["expect"] = (version) =>
    has(version === "v0.26.1" ? "serverAuth" : "clientAuth") ? renewed : badChain(wrongUsage);
  return [
    {
      name: `${name}, valid, mTLS`,
      ask: mtls({ ...valid, usages: wanted }),
      expect: has("clientAuth") ? renewed : alert(42, wrongUsage),
    },
    { name: `${name}, expired, mTLS`, ask: mtls({ ...expired, usages: wanted }), expect: alert(45, after) },
    { name: `${name}, valid, token`, ask: token({ ...valid, usages: wanted }), expect: expectToken },
    { name: `${name}, expired, token`, ask: token({ ...expired, usages: wanted }), expect: expectToken },
  ];
});

const provisionerCases: Case[] = [
  ...bothWays(
    "disableRenewal",
    { provisioner: { name: "no-renewal" } },
    noRenewal("renew is disabled for provisioner 'no-renewal'"),
  ),
  {
    name: "provisioner gone, mTLS",
    ask: mtls({ ...valid, provisioner: { name: "gone" } }),
    expect: noRenewal("provisioner not found"),
  },
  {
    name: "provisioner gone, token",
    ask: token({ ...expired, provisioner: { name: "gone" } }),
    expect: refused(401, unauthorized, "error validating renew token: cannot get provisioner from certificate"),
  },
  {
    name: "provisioner's name differs in case, mTLS",
    ask: mtls({ ...valid, provisioner: { name: "After-Expiry" } }),
    expect: noRenewal("provisioner not found"),
  },
  ...bothWays("type SCEP in the extension", { provisioner: { name: "after-expiry", type: 10 } }, renewed),
  ...bothWays("another key id in the extension", { provisioner: { name: "after-expiry", credentialId: "x" } }, renewed),
  { name: "no provisioner extension, mTLS", ask: mtls({ ...valid, provisioner: null }), expect: renewed },
  {
    name: "no provisioner extension, token",
    ask: token({ ...expired, provisioner: null }),
    expect: refused(401, unauthorized, "error validating renew token: cannot get provisioner from certificate"),
  },
];

const notAllowed = "The request lacked necessary authorization to be completed: certificate expired on <time>";

const timeCases: Case[] = [
  { name: "not yet valid, mTLS", ask: mtls(notYetValid), expect: alert(45, before) },
  {
    name: "not yet valid, token",
    ask: token(notYetValid),
    expect: noRenewal("certificate is not yet valid <time> vs <time>"),
  },
  {
    name: "expired, the provisioner does not allow it, token",
    ask: token({ ...expired, provisioner: { name: "admin" } }),
    expect: refused(401, notAllowed, `cahandler.Renew: authority.authorizeRenew: ${notAllowed}`),
  },
  {
    name: "valid, the provisioner does not allow expired ones, token",
    ask: token({ provisioner: { name: "admin" } }),
    expect: renewed,
  },
  {
    name: "lived under a minute, token",
    ask: token({ notBefore: hours(-1), notAfter: new Date(hours(-1).getTime() + 30_000) }),
    expect: badChain(before),
  },
  {
    name: "expired before its issuer began, token",
    ask: token({ notBefore: hours(-960), notAfter: hours(-930) }),
    expect: badChain(before),
  },
  { name: "outlives its issuer, mTLS", ask: mtls({ ...valid, notAfter: hours(960) }), expect: renewed },
  { name: "outlives its issuer, token", ask: token({ ...valid, notAfter: hours(960) }), expect: badChain(after) },
];

/** StepCAS: it passes a token on to the CA behind it, and has none to pass on when the certificate came by mTLS. */
const registrationAuthority: Case[] = [
  {
    name: "registration authority, mTLS",
    at: "ra",
    ask: mtls(),
    expect: refused(400, internal, "cahandler.Renew: renewCertificateRequest `token` cannot be empty"),
  },
  { name: "registration authority, valid, token", at: "ra", ask: token(), expect: renewed },
  { name: "registration authority, expired, token", at: "ra", ask: token(expired), expect: renewed },
  {
    name: "registration authority, of another CA, mTLS",
    at: "ra",
    ask: mtls({}, { by: ({ foreign }) => foreign }),
    expect: alert(48, unknownAuthority),
  },
  {
    name: "registration authority, of another CA, token",
    at: "ra",
    ask: token(expired, { by: ({ foreign }) => foreign }),
    expect: badChain(unknownAuthority),
  },
];

/** In TLS 1.2 the alert comes in the handshake, in TLS 1.3 after it, as an encrypted record. */
const tls12: Change = { tls: { maxVersion: "TLSv1.2" } };
const chacha: Change = { tls: { ciphers: "TLS_CHACHA20_POLY1305_SHA256" } };
const tlsCases: Case[] = [
  { name: "TLS 1.2, mTLS", ask: mtls({}, tls12), expect: renewed },
  { name: "TLS 1.2, expired, mTLS", ask: mtls(expired, tls12), expect: alert(45, after) },
  {
    name: "TLS 1.2, serverAuth only, mTLS",
    ask: mtls({ usages: ["serverAuth"] }, tls12),
    expect: alert(42, wrongUsage),
  },
  {
    name: "TLS 1.2, of another CA, mTLS",
    ask: mtls({}, { ...tls12, by: ({ foreign }) => foreign }),
    expect: alert(48, unknownAuthority),
  },
  { name: "TLS 1.3 with ChaCha20, mTLS", ask: mtls({}, chacha), expect: renewed },
  { name: "TLS 1.3 with ChaCha20, expired, mTLS", ask: mtls(expired, chacha), expect: alert(45, after) },
];

export const renewals: Case[] = [
  ...usageCases,
  ...provisionerCases,
  ...timeCases,
  ...registrationAuthority,
  ...tlsCases,
];
