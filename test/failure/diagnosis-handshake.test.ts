/** What the server's handshake and its endpoints' presence add to a verdict, and what their absence may not. */
import { describe, expect, test } from "vitest";
import { diagnose } from "../../src/failure/diagnosis/diagnose.ts";
import { dated, isSince } from "../../src/failure/diagnosis/version.ts";
import type { CaFacts, Diagnosis, Evidence, HandshakeFacts, PathVerdict } from "../../src/failure/evidence.ts";

const at = new Date("2026-03-02T10:00:00Z");
const from = (hours: number) => new Date(at.getTime() + hours * 3_600_000);

const missingCertificate = "The request could not be completed: missing client certificate.";
const said = (status: number, text: string) => ({ answer: { status, said: text, shape: "status" as const } });

function evidence(method: Evidence["method"], more: Partial<Evidence>, ca: Partial<CaFacts> = {}): Evidence {
  const [notBefore, notAfter] = method === "mtls" ? [from(-1), from(23)] : [from(-48), from(-24)];
  return {
    at,
    method,
    certificate: {
      file: "web.crt",
      subject: "CN=web.internal",
      serial: "4711",
      issuer: "CN=Issuing CA",
      names: ["web.internal"],
      usages: ["serverAuth", "clientAuth"],
      keyUsages: ["digitalSignature"],
      count: 1,
      provisioner: { type: "JWK", name: "admin", credentialId: "key-1" },
      notBefore,
      notAfter,
    },
    ca: { url: "https://ca.internal:9000", ...ca },
    ...more,
  };
}

const told = (handshake: Partial<HandshakeFacts>): Partial<CaFacts> => ({
  handshake: { version: "TLS 1.2", presented: ["CN=ca.internal", "CN=Issuing CA"], ...handshake },
});
const chain = (reason: "chain-incomplete" | "unknown-authority", roots: "ca" | "ours"): Partial<Evidence> => {
  const verdict: PathVerdict = { ok: false, reason, who: "CN=Issuing CA", detail: "x509: unknown authority" };
  return { path: { mtls: verdict, tokenClientAuth: verdict, tokenServerAuth: verdict, roots } };
};
const well: Partial<Evidence> = {
  path: { mtls: { ok: true }, tokenClientAuth: { ok: true }, tokenServerAuth: { ok: true } },
};
const first = ({ causes: [cause] }: Diagnosis) => `${cause?.id} ${cause?.certainty}`;

const invalid = said(401, "error validating renew token");
const none = { acceptable: ["CN=Other"], accepts: "none" as const };

describe("the first cause", () => {
  test.each<[string, Evidence, string]>([
    [
      "nobody asks for a certificate",
      evidence("mtls", said(400, missingCertificate), told({ asks: false })),
      "TLS_TERMINATED certain",
    ],
    [
      "one is asked for",
      evidence("mtls", said(400, missingCertificate), told({ asks: true })),
      "TLS_TERMINATED likely",
    ],
    [
      "TLS 1.3 does not tell",
      evidence("mtls", said(400, missingCertificate), told({ version: "TLS 1.3" })),
      "TLS_TERMINATED likely",
    ],
    [
      "a token was sent, and nobody asks for a certificate",
      evidence("token", said(400, missingCertificate), told({ asks: false })),
      "TOKEN_NOT_SEEN likely",
    ],
    [
      "what is missing is presented, and the roots are the CA's",
      evidence("token", { ...invalid, ...chain("chain-incomplete", "ca") }, told({ presentsMissing: true })),
      "CHAIN_INCOMPLETE certain",
    ],
    [
      "what is missing is presented, and the roots are ours",
      evidence("token", { ...invalid, ...chain("chain-incomplete", "ours") }, told({ presentsMissing: true })),
      "CHAIN_INCOMPLETE likely",
    ],
    [
      "an issuer of that name is taken",
      evidence(
        "token",
        { ...invalid, ...chain("chain-incomplete", "ca") },
        told({ accepts: "issuer", acceptable: ["CN=Issuing CA"] }),
      ),
      "CHAIN_INCOMPLETE likely",
    ],
    [
      "no issuer of it is taken, and what is missing is not known",
      evidence("token", { ...invalid, ...chain("chain-incomplete", "ca") }, told(none)),
      "UNKNOWN_ISSUER likely",
    ],
    [
      "no issuer of it is taken, though our root fits",
      evidence("token", { ...invalid, ...well }, told(none)),
      "UNKNOWN_ISSUER likely",
    ],
    [
      "no issuer of it is taken, and no chain is known",
      evidence("mtls", { alert: 48 }, told(none)),
      "UNKNOWN_ISSUER likely",
    ],
  ])("where %s", (_, given, expected) => expect(first(diagnose(given))).toBe(expected));

  test("a certificate that nobody asked for was not held back", () => {
    const { ruledOut } = diagnose(evidence("mtls", said(400, missingCertificate), told({ asks: false })));
    expect(ruledOut).toContainEqual({ id: "CERTIFICATE_NOT_SENT", because: "it was not asked for" });
  });
});

describe("the help", () => {
  const helpFor = (url: string) => {
    const given = evidence(
      "token",
      { ...invalid, ...chain("chain-incomplete", "ca") },
      { ...told({ presentsMissing: true }), url },
    );
    return diagnose(given).causes[0]?.help.join("\n") ?? "";
  };
  test.each([
    ["https://ca.internal:9000", "-connect ca.internal:9000 -servername ca.internal -showcerts"],
    ["https://ca.internal", "-connect ca.internal:443 -servername ca.internal -showcerts"],
    ["https://ca.internal:9000/prefix", "-connect ca.internal:9000 -servername ca.internal -showcerts"],
    ["https://192.0.2.7:9000", "-connect 192.0.2.7:9000 -showcerts"],
    ["https://[2001:db8::7]:9000", "-connect '[2001:db8::7]:9000' -showcerts"],
    ["nonsense", "-connect HOST:443 -servername HOST -showcerts"],
  ])("fetches what %s presents", (url, command) =>
    expect(helpFor(url)).toContain(`openssl s_client ${command} </dev/null`),
  );
});

describe("a version that is hidden is at least", () => {
  test.each<[string, Partial<CaFacts>, string | undefined]>([
    ["one that names a missing root", { signs: ["root-not-found", "request-id"] }, "v0.30.0"],
    ["one with request ids of its own", { signs: ["crl-endpoint", "request-id"] }, "v0.26.0"],
    ["one that has /crl", { signs: ["crl-endpoint"] }, "v0.23.0"],
    ["not known", {}, undefined],
    ["not known where a list is not usable", { crl: { lists: false, usable: false } }, undefined],
  ])("%s", (_, ca, expected) => {
    const facts = { url: "https://ca.internal", ...ca };
    expect(/it is (v[\d.]+) or newer/.exec(dated(facts))?.[1]).toBe(expected);
    expect(isSince(facts, [0, 31, 0])).toBeUndefined(); // signs are lower bounds: silence dates nothing
  });

  test("and its own word counts more", () => {
    expect(isSince({ url: "", version: "v0.26.1", signs: ["root-not-found"] }, [0, 26, 2])).toBe(false);
  });

  test("a proxy's request id does not date the CA behind it", () => {
    const U401 = "The request lacked necessary authorization to be completed. Please see the CA's logs.";
    const ruledOut = (server?: string) => {
      const answer = {
        status: 401,
        said: U401,
        shape: "status" as const,
        requestId: "9f0c",
        ...(server && { server }),
      };
      return diagnose(evidence("token", { answer })).ruledOut.map(({ id }) => id);
    };
    expect(ruledOut()).toContain("EXPIRED_NOT_ALLOWED");
    expect(ruledOut("nginx")).not.toContain("EXPIRED_NOT_ALLOWED");
  });
});

describe("the evidence", () => {
  const lines = (ca: Partial<CaFacts>) => Object.fromEntries(diagnose(evidence("mtls", { alert: 48 }, ca)).evidence);

  test.each<[Partial<CaFacts>, string | undefined]>([
    [told({ asks: false }), "asks for no client certificate; step-ca would"],
    [told({ presentsMissing: true }), "presents the issuer that is missing"],
    [told({ accepts: "none", acceptable: ["CN=A", "CN=B", "CN=C"] }), 'takes issuer "CN=A" and 2 more'],
    [told({ asks: true, accepts: "issuer", acceptable: ["CN=A"] }), undefined],
  ])("%j", (ca, line) => expect(lines(ca)["handshake"]).toBe(line));

  test("says what was another CA's, and why a list does not count", () => {
    const crl = { lists: false, usable: false, issued: at, why: "it is out of date" };
    expect(lines({ foreign: ["roots"], crl })).toMatchObject({
      published: "another CA's roots, not used",
      CRL: "not usable, of 2026-03-02 10:00:00 UTC: it is out of date",
    });
  });

  test("is passed on with its sources", () => {
    const asked = [{ source: "GET /version", at, tookMs: 12, outcome: "200" }];
    expect(diagnose(evidence("mtls", { alert: 48, asked })).asked).toEqual(asked);
    expect(diagnose(evidence("mtls", { alert: 48 })).asked).toEqual([]);
  });
});
