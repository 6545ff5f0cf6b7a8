/** Everything that people paste, by who said it. */
import { describe, expect, test } from "vitest";
import { causes } from "../../src/failure/diagnosis/causes.ts";
import { recognise } from "../../src/failure/diagnosis/recognise.ts";
import type { CauseId } from "../../src/failure/evidence.ts";

const idsOf = (text: string) => recognise(text).flatMap(({ ids }) => ids);
const U401 =
  "The request lacked necessary authorization to be completed. Please see the certificate authority logs for more info.";
const I500 =
  "The certificate authority encountered an Internal Server Error. Please see the certificate authority logs for more info.";
const wrongUsage = "x509: certificate specifies an incompatible key usage";
const outOfTime = "x509: certificate has expired or is not yet valid: current time 2026-03-02T10:00:00Z is";

const leads = (rows: readonly (readonly [string, readonly string[]])[]) =>
  test.each(rows)("%s", (line, wanted) => expect(idsOf(line)).toEqual(expect.arrayContaining([...wanted])));
/** All that it means, and nothing else. */
const means = (rows: readonly (readonly [string, readonly string[]])[]) =>
  test.each(rows)("%s", (line, wanted) => expect([...idsOf(line)].sort()).toEqual([...wanted].sort()));

describe("the CA's log", () => {
  const refused = ["NO_SERVER_AUTH_OLD_CA", "NO_CLIENT_AUTH", "ISSUER_FORBIDS_USAGE"];
  means([
    [`error verifying x5cInsecure certificate chain: ${wrongUsage}`, refused],
    [wrongUsage, refused],
    [
      `http: TLS handshake error from 10.0.0.7:51234: tls: failed to verify certificate: ${wrongUsage}`,
      refused.slice(1),
    ],
    [
      `http: TLS handshake error from [::1]:9: tls: failed to verify client certificate: ${wrongUsage}`,
      refused.slice(1),
    ],
    [
      `http: TLS handshake error from 10.0.0.7:1: tls: failed to verify certificate: ${outOfTime} after 2026-03-01T00:00:00Z`,
      ["EXPIRED", "OUTLIVES_ISSUER", "CLOCK_BEHIND"],
    ],
    [
      `http: TLS handshake error from 10.0.0.7:1: tls: failed to verify certificate: ${outOfTime} before 2026-03-04T00:00:00Z`,
      ["NOT_YET_VALID", "ISSUER_YOUNGER"],
    ],
    [
      `error verifying x5cInsecure certificate chain: ${outOfTime} before 2026-03-04T00:00:00Z`,
      ["LIVED_UNDER_A_MINUTE", "ISSUER_YOUNGER", "NOT_YET_VALID"],
    ],
    [
      'tls: failed to verify client certificate: x509: certificate signed by unknown authority (possibly because of "x509: ECDSA verification failure" while trying to verify candidate authority certificate "k3s-client-ca@1714937196")',
      ["UNKNOWN_ISSUER", "CHAIN_INCOMPLETE", "ISSUER_YOUNGER"],
    ],
    ["authority.authorizeRenew: renew is disabled for provisioner 'norenew'", ["RENEWAL_DISABLED"]],
    ["cahandler.Renew: authority.Rekey: authority.authorizeRenew: certificate has been revoked", ["REVOKED"]],
    ["certificate has been revoked", ["REVOKED"]],
    ["provisioner not found", ["PROVISIONER_GONE"]],
    [
      "error validating renew token: cannot get provisioner from certificate",
      ["PROVISIONER_GONE", "NO_EXTENSION_FOR_TOKEN"],
    ],
    ["certificate is not yet valid 2026-03-02T10:00:00Z vs 2026-03-03T10:00:00Z", ["NOT_YET_VALID"]],
    ["authority.authorizeRenew: provisioner.AuthorizeRenew not implemented", ["PROVISIONER_CANNOT_RENEW"]],
    ["renewCertificateRequest `token` cannot be empty", ["RA_NEEDS_TOKEN"]],
    ["vaultCAS does not support renewals", ["CAS_CANNOT_RENEW"]],
    [
      "client POST https://ca.internal:9000/1.0/renew failed: dial tcp 10.0.0.1:9000: connect: connection refused",
      ["CA_UNREACHABLE", "RA_UPSTREAM"],
    ],
    [
      'level=warning error="cahandler.Renew: client POST https://ca.internal:9000/1.0/renew failed: dial tcp 10.0.0.1:9000: connect: connection refused" status=500',
      ["RA_UPSTREAM"],
    ],
    ["token already used", ["TOKEN_REUSED"]],
    ["go-jose/go-jose: error in cryptographic primitive", ["KEY_MISMATCH"]],
    ["go-jose/go-jose/jwt: validation failed, token not valid yet (nbf)", ["CLOCK_AHEAD"]],
    ["go-jose/go-jose/jwt: validation field, token issued in the future (iat)", ["CLOCK_AHEAD"]],
    ["go-jose/go-jose/jwt: validation failed, token is expired (exp)", ["CLOCK_BEHIND"]],
    ["go-jose/go-jose/jwt: validation failed, invalid audience claim (aud)", ["AUDIENCE_NOT_A_CA_NAME"]],
    ["go-jose/go-jose/jwt: validation failed, invalid subject claim (sub)", ["TOKEN_SUBJECT_WRONG"]],
    ["error validating renew token: invalid issuer claim (iss)", ["TOKEN_ISSUER_WRONG"]],
    ["authority.authorizeRenew: error checking revocation bucket: database is locked", ["CA_STORE_FAILED"]],
    ["createCertificateRequest `lifetime` cannot be 0", ["LIFETIME_IS_BACKDATE"]],
    [
      "2026/03/02 10:00:00 http: panic serving 10.0.0.7:51234: runtime error: index out of range",
      ["PROVISIONER_NOT_READY", "CA_PANICKED"],
    ],
    ["cahandler.Rekey: x509: only RSA, ECDSA and Ed25519 keys supported", ["KEY_TYPE_NOT_SUPPORTED"]],
    ["client sent an HTTP request to an HTTPS server", ["PROXY_SPEAKS_HTTP"]],
    [
      "http: TLS handshake error from 10.0.0.7:51234: EOF",
      ["CA_UNTRUSTED", "CA_NAME_MISMATCH", "CA_CERT_EXPIRED", "CA_CERT_NOT_YET_VALID"],
    ],
    [
      "http: TLS handshake error from 10.0.0.7:51234: remote error: tls: bad certificate",
      ["CA_UNTRUSTED", "CA_NAME_MISMATCH", "CA_CERT_EXPIRED", "CA_CERT_NOT_YET_VALID"],
    ],
  ]);

  test("every sentence that a cause names leads to that cause, in every form of a log line", () => {
    const forms = [
      (log: string) => `time="2026-03-02T10:00:00Z" level=error msg="${log}"`,
      (log: string) => `{"duration":"1ms","error":${JSON.stringify(log)},"level":"warning","status":401}`,
      (log: string) => `Mar 02 10:00:00 ca step-ca[4711]: time="…" level=warning error="${log}" status=401`,
      (log: string) => `step-ca-0  | ${log}`,
      (log: string) => `2026-03-02T10:00:00.123456789Z stderr F ${log}`,
      (log: string) => `\u001b[33mWARN\u001b[0m ${log.toUpperCase()}`,
    ];
    const lost = (Object.keys(causes) as CauseId[]).flatMap((id) =>
      causes[id].logs.flatMap((log) => forms.map((form) => form(log)).filter((line) => !idsOf(line).includes(id))),
    );
    expect(lost).toEqual([]);
  });
});

describe("what the CA answers, as step prints it or as it came over the wire", () => {
  leads([
    ["error validating renew token", ["NO_SERVER_AUTH_OLD_CA", "UNKNOWN_ISSUER", "CHAIN_INCOMPLETE"]],
    ["error renewing certificate: error validating renew token", ["NO_SERVER_AUTH_OLD_CA", "NO_CLIENT_AUTH"]],
    [U401, ["RENEWAL_DISABLED", "PROVISIONER_GONE", "REVOKED"]],
    ["The request lacked necessary authorization to be completed", ["RENEWAL_DISABLED", "REVOKED"]],
    [`error renewing certificate: ${U401}`, ["RENEWAL_DISABLED", "PROVISIONER_CANNOT_RENEW"]],
    [U401.toLowerCase(), ["REVOKED"]],
    [I500, ["CA_STORE_FAILED", "CA_SIGNER_FAILED", "RA_UPSTREAM", "RA_NEEDS_TOKEN", "CAS_CANNOT_RENEW"]],
    [`{"status":501,"message":"${I500}"}`, ["CAS_CANNOT_RENEW"]],
    [`{"status": 400, "message": "${I500}"}`, ["RA_NEEDS_TOKEN"]],
    [`{"status":401,"message":"${I500}"}`, ["RA_UPSTREAM"]],
    ["The request could not be completed: missing client certificate.", ["TLS_TERMINATED", "CERTIFICATE_NOT_SENT"]],
    [
      "The request could not be completed; malformed or missing data. Please see the certificate authority logs for more info.",
      ["TLS_TERMINATED"],
    ],
    ['{"status":500,"message":"error renewing certificate"}', ["NAME_UNREADABLE"]],
  ]);
  means([
    ['{"status":401,"message":"error validating renew token: token is expired (exp)"}', ["CLOCK_BEHIND"]],
    ['{"status":500,"message":"error validating renew token"}', ["KEY_MISMATCH"]],
    [
      '{"type":"unauthorized","detail":"unauthorized","message":"error validating renew token: invalid issuer claim (iss)"}',
      ["TOKEN_ISSUER_WRONG"],
    ],
    ["error validating renew token: invalid audience claim (aud)", ["AUDIENCE_NOT_A_CA_NAME"]],
    [
      "The request lacked necessary authorization to be completed: certificate expired on 2026-01-02 03:04:05 +0000 UTC",
      ["EXPIRED_NOT_ALLOWED"],
    ],
    ['DNS name "foo.org" is not permitted by any constraint', ["NAME_NOT_PERMITTED"]],
    ['IP address "10.1.1.1" is excluded by constraint "10.0.0.0/8"', ["NAME_NOT_PERMITTED"]],
    ["The request could not be completed: token flow is not supported.", ["TOKEN_NOT_SUPPORTED"]],
    ["The request could not be completed: missing csr.", ["REKEY_REQUEST_SPOILT"]],
    ["Client sent an HTTP request to an HTTPS server.", ["PROXY_SPEAKS_HTTP"]],
    ["404 page not found", ["WRONG_PATH", "NOT_A_CA"]],
  ]);
});

describe("TLS alerts, whoever's words", () => {
  const alert42 = "NO_CLIENT_AUTH";
  leads([
    ['error renewing certificate: Post "https://ca:9000/renew": remote error: tls: bad certificate', [alert42]],
    ["(POST failed:) remote error: tls: expired certificate", ["EXPIRED", "NOT_YET_VALID"]],
    ["remote error: tls: unknown certificate authority", ["UNKNOWN_ISSUER"]],
    ["remote error: tls: unsupported certificate", ["KEY_TYPE_NOT_SUPPORTED", "TLS_TERMINATED"]],
    ["remote error: tls: revoked certificate", ["REVOKED"]],
    ["remote error: tls: certificate required", ["CERTIFICATE_NOT_SENT"]],
    ["remote error: tls: error decrypting message", ["KEY_MISMATCH"]],
    ["code: 'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE'", [alert42]],
    ["ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED", ["EXPIRED"]],
    ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", ["UNKNOWN_ISSUER"]],
    [
      "Error: 140735:error:0A000412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate:../deps/openssl/openssl/ssl/record/rec_layer_s3.c:1601:SSL alert number 42",
      [alert42],
    ],
    ["write EPROTO 80B1:error:0A000415:SSL routines:ssl3_read_bytes:reason(1045):SSL alert number 45", ["EXPIRED"]],
    [
      "curl: (56) OpenSSL SSL_read: OpenSSL/3.0.2: error:0A000412:SSL routines::sslv3 alert bad certificate, errno 0",
      [alert42],
    ],
    [
      "4097:error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:ssl/record/rec_layer_s3.c:1586:",
      ["UNKNOWN_ISSUER"],
    ],
    ["javax.net.ssl.SSLHandshakeException: Received fatal alert: bad_certificate", [alert42]],
    ["javax.net.ssl.SSLException: Received fatal alert: certificate_expired", ["EXPIRED"]],
    ["received fatal alert: UnknownCA", ["UNKNOWN_ISSUER"]],
    ["SSL_ERROR_BAD_CERT_ALERT", [alert42]],
    ["SSL_ERROR_EXPIRED_CERT_ALERT", ["EXPIRED"]],
    ["error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:SSL alert number 40", ["NOT_A_CA"]],
  ]);
});

describe("clients about the server", () => {
  means([
    ["tls: failed to verify certificate: x509: certificate signed by unknown authority", ["CA_UNTRUSTED"]],
    [
      `Unable to connect to the server: tls: failed to verify certificate: ${outOfTime} after 2026-03-01T00:00:00Z`,
      ["CA_CERT_EXPIRED"],
    ],
    [`Unable to connect to the server: ${outOfTime} before 2026-03-04T00:00:00Z`, ["CA_CERT_NOT_YET_VALID"]],
    ["Unable to connect to the server: x509: certificate signed by unknown authority", ["CA_UNTRUSTED"]],
    ["x509: cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs", ["CA_NAME_MISMATCH"]],
    ["x509: certificate is valid for ca.internal, not localhost", ["CA_NAME_MISMATCH"]],
    ["Error [ERR_TLS_CERT_ALTNAME_INVALID]: Hostname/IP does not match certificate's altnames", ["CA_NAME_MISMATCH"]],
    ["code: 'SELF_SIGNED_CERT_IN_CHAIN'", ["CA_UNTRUSTED"]],
    ["Error: unable to get issuer certificate", ["CA_UNTRUSTED"]],
    ["Error: certificate has expired", ["CA_CERT_EXPIRED"]],
    ["verify error:num=20:unable to get local issuer certificate", ["CA_UNTRUSTED"]],
    ["Verify return code: 10 (certificate has expired)", ["CA_CERT_EXPIRED"]],
    ["curl: (60) SSL certificate problem: unable to get local issuer certificate", ["CA_UNTRUSTED"]],
    ["curl: (60) SSL certificate problem: certificate has expired", ["CA_CERT_EXPIRED"]],
    ["curl: (60) SSL certificate problem: certificate is not yet valid", ["CA_CERT_NOT_YET_VALID"]],
    ["curl: (60) SSL: no alternative certificate subject name matches target host name 'ca'", ["CA_NAME_MISMATCH"]],
    ["curl: (7) Failed to connect to ca.internal port 9000 after 0 ms: Couldn't connect to server", ["CA_UNREACHABLE"]],
    ["curl: (6) Could not resolve host: ca.internal", ["CA_UNREACHABLE"]],
    ["curl: (28) Connection timed out after 5001 milliseconds", ["CA_TIMEOUT"]],
    ["curl: (52) Empty reply from server", ["CA_CLOSED"]],
    ["curl: (35) error:0A00010B:SSL routines::wrong version number", ["NOT_A_CA"]],
    [
      "PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target",
      ["CA_UNTRUSTED"],
    ],
    ["java.security.cert.CertificateExpiredException: NotAfter: Mon Mar 02 10:00:00 UTC 2026", ["CA_CERT_EXPIRED"]],
    ["javax.net.ssl.SSLException: Unsupported or unrecognized SSL message, plaintext connection?", ["NOT_A_CA"]],
    [
      "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed (_ssl.c:1007)",
      ["CA_UNTRUSTED"],
    ],
    ["dial tcp 127.0.0.1:9000: connect: connection refused", ["CA_UNREACHABLE"]],
    ["dial tcp: lookup ca.internal on 10.0.0.2:53: no such host", ["CA_UNREACHABLE"]],
    ["dial tcp 10.0.0.1:9000: i/o timeout", ["CA_TIMEOUT"]],
    ["Error: socket hang up", ["CA_CLOSED"]],
    ['Post "https://ca.internal:9000/renew": EOF', ["CA_CLOSED"]],
    ["tls: first record does not look like a TLS handshake", ["NOT_A_CA"]],
    ["http: server gave HTTP response to HTTPS client", ["NOT_A_CA"]],
  ]);
});

describe("proxies", () => {
  leads([
    [
      "<center><h1>400 Bad Request</h1></center>\n<center>No required SSL certificate was sent</center>",
      ["TLS_TERMINATED"],
    ],
    ["<head><title>400 The SSL certificate error</title></head>", ["TLS_TERMINATED"]],
    [
      "client SSL certificate verify error: (10:certificate has expired) while reading client request headers",
      ["TLS_TERMINATED"],
    ],
    ["<h1>400 Request Header Or Cookie Too Large</h1>", ["HEADER_TOO_LARGE"]],
    ["431 Request Header Fields Too Large", ["HEADER_TOO_LARGE"]],
    ["<center><h1>502 Bad Gateway</h1></center>", ["CA_UNREACHABLE", "PROXY_ANSWERED"]],
    ["503 Service Temporarily Unavailable", ["CA_UNREACHABLE"]],
    ["504 Gateway Time-out", ["CA_UNREACHABLE"]],
    ["no healthy upstream", ["CA_UNREACHABLE"]],
    ["<title>403 Forbidden</title>", ["PROXY_REFUSED"]],
    ["429 Too Many Requests", ["CA_BUSY"]],
    ["The plain HTTP request was sent to HTTPS port", ["PROXY_SPEAKS_HTTP"]],
  ]);
});

describe("what step 0.30.6 prints of itself", () => {
  leads([
    ["open /dev/tty failed: no such device or address", ["WOULD_OVERWRITE", "EXPIRED_NEEDS_FORCE"]],
    ["error reading certificate chain: web.crt: no such file or directory", ["FILE_MISSING"]],
    ["error loading private key: web.key: executable file not found in $PATH", ["FILE_MISSING"]],
    ["error loading private key: web.key: is a directory", ["FILE_IS_FOLDER"]],
    ["error reading certificate chain: web.crt: malformed certificate", ["NOT_PEM", "FILE_EMPTY", "BAD_CERTIFICATE"]],
    ["error reading certificate chain: web.key: does not contain a valid PEM encoded certificate", ["SWAPPED"]],
    ["error loading private key: web.key: not a valid PEM encoded block", ["NOT_PEM"]],
    ["error loading private key: file x.key does not contain a valid private key", ["PUBLIC_KEY"]],
    ["error loading private key: web.key: no such device or address", ["KEY_ENCRYPTED"]],
    ["error loading private key: web.key: decryption password incorrect", ["WRONG_PASSPHRASE"]],
    ["error loading private key: pass.txt: no such file or directory", ["FILE_MISSING"]],
    ["error reading cert pool: open nope.crt: no such file or directory", ["ROOT_MISSING"]],
    ["error reading cert pool: not certificates found", ["ROOT_NOT_PEM"]],
    ["invalid value 'ftp://localhost' for flag '--ca-url'; must have https scheme", ["BAD_URL"]],
    ["'step ca renew' requires the '--ca-url' flag", ["CA_URL_MISSING"]],
    ["flag '--pid' and flag '--pid-file' are mutually exclusive", ["FLAG_CONFLICT"]],
    ["flag '--renew-period' requires the '--daemon' flag", ["FLAG_CONFLICT"]],
    ["invalid value 'soon' for flag '--expires-in'", ["BAD_DURATION"]],
    ["too many positional arguments were provided in 'step ca renew <crt-file> <key-file>'", ["BAD_FLAG"]],
    ["open no/where.crt failed: no such file or directory", ["CANNOT_WRITE"]],
    ["open out failed: is a directory", ["CANNOT_WRITE"]],
    [
      "(POST failed:) tls: failed to verify certificate: x509: certificate signed by unknown authority",
      ["CA_UNTRUSTED"],
    ],
    ["Too Many Requests", ["CA_BUSY"]],
    [
      "error renewing certificate: failed decoding CA error response: invalid character '<' looking for beginning of value",
      ["NOT_A_CA", "PROXY_REFUSED"],
    ],
    ["Something unexpected happened. If you want to help us debug the problem, please run:", ["NOT_A_CA"]],
    ["tls: private key does not match public key", ["KEY_MISMATCH"]],
    ["error:05800074:x509 certificate routines::key values mismatch", ["KEY_MISMATCH"]],
  ]);
});

describe("our own words", () => {
  const screen = [
    "$ renew --force web.crt web.key",
    "error[CA_REFUSED]: the CA refused to renew web.crt by token",
    "  why: The CA keeps the reason to its log.",
    '  evidence   the CA said  401 "error validating renew token"',
    "  causes     NO_SERVER_AUTH_OLD_CA (likely): the certificate's extended key",
    "               usage is clientAuth only",
    "             UNKNOWN_ISSUER (possible): the CA's roots may be others than ours",
    "  ruled out  CHAIN_INCOMPLETE: what was sent leads to a root",
    '  help: 1. the log proves it with "x509: certificate specifies an incompatible key usage"',
  ].join("\n");
  means([
    [screen, ["CA_REFUSED", "NO_SERVER_AUTH_OLD_CA", "UNKNOWN_ISSUER"]],
    ['    "code": "CERT_EXPIRED",', ["CERT_EXPIRED"]],
  ]);
});

describe("however it was pasted", () => {
  const wanted = ["NO_SERVER_AUTH_OLD_CA", "NO_CLIENT_AUTH", "ISSUER_FORBIDS_USAGE"];
  test.each([
    ["upper case", wrongUsage.toUpperCase()],
    ["in quotes", `"${wrongUsage}"`],
    ["in typographic quotes", `\u201c${wrongUsage}\u201d`],
    ["with a full stop", `${wrongUsage}.`],
    ["behind a prompt", `Error: ${wrongUsage}`],
    ["with Windows' line ends", `$ step ca renew\r\n${wrongUsage}\r\n`],
    ["in colour", `\u001b[31merror\u001b[0m: \u001b[1m${wrongUsage}\u001b[0m`],
    ["with hard blanks", wrongUsage.replaceAll(" ", "\u00a0")],
    ["broken in two by a terminal", wrongUsage.replace("an inc", "an\n  inc")],
  ])("%s", (_, text) => expect(idsOf(text).sort()).toEqual([...wanted].sort()));

  test("many lines of one meaning are one, and counted", () => {
    const lines = Array.from({ length: 50 }, (_, n) => `time=${n} error="token already used"`).join("\n");
    expect(recognise(lines)).toEqual([{ line: 'time=0 error="token already used"', ids: ["TOKEN_REUSED"], count: 50 }]);
  });

  test.each([
    "hello",
    "",
    "a",
    "x509",
    "GET /health 200",
    "\u0000\u0001\ufffd",
    "certificate",
    "error: ",
    "level=info",
  ])("and %j means nothing", (line) => expect(idsOf(line)).toEqual([]));

  test.each([
    ["one line without end", "error loading private key ".repeat(160_000)],
    ["lines that nearly mean something", "error loading private key: open /dev/ tls: x509: \n".repeat(80_000)],
    [
      "noise",
      Buffer.from(Array.from({ length: 1 << 20 }, (_, n) => (n * 7919) % 256))
        .toString("latin1")
        .repeat(4),
    ],
  ])("4 MiB of %s are read in a moment", (_, text) => {
    const started = performance.now();
    recognise(text);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe("what step says of a request that failed leads to why it failed", () => {
  const by = (words: string) => `error renewing certificate: client POST https://ca.internal/renew failed: ${words}`;
  leads([
    [by("remote error: tls: bad certificate"), ["NO_CLIENT_AUTH"]],
    [by("remote error: tls: expired certificate"), ["EXPIRED"]],
    [by("remote error: tls: unknown certificate authority"), ["UNKNOWN_ISSUER"]],
  ]);
  means([
    [by("dial tcp 127.0.0.1:9000: connect: connection refused"), ["CA_UNREACHABLE"]],
    [by("dial tcp: lookup ca.internal on 10.0.0.2:53: no such host"), ["CA_UNREACHABLE"]],
    [by("dial tcp 10.0.0.1:9000: i/o timeout"), ["CA_TIMEOUT"]],
    [by("net/http: TLS handshake timeout"), ["CA_TIMEOUT"]],
    [by("EOF of a kind that nobody knows"), ["RA_UPSTREAM"]],
    [by("tls: failed to verify certificate: x509: certificate signed by unknown authority"), ["CA_UNTRUSTED"]],
    ["unable to load certificate: PEM routines:get_name:no start line", ["NOT_PEM", "ROOT_NOT_PEM", "FILE_EMPTY"]],
    ["error:0480006C:PEM routines::no start line", ["NOT_PEM", "ROOT_NOT_PEM", "FILE_EMPTY"]],
    ["code: 'ERR_OSSL_PEM_NO_START_LINE'", ["NOT_PEM", "ROOT_NOT_PEM", "FILE_EMPTY"]],
  ]);
  test.each(["bad certificate", "expired certificate", "unknown certificate"])("%s is not the CA behind", (name) => {
    expect(idsOf(by(`remote error: tls: ${name}`))).not.toContain("RA_UPSTREAM");
  });

  test("a sentence of many causes begins with those that are met most", () => {
    const ids = idsOf("error validating renew token");
    expect(ids.slice(0, 4)).toEqual(["NO_SERVER_AUTH_OLD_CA", "NO_CLIENT_AUTH", "CHAIN_INCOMPLETE", "UNKNOWN_ISSUER"]);
    expect(ids.at(-1)).toBe("LIVED_UNDER_A_MINUTE");
  });
});
