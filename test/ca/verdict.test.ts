import { describe, expect, test } from "vitest";
import { readAnswered } from "../../src/ca/response.ts";
import { isCertificateNotSeen, isTokenWanted } from "../../src/ca/second-try.ts";
import { isHeaderTooLarge, refusalCode } from "../../src/ca/verdict.ts";

const unauthorized = "The request lacked necessary authorization to be completed. ";
const internal =
  "The certificate authority encountered an Internal Server Error. Please see the certificate authority logs for more info.";

function answered(status: number, body: string, type = "application/json") {
  const at = new Date();
  return readAnswered({
    url: "",
    status,
    headers: { "content-type": type },
    body: Buffer.from(body),
    at,
    roundTripMs: 1,
  });
}

const said = (status: number, message: string) => answered(status, JSON.stringify({ status, message }));
const saidSince019 = (status: number, message: string) =>
  answered(status, JSON.stringify({ type: "urn:x", detail: message, message }));
const page = (status: number, title: string) => answered(status, `<html><title>${title}</title></html>`, "text/html");

describe("the message decides first, the status second", () => {
  test.each([
    ["401, no reason", said(401, unauthorized), "CA_REFUSED"],
    ["401 in the other shape", saidSince019(401, unauthorized), "CA_REFUSED"],
    ["401, expired", said(401, `${unauthorized}certificate expired on 2026-03-02 12:00:00 +0000 UTC`), "CERT_EXPIRED"],
    ["500, and it will never pass", said(500, "error validating renew token"), "CA_REFUSED"],
    ["500, and it will never pass either", said(500, "error renewing certificate: x"), "CA_REFUSED"],
    ["500, no reason", said(500, internal), "CA_FAILED"],
    ["501, not implemented", said(501, "not implemented"), "CA_REFUSED"],
    ["503, of the CA", said(503, "unavailable"), "CA_BUSY"],
    ["400, of the CA", said(400, "missing client certificate"), "CA_REFUSED"],
    ["404, of the CA", said(404, "not found"), "CA_REFUSED"],
    ["429, of anyone", answered(429, "slow down", "text/plain"), "CA_BUSY"],
    ["429, of the CA", said(429, "slow down"), "CA_BUSY"],
    ["200, where 201 should be", said(200, "ok"), "NOT_A_CA"],
    ["502, of a proxy", page(502, "502 Bad Gateway"), "CA_UNREACHABLE"],
    ["503, of a proxy", page(503, "503 Service Unavailable"), "CA_UNREACHABLE"],
    ["504, of a proxy", page(504, "504 Gateway Time-out"), "CA_UNREACHABLE"],
    ["524, of Cloudflare", page(524, "524: A timeout occurred"), "CA_UNREACHABLE"],
    ["511, of a captive portal", page(511, "Login"), "PROXY_REFUSED"],
    ["500, of something else", page(500, "Internal Server Error"), "CA_FAILED"],
    ["403, of a proxy", page(403, "403 Forbidden"), "PROXY_REFUSED"],
    ["401, of a proxy", page(401, "Login"), "PROXY_REFUSED"],
    ["407, of a proxy", page(407, "Login"), "PROXY_REFUSED"],
    ["413, of a proxy", page(413, "Too large"), "PROXY_REFUSED"],
    ["431, of a proxy", page(431, ""), "PROXY_REFUSED"],
    ["400, nginx and a long token", page(400, "400 Request Header Or Cookie Too Large"), "PROXY_REFUSED"],
    ["400, a page about something else", page(400, "400 Bad Request"), "NOT_A_CA"],
    ["404, of another server", page(404, "404 Not Found"), "NOT_A_CA"],
    ["302, to a login", page(302, "Found"), "NOT_A_CA"],
    ["200, a portal", page(200, "Welcome"), "NOT_A_CA"],
    ["204, nothing", answered(204, ""), "NOT_A_CA"],
    ["400, plain HTTP", answered(400, "Client sent an HTTP request to an HTTPS server.", "text/plain"), "NOT_A_CA"],
    ["404, JSON of something else", answered(404, '{"error":"no route"}'), "NOT_A_CA"],
    ["403, JSON of something else", answered(403, '{"message":"forbidden"}'), "PROXY_REFUSED"],
  ])("%s", (_, answer, code) => {
    expect(refusalCode(answer)).toBe(code);
  });
});

describe("what only a token can mend", () => {
  test.each([
    [
      "the CA never saw the certificate",
      said(400, "The request could not be completed; missing client certificate."),
      [true, false],
    ],
    ["a registration authority", said(400, internal), [false, true]],
    ["an internal error", said(500, internal), [false, false]],
    ["the words with another status", said(401, "missing client certificate"), [false, false]],
    ["another 400", said(400, "bad request"), [false, false]],
  ])("%s", (_, answer, expected) => {
    expect([isCertificateNotSeen(answer), isTokenWanted(answer)]).toEqual(expected);
  });
});

test.each([
  [431, "", true],
  [400, "Request Header Or Cookie Too Large", true],
  [400, "HTTP header too long", true],
  [400, "the certificate is too large", false],
  [500, "Request Header Too Large", false],
])("%i '%s' is about the size of the header: %s", (status, title, expected) => {
  expect(isHeaderTooLarge(page(status, title))).toBe(expected);
});

test.each<[number, string, string | undefined, string]>([
  [403, "forbidden by policy", "nginx", "PROXY_REFUSED"],
  [403, "forbidden by policy", undefined, "PROXY_REFUSED"],
  [401, "log in first", "envoy", "PROXY_REFUSED"],
  [401, "words of a newer CA", undefined, "CA_REFUSED"],
  [403, 'DNS name "foo.org" is not permitted by any constraint', undefined, "CA_REFUSED"],
])("%i %s, by %s", (status, said, server, code) => {
  expect(refusalCode({ status, said, shape: "status", ...(server !== undefined && { server }) })).toBe(code);
});
