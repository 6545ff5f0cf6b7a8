/**
 * What step-ca can answer, row by row of its own source and of what was measured on v0.26.1, v0.26.2 and v0.30.2: the first
 * cause, and how sure it may be said.
 */
import { describe, expect, test } from "vitest";
import { diagnose } from "../../src/failure/diagnosis/diagnose.ts";
import type {
  Answered,
  CaFacts,
  CauseId,
  Certainty,
  CertificateFacts,
  Evidence,
  PathVerdict,
  ProvisionerFacts,
} from "../../src/failure/evidence.ts";

const at = new Date("2026-03-02T10:00:00Z");
const hour = 3_600_000;
const from = (hours: number) => new Date(at.getTime() + hours * hour);
const valid = { notBefore: from(-1), notAfter: from(23) };
const expired = { notBefore: from(-48), notAfter: from(-24) };
const notYet = { notBefore: from(1), notAfter: from(3) };

const U401 =
  "The request lacked necessary authorization to be completed. Please see the certificate authority logs for more info.";
const I500 =
  "The certificate authority encountered an Internal Server Error. Please see the certificate authority logs for more info.";
const incompatible = "x509: certificate specifies an incompatible key usage";

/** Its server has a certificate that a provisioner issued. */
const enrolled = (isCaItself: boolean): Partial<CaFacts> => ({
  handshake: { version: "TLS 1.2", presented: ["CN=Step Online CA"], isCaItself, provisioner: "ra" },
});

const jwk = { type: "JWK", name: "admin", credentialId: "key-1" };
const inList: ProvisionerFacts = { name: "admin", type: "JWK" };

interface Shown {
  leaf?: Partial<CertificateFacts>;
  ca?: Partial<CaFacts>;
  path?: NonNullable<Evidence["path"]>;
  more?: Partial<Evidence>;
}

function evidence(method: Evidence["method"], { leaf, ca, path, more }: Shown): Evidence {
  const life = method === "token" ? expired : valid;
  return {
    at,
    method,
    certificate: {
      file: "web.crt",
      subject: "CN=web.internal",
      serial: "4711",
      issuer: "CN=Intermediate CA",
      names: ["web.internal"],
      usages: ["serverAuth", "clientAuth"],
      keyUsages: ["digitalSignature"],
      count: 2,
      provisioner: jwk,
      ...life,
      ...leaf,
    },
    ca: { url: "https://ca.internal:9000", ...ca },
    ...(path && { path }),
    ...more,
  };
}

const answer = (status: number, said: string, more: Partial<Answered> = {}): Partial<Evidence> => ({
  answer: { status, said, shape: "status", requestId: "9f0c1a2b", ...more },
});
/** An answer with the CA's clock, which is that far behind ours. */
const clocked = (status: number, said: string, behindMs = 0): Partial<Evidence> =>
  answer(status, said, { date: new Date(at.getTime() - behindMs) });
const hidden = (method: Evidence["method"], said: Partial<Evidence>, shown: Shown = {}) =>
  evidence(method, { ...shown, more: { ...clockedAt, ...said, ...shown.more } });
const clockedAt: Partial<Evidence> = {};

const good: PathVerdict = { ok: true };
type Problem = Extract<PathVerdict, { ok: false }>;
const bad = (reason: Problem["reason"], who: string, detail: string): Problem => ({
  ok: false,
  reason,
  who,
  detail: `x509: ${detail}`,
});
const all = (verdict: PathVerdict): NonNullable<Evidence["path"]> => ({
  mtls: verdict,
  tokenServerAuth: verdict,
  tokenClientAuth: verdict,
});
const byUsage = (verdicts: { mtls?: boolean; server: boolean; client: boolean }): NonNullable<Evidence["path"]> => {
  const verdict = (ok: boolean) => (ok ? good : bad("usage", "CN=web.internal", incompatible));
  const { mtls = verdicts.client, server, client } = verdicts;
  return { mtls: verdict(mtls), tokenServerAuth: verdict(server), tokenClientAuth: verdict(client) };
};

type Row = [row: string, evidence: Evidence, first: CauseId, certainty: Certainty];

function table(name: string, rows: readonly Row[]): void {
  describe(name, () => {
    test.each(rows)("%s", (_, given, id, certainty) => {
      const { causes } = diagnose(given);
      expect(causes.map((cause) => `${cause.id} ${cause.certainty}`)[0]).toBe(`${id} ${certainty}`);
    });
  });
}

const mtls = (said: Partial<Evidence>, shown: Shown = {}) => hidden("mtls", said, shown);
const token = (said: Partial<Evidence>, shown: Shown = {}) => hidden("token", said, shown);
const alert = (number: number | null, shown: Shown = {}) => mtls({ alert: number }, shown);
const clock = (behindMs = 0) => ({ clock: { ours: at, ca: new Date(at.getTime() - behindMs) } });
const list = (...provisioners: ProvisionerFacts[]) => ({ provisioners });

const caItself = { version: "TLS 1.3" as const, presented: ["CN=Step Online CA"], isCaItself: true };

table("rules of renewal (R)", [
  [
    "R1 mTLS, no certificate seen",
    mtls(answer(400, "The request could not be completed: missing client certificate.")),
    "TLS_TERMINATED",
    "likely",
  ],
  [
    "R1 behind nginx",
    mtls(answer(400, "The request could not be completed: missing client certificate.", { server: "nginx" })),
    "TLS_TERMINATED",
    "certain",
  ],
  [
    "R1 by token, no header seen",
    token(answer(400, "The request could not be completed: missing client certificate.")),
    "TOKEN_NOT_SEEN",
    "likely",
  ],
  [
    "R1 by token, a CA before v0.19.0",
    token(answer(400, "The request could not be completed: missing client certificate."), {
      ca: { version: "0.18.2" },
    }),
    "CA_TOO_OLD_FOR_TOKENS",
    "certain",
  ],
  [
    "R1 before v0.18.1",
    mtls(
      answer(
        400,
        "The request could not be completed; malformed or missing data. Please see the certificate authority logs for more info.",
      ),
    ),
    "TLS_TERMINATED",
    "likely",
  ],
  ["R1 before v0.14.0", mtls(answer(400, "Bad Request")), "TLS_TERMINATED", "likely"],
  [
    "R2 the CRL lists it",
    mtls(answer(401, U401), { ca: { crl: { lists: true, usable: true } } }),
    "REVOKED",
    "certain",
  ],
  ["R2 no CRL, all else in order", mtls(answer(401, U401), { ca: list(inList) }), "REVOKED", "likely"],
  [
    "R2 by token, no CRL, all else in order",
    token(clocked(401, U401), { ca: list({ ...inList, allowRenewalAfterExpiry: true }) }),
    "REVOKED",
    "likely",
  ],
  [
    "R2 by token, not disabled, TLS ends in the CA",
    token(clocked(401, U401), {
      ca: { ...list({ ...inList, disableRenewal: false, allowRenewalAfterExpiry: true }), handshake: caItself },
    }),
    "REVOKED",
    "certain",
  ],
  [
    "R2 by token, not disabled, but what ends TLS may have sent it twice",
    token(clocked(401, U401), {
      ca: {
        ...list({ ...inList, disableRenewal: false, allowRenewalAfterExpiry: true }),
        handshake: { version: "TLS 1.3", presented: ["CN=proxy"] },
      },
    }),
    "REVOKED",
    "likely",
  ],
  [
    "R2 by token, of GCP where each token counts for itself",
    token(clocked(401, U401), {
      leaf: { provisioner: { ...jwk, type: "GCP" } },
      ca: list({ name: "admin", type: "GCP", trustOnFirstUse: false, allowRenewalAfterExpiry: true }),
    }),
    "REVOKED",
    "likely",
  ],
  [
    "R2 by token, of AWS, which makes no key of a renewal token",
    token(clocked(401, U401), {
      leaf: { provisioner: { ...jwk, type: "AWS" } },
      ca: list({ name: "admin", type: "AWS", allowRenewalAfterExpiry: true }),
    }),
    "REVOKED",
    "likely",
  ],
  [
    "R2 no CRL, claims say that renewal is not disabled",
    mtls(answer(401, U401), { ca: list({ ...inList, disableRenewal: false }) }),
    "REVOKED",
    "certain",
  ],
  [
    "R2 no extension, mTLS",
    mtls(answer(401, U401), { leaf: { provisioner: undefined as never } }),
    "REVOKED",
    "likely",
  ],
  ["R2 before v0.14.0", mtls(answer(401, "Unauthorized"), { ca: list(inList) }), "REVOKED", "likely"],
  [
    "R2 revoked and disabled: revocation is looked at first",
    mtls(answer(401, U401), {
      ca: { ...list({ ...inList, disableRenewal: true }), crl: { lists: true, usable: true } },
    }),
    "REVOKED",
    "certain",
  ],
  ["R3 and R3b the store", mtls(answer(500, I500), { leaf: { notBefore: from(-48) } }), "CA_STORE_FAILED", "possible"],
  [
    "R4 the list lacks it",
    mtls(answer(401, U401), { ca: list({ ...inList, name: "other" }) }),
    "PROVISIONER_GONE",
    "certain",
  ],
  [
    "R4 another case",
    mtls(answer(401, U401), { ca: list({ ...inList, name: "Admin" }) }),
    "PROVISIONER_GONE",
    "certain",
  ],
  [
    "R4 renamed, same key",
    mtls(answer(401, U401), { ca: list({ ...inList, name: "new", keyId: "key-1" }) }),
    "PROVISIONER_GONE",
    "likely",
  ],
  ["R4 the list is hidden", mtls(answer(401, U401)), "PROVISIONER_GONE", "possible"],
  [
    "R5 the provisioner's claim",
    mtls(answer(401, U401), { ca: list({ ...inList, disableRenewal: true }) }),
    "RENEWAL_DISABLED",
    "certain",
  ],
  [
    "R5 by token",
    token(clocked(401, U401), { ca: list({ ...inList, disableRenewal: true }) }),
    "RENEWAL_DISABLED",
    "certain",
  ],
  [
    "R5 the whole CA's claim, a CRL without the serial",
    mtls(answer(401, U401), { ca: { ...list(inList), crl: { lists: false, usable: true, issued: at } } }),
    "RENEWAL_DISABLED",
    "likely",
  ],
  ["R6 by token", token(clocked(401, U401), { leaf: notYet }), "NOT_YET_VALID", "certain"],
  [
    "R6 the CA's clock is behind",
    token(clocked(401, U401, 50_000), { leaf: { notBefore: new Date(at.getTime() - 20_000), notAfter: from(1) } }),
    "NOT_YET_VALID",
    "certain",
  ],
  [
    "R7",
    token(
      answer(
        401,
        "The request lacked necessary authorization to be completed: certificate expired on 2026-03-01 10:00:00 +0000 UTC",
      ),
    ),
    "EXPIRED_NOT_ALLOWED",
    "certain",
  ],
  [
    "R7 of another certificate, a proxy's",
    token(
      answer(
        401,
        "The request lacked necessary authorization to be completed: certificate expired on 2025-01-01 10:00:00 +0000 UTC",
      ),
    ),
    "PROXY_CERTIFICATE",
    "certain",
  ],
  [
    "R7 on v0.19",
    token({ answer: { status: 401, said: U401, shape: "status" } }, { ca: { version: "v0.19.0", ...list(inList) } }),
    "EXPIRED_NOT_ALLOWED",
    "likely",
  ],
  [
    "R8 an SSHPOP provisioner of that name",
    mtls(answer(401, U401), { ca: list({ name: "admin", type: "SSHPOP" }) }),
    "PROVISIONER_CANNOT_RENEW",
    "certain",
  ],
  [
    "R8 the extension's type does not decide",
    mtls(answer(401, U401), {
      leaf: { provisioner: { ...jwk, type: "SCEP" } },
      ca: list({ ...inList, disableRenewal: true }),
    }),
    "RENEWAL_DISABLED",
    "certain",
  ],
  [
    "R8 the list is hidden",
    mtls(answer(401, U401), { leaf: { provisioner: { ...jwk, type: "SCEP" } } }),
    "PROVISIONER_CANNOT_RENEW",
    "likely",
  ],
  ["R9", mtls(answer(403, 'DNS name "foo.org" is not permitted by any constraint')), "NAME_NOT_PERMITTED", "certain"],
  [
    "R9 the chain check comes first, token",
    token(answer(401, "error validating renew token"), {
      path: all(
        bad(
          "constraint",
          "CN=Intermediate CA",
          "a root or intermediate certificate is not authorized to sign for this name: DNS name",
        ),
      ),
    }),
    "NAME_NOT_PERMITTED",
    "likely",
  ],
  [
    "R9 the chain check comes first, mTLS",
    alert(42, {
      path: all(
        bad(
          "constraint",
          "CN=Intermediate CA",
          "a root or intermediate certificate is not authorized to sign for this name: DNS name",
        ),
      ),
    }),
    "NAME_NOT_PERMITTED",
    "likely",
  ],
  ["R10", mtls(answer(500, "error renewing certificate")), "NAME_UNREADABLE", "certain"],
  [
    "R11 lifetime 0",
    mtls(answer(500, I500), { leaf: { notBefore: at, notAfter: new Date(at.getTime() + 60_000) } }),
    "LIFETIME_IS_BACKDATE",
    "likely",
  ],
  ["R12", mtls(answer(400, I500)), "RA_NEEDS_TOKEN", "certain"],
  ["R13", token(answer(401, I500)), "RA_UPSTREAM", "certain"],
  ["R13 status 400 by token", token(answer(400, I500)), "RA_UPSTREAM", "certain"],
  [
    "R14 that asked for a token before",
    token(answer(500, I500), { ca: { wantsToken: true } }),
    "RA_UPSTREAM",
    "likely",
  ],
  ["R14", token(answer(500, I500), { ca: { intermediates: "not-implemented" } }), "RA_UPSTREAM", "likely"],
  ["R14 known by its own certificate", token(answer(500, I500), { ca: enrolled(true) }), "RA_UPSTREAM", "likely"],
  [
    "R14 behind a proxy whose certificate is of a provisioner",
    token(answer(500, I500), { ca: enrolled(false) }),
    "CA_STORE_FAILED",
    "possible",
  ],
  ["R15", mtls(answer(501, I500)), "CAS_CANNOT_RENEW", "certain"],
  ["R17", mtls(answer(500, I500)), "CA_STORE_FAILED", "possible"],
  [
    "R18 uninitialized",
    alert(null, {
      leaf: { provisioner: { ...jwk, type: "GCP" } },
      ca: list({ name: "admin", type: "GCP", state: "Uninitialized" }),
    }),
    "PROVISIONER_NOT_READY",
    "likely",
  ],
]);

const invalid = answer(401, "error validating renew token");
const incomplete = bad("chain-incomplete", "CN=Intermediate CA", "certificate signed by unknown authority");
const mayNotSign = bad(
  "unknown-authority",
  "CN=Intermediate CA",
  'certificate signed by unknown authority (possibly because of "x509: invalid signature: parent certificate cannot sign this kind of certificate" while trying to verify candidate authority certificate "Intermediate CA")',
);
const clientOnly = { usages: ["clientAuth"] };
const serverOnly = { usages: ["serverAuth"] };

table("tokens (T)", [
  [
    "T1, T2 a proxy rewrites the header",
    token(answer(401, "error validating renew token", { via: "1.1 gateway" }), {
      ca: { version: "v0.30.2" },
      path: { ...all(good), roots: "ca" },
    }),
    "TOKEN_UNREADABLE",
    "possible",
  ],
  [
    "T3 leaf alone, v0.26.1",
    token(invalid, {
      leaf: { count: 1 },
      ca: { version: "v0.26.1" },
      path: all(bad("chain-incomplete", "CN=Intermediate CA", "certificate signed by unknown authority")),
    }),
    "CHAIN_INCOMPLETE",
    "likely",
  ],
  [
    "T3 leaf alone, the CA names its intermediate",
    token(invalid, {
      leaf: { count: 1 },
      ca: { intermediates: "answers" },
      path: {
        ...all({ ...incomplete, isPublished: true }),
        roots: "ca",
      },
    }),
    "CHAIN_INCOMPLETE",
    "certain",
  ],
  [
    "T3 an upper intermediate is missing, and the provisioner's key is this CA's",
    token(invalid, {
      ca: { intermediates: "answers", ...list({ ...inList, keyId: "key-1" }) },
      path: { ...all({ ...incomplete, isPublished: false }), roots: "ca" },
    }),
    "CHAIN_INCOMPLETE",
    "likely",
  ],
  [
    "T3 leaf alone, and the provisioner of that name has another key here",
    token(invalid, {
      leaf: { count: 1 },
      ca: list({ ...inList, keyId: "key-2" }),
      path: { ...all(incomplete), roots: "ca" },
    }),
    "UNKNOWN_ISSUER",
    "likely",
  ],
  [
    "T3 of an unknown intermediate, nothing else known: one may be missing",
    token(invalid, {
      ca: { version: "v0.30.2", intermediates: "answers" },
      path: { ...all({ ...incomplete, isPublished: false }), roots: "ca" },
    }),
    "UNKNOWN_ISSUER",
    "likely",
  ],
  [
    "T3 the root was issued anew, the old one in the file",
    token(invalid, {
      ca: { version: "v0.30.2" },
      path: { ...all(bad("issued-anew", "CN=Root CA", "certificate signed by unknown authority")), roots: "ca" },
    }),
    "ISSUER_YOUNGER",
    "certain",
  ],
  [
    "T3 an issuer that may not sign",
    token(invalid, {
      ca: { version: "v0.30.2" },
      path: { ...all(mayNotSign), roots: "ca" },
    }),
    "ISSUER_UNFIT",
    "certain",
  ],
  [
    "T3 unknown root",
    token(invalid, {
      ca: { version: "v0.30.2" },
      path: all(bad("unknown-authority", "CN=Other CA", "certificate signed by unknown authority")),
    }),
    "UNKNOWN_ISSUER",
    "likely",
  ],
  [
    "T3 unknown root, by the CA's own roots",
    token(invalid, {
      ca: { version: "v0.30.2" },
      path: { ...all(bad("unknown-authority", "CN=Other CA", "certificate signed by unknown authority")), roots: "ca" },
    }),
    "UNKNOWN_ISSUER",
    "certain",
  ],
  [
    "T3 clientAuth only, v0.26.1",
    token(invalid, { leaf: clientOnly, ca: { version: "v0.26.1" }, path: byUsage({ server: false, client: true }) }),
    "NO_SERVER_AUTH_OLD_CA",
    "certain",
  ],
  [
    "T3 clientAuth only, no prediction",
    token(invalid, { leaf: clientOnly, ca: { version: "v0.26.1" } }),
    "NO_SERVER_AUTH_OLD_CA",
    "certain",
  ],
  [
    "T3 clientAuth only, N/A",
    token(invalid, {
      leaf: clientOnly,
      ca: { version: "N/A", intermediates: "not-found" },
      path: byUsage({ server: false, client: true }),
    }),
    "NO_SERVER_AUTH_OLD_CA",
    "likely",
  ],
  [
    "T3 clientAuth only, N/A, but /intermediates: it is another cause",
    token(invalid, {
      leaf: clientOnly,
      ca: { version: "N/A", intermediates: "answers" },
      path: byUsage({ server: false, client: true }),
    }),
    "UNKNOWN_ISSUER",
    "possible",
  ],
  [
    "T3 clientAuth only and leaf alone, v0.26.1: the chain comes first",
    token(invalid, {
      leaf: { ...clientOnly, count: 1 },
      ca: { version: "v0.26.1" },
      path: all(bad("chain-incomplete", "CN=Intermediate CA", "certificate signed by unknown authority")),
    }),
    "CHAIN_INCOMPLETE",
    "likely",
  ],
  [
    "T3 serverAuth only, v0.26.2",
    token(invalid, { leaf: serverOnly, ca: { version: "v0.26.2" }, path: byUsage({ server: true, client: false }) }),
    "NO_CLIENT_AUTH",
    "certain",
  ],
  [
    "T3 serverAuth only, N/A with /intermediates 501",
    token(invalid, {
      leaf: serverOnly,
      ca: { version: "N/A", intermediates: "not-implemented" },
      path: byUsage({ server: true, client: false }),
    }),
    "NO_CLIENT_AUTH",
    "certain",
  ],
  [
    "T3 serverAuth only, hidden",
    token(invalid, { leaf: serverOnly, path: byUsage({ server: true, client: false }) }),
    "NO_CLIENT_AUTH",
    "likely",
  ],
  [
    "T3 codeSigning only, whatever the version",
    token(invalid, { leaf: { usages: ["codeSigning"] }, path: byUsage({ server: false, client: false }) }),
    "NO_CLIENT_AUTH",
    "certain",
  ],
  [
    "T3 codeSigning only, v0.26.1",
    token(invalid, {
      leaf: { usages: ["codeSigning"] },
      ca: { version: "v0.26.1" },
      path: byUsage({ server: false, client: false }),
    }),
    "NO_CLIENT_AUTH",
    "certain",
  ],
  [
    "T3 an intermediate for servers only, v0.30.2",
    token(invalid, {
      ca: { version: "v0.30.2" },
      path: {
        mtls: good,
        tokenServerAuth: good,
        tokenClientAuth: bad("usage-nesting", "CN=Intermediate CA", incompatible),
      },
    }),
    "ISSUER_FORBIDS_USAGE",
    "likely",
  ],
  [
    "T3 outlives its issuer",
    token(invalid, {
      ca: { version: "v0.30.2" },
      path: all(bad("expired", "CN=Intermediate CA", "certificate has expired or is not yet valid")),
    }),
    "OUTLIVES_ISSUER",
    "likely",
  ],
  [
    "T3 the root was issued anew",
    token(invalid, {
      ca: { version: "v0.30.2" },
      path: all(bad("not-yet-valid", "CN=Root CA", "certificate has expired or is not yet valid")),
    }),
    "ISSUER_YOUNGER",
    "likely",
  ],
  [
    "T3 lived 30 seconds",
    token(invalid, {
      leaf: { notBefore: from(-1), notAfter: new Date(from(-1).getTime() + 30_000) },
      path: all(bad("lived-under-a-minute", "CN=web.internal", "certificate has expired or is not yet valid")),
    }),
    "LIVED_UNDER_A_MINUTE",
    "certain",
  ],
  [
    "T3 an issuer is no CA",
    token(invalid, {
      ca: { version: "v0.30.2" },
      path: all(bad("constraint", "CN=Intermediate CA", "certificate is not authorized to sign other certificates")),
    }),
    "ISSUER_UNFIT",
    "likely",
  ],
  [
    "T4 keyEncipherment alone",
    token(invalid, { leaf: { keyUsages: ["keyEncipherment"] }, path: all(good) }),
    "NO_DIGITAL_SIGNATURE",
    "certain",
  ],
  [
    "T4 no key usage at all",
    token(invalid, { leaf: { keyUsages: null }, path: all(good) }),
    "NO_DIGITAL_SIGNATURE",
    "certain",
  ],
  ["T5", token(answer(500, "error validating renew token")), "KEY_MISMATCH", "certain"],
  [
    "T6 no extension",
    token(clocked(401, U401), { leaf: { provisioner: undefined as never }, ca: list(inList) }),
    "NO_EXTENSION_FOR_TOKEN",
    "likely",
  ],
  ["T6 gone", token(clocked(401, U401), { ca: list({ ...inList, name: "x" }) }), "PROVISIONER_GONE", "certain"],
  [
    "T6 gone and revoked: the provisioner is looked up first",
    token(clocked(401, U401), { ca: { ...list({ ...inList, name: "x" }), crl: { lists: true, usable: true } } }),
    "PROVISIONER_GONE",
    "certain",
  ],
  [
    "T7, T17 a cloud provisioner that trusts on first use",
    token(clocked(401, U401), {
      leaf: { provisioner: { ...jwk, type: "GCP" } },
      ca: list({ name: "admin", type: "GCP", allowRenewalAfterExpiry: true, trustOnFirstUse: true }),
    }),
    "TOKEN_REUSED",
    "likely",
  ],
  [
    "T17 trust on first use is off",
    token(clocked(401, U401), {
      leaf: { provisioner: { ...jwk, type: "GCP" } },
      ca: { ...list({ name: "admin", type: "GCP", trustOnFirstUse: false }), crl: { lists: true, usable: true } },
    }),
    "REVOKED",
    "certain",
  ],
  ["T8", token(answer(500, I500)), "CA_STORE_FAILED", "possible"],
  [
    "T9",
    token(answer(400, "The request could not be completed: token flow is not supported.")),
    "TOKEN_NOT_SUPPORTED",
    "certain",
  ],
  [
    "T10",
    token(answer(401, "error validating renew token: invalid subject claim (sub)")),
    "TOKEN_SUBJECT_WRONG",
    "certain",
  ],
  ["T11", token(answer(401, "error validating renew token: token not valid yet (nbf)")), "CLOCK_AHEAD", "certain"],
  [
    "T11 with clocks",
    token(clocked(401, "error validating renew token: token not valid yet (nbf)", 600_000)),
    "CLOCK_AHEAD",
    "certain",
  ],
  [
    "T11, but the clocks agree by now",
    token(clocked(401, "error validating renew token: token not valid yet (nbf)")),
    "CLOCK_AHEAD",
    "likely",
  ],
  [
    "T12",
    token(clocked(401, "error validating renew token: token is expired (exp)", -1_200_000)),
    "CLOCK_BEHIND",
    "certain",
  ],
  [
    "T13",
    token(answer(401, "error validating renew token: token issued in the future (iat)")),
    "CLOCK_AHEAD",
    "certain",
  ],
  [
    "T14",
    token(answer(500, "error validating renew token: invalid audience claim (aud)")),
    "AUDIENCE_NOT_A_CA_NAME",
    "certain",
  ],
  ["T14 v0.22 crashes", token({ alert: null }, { ca: { version: "v0.22.1" } }), "AUDIENCE_NOT_A_CA_NAME", "likely"],
  [
    "T15 the other shape",
    token(answer(401, "error validating renew token: invalid issuer claim (iss)", { shape: "type" })),
    "TOKEN_ISSUER_WRONG",
    "certain",
  ],
  ["T16", token({ alert: null }, { ca: { version: "v0.30.2" } }), "CA_PANICKED", "likely"],
  ["T16, and nothing answers any more", token({ alert: null }), "CONNECTION_CUT", "possible"],
]);

const rekey = (said: Partial<Evidence>, shown: Shown = {}, way: Evidence["method"] = "mtls") =>
  hidden(way, { ...said, operation: "rekey" }, shown);

table("rekey (K)", [
  [
    "K1",
    rekey(answer(400, "The request could not be completed: missing client certificate.", { server: "nginx" })),
    "TLS_TERMINATED",
    "certain",
  ],
  [
    "K1 by token",
    rekey(answer(400, "The request could not be completed: missing client certificate."), {}, "token"),
    "REKEY_NEEDS_MTLS",
    "certain",
  ],
  [
    "K2",
    rekey(answer(400, "The request could not be completed: error decoding json.")),
    "REKEY_REQUEST_SPOILT",
    "certain",
  ],
  ["K3", rekey(answer(400, "The request could not be completed: missing csr.")), "REKEY_REQUEST_SPOILT", "certain"],
  ["K4", rekey(answer(400, "The request could not be completed: invalid csr.")), "REKEY_REQUEST_SPOILT", "certain"],
  [
    "K6 disabled",
    rekey(answer(401, U401), { ca: list({ ...inList, disableRenewal: true }) }),
    "RENEWAL_DISABLED",
    "certain",
  ],
  ["K6 a registration authority", rekey(answer(400, I500)), "RA_NEEDS_TOKEN", "certain"],
]);

table("HTTP", [
  ["unknown path", mtls(answer(404, "404 page not found", { shape: "text" })), "WRONG_PATH", "certain"],
  ["wrong method", mtls(answer(405, "", { shape: "empty" })), "WRONG_PATH", "certain"],
  [
    "plain HTTP to the TLS port",
    mtls(answer(400, "Client sent an HTTP request to an HTTPS server.", { shape: "text" })),
    "PROXY_SPEAKS_HTTP",
    "certain",
  ],
  [
    "headers over 1 MB",
    token(answer(431, "431 Request Header Fields Too Large", { shape: "text" })),
    "HEADER_TOO_LARGE",
    "certain",
  ],
  [
    "nginx's header buffer",
    token(answer(400, "400 Request Header Or Cookie Too Large", { shape: "html", server: "nginx" })),
    "HEADER_TOO_LARGE",
    "certain",
  ],
  ["a page", mtls(answer(502, "502 Bad Gateway", { shape: "html" })), "PROXY_ANSWERED", "certain"],
  ["a gateway's JSON", mtls(answer(403, "forbidden", { shape: "json" })), "PROXY_ANSWERED", "certain"],
  [
    "nginx judges certificates itself",
    mtls(answer(400, "400 The SSL certificate error", { shape: "html" })),
    "TLS_TERMINATED",
    "certain",
  ],
  ["a sentence that nobody knows", mtls(answer(422, "no such thing")), "PROXY_ANSWERED", "possible"],
  ["closed", alert(null, { path: all(good) }), "CONNECTION_CUT", "possible"],
  [
    "closed, and the certificate is not for clients",
    alert(null, { leaf: serverOnly, path: byUsage({ server: true, client: false }) }),
    "NO_CLIENT_AUTH",
    "likely",
  ],
]);

const old = { version: "v0.25.2" };
const unknown = bad("unknown-authority", "CN=Other CA", "certificate signed by unknown authority");
const ended = bad("expired", "CN=web.internal", "certificate has expired or is not yet valid");

table("TLS", [
  ["45 expired by both clocks", alert(45, { leaf: expired, ca: clock(), path: all(ended) }), "EXPIRED", "certain"],
  ["45 expired, the CA's clock is not known", alert(45, { leaf: expired }), "EXPIRED", "likely"],
  [
    "45 our clock is behind",
    alert(45, { leaf: { notAfter: from(1) }, ca: clock(-2 * hour) }),
    "CLOCK_BEHIND",
    "certain",
  ],
  ["45 not yet valid", alert(45, { leaf: notYet, ca: clock() }), "NOT_YET_VALID", "certain"],
  [
    "45 not yet valid by the CA's clock alone",
    alert(45, { leaf: { notBefore: from(-1) }, ca: clock(2 * hour) }),
    "NOT_YET_VALID",
    "certain",
  ],
  ["45 not yet valid by ours, the CA's is not known", alert(45, { leaf: notYet }), "NOT_YET_VALID", "likely"],
  [
    "45 an issuer has ended",
    alert(45, {
      ca: clock(),
      path: all(bad("expired", "CN=Intermediate CA", "certificate has expired or is not yet valid")),
    }),
    "OUTLIVES_ISSUER",
    "likely",
  ],
  [
    "42 expired, a CA built with old Go",
    alert(42, { leaf: expired, ca: { ...old, ...clock() }, path: all(ended) }),
    "EXPIRED",
    "certain",
  ],
  ["48 another CA", alert(48, { path: all(unknown) }), "UNKNOWN_ISSUER", "certain"],
  [
    "48 another CA, and this one publishes no intermediates",
    alert(48, {
      path: {
        ...all(bad("chain-incomplete", "CN=Foreign Root", "certificate signed by unknown authority")),
        roots: "ca",
      },
    }),
    "UNKNOWN_ISSUER",
    "likely",
  ],
  ["48 no prediction", alert(48), "UNKNOWN_ISSUER", "likely"],
  ["48 our root knows it, the CA does not", alert(48, { path: all(good) }), "UNKNOWN_ISSUER", "likely"],
  [
    "48 leaf alone, of an earlier intermediate",
    alert(48, {
      leaf: { count: 1 },
      path: all(bad("chain-incomplete", "CN=Earlier CA", "certificate signed by unknown authority")),
    }),
    "CHAIN_INCOMPLETE",
    "likely",
  ],
  ["42 another CA, a CA built with old Go", alert(42, { ca: old, path: all(unknown) }), "UNKNOWN_ISSUER", "likely"],
  [
    "42 serverAuth only, v0.26.1",
    alert(42, { leaf: serverOnly, ca: { version: "v0.26.1" }, path: byUsage({ server: true, client: false }) }),
    "NO_CLIENT_AUTH",
    "certain",
  ],
  ["42 serverAuth only, hidden", alert(42, { leaf: serverOnly }), "NO_CLIENT_AUTH", "certain"],
  [
    "42 codeSigning only",
    alert(42, { leaf: { usages: ["codeSigning"] }, path: byUsage({ server: false, client: false }) }),
    "NO_CLIENT_AUTH",
    "certain",
  ],
  [
    "42 an intermediate for servers only",
    alert(42, { path: { ...all(good), mtls: bad("usage-nesting", "CN=Intermediate CA", incompatible) } }),
    "ISSUER_FORBIDS_USAGE",
    "likely",
  ],
  ["43 another stack", alert(43), "TLS_TERMINATED", "likely"],
  ["44 revoked, says another stack", alert(44), "REVOKED", "certain"],
  ["51 the key is another's", alert(51), "KEY_MISMATCH", "certain"],
  ["116 none was sent", alert(116), "CERTIFICATE_NOT_SENT", "certain"],
]);

describe("what the CA checks before a proved cause, with the same words", () => {
  const gone = list({ name: "other", type: "JWK" });
  const disabled = list({ ...inList, disableRenewal: true });
  const fresh = { usable: true, lists: false, issued: at };
  test.each<[string, Evidence, string[]]>([
    [
      "over mTLS, a provisioner that is gone",
      mtls(answer(401, U401), { ca: gone }),
      ["PROVISIONER_GONE certain", "REVOKED possible"],
    ],
    ["renewal disabled", mtls(answer(401, U401), { ca: disabled }), ["RENEWAL_DISABLED certain", "REVOKED possible"]],
    [
      "a CRL that cannot be used tells nothing",
      mtls(answer(401, U401), { ca: { ...gone, crl: { usable: false, lists: false } } }),
      ["PROVISIONER_GONE certain", "REVOKED possible"],
    ],
    [
      "a CRL that does not list it",
      mtls(answer(401, U401), { ca: { ...gone, crl: fresh } }),
      ["PROVISIONER_GONE certain"],
    ],
    [
      "a CRL that lists it",
      mtls(answer(401, U401), { ca: { ...gone, crl: { ...fresh, lists: true } } }),
      ["REVOKED certain", "PROVISIONER_GONE likely"],
    ],
    [
      "by token the provisioner is looked up first",
      token(answer(401, U401), { ca: gone }),
      ["PROVISIONER_GONE certain"],
    ],
    [
      "and its claims are not",
      token(answer(401, U401), { ca: { ...disabled, handshake: caItself } }),
      ["RENEWAL_DISABLED certain", "REVOKED possible"],
    ],
    [
      "a sentence that names its cause",
      token(answer(401, "The request lacked necessary authorization to be completed: certificate expired on x"), {
        ca: list(inList),
      }),
      ["EXPIRED_NOT_ALLOWED certain"],
    ],
  ])("%s", (_, given, ranked) => {
    const { causes, ruledOut } = diagnose(given);
    const told = causes.map(({ id, certainty }) => `${id} ${certainty}`);
    expect(told.filter((one) => !one.startsWith("PROXY_CERTIFICATE"))).toEqual(ranked);
    expect(ruledOut.map(({ id }) => id)).not.toContain("REVOKED");
  });

  test("is told in the list of causes and in the line about the log", () => {
    const { causes } = diagnose(mtls(answer(401, U401), { ca: gone }));
    expect(causes[1]?.because).toBe("the CA checks that before, and shows no CRL that would tell");
    expect(causes[0]?.help.at(-1)).toContain(
      'proves it with "authority.authorizeRenew: provisioner not found", and else has "authority.authorizeRenew: certificate has been revoked"',
    );
  });
});

describe("the next obstacle", () => {
  const old = { version: "v0.26.1" };
  const invalid = answer(401, "error validating renew token");
  const clientOnly = { leaf: { usages: ["clientAuth"] } };
  const ranks = (given: Evidence) => diagnose(given).causes.map(({ id, certainty }) => `${id} ${certainty}`);
  const helpOf = (given: Evidence) => diagnose(given).causes[0]?.help.join("\n") ?? "";
  const otherOnly = list({ name: "other", type: "JWK" });

  test("is named, although this answer is not its own, and nothing promises that the first is enough", () => {
    const given = token(invalid, { ...clientOnly, ca: { ...old, ...otherOnly } });
    expect(ranks(given)).toEqual(["NO_SERVER_AUTH_OLD_CA certain", "PROVISIONER_GONE likely"]);
    const help = helpOf(given);
    expect(help).not.toContain("the same command renews");
    expect(help).not.toMatch(/provisioner update admin|--provisioner admin/);
    expect(help).toContain("--provisioner NAME");
    expect(help).toContain('NAME is a provisioner that the CA has, as "admin" is gone');
  });

  test.each<[string, Partial<ProvisionerFacts>, string]>([
    ["renewal is disabled", { disableRenewal: true }, "RENEWAL_DISABLED"],
    ["no leave after expiry", { allowRenewalAfterExpiry: false }, "EXPIRED_NOT_ALLOWED"],
  ])("%s", (_, claims, next) => {
    const given = token(invalid, { ...clientOnly, ca: { ...old, ...list({ ...inList, ...claims }) } });
    expect(ranks(given)).toEqual(["NO_SERVER_AUTH_OLD_CA certain", `${next} likely`]);
    expect(helpOf(given)).not.toContain("the same command renews");
  });

  test("with nothing else known the same command renews", () => {
    const given = token(invalid, {
      ...clientOnly,
      ca: { ...old, ...list({ ...inList, allowRenewalAfterExpiry: true }) },
    });
    expect(ranks(given)).toEqual(["NO_SERVER_AUTH_OLD_CA certain"]);
    expect(helpOf(given)).toContain("the same command renews");
  });

  test("of a revoked certificate that has expired, both", () => {
    const crl = { usable: true, lists: true, issued: at };
    const given = token(answer(401, U401), {
      ca: { ...list({ ...inList, allowRenewalAfterExpiry: false }), crl, version: "v0.30.2" },
    });
    expect(ranks(given)).toEqual(["REVOKED certain", "EXPIRED_NOT_ALLOWED likely"]);
  });
});

describe("commands for step", () => {
  const dashed = { ...jwk, name: "-rf" };
  const helpOf = (given: Evidence) => diagnose(given).causes[0]?.help.join("\n") ?? "";
  const incomplete = { leaf: { provisioner: dashed }, more: { files: { root: "root.crt" } } };

  test("take a provisioner whose name begins with a dash, and know the root", () => {
    const disabled = { ...incomplete, ca: list({ ...inList, name: "-rf", disableRenewal: true }) };
    const help = helpOf(mtls(answer(401, U401), disabled));
    expect(help).toContain("`step ca provisioner update --disable-renewal=false -- '-rf'`");
    expect(help).toContain("--provisioner='-rf'");
    const gone = helpOf(mtls(answer(401, U401), { ...incomplete, ca: list(inList) }));
    expect(gone).toContain("`step ca provisioner add --type JWK --create -- '-rf'`; then reload the CA");
    expect(gone).toContain("`step ca provisioner list --ca-url https://ca.internal:9000 --root root.crt`");
  });

  test("ask for no name that an issuer forbids, whoever says so", () => {
    const names = ["foo.org", "web.internal"];
    const leaf = { names, subject: "CN=foo.org" };
    const detail =
      'a root or intermediate certificate is not authorized to sign for this name: DNS name "foo.org" is excluded';
    const said = helpOf(mtls(answer(403, 'DNS name "foo.org" is not permitted by any constraint'), { leaf }));
    const foretold = helpOf(alert(42, { leaf, path: { ...all(bad("constraint", "CN=Issuer", detail)), roots: "ca" } }));
    for (const help of [said, foretold]) {
      expect(help).toContain("`step ca certificate web.internal ");
      expect(help).not.toMatch(/step ca certificate[^`]*foo\.org/);
    }
  });
});

test("a connection that is closed before the handshake says nothing of any certificate", () => {
  const { causes, ruledOut } = diagnose(alert(null, { leaf: expired, more: { isBeforeTls: true } }));
  expect(causes.map(({ id }) => id)).toEqual(["CONNECTION_CUT"]);
  expect(ruledOut.map(({ id }) => id)).toEqual(expect.arrayContaining(["EXPIRED", "NOT_YET_VALID", "CA_PANICKED"]));
});

test("an issuer of the same name with another key is told as that, and Go's words are whole", () => {
  const words =
    'certificate signed by unknown authority (possibly because of "x509: ECDSA verification failure" while trying to verify candidate authority certificate "Smallstep Intermediate CA of the Staging")';
  const path = { ...all(bad("unknown-authority", "CN=Intermediate CA", words)), roots: "ca" as const };
  const { causes, evidence: lines } = diagnose(alert(48, { path }));
  expect(causes[0]?.id).toBe("UNKNOWN_ISSUER");
  expect(causes[0]?.because).toContain("of that name there is another, with another key");
  expect(lines.find(([label]) => label === "chain")?.[1]).toContain("CA of the Staging");
});
