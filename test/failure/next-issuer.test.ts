/** What is advised where an issuer is at fault depends on who signs by now, whether the CA shows that, and whether mTLS works. */
import { describe, expect, test } from "vitest";
import { diagnose } from "../../src/failure/diagnosis/diagnose.ts";
import type { Evidence, IssuerFacts, PathVerdict } from "../../src/failure/evidence.ts";

const at = new Date("2026-03-02T10:00:00Z");
const from = (hours: number) => new Date(at.getTime() + hours * 3_600_000);
const good: PathVerdict = { ok: true };
const bad = (reason: Extract<PathVerdict, { ok: false }>["reason"]): PathVerdict => ({
  ok: false,
  reason,
  who: "CN=A",
  detail: "x509: certificate",
});

interface Shown {
  issuer?: IssuerFacts;
  method?: Evidence["method"];
  mtls?: PathVerdict;
  token?: PathVerdict;
  ends?: number;
}

function firstCause({ issuer, method = "token", mtls = good, token = bad("expired"), ends = 20 }: Shown) {
  const evidence: Evidence = {
    at,
    method,
    certificate: {
      file: "web.crt",
      subject: "CN=web",
      serial: "4711",
      issuer: "CN=A",
      names: ["web"],
      usages: ["serverAuth", "clientAuth"],
      keyUsages: ["digitalSignature"],
      notBefore: from(ends - 24),
      notAfter: from(ends),
      count: 2,
    },
    ...(method === "token"
      ? { answer: { status: 401, said: "error validating renew token", shape: "status" as const } }
      : { alert: !mtls.ok && mtls.reason === "expired" ? 45 : 42 }),
    ca: { url: "https://ca.internal:9000", version: "v0.30.2", ...(issuer && { issuer }) },
    path: { mtls, tokenServerAuth: token, tokenClientAuth: token, roots: "ca" },
  };
  const [first] = diagnose(evidence).causes;
  return { id: first?.id, who: first?.who, help: first?.help.slice(0, -1) ?? [] };
}

const issuer = (more: Partial<IssuerFacts>): IssuerFacts => ({
  name: "CN=B",
  until: from(1000),
  isForClients: true,
  isOwn: false,
  ...more,
});
const lasting = issuer({});
const still = issuer({ name: "CN=A", until: from(10), isOwn: true });

describe("the advice for a certificate that outlives its issuer", () => {
  test.each<[string, Shown, string, RegExp[]]>([
    [
      "the CA has a newer one, valid",
      { issuer: lasting },
      "you",
      [/^renew over mTLS .*"CN=B" by now/, /^after that, enrol/],
    ],
    [
      "the CA has the same one, valid",
      { issuer: still },
      "admin",
      [/administrator.* still signs with "CN=A", /, /^then renew over mTLS/, /^after that, enrol/],
    ],
    ["the CA hides it, valid", {}, "admin", [/mTLS works until/, /if the CA has no newer/, /^then enrol/]],
    [
      "a newer one, but no handshake takes it",
      { issuer: lasting, mtls: bad("usage") },
      "you",
      [/^enrol anew; the CA signs with "CN=B" by now/],
    ],
    ["a newer one, expired", { issuer: lasting, ends: -2, mtls: bad("expired") }, "you", [/^enrol anew; the CA signs/]],
    [
      "a newer one that is too short as well",
      { issuer: issuer({ until: from(2) }) },
      "admin",
      [/administrator.*"CN=B" by now.*would outlive it, too/, /mTLS/, /enrol/],
    ],
    [
      "over mTLS, a newer one",
      { issuer: lasting, method: "mtls", mtls: bad("expired") },
      "you",
      [/^enrol anew; the CA signs/],
    ],
    [
      "over mTLS, the CA hides it",
      { method: "mtls", mtls: bad("expired") },
      "admin",
      [/if the CA has no newer/, /^then enrol/],
    ],
  ])("%s", (_, shown, who, wanted) => {
    const first = firstCause(shown);
    expect(first).toMatchObject({ id: "OUTLIVES_ISSUER", who });
    expect(first.help).toEqual(wanted.map((one) => expect.stringMatching(one)));
  });
});

describe("the advice where an issuer may not have issued it", () => {
  test.each<[string, string, Shown, string, RegExp]>([
    ["ISSUER_FORBIDS_USAGE", "another by now", { issuer: lasting }, "you", /signs with "CN=B" by now.*enrol anew/],
    [
      "ISSUER_FORBIDS_USAGE",
      "another, limited too",
      { issuer: issuer({ isForClients: false }) },
      "admin",
      /administrator/,
    ],
    ["ISSUER_FORBIDS_USAGE", "the same", { issuer: still }, "admin", /administrator/],
    ["ISSUER_UNFIT", "another by now", { issuer: lasting }, "admin", /signs with "CN=B" by now.*enrol anew/],
    ["ISSUER_UNFIT", "not known", {}, "admin", /look at the issuers/],
  ])("%s: %s", (id, _, shown, who, wanted) => {
    const token = bad(id === "ISSUER_UNFIT" ? "constraint" : "usage-nesting");
    const first = firstCause({ ...shown, token });
    expect(first).toMatchObject({ id, who });
    expect(first.help[0]).toMatch(wanted);
  });
});
