import { describe, expect, test } from "vitest";
import { causes } from "../../src/failure/diagnosis/causes.ts";
import { recognise } from "../../src/failure/diagnosis/recognise.ts";
import type { CauseId } from "../../src/failure/evidence.ts";

const idsOf = (text: string) => recognise(text).flatMap(({ ids }) => ids);

describe("a pasted message leads to what it means", () => {
  test.each([
    [
      "error verifying x5cInsecure certificate chain: x509: certificate specifies an incompatible key usage",
      ["NO_SERVER_AUTH_OLD_CA", "NO_CLIENT_AUTH"],
    ],
    ["x509: certificate specifies an incompatible key usage", ["NO_SERVER_AUTH_OLD_CA", "NO_CLIENT_AUTH"]],
    ["error validating renew token", ["NO_SERVER_AUTH_OLD_CA", "UNKNOWN_ISSUER"]],
    ["(POST failed:) remote error: tls: bad certificate", ["NO_CLIENT_AUTH"]],
    ["remote error: tls: expired certificate", ["EXPIRED"]],
    ["remote error: tls: unknown certificate authority", ["UNKNOWN_ISSUER"]],
    ["ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE", ["NO_CLIENT_AUTH"]],
    [
      "The request lacked necessary authorization to be completed. Please see the certificate authority logs for more info.",
      ["RENEWAL_DISABLED", "PROVISIONER_GONE", "REVOKED"],
    ],
    ['{"status":401,"message":"error validating renew token: token is expired (exp)"}', ["CLOCK_BEHIND"]],
    ["authority.authorizeRenew: renew is disabled for provisioner 'norenew'", ["RENEWAL_DISABLED"]],
    ["authority.authorizeRenew: certificate has been revoked", ["REVOKED"]],
    ["renewCertificateRequest `token` cannot be empty", ["RA_NEEDS_TOKEN"]],
    ["certificate expired on 2026-01-02 03:04:05 +0000 UTC", ["EXPIRED_NOT_ALLOWED"]],
    ["dial tcp 127.0.0.1:9000: connect: connection refused", ["CA_UNREACHABLE"]],
    ["tls: failed to verify certificate: x509: certificate signed by unknown authority", ["CA_UNTRUSTED"]],
    ["failed decoding CA error response: invalid character '<' looking for beginning of value", ["NOT_A_CA"]],
    ["error loading private key: : decryption password incorrect", ["WRONG_PASSPHRASE"]],
  ])("%s", (line, wanted) => {
    expect(idsOf(line)).toEqual(expect.arrayContaining(wanted));
  });

  test.each(["hello", "", "a", "x509", "GET /health 200"])("and %j means nothing", (line) => {
    expect(idsOf(line)).toEqual([]);
  });

  test("every sentence of the CA's log that a cause names leads to that cause", () => {
    const lost = (Object.keys(causes) as CauseId[]).flatMap((id) =>
      causes[id].logs.filter((log) => !idsOf(`time="…" level=error msg="${log}"`).includes(id)),
    );
    expect(lost).toEqual([]);
  });
});
