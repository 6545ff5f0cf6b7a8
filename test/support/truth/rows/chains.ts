/** Whose certificates: what is in the file, who issued it, how long each certificate lasts. */
import {
  badChain,
  expired,
  hours,
  mtls,
  newest,
  notYet,
  oldAndNew,
  type Row,
  rejected,
  stopped,
  token,
  x509,
} from "../row.ts";

const leafOnly: Row["file"] = ({ certificate }) => certificate;
const unknown = (cause: "UNKNOWN_ISSUER" | "CHAIN_INCOMPLETE", more = {}) => badChain(cause, x509.unknown, more);

const incomplete = unknown("CHAIN_INCOMPLETE", { certainty: "likely" });

const ofTheFile: Row[] = [
  { name: "leaf only, valid", on: oldAndNew, file: leafOnly, expect: mtls },
  // A newer CA publishes its intermediates, and an older one presents them.
  { name: "leaf only, expired", leaf: expired, file: leafOnly, expect: token },
  {
    name: "leaf only, clientAuth only, expired",
    leaf: { ...expired, usages: ["clientAuth"] },
    file: leafOnly,
    expect: (version) => (version === "v0.26.1" ? badChain("NO_SERVER_AUTH_OLD_CA", x509.usage) : token),
  },
  {
    name: "leaf only, serverAuth only, valid",
    leaf: { usages: ["serverAuth"] },
    file: leafOnly,
    // The chain is completed, and its usage is what remains.
    expect: (version) => (version === "v0.26.1" ? token : badChain("NO_CLIENT_AUTH", x509.usage)),
  },
  { name: "of an earlier intermediate, valid", on: oldAndNew, by: "earlier", expect: mtls },
  { name: "of an earlier intermediate, expired", on: oldAndNew, by: "earlier", leaf: expired, expect: token },
  {
    name: "of an earlier intermediate, leaf only, valid",
    on: oldAndNew,
    by: "earlier",
    file: leafOnly,
    expect: rejected("CHAIN_INCOMPLETE", x509.unknown, { certainty: "likely" }),
  },
  {
    name: "of an earlier intermediate, leaf only, expired",
    on: oldAndNew,
    by: "earlier",
    leaf: expired,
    file: leafOnly,
    expect: incomplete,
  },
  {
    name: "an intermediate of the same name and another key, valid",
    on: oldAndNew,
    file: ({ certificate }, { sameName }) => certificate + sameName.issuerCertificate,
    expect: mtls,
  },
  {
    name: "an intermediate of the same name and another key, expired",
    on: oldAndNew,
    leaf: expired,
    file: ({ certificate }, { sameName }) => certificate + sameName.issuerCertificate,
    expect: token,
  },
  {
    name: "three levels, the middle one missing, valid",
    on: oldAndNew,
    by: "deep",
    file: ({ certificate }, { deep }) => certificate + deep.issuerCertificate,
    expect: rejected("CHAIN_INCOMPLETE", x509.unknown, { certainty: "likely" }),
  },
  {
    name: "three levels, the middle one missing, expired",
    on: oldAndNew,
    by: "deep",
    leaf: expired,
    file: ({ certificate }, { deep }) => certificate + deep.issuerCertificate,
    expect: incomplete,
  },
  { name: "three levels, all there, expired", on: oldAndNew, by: "deep", leaf: expired, expect: token },
  {
    name: "the intermediate before the leaf, expired",
    on: oldAndNew,
    leaf: expired,
    file: ({ certificate }, { main }) => main.issuerCertificate + certificate,
    expect: stopped("CA_CERTIFICATE"),
  },
  {
    name: "the leaf twice, expired",
    on: oldAndNew,
    leaf: expired,
    file: ({ certificate, chain: whole }) => certificate + whole,
    expect: token,
  },
  {
    name: "a stranger's certificate too, expired",
    on: oldAndNew,
    leaf: expired,
    file: ({ chain: whole }, { foreign }) => whole + foreign.issuerCertificate,
    expect: token,
  },
  {
    name: "the root too, valid",
    on: oldAndNew,
    file: ({ chain: whole }, { main }) => whole + main.root,
    expect: mtls,
  },
];

/** An intermediate that is missing, and that the CA had once, would look the same. */
const likely = { certainty: "likely" } as const;

const ofOthers: Row[] = [
  {
    name: "of another CA, valid",
    on: oldAndNew,
    by: "foreign",
    expect: rejected("UNKNOWN_ISSUER", x509.unknown, likely),
  },
  {
    name: "of another CA, expired",
    on: oldAndNew,
    by: "foreign",
    leaf: expired,
    expect: unknown("UNKNOWN_ISSUER", likely),
  },
  {
    name: "of another CA, leaf only, valid",
    on: oldAndNew,
    by: "foreign",
    file: leafOnly,
    expect: rejected("UNKNOWN_ISSUER", x509.unknown, likely),
  },
  {
    name: "of another CA, leaf only, expired",
    on: oldAndNew,
    by: "foreign",
    leaf: expired,
    file: leafOnly,
    expect: unknown("UNKNOWN_ISSUER", likely),
  },
  {
    name: "of another CA, with its root, valid",
    on: oldAndNew,
    by: "foreign",
    file: ({ chain: whole }, { foreign }) => whole + foreign.root,
    expect: rejected("UNKNOWN_ISSUER", x509.unknown),
  },
  {
    name: "of another CA, with its root, expired",
    on: oldAndNew,
    by: "foreign",
    leaf: expired,
    file: ({ chain: whole }, { foreign }) => whole + foreign.root,
    expect: unknown("UNKNOWN_ISSUER"),
  },
  {
    name: "of another CA, clientAuth only, expired",
    on: oldAndNew,
    by: "foreign",
    leaf: { ...expired, usages: ["clientAuth"] },
    expect: unknown("UNKNOWN_ISSUER", likely),
  },
  {
    name: "of another CA, serverAuth only, valid",
    on: oldAndNew,
    by: "foreign",
    leaf: { usages: ["serverAuth"] },
    expect: unknown("UNKNOWN_ISSUER", likely),
  },
  {
    name: "of another CA, codeSigning only, valid",
    on: oldAndNew,
    by: "foreign",
    leaf: { usages: ["codeSigning"] },
    expect: rejected("UNKNOWN_ISSUER", x509.unknown, likely),
  },
  {
    name: "of another CA and not yet valid",
    on: oldAndNew,
    by: "foreign",
    leaf: notYet,
    // Go looks at the leaf's dates before it looks for its issuer.
    expect: rejected("NOT_YET_VALID", x509.time, { code: "CERT_NOT_YET_VALID" }),
  },
  {
    name: "of another CA with the same names, valid",
    on: oldAndNew,
    by: "impostor",
    expect: rejected("UNKNOWN_ISSUER", x509.unknown),
  },
  {
    name: "of another CA with the same names, expired",
    on: oldAndNew,
    by: "impostor",
    leaf: expired,
    expect: unknown("UNKNOWN_ISSUER"),
  },
  {
    name: "of another root with the same name, valid",
    at: "root",
    on: oldAndNew,
    by: "k3sImpostor",
    expect: rejected("UNKNOWN_ISSUER", x509.unknown),
  },
  {
    name: "of another root with the same name, expired",
    at: "root",
    on: oldAndNew,
    by: "k3sImpostor",
    leaf: expired,
    expect: unknown("UNKNOWN_ISSUER"),
  },
];

const minute = 60_000;
const lasted = (seconds: number) => ({
  notBefore: hours(-1),
  notAfter: new Date(hours(-1).getTime() + seconds * 1000),
});

const ofIssuersLives: Row[] = [
  {
    name: "the root was issued anew after its end",
    at: "root issued anew",
    on: oldAndNew,
    by: "k3s",
    leaf: { notBefore: hours(-6), notAfter: hours(-4) },
    expect: badChain("ISSUER_YOUNGER", x509.time),
  },
  {
    name: "the root was issued anew after its end, the old one in the file",
    at: "root issued anew",
    on: oldAndNew,
    by: "k3s",
    leaf: { notBefore: hours(-6), notAfter: hours(-4) },
    file: ({ chain: whole }, { k3s }) => whole + k3s.root,
    expect: badChain("ISSUER_YOUNGER", "x509:"),
  },
  {
    name: "the root was issued anew before its end, expired",
    at: "root issued anew",
    on: oldAndNew,
    by: "k3s",
    leaf: expired,
    expect: token,
  },
  { name: "the root was issued anew, valid", at: "root issued anew", on: oldAndNew, by: "k3s", expect: mtls },
  {
    name: "outlives its intermediate, valid",
    on: oldAndNew,
    by: "short",
    leaf: { notAfter: hours(5) },
    expect: mtls,
  },
  {
    name: "outlives its intermediate, valid, --mtls=false",
    on: oldAndNew,
    by: "short",
    leaf: { notAfter: hours(5) },
    flags: () => ["--mtls=false"],
    expect: badChain("OUTLIVES_ISSUER", x509.time, {
      help: [/^renew over mTLS .*the CA signs with "CN=Main intermediate" by now/, /enrol anew/],
    }),
  },
  {
    name: "outlives its intermediate, which the CA has still, valid",
    at: "short intermediate",
    on: oldAndNew,
    leaf: { notAfter: hours(5) },
    expect: mtls,
  },
  {
    name: "outlives its intermediate, which the CA has still, --mtls=false",
    at: "short intermediate",
    on: oldAndNew,
    leaf: { notAfter: hours(5) },
    flags: () => ["--mtls=false"],
    expect: badChain("OUTLIVES_ISSUER", x509.time, {
      help: [/administrator: issue a new.*the CA still signs with "CN=Main, short"/, /renew over mTLS/, /enrol anew/],
    }),
  },
  {
    name: "outlives its intermediate, which was issued anew, --mtls=false",
    at: "short intermediate issued anew",
    on: oldAndNew,
    leaf: { notAfter: hours(5) },
    flags: () => ["--mtls=false"],
    expect: token,
  },
  {
    name: "its intermediate has ended, valid",
    on: oldAndNew,
    by: "ended",
    expect: rejected("OUTLIVES_ISSUER", x509.time, { help: [/^enrol anew; the CA signs with "CN=Main intermediate"/] }),
  },
  {
    name: "its intermediate has ended, expired later",
    on: oldAndNew,
    by: "ended",
    leaf: { notBefore: hours(-3), notAfter: hours(-0.5) },
    expect: badChain("OUTLIVES_ISSUER", x509.time),
  },
  {
    name: "its intermediate has ended, expired before",
    on: oldAndNew,
    by: "ended",
    leaf: { notBefore: hours(-5), notAfter: hours(-3) },
    expect: token,
  },
  {
    name: "under an intermediate for servers only, valid",
    by: "forServers",
    expect: (version) =>
      rejected("ISSUER_FORBIDS_USAGE", x509.usage, {
        help: [
          ...(version === "v0.26.1" ? [/takes a token/] : []),
          /the CA signs with "CN=Main intermediate" by now.*enrol anew/,
        ],
      }),
  },
  {
    name: "under an intermediate for servers only, expired",
    by: "forServers",
    leaf: expired,
    expect: (version) => (version === "v0.26.1" ? token : badChain("ISSUER_FORBIDS_USAGE", x509.usage)),
  },
  {
    name: "under an intermediate for servers only, serverAuth only",
    by: "forServers",
    leaf: { usages: ["serverAuth"] },
    expect: (version) => (version === "v0.26.1" ? token : badChain("NO_CLIENT_AUTH", x509.usage)),
  },
  {
    name: "under an intermediate for servers only, clientAuth only, expired",
    by: "forServers",
    leaf: { ...expired, usages: ["clientAuth"] },
    expect: (version) =>
      version === "v0.26.1"
        ? badChain("NO_SERVER_AUTH_OLD_CA", x509.usage)
        : badChain("ISSUER_FORBIDS_USAGE", x509.usage),
  },
  {
    name: "more intermediates than one allows, valid",
    on: oldAndNew,
    by: "tooDeep",
    expect: rejected("ISSUER_UNFIT", "x509: too many intermediates for path length constraint"),
  },
  {
    name: "more intermediates than one allows, expired",
    on: oldAndNew,
    by: "tooDeep",
    leaf: expired,
    expect: badChain("ISSUER_UNFIT", "x509: too many intermediates for path length constraint"),
  },
  {
    name: "a name that its intermediate forbids, valid",
    on: oldAndNew,
    by: "constrained",
    leaf: { names: ["web.elsewhere"] },
    expect: rejected(
      "NAME_NOT_PERMITTED",
      "x509: a root or intermediate certificate is not authorized to sign for this name",
    ),
  },
  {
    name: "a name that its intermediate forbids, expired",
    on: oldAndNew,
    by: "constrained",
    leaf: { ...expired, names: ["web.elsewhere"] },
    expect: badChain(
      "NAME_NOT_PERMITTED",
      "x509: a root or intermediate certificate is not authorized to sign for this name",
    ),
  },
  {
    name: "a name that its intermediate permits, expired",
    on: oldAndNew,
    by: "constrained",
    leaf: expired,
    expect: token,
  },
  { name: "lasted 61 s, expired", on: oldAndNew, leaf: lasted(61), expect: token },
  { name: "lasted 60 s, expired", on: oldAndNew, leaf: lasted(60), expect: token },
  {
    name: "lasted 59 s, expired",
    on: oldAndNew,
    leaf: lasted(59),
    expect: badChain("LIVED_UNDER_A_MINUTE", x509.time),
  },
  {
    name: "lasted 59 s, clientAuth only, expired",
    on: oldAndNew,
    leaf: { ...lasted(59), usages: ["clientAuth"] },
    // The dates are looked at first.
    expect: badChain("LIVED_UNDER_A_MINUTE", x509.time),
  },
  {
    name: "lasted 59 s, of another CA, expired",
    on: oldAndNew,
    by: "foreign",
    leaf: lasted(59),
    expect: badChain("LIVED_UNDER_A_MINUTE", x509.time),
  },
  {
    name: "lasts 30 s, valid",
    on: oldAndNew,
    leaf: () => ({ notBefore: new Date(Date.now() - 5_000), notAfter: new Date(Date.now() + 25_000) }),
    expect: mtls,
  },
  {
    name: "expired a second ago",
    on: oldAndNew,
    leaf: () => ({ notBefore: new Date(Date.now() - 5 * minute), notAfter: new Date(Date.now() - 1_000) }),
    expect: token,
  },
];

const keys = (["RSA-2048", "P-384", "P-521", "Ed25519"] as const).flatMap((key): Row[] => [
  { name: `${key} key, valid`, on: newest, leaf: { key }, expect: mtls },
  { name: `${key} key, expired`, on: newest, leaf: { key, ...expired }, expect: token },
]);

const subjects: Row[] = [
  { name: "no common name, valid", on: oldAndNew, leaf: { subject: null }, expect: mtls },
  { name: "no common name, expired", on: oldAndNew, leaf: { subject: null, ...expired }, expect: token },
];

export const chains: Row[] = [...ofTheFile, ...ofOthers, ...ofIssuersLives, ...keys, ...subjects];
