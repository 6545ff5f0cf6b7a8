/**
 * Every way in which step-ca refuses, row by row: why, what the client sees, what the CA's log says. R: the rules of renewal, both
 * ways; T: tokens; K: rekey; HTTP; TLS. What the client sees has to keep the cause in the diagnosis, and a pasted line of the log,
 * or of the answer, has to lead to it.
 */
import { describe, expect, test } from "vitest";
import { diagnose } from "../../src/failure/diagnosis/diagnose.ts";
import { recognise } from "../../src/failure/diagnosis/recognise.ts";
import type { Answered, CaFacts, CauseId, CertificateFacts, Evidence } from "../../src/failure/evidence.ts";

const at = new Date("2026-03-02T10:00:00Z");
const from = (hours: number) => new Date(at.getTime() + hours * 3_600_000);
const U401 =
  "The request lacked necessary authorization to be completed. Please see the certificate authority logs for more info.";
const I500 =
  "The certificate authority encountered an Internal Server Error. Please see the certificate authority logs for more info.";
const invalid = "error validating renew token";
const missing = "The request could not be completed: missing client certificate.";
const unauthorized = "cahandler.Renew: authority.authorizeRenew:";
const verifying = "error verifying x5cInsecure certificate chain: x509:";
const handshake = "http: TLS handshake error from 10.0.0.7:51234: tls: failed to verify client certificate: x509:";

/** An HTTP answer, a TLS alert, or "closed". */
type Sees = readonly [status: number, said: string, shape?: Answered["shape"]] | { alert: number } | "closed";

interface Row {
  why: string;
  causes: readonly CauseId[];
  /** Left out: mTLS. */
  way?: "token" | "rekey" | "both";
  sees: Sees;
  /** "": the log says nothing of its own, or nothing of it reaches a CA. */
  log: string;
  leaf?: Partial<CertificateFacts>;
  ca?: Partial<CaFacts>;
}

const rows: Record<string, Row> = {
  // the rules of renewal
  R1: {
    why: "neither a certificate in the handshake nor a token",
    causes: ["TLS_TERMINATED", "CERTIFICATE_NOT_SENT"],
    sees: [400, missing],
    log: "missing client certificate",
  },
  R2: {
    why: "revoked",
    causes: ["REVOKED"],
    way: "both",
    sees: [401, U401],
    log: `${unauthorized} certificate has been revoked`,
  },
  R3: {
    why: "the database fails when it is asked for revocations",
    causes: ["CA_STORE_FAILED"],
    way: "both",
    sees: [500, I500],
    log: `${unauthorized} error checking revocation bucket: disk I/O error`,
  },
  R3b: {
    why: "a linked CA does not give the status",
    causes: ["CA_STORE_FAILED"],
    way: "both",
    sees: [500, I500],
    log: `${unauthorized} error getting certificate status: context deadline exceeded`,
  },
  R4: {
    why: "the provisioner was removed or renamed",
    causes: ["PROVISIONER_GONE"],
    sees: [401, U401],
    log: `${unauthorized} provisioner not found`,
  },
  R5: {
    why: "the claim disableRenewal",
    causes: ["RENEWAL_DISABLED"],
    way: "both",
    sees: [401, U401],
    log: `${unauthorized} renew is disabled for provisioner 'admin'`,
  },
  R6: {
    why: "not valid yet, by the CA's clock",
    causes: ["NOT_YET_VALID"],
    way: "token",
    sees: [401, U401],
    log: `${unauthorized} certificate is not yet valid 2026-03-02T10:00:00Z vs 2026-03-03T10:00:00Z`,
    leaf: { notBefore: from(24), notAfter: from(48) },
  },
  R7: {
    why: "expired, and the provisioner does not allow that",
    causes: ["EXPIRED_NOT_ALLOWED"],
    way: "token",
    sees: [
      401,
      "The request lacked necessary authorization to be completed: certificate expired on 2026-03-01 10:00:00 +0000 UTC",
    ],
    log: `${unauthorized} certificate expired on 2026-03-01 10:00:00 +0000 UTC`,
  },
  R8: {
    why: "a provisioner of type SCEP or SSHPOP",
    causes: ["PROVISIONER_CANNOT_RENEW"],
    way: "both",
    sees: [401, U401],
    log: `${unauthorized} provisioner.AuthorizeRenew not implemented`,
  },
  R9: {
    why: "the issuer's name constraints forbid a name",
    causes: ["NAME_NOT_PERMITTED"],
    way: "both",
    sees: [403, 'DNS name "foo.org" is not permitted by any constraint'],
    log: 'cahandler.Renew: DNS name "foo.org" is not permitted by any constraint',
  },
  R10: {
    why: "a name that cannot be held against constraints",
    causes: ["NAME_UNREADABLE"],
    way: "both",
    sees: [500, "error renewing certificate"],
    log: 'cahandler.Renew: cannot parse rfc822Name "bad"',
  },
  "R11 lifetime": {
    why: "the whole lifetime is the CA's backdate",
    causes: ["LIFETIME_IS_BACKDATE"],
    sees: [500, I500],
    log: "cahandler.Renew: createCertificateRequest `lifetime` cannot be 0",
    leaf: { notBefore: at, notAfter: new Date(at.getTime() + 60_000) },
  },
  "R11 signer": {
    why: "the signing key is out of reach; the log has the words of its service",
    causes: ["CA_SIGNER_FAILED"],
    way: "both",
    sees: [500, I500],
    log: "",
  },
  R12: {
    why: "a registration authority, over mTLS",
    causes: ["RA_NEEDS_TOKEN"],
    sees: [400, I500],
    log: "cahandler.Renew: renewCertificateRequest `token` cannot be empty",
  },
  R13: {
    why: "the CA behind a registration authority refuses; the log has its words",
    causes: ["RA_UPSTREAM"],
    way: "token",
    sees: [401, I500],
    log: "",
  },
  R14: {
    why: "the CA behind a registration authority is not reached",
    causes: ["RA_UPSTREAM"],
    way: "token",
    sees: [500, I500],
    log: "cahandler.Renew: client POST https://ca.internal/renew failed: dial tcp 10.0.0.1:443: i/o timeout",
  },
  R15: {
    why: "Vault signs, which does not renew",
    causes: ["CAS_CANNOT_RENEW"],
    way: "both",
    sees: [501, I500],
    log: "cahandler.Renew: vaultCAS does not support renewals",
  },
  R16: {
    why: "Google's CA service fails",
    causes: ["CA_SIGNER_FAILED"],
    way: "both",
    sees: [500, I500],
    log: "cahandler.Renew: cloudCAS CreateCertificate failed: rpc error: code = Unavailable",
  },
  R17: {
    why: "issued, and not stored",
    causes: ["CA_STORE_FAILED"],
    way: "both",
    sees: [500, I500],
    log: "cahandler.Renew: error storing certificate in db: database Set error: disk full",
  },
  "R17 linked": {
    why: "issued, and a linked CA did not take it",
    causes: ["CA_STORE_FAILED"],
    sees: [500, I500],
    log: "cahandler.Renew: error posting renewed certificate: unavailable",
  },
  R18: {
    why: "a cloud provisioner that could not start",
    causes: ["PROVISIONER_NOT_READY"],
    way: "both",
    sees: "closed",
    log: "http: panic serving 10.0.0.7:51234: runtime error: invalid memory address or nil pointer dereference",
    leaf: { provisioner: { type: "GCP", name: "cloud", credentialId: "" } },
    ca: { version: "v0.30.2", provisioners: [{ name: "cloud", type: "GCP", state: "Uninitialized" }] },
  },

  // tokens
  T1: {
    why: "no token at all, or not three parts",
    causes: ["TOKEN_UNREADABLE"],
    way: "token",
    sees: [401, invalid],
    log: "error parsing x5cInsecure token: go-jose/go-jose: compact JWS format must have three parts",
  },
  T2: {
    why: "no certificates in the token's header, or none that can be read",
    causes: ["TOKEN_UNREADABLE"],
    way: "token",
    sees: [401, invalid],
    log: "error extracting x5cInsecure cert chain: error parsing x5c cert",
  },
  "T3 chain": {
    why: "an intermediate is missing, or the root is another",
    causes: ["CHAIN_INCOMPLETE", "UNKNOWN_ISSUER"],
    way: "token",
    sees: [401, invalid],
    log: `${verifying} certificate signed by unknown authority`,
    leaf: { count: 1 },
  },
  "T3 clients": {
    why: "for clients only, on a CA before v0.26.2",
    causes: ["NO_SERVER_AUTH_OLD_CA"],
    way: "token",
    sees: [401, invalid],
    log: `${verifying} certificate specifies an incompatible key usage`,
    leaf: { usages: ["clientAuth"] },
    ca: { version: "v0.26.1" },
  },
  "T3 servers": {
    why: "for servers only, on a CA since v0.26.2",
    causes: ["NO_CLIENT_AUTH"],
    way: "token",
    sees: [401, invalid],
    log: `${verifying} certificate specifies an incompatible key usage`,
    leaf: { usages: ["serverAuth"] },
    ca: { version: "v0.30.2" },
  },
  "T3 issuer's usages": {
    why: "an issuer is for other usages",
    causes: ["ISSUER_FORBIDS_USAGE"],
    way: "token",
    sees: [401, invalid],
    log: `${verifying} certificate specifies an incompatible key usage`,
  },
  "T3 issuer's end": {
    why: "an issuer ends before the certificate",
    causes: ["OUTLIVES_ISSUER"],
    way: "token",
    sees: [401, invalid],
    log: `${verifying} certificate has expired or is not yet valid: current time 2026-03-01T09:59:00Z is after 2026-02-01T00:00:00Z`,
  },
  "T3 issuer's beginning": {
    why: "an issuer was issued anew after the certificate's end",
    causes: ["ISSUER_YOUNGER"],
    way: "token",
    sees: [401, invalid],
    log: `${verifying} certificate has expired or is not yet valid: current time 2026-03-01T09:59:00Z is before 2026-03-02T00:00:00Z`,
  },
  "T3 issuer's rights": {
    why: "an issuer that may not issue it",
    causes: ["ISSUER_UNFIT"],
    way: "token",
    sees: [401, invalid],
    log: `${verifying} too many intermediates for path length constraint`,
  },
  "T3 minute": {
    why: "it lived for less than a minute",
    causes: ["LIVED_UNDER_A_MINUTE"],
    way: "token",
    sees: [401, invalid],
    log: `${verifying} certificate has expired or is not yet valid: current time 2026-03-01T09:59:00Z is before 2026-03-01T09:59:30Z`,
    leaf: { notBefore: from(-2), notAfter: new Date(from(-2).getTime() + 30_000) },
  },
  "T3 names": {
    why: "an issuer in the chain forbids a name",
    causes: ["NAME_NOT_PERMITTED"],
    way: "token",
    sees: [401, invalid],
    log: `${verifying} a root or intermediate certificate is not authorized to sign for this name: DNS name "foo.org"`,
  },
  T4: {
    why: "the key may sign nothing",
    causes: ["NO_DIGITAL_SIGNATURE"],
    way: "token",
    sees: [401, invalid],
    log: "certificate used to sign x5cInsecure token cannot be used for digital signature",
    leaf: { keyUsages: ["keyEncipherment"] },
  },
  T5: {
    why: "signed with another key",
    causes: ["KEY_MISMATCH"],
    way: "token",
    sees: [500, invalid],
    log: "go-jose/go-jose: error in cryptographic primitive",
  },
  "T6 gone": {
    why: "the provisioner is gone",
    causes: ["PROVISIONER_GONE"],
    way: "token",
    sees: [401, U401],
    log: "error validating renew token: cannot get provisioner from certificate",
  },
  "T6 none": {
    why: "the certificate names none",
    causes: ["NO_EXTENSION_FOR_TOKEN"],
    way: "token",
    sees: [401, U401],
    log: "error validating renew token: cannot get provisioner from certificate",
    leaf: { provisioner: undefined as never },
  },
  T7: {
    why: "a token that was used before, sent twice by something in between",
    causes: ["TOKEN_REUSED"],
    way: "token",
    sees: [401, U401],
    log: "token already used",
  },
  T8: {
    why: "the token cannot be noted as used",
    causes: ["CA_STORE_FAILED"],
    way: "token",
    sees: [500, I500],
    log: "failed when attempting to store token: error saving token",
  },
  T9: {
    why: "a provisioner that has no tokens",
    causes: ["TOKEN_NOT_SUPPORTED"],
    way: "token",
    sees: [400, "The request could not be completed: token flow is not supported."],
    log: "token flow is not supported",
  },
  T10: {
    why: "another subject",
    causes: ["TOKEN_SUBJECT_WRONG"],
    way: "token",
    sees: [401, `${invalid}: invalid subject claim (sub)`],
    log: "go-jose/go-jose/jwt: validation failed, invalid subject claim (sub)",
  },
  T11: {
    why: "this clock is ahead",
    causes: ["CLOCK_AHEAD"],
    way: "token",
    sees: [401, `${invalid}: token not valid yet (nbf)`],
    log: "go-jose/go-jose/jwt: validation failed, token not valid yet (nbf)",
  },
  T12: {
    why: "this clock is behind",
    causes: ["CLOCK_BEHIND"],
    way: "token",
    sees: [401, `${invalid}: token is expired (exp)`],
    log: "go-jose/go-jose/jwt: validation failed, token is expired (exp)",
  },
  T13: {
    why: "this clock is ahead, by another claim",
    causes: ["CLOCK_AHEAD"],
    way: "token",
    sees: [401, `${invalid}: token issued in the future (iat)`],
    log: "go-jose/go-jose/jwt: validation field, token issued in the future (iat)",
  },
  T14: {
    why: "for a name that is none of the CA's",
    causes: ["AUDIENCE_NOT_A_CA_NAME"],
    way: "token",
    sees: [500, `${invalid}: invalid audience claim (aud)`],
    log: "go-jose/go-jose/jwt: validation failed, invalid audience claim (aud)",
  },
  "T14 v0.22": {
    why: "the same, on v0.19 to v0.22, which crash on it",
    causes: ["AUDIENCE_NOT_A_CA_NAME", "CA_PANICKED"],
    way: "token",
    sees: "closed",
    log: "",
    ca: { version: "v0.22.1" },
  },
  T15: {
    why: "from an issuer that the CA does not take; the other shape of an error",
    causes: ["TOKEN_ISSUER_WRONG"],
    way: "token",
    sees: [401, `${invalid}: invalid issuer claim (iss)`, "type"],
    log: `${invalid}: invalid issuer claim (iss)`,
  },
  T16: {
    why: "a token whose list of certificates is empty: a crash",
    causes: ["CA_PANICKED"],
    way: "token",
    sees: "closed",
    log: "http: panic serving 10.0.0.7:51234: runtime error: index out of range [0] with length 0",
  },
  T17: {
    why: "a cloud provisioner that trusts on first use has seen its one token",
    causes: ["TOKEN_REUSED"],
    way: "token",
    sees: [401, U401],
    log: "token already used",
    leaf: { provisioner: { type: "GCP", name: "cloud", credentialId: "" } },
  },
  "T old": {
    why: "a CA before v0.19.0 looks at no token",
    causes: ["CA_TOO_OLD_FOR_TOKENS"],
    way: "token",
    sees: [400, missing],
    log: "missing peer certificate",
  },

  // rekey
  K1: {
    why: "no certificate in the handshake",
    causes: ["TLS_TERMINATED"],
    way: "rekey",
    sees: [400, missing],
    log: "missing client certificate",
  },
  K2: {
    why: "no JSON",
    causes: ["REKEY_REQUEST_SPOILT"],
    way: "rekey",
    sees: [400, "The request could not be completed: error decoding json."],
    log: "error decoding json: unexpected EOF",
  },
  K3: {
    why: "no request in it",
    causes: ["REKEY_REQUEST_SPOILT"],
    way: "rekey",
    sees: [400, "The request could not be completed: missing csr."],
    log: "missing csr",
  },
  K4: {
    why: "a request whose signature is wrong",
    causes: ["REKEY_REQUEST_SPOILT"],
    way: "rekey",
    sees: [400, "The request could not be completed: invalid csr."],
    log: "invalid csr: x509: ECDSA verification failure",
  },
  K5: {
    why: "a key of another kind",
    causes: ["KEY_TYPE_NOT_SUPPORTED"],
    way: "rekey",
    sees: [500, I500],
    log: "cahandler.Rekey: x509: only RSA, ECDSA and Ed25519 keys supported",
  },
  K6: {
    why: "what a renewal meets, and a registration authority always",
    causes: ["RA_NEEDS_TOKEN"],
    way: "rekey",
    sees: [400, I500],
    log: "cahandler.Rekey: renewCertificateRequest `token` cannot be empty",
  },

  // HTTP
  "HTTP path": { why: "an unknown path", causes: ["WRONG_PATH"], sees: [404, "404 page not found", "text"], log: "" },
  "HTTP method": { why: "a wrong method", causes: ["WRONG_PATH"], sees: [405, "", "empty"], log: "" },
  "HTTP plain": {
    why: "plain HTTP on the TLS port",
    causes: ["PROXY_SPEAKS_HTTP"],
    sees: [400, "Client sent an HTTP request to an HTTPS server.", "text"],
    log: "http: TLS handshake error from 10.0.0.7:51234: client sent an HTTP request to an HTTPS server",
  },
  "HTTP headers": {
    why: "headers above a limit",
    causes: ["HEADER_TOO_LARGE"],
    way: "token",
    sees: [431, "431 Request Header Fields Too Large", "text"],
    log: "",
  },
  "HTTP nginx": {
    why: "headers above nginx' limit",
    causes: ["HEADER_TOO_LARGE"],
    way: "token",
    sees: [400, "400 Request Header Or Cookie Too Large", "html"],
    log: "",
  },
  "HTTP proxy": {
    why: "a proxy without its CA",
    causes: ["PROXY_ANSWERED"],
    sees: [502, "502 Bad Gateway", "html"],
    log: "",
  },
  "HTTP demand": {
    why: "a proxy that judges certificates itself",
    causes: ["TLS_TERMINATED"],
    sees: [400, "400 The SSL certificate error", "html"],
    log: "",
  },
  "HTTP slow": {
    why: "more than 15 s, which the CA cuts, or a restart",
    causes: ["CONNECTION_CUT"],
    way: "token",
    sees: "closed",
    log: "",
  },
  "HTTP stripped": {
    why: "a proxy that takes the token away",
    causes: ["TOKEN_NOT_SEEN"],
    way: "token",
    sees: [400, missing],
    log: "missing client certificate",
  },
  "HTTP another's": {
    why: "a proxy's own certificate is judged",
    causes: ["PROXY_CERTIFICATE"],
    sees: [
      401,
      "The request lacked necessary authorization to be completed: certificate expired on 2025-01-01 10:00:00 +0000 UTC",
    ],
    log: "",
  },

  // TLS
  "TLS 45 late": {
    why: "expired",
    causes: ["EXPIRED"],
    sees: { alert: 45 },
    log: `${handshake} certificate has expired or is not yet valid: current time 2026-03-02T10:00:00Z is after 2026-03-01T10:00:00Z`,
    leaf: { notBefore: from(-48), notAfter: from(-24) },
  },
  "TLS 45 clock": {
    why: "expired, and this clock is behind",
    causes: ["CLOCK_BEHIND"],
    sees: { alert: 45 },
    log: `${handshake} certificate has expired or is not yet valid: current time 2026-03-02T10:00:00Z is after 2026-03-01T10:00:00Z`,
    ca: { clock: { ours: at, ca: from(48) } },
  },
  "TLS 45 early": {
    why: "not valid yet",
    causes: ["NOT_YET_VALID"],
    sees: { alert: 45 },
    log: `${handshake} certificate has expired or is not yet valid: current time 2026-03-02T10:00:00Z is before 2026-03-03T10:00:00Z`,
    leaf: { notBefore: from(24), notAfter: from(48) },
  },
  "TLS 48": {
    why: "another CA's, or an earlier intermediate's without that",
    causes: ["UNKNOWN_ISSUER", "CHAIN_INCOMPLETE"],
    sees: { alert: 48 },
    log: `${handshake} certificate signed by unknown authority`,
    leaf: { count: 1 },
  },
  "TLS 42": {
    why: "not for clients",
    causes: ["NO_CLIENT_AUTH"],
    sees: { alert: 42 },
    log: `${handshake} certificate specifies an incompatible key usage`,
    leaf: { usages: ["serverAuth"] },
  },
  "TLS 42 issuer": {
    why: "an issuer is for servers only",
    causes: ["ISSUER_FORBIDS_USAGE"],
    sees: { alert: 42 },
    log: `${handshake} certificate specifies an incompatible key usage`,
  },
  "TLS 42 old": {
    why: "anything, from a CA built with Go 1.20 or older",
    causes: ["EXPIRED", "UNKNOWN_ISSUER", "NOT_YET_VALID"],
    sees: { alert: 42 },
    log: "",
    leaf: { notBefore: from(-48), notAfter: from(1) },
    ca: { version: "v0.25.2" },
  },
  "TLS 43": {
    why: "another TLS stack, in front of the CA",
    causes: ["TLS_TERMINATED", "KEY_TYPE_NOT_SUPPORTED"],
    sees: { alert: 43 },
    log: "",
  },
  "TLS 51": {
    why: "the handshake was signed with another key",
    causes: ["KEY_MISMATCH"],
    sees: { alert: 51 },
    log: "",
  },
  "TLS 116": {
    why: "a proxy that demands a certificate",
    causes: ["CERTIFICATE_NOT_SENT"],
    way: "token",
    sees: { alert: 116 },
    log: "",
  },
};

function evidence({ sees, leaf, ca, way }: Row, method: Evidence["method"]): Evidence {
  const life =
    method === "token" ? { notBefore: from(-48), notAfter: from(-24) } : { notBefore: from(-1), notAfter: from(23) };
  const said = Array.isArray(sees) ? sees : undefined;
  return {
    at,
    method,
    ...(way === "rekey" && { operation: "rekey" as const }),
    certificate: {
      file: "web.crt",
      subject: "CN=web.internal",
      serial: "4711",
      issuer: "CN=Intermediate CA",
      names: ["web.internal"],
      usages: ["serverAuth", "clientAuth"],
      keyUsages: ["digitalSignature"],
      count: 2,
      provisioner: { type: "JWK", name: "admin", credentialId: "key-1" },
      ...life,
      ...leaf,
    },
    ...(typeof sees === "object" && "alert" in sees ? { alert: sees.alert } : sees === "closed" && { alert: null }),
    ...(said && { answer: { status: said[0], said: said[1], shape: said[2] ?? "status" } }),
    ca: { url: "https://ca.internal:9000", ...ca },
  };
}

const cases = Object.entries(rows).flatMap(([id, row]) => {
  const ways = row.way === "both" ? (["mtls", "token"] as const) : ([row.way === "token" ? "token" : "mtls"] as const);
  return ways.map((method) => ({ name: `${id} ${method}: ${row.why}`, row, method }));
});

describe("what the client sees keeps the cause in the diagnosis", () => {
  test.each(cases)("$name", ({ row, method }) => {
    const given = evidence(row, method);
    // T1, T2 and T7 take something in between, as renew's own tokens are sound and sent once.
    const isSpoilt = row.causes.some((id) => id === "TOKEN_UNREADABLE" || id === "TOKEN_REUSED");
    const shown = isSpoilt && given.answer ? { ...given, answer: { ...given.answer, via: "1.1 gateway" } } : given;
    const { causes } = diagnose(shown);
    expect(causes.map(({ id }) => id)).toEqual(expect.arrayContaining([...row.causes]));
  });
});

const idsOf = (line: string) => recognise(line).flatMap(({ ids }) => ids);

describe("a pasted line leads to the cause", () => {
  test.each(Object.entries(rows).filter(([, { log }]) => log !== ""))("%s, from the CA's log", (_, { log, causes }) => {
    expect(idsOf(`time="2026-03-02T10:00:00Z" level=warning error="${log}"`)).toEqual(
      expect.arrayContaining([...causes]),
    );
  });

  const answers = Object.entries(rows).filter(
    (entry): entry is [string, Row & { sees: readonly [number, string, ...unknown[]] }] =>
      Array.isArray(entry[1].sees) && entry[1].sees[2] === undefined,
  );
  test.each(answers)("%s, from the answer", (_, { sees: [status, message], causes }) => {
    const means = idsOf(JSON.stringify({ status, message }));
    // That another certificate was judged only its end tells, which no sentence holds.
    const known = causes.filter((id) => id !== "PROXY_CERTIFICATE");
    expect(means).toEqual(expect.arrayContaining(known));
  });

  const alerts = Object.entries(rows).filter(([, { sees }]) => typeof sees === "object" && "alert" in sees);
  test.each(alerts)("%s, from the alert", (_, { sees, causes }) => {
    const number = typeof sees === "object" && "alert" in sees ? sees.alert : 0;
    expect(idsOf(`SSL routines:ssl3_read_bytes:reason(${1000 + number}):SSL alert number ${number}`)).toEqual(
      expect.arrayContaining([...causes]),
    );
  });
});

test("the rows are all there", () => {
  const named = new Set(Object.keys(rows).map((id) => id.split(" ")[0]));
  const wanted = [
    ...Array.from({ length: 18 }, (_, n) => `R${n + 1}`),
    "R3b",
    ...Array.from({ length: 17 }, (_, n) => `T${n + 1}`),
    ...Array.from({ length: 6 }, (_, n) => `K${n + 1}`),
    "HTTP",
    "TLS",
  ];
  expect(wanted.filter((id) => !named.has(id))).toEqual([]);
});
