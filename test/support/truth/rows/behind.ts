/** What stands behind a CA's API: another CA, another signer, a database, a cloud; and what holds for all of its provisioners. */
import {
  all,
  badChain,
  expired,
  minutes,
  mtls,
  newest,
  oldAndNew,
  type Refused,
  type Row,
  refused,
  rejected,
  type Scene,
  stopped,
  token,
  x509,
} from "../row.ts";

const likely = { certainty: "likely" } as const;
const possible = { certainty: "possible" } as const;
const failed = (
  cause: Refused["cause"],
  log: string,
  more: Partial<Refused> = {},
  method: Refused["method"] = "mtls",
) => refused(method, cause, log, { code: "CA_FAILED", ...possible, ...more });
const revoked = "authority.authorizeRenew: certificate has been revoked";
const disabled = "renew is disabled for provisioner";
const revoke: Row["before"] = ({ standing, issued }) => standing.ca.revoke(issued.serial);

const forAll: Row[] = [
  {
    name: "renewal disabled for all, CRL off",
    at: "renewal disabled for all",
    on: oldAndNew,
    // Nothing but the log tells it from a revoked certificate.
    expect: refused("mtls", "RENEWAL_DISABLED", disabled, { ...possible, after: "REVOKED" }),
  },
  {
    name: "renewal disabled for all, its provisioner says false",
    at: "renewal disabled for all",
    on: oldAndNew,
    leaf: { provisioner: { name: "renewal-not-disabled" } },
    expect: mtls,
  },
  {
    name: "renewal disabled for all, CRL on",
    at: "renewal disabled for all, CRL on",
    on: oldAndNew,
    expect: refused("mtls", "RENEWAL_DISABLED", disabled, likely),
  },
  {
    name: "renewal disabled for all, and revoked, CRL on",
    at: "renewal disabled for all, CRL on",
    on: oldAndNew,
    before: revoke,
    expect: refused("mtls", "REVOKED", revoked),
  },
  {
    name: "revoked, the CRL older than that",
    at: "CRL that is not made anew",
    on: oldAndNew,
    before: revoke,
    expect: refused("mtls", "REVOKED", revoked, { certainty: "possible", after: "RENEWAL_DISABLED" }),
  },
  {
    name: "allowed after expiry for all, expired",
    at: "allowed after expiry for all",
    on: oldAndNew,
    leaf: { ...expired, provisioner: { name: "admin" } },
    expect: token,
  },
  {
    name: "allowed after expiry for all, revoked, expired",
    at: "allowed after expiry for all",
    on: oldAndNew,
    leaf: { ...expired, provisioner: { name: "admin" } },
    before: revoke,
    expect: refused("token", "REVOKED", revoked, likely),
  },
  { name: "no database, valid", at: "no database", on: oldAndNew, expect: mtls },
  { name: "no database, expired", at: "no database", on: oldAndNew, leaf: expired, expect: token },
  {
    name: "no database, provisioner gone, expired",
    at: "no database",
    on: oldAndNew,
    leaf: { ...expired, provisioner: { name: "gone" } },
    expect: refused(
      "token",
      "PROVISIONER_GONE",
      "error validating renew token: cannot get provisioner from certificate",
    ),
  },
];

const registrationAuthorities: Row[] = [
  { name: "registration authority, valid", at: "ra", on: all, expect: token },
  { name: "registration authority, expired", at: "ra", on: oldAndNew, leaf: expired, expect: token },
  {
    name: "registration authority, serverAuth only",
    at: "ra",
    leaf: { usages: ["serverAuth"] },
    expect: (version) => (version === "v0.26.1" ? token : badChain("NO_CLIENT_AUTH", x509.usage)),
  },
  {
    name: "registration authority, its provisioner disabled",
    at: "ra",
    on: oldAndNew,
    leaf: { provisioner: { name: "no-renewal" } },
    expect: refused("mtls", "RENEWAL_DISABLED", disabled),
  },
  {
    name: "registration authority, of another CA",
    at: "ra",
    on: oldAndNew,
    by: "foreign",
    expect: rejected("UNKNOWN_ISSUER", x509.unknown, likely),
  },
  {
    name: "registration authority, lacks allowRenewalAfterExpiry",
    at: "ra",
    on: oldAndNew,
    leaf: { ...expired, provisioner: { name: "admin" } },
    expect: refused("token", "EXPIRED_NOT_ALLOWED", "certificate expired on", { code: "CERT_EXPIRED" }),
  },
  {
    name: "registration authority, the CA behind refuses, valid",
    at: "ra, the CA behind refuses",
    on: oldAndNew,
    expect: refused("token", "RA_UPSTREAM", "lacked necessary authorization"),
  },
  {
    name: "registration authority, the CA behind refuses, expired",
    at: "ra, the CA behind refuses",
    on: oldAndNew,
    leaf: expired,
    expect: refused("token", "RA_UPSTREAM", "lacked necessary authorization"),
  },
  {
    name: "registration authority, the CA behind is down, valid",
    at: "ra, the CA behind is down",
    on: oldAndNew,
    expect: failed("RA_UPSTREAM", "/renew failed: dial tcp", likely, "token"),
  },
  {
    name: "registration authority, the CA behind is down, valid, --mtls=false",
    at: "ra, the CA behind is down",
    on: oldAndNew,
    flags: () => ["--mtls=false"],
    expect: failed("RA_UPSTREAM", "/renew failed: dial tcp", likely, "token"),
  },
  {
    name: "registration authority, the CA behind is down, expired",
    at: "ra, the CA behind is down",
    // An older one shows it by its own server's certificate alone.
    on: ["v0.26.1", "v0.26.2", "v0.30.2"],
    leaf: expired,
    expect: failed("RA_UPSTREAM", "/renew failed: dial tcp", likely, "token"),
  },
];

const signers: Row[] = [
  {
    name: "VaultCAS, valid",
    at: "vault",
    on: oldAndNew,
    expect: refused("mtls", "CAS_CANNOT_RENEW", "vaultCAS does not support renewals"),
  },
  {
    name: "VaultCAS, expired",
    at: "vault",
    on: oldAndNew,
    leaf: expired,
    expect: refused("token", "CAS_CANNOT_RENEW", "vaultCAS does not support renewals"),
  },
  {
    name: "lifetime and backdate are a minute",
    at: "backdate of a minute",
    on: oldAndNew,
    leaf: () => ({ notBefore: new Date(Date.now() - 10_000), notAfter: new Date(Date.now() + 50_000) }),
    expect: failed("LIFETIME_IS_BACKDATE", "createCertificateRequest `lifetime` cannot be 0", likely),
  },
  {
    name: "lifetime and backdate are an hour",
    at: "backdate of an hour",
    on: oldAndNew,
    leaf: { notBefore: minutes(-30), notAfter: minutes(30) },
    // The backdate is shown nowhere.
    expect: failed("LIFETIME_IS_BACKDATE", "createCertificateRequest `lifetime` cannot be 0", {
      after: "CA_STORE_FAILED",
    }),
  },
  {
    name: "lifetime of 40 min, backdate of an hour",
    at: "backdate of an hour",
    on: oldAndNew,
    leaf: { notBefore: minutes(-20), notAfter: minutes(20) },
    expect: stopped("WRONG_CERTIFICATE"),
  },
  {
    name: "a new intermediate forbids a name, valid",
    at: "narrower intermediate",
    on: oldAndNew,
    leaf: { names: ["web.elsewhere"] },
    expect: refused("mtls", "NAME_NOT_PERMITTED", "is not permitted by any constraint"),
  },
  {
    name: "a new intermediate forbids a name, expired",
    at: "narrower intermediate",
    on: oldAndNew,
    leaf: { ...expired, names: ["web.elsewhere"] },
    expect: refused("token", "NAME_NOT_PERMITTED", "is not permitted by any constraint"),
  },
  {
    name: "a new intermediate has constraints, an email address is none",
    at: "narrower intermediate",
    on: oldAndNew,
    leaf: { names: ["web.example", "@address"] },
    expect: refused("mtls", "NAME_UNREADABLE", "cannot parse rfc822Name"),
  },
  { name: "a new intermediate permits its name", at: "narrower intermediate", on: oldAndNew, expect: mtls },
];

const breaks =
  (statement: RegExp) =>
  (scene: Scene): void => {
    if (scene.standing.database) scene.standing.database.fails = statement;
  };

const databases: Row[] = [
  { name: "a database that works", at: "database", on: oldAndNew, before: breaks(/^nothing$/), expect: mtls },
  {
    name: "the database fails at the revocation check",
    at: "database",
    on: oldAndNew,
    before: breaks(/SELECT.*revoked_x509/),
    expect: failed("CA_STORE_FAILED", "error checking revocation bucket"),
  },
  {
    name: "the database fails as the token is noted",
    at: "database",
    on: oldAndNew,
    leaf: expired,
    before: breaks(/INSERT.*used_ott/),
    expect: failed("CA_STORE_FAILED", "failed when attempting to store token", {}, "token"),
  },
  {
    name: "the database fails as the certificate is stored",
    at: "database",
    on: oldAndNew,
    before: breaks(/INSERT.*x509_certs/),
    expect: failed("CA_STORE_FAILED", "database Update error"),
  },
];

const closed = (method: Refused["method"]): Refused =>
  refused(method, "PROVISIONER_NOT_READY", "http: panic serving", { code: "CA_CLOSED", ...likely });
const of = (name: string, type: number) => ({ provisioner: { name, type, credentialId: "" } });

/** The first token of a provisioner that trusts on first use is taken, and no other; rows of one place are put in order. */
const clouds: Row[] = [
  { name: "of GCP, valid", at: "cloud provisioners", on: oldAndNew, leaf: of("gcp", 3), expect: mtls },
  {
    name: "of GCP, expired, the first",
    at: "cloud provisioners",
    on: oldAndNew,
    leaf: { ...expired, ...of("gcp", 3) },
    noStep: "not tried",
    expect: token,
  },
  {
    name: "of GCP, expired, the second",
    at: "cloud provisioners",
    on: oldAndNew,
    leaf: { ...expired, ...of("gcp", 3) },
    expect: refused("token", "TOKEN_REUSED", "token already used", likely),
  },
  {
    name: "of Azure, expired, the first",
    at: "cloud provisioners",
    on: oldAndNew,
    leaf: { ...expired, ...of("azure", 5) },
    noStep: "not tried",
    expect: token,
  },
  {
    name: "of Azure, expired, the second",
    at: "cloud provisioners",
    on: oldAndNew,
    leaf: { ...expired, ...of("azure", 5) },
    expect: refused("token", "TOKEN_REUSED", "token already used", likely),
  },
  {
    name: "of GCP without trust on first use, expired",
    at: "cloud provisioners",
    on: oldAndNew,
    leaf: { ...expired, ...of("gcp, every token", 3) },
    expect: token,
  },
  {
    name: "the same, and revoked",
    at: "cloud provisioners",
    on: oldAndNew,
    leaf: { ...expired, ...of("gcp, every token", 3) },
    before: revoke,
    expect: refused("token", "REVOKED", revoked, likely),
  },
  {
    name: "of AWS, expired",
    at: "cloud provisioners",
    on: oldAndNew,
    leaf: { ...expired, ...of("aws", 4) },
    expect: token,
  },
  ...(
    [
      ["GCP", "gcp", 3],
      ["Azure", "azure", 5],
    ] as const
  ).map(
    ([type, name, number]): Row => ({
      name: `of ${type}, which could not start, valid`,
      at: "cloud provisioners without a network",
      on: newest,
      leaf: of(name, number),
      expect: closed("mtls"),
    }),
  ),
  {
    name: "of GCP, which could not start, expired",
    at: "cloud provisioners without a network",
    on: newest,
    leaf: { ...expired, ...of("gcp", 3) },
    noStep: "not tried",
    expect: closed("token"),
  },
  {
    name: "of GCP, which could not start, expired, again",
    at: "cloud provisioners without a network",
    on: newest,
    leaf: { ...expired, ...of("gcp", 3) },
    expect: refused("token", "TOKEN_REUSED", "token already used", likely),
  },
];

export const behind: Row[] = [...forAll, ...registrationAuthorities, ...signers, ...databases, ...clouds];
