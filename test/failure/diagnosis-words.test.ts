/** What the diagnosis says: the case this project grew from, word for word where it matters, and commands that can be copied. */
import { describe, expect, test } from "vitest";
import { causes } from "../../src/failure/diagnosis/causes.ts";
import { commonName, enrolCommand, logLine, shell } from "../../src/failure/diagnosis/commands.ts";
import { diagnose } from "../../src/failure/diagnosis/diagnose.ts";
import { isSince, tokenRule } from "../../src/failure/diagnosis/version.ts";
import type { CaFacts, Evidence, PathVerdict } from "../../src/failure/evidence.ts";

const at = new Date("2026-03-02T10:00:00Z");
const wrongUsage: PathVerdict = {
  ok: false,
  reason: "usage",
  who: "CN=dave,O=system:masters",
  detail: "x509: certificate specifies an incompatible key usage",
};

/** A certificate for a Kubernetes user: for clients only, expired, refused by token. */
function seed(ca: Partial<CaFacts>, usages = ["clientAuth"]): Evidence {
  const verdict = (usage: string): PathVerdict => (usages.includes(usage) ? { ok: true } : wrongUsage);
  return {
    at,
    method: "token",
    certificate: {
      file: "dave.crt",
      subject: "CN=dave,O=system:masters",
      serial: "4711",
      issuer: "CN=k3s-client-ca",
      names: [],
      usages,
      keyUsages: ["digitalSignature"],
      notBefore: new Date("2026-02-28T10:00:00Z"),
      notAfter: new Date("2026-03-01T10:00:00Z"),
      count: 1,
      provisioner: { type: "JWK", name: "k3s clients", credentialId: "key-1" },
    },
    answer: { status: 401, said: "error validating renew token", shape: "status", requestId: "9f0c1a2b", date: at },
    ca: { url: "https://ca.internal:9000", ...ca },
    path: { mtls: wrongUsage, tokenServerAuth: verdict("serverAuth"), tokenClientAuth: verdict("clientAuth") },
    files: { key: "dave.key", root: "root_ca.crt" },
  };
}

describe("a client certificate that expired, on a CA before v0.26.2", () => {
  const { causes: ranked, evidence } = diagnose(seed({ version: "v0.26.1" }));
  const [first] = ranked;
  const help = first?.help.join("\n") ?? "";

  test("is certain, and says which usage, which version and which rule", () => {
    expect(ranked.map(({ id, certainty }) => [id, certainty])).toEqual([["NO_SERVER_AUTH_OLD_CA", "certain"]]);
    for (const word of ["clientAuth only", "v0.26.1", "before v0.26.2", "serverAuth"]) {
      expect(first?.because).toContain(word);
    }
    expect(Object.fromEntries(evidence)).toMatchObject({
      usages: "clientAuth",
      "the CA said": '401 "error validating renew token"',
      "CA version": "v0.26.1, takes tokens for serverAuth",
      "request id": '"9f0c1a2b"',
    });
  });

  test.each([
    ["the version that lifts it", "v0.26.2 or newer"],
    ["the same command", "`renew --force dave.crt dave.key --ca-url https://ca.internal:9000 --root root_ca.crt`"],
    ["mTLS before expiry", "`renew --force --expires-in 66% dave.crt dave.key"],
    ["the template", '`"extKeyUsage": ["clientAuth", "serverAuth"]`'],
    ["where it goes", "options.x509.templateFile"],
    ["how it gets there", "`step ca provisioner update 'k3s clients' --x509-template FILE`"],
    ["the enrolment", "`step ca certificate dave dave.crt dave.key --provisioner 'k3s clients' --not-after 24h"],
    ["the log", "x509: certificate specifies an incompatible key usage"],
    ["how to find it there", "grep -F 9f0c1a2b"],
  ])("the help has %s", (_, words) => expect(help).toContain(words));

  test("a CA that hides its version leaves two hypotheses, each with its condition", () => {
    const { causes: open } = diagnose(seed({ version: "N/A", intermediates: "not-found" }));
    expect(open.map(({ id }) => id).slice(0, 2)).toEqual(["NO_SERVER_AUTH_OLD_CA", "UNKNOWN_ISSUER"]);
    expect(open[0]?.because).toContain("before v0.26.2");
    expect(open[1]?.because).toContain("if the CA is v0.26.2 or newer");
    expect(open.map(({ certainty }) => certainty)).not.toContain("certain");
  });
});

test("a server certificate on v0.26.2 can never be renewed, and that is said first", () => {
  const [first] = diagnose(seed({ version: "v0.26.2" }, ["serverAuth"])).causes;
  expect(first).toMatchObject({ id: "NO_CLIENT_AUTH", certainty: "certain" });
  expect(first?.help[0]).toContain("neither mTLS nor a token will ever");
  expect(first?.help.join()).toContain("step ca certificate dave");
});

test("a bad sign that the CA's answer comes after is ruled out, and says why", () => {
  const given = seed({ version: "v0.26.1" });
  const answered = { status: 500, said: "error validating renew token: invalid audience claim (aud)" };
  const { causes: ranked, ruledOut } = diagnose({ ...given, answer: { ...answered, shape: "status" } });
  expect(ranked.map(({ id }) => id)).toEqual(["AUDIENCE_NOT_A_CA_NAME"]);
  expect(ruledOut.find(({ id }) => id === "NO_SERVER_AUTH_OLD_CA")?.because).toContain("later check");
});

describe("which usage a token's chain must allow", () => {
  test.each<[Partial<CaFacts>, string]>([
    [{ version: "v0.26.1" }, "serverAuth"],
    [{ version: "0.19.0" }, "serverAuth"],
    [{ version: "0.20.0-2+b3" }, "serverAuth"],
    [{ version: "v0.26.2" }, "clientAuth"],
    [{ version: "v0.30.2" }, "clientAuth"],
    [{ version: "v1.0.0-rc.1" }, "clientAuth"],
    [{ version: "v0.26.2-rc.1" }, "unknown"],
    [{ version: "v0.26.1-5-gabcdef0" }, "unknown"],
    [{ version: "N/A" }, "unknown"],
    [{ version: "0.26" }, "unknown"],
    [{}, "unknown"],
    [{ version: "N/A", intermediates: "not-found" }, "unknown"],
    [{ version: "N/A", intermediates: "answers" }, "clientAuth"],
    [{ intermediates: "not-implemented" }, "clientAuth"],
    [{ provisioners: [{ name: "x", type: "GCP", state: "Uninitialized" }] }, "clientAuth"],
    [{ crl: { usable: true, lists: false } }, "unknown"],
  ])("%j: %s", (ca, usage) => expect(tokenRule({ url: "https://ca", ...ca }).usage).toBe(usage));

  test("a CRL dates the CA to v0.23.0", () => {
    const ca = { url: "https://ca", crl: { usable: true, lists: false } };
    expect([isSince(ca, [0, 23, 0]), isSince(ca, [0, 24, 0])]).toEqual([true, undefined]);
  });
});

describe("commands", () => {
  test.each([
    ["web.crt", "web.crt"],
    ["my certs/web.crt", "'my certs/web.crt'"],
    ["it's", "'it'\\''s'"],
    ["$(reboot)", "'$(reboot)'"],
    ["a`b", "X"],
    ["a\nb", "X"],
    ["a\u202eb", "X"],
    ["", "X"],
    ["--force", "'--force'"],
  ])("%j is written %s", (word, written) => expect(shell(word, "X")).toBe(written));

  test.each([
    ["CN=dave,O=system:masters", "dave"],
    ["O=x,CN=web", "web"],
    ["web.internal", "web.internal"],
    ["O=x", ""],
    ["", ""],
  ])("the common name of %j is %j", (subject, name) => expect(commonName(subject)).toBe(name));

  test("an enrolment has all names, the old lifetime, and placeholders for what is not known", () => {
    const given = seed({});
    const { files: _, ...rest } = given;
    const certificate = { ...given.certificate, subject: "", names: ["a.example", "10.0.0.1", "#3006"] };
    const command = enrolCommand({ ...rest, certificate });
    expect(command).toBe(
      "step ca certificate a.example dave.crt KEY --provisioner 'k3s clients' --san a.example --san 10.0.0.1" +
        " --not-after 24h --ca-url https://ca.internal:9000",
    );
  });

  test("without a request id, or with a strange one, the sentence itself is looked for", () => {
    const given = seed({});
    const sentence = "token already used";
    const answer = { status: 401, said: "", shape: "empty" as const };
    expect(logLine({ ...given, answer }, sentence)).toContain("grep -F 'token already used'");
    expect(logLine({ ...given, answer: { ...answer, requestId: "x; reboot" } }, sentence)).not.toContain("reboot");
  });
});

describe("every cause can be explained", () => {
  test.each(Object.values(causes))("$id", ({ id, title, page, logs, symptoms }) => {
    expect(causes[id].id).toBe(id);
    expect(title).not.toMatch(/\n|\.$|^[A-Z](?!A's)/);
    expect(page.length).toBeGreaterThan(120);
    expect(symptoms.length).toBeGreaterThan(0);
    for (const log of logs) expect(log).not.toMatch(/\.\.\.|…/);
  });
});
