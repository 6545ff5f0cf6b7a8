import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PathVerdict } from "../../src/failure/evidence.ts";
import { leadsTo } from "../../src/pki/anchored.ts";
import { type Certificate, readCertificate } from "../../src/pki/certificate.ts";
import { type PathQuestion, predict, verifyPath } from "../../src/pki/path.ts";
import { authority, type Draft, daysFromNow, make, now } from "../support/gochain/certificates.ts";

const rootIs = { subject: "Root", key: "root" };
const subIs = { subject: "Sub", key: "sub" };
const otherIs = { subject: "Other", key: "other" };
const both = ["serverAuth", "clientAuth"];

const root = authority(rootIs);
const sub = authority({ ...subIs, issuer: rootIs });
const leaf = make({ subject: "dave", key: "dave", issuer: subIs, usages: both });

const newRoot = (odd: Partial<Draft> = {}) => authority({ ...rootIs, ...odd });
const newSub = (odd: Partial<Draft> = {}) => authority({ ...subIs, issuer: rootIs, ...odd });
const newLeaf = (odd: Partial<Draft> = {}) =>
  make({ subject: "dave", key: "dave", issuer: subIs, usages: both, ...odd });

const selfSigned = newLeaf({ issuer: { subject: "dave", key: "dave" } });

function verdict(question: Partial<PathQuestion>): PathVerdict {
  return verifyPath({ leaf, intermediates: [sub], roots: [root], usage: "clientAuth", at: now, ...question });
}
const reasonOf = (its: PathVerdict) => (its.ok ? "ok" : `${its.reason} (${its.who})`);

const tooMany = "x509: too many intermediates for path length constraint";
const incompatible = "x509: certificate specifies an incompatible key usage";
const unknown = "x509: certificate signed by unknown authority";
const outOfTime = "x509: certificate has expired or is not yet valid: current time 2026-06-01T12:00:00Z is";
const forbidden = "x509: a root or intermediate certificate is not authorized to sign for this name:";

describe("Go's verdict on a chain", () => {
  test.each<[string, Partial<PathQuestion>]>([
    ["leaf, intermediate, root", {}],
    ["no usages at all", { leaf: newLeaf({ usages: null }) }],
    ["an empty list of usages", { leaf: newLeaf({ usages: [] }) }],
    [
      "any usage, in the leaf and above",
      { leaf: newLeaf({ usages: ["anyExtendedKeyUsage"] }), roots: [newRoot({ usages: ["anyExtendedKeyUsage"] })] },
    ],
    ["an intermediate among the roots, and no root", { intermediates: [], roots: [sub] }],
    ["a leaf among the roots", { intermediates: [], roots: [leaf] }],
    ["a self-signed leaf among the roots, though it is no CA", { leaf: selfSigned, roots: [selfSigned] }],
    ["a root of version 1", { roots: [newRoot({ version: 1 })] }],
    [
      "a root that forbids the usage, next to an intermediate that is a root too",
      { roots: [newRoot({ usages: ["serverAuth"] }), sub] },
    ],
    [
      "an expired root, next to an intermediate that is a root too",
      { roots: [newRoot({ notAfter: daysFromNow(-1) }), sub] },
    ],
    [
      "an expired intermediate, and the same issued anew",
      { intermediates: [newSub({ notAfter: daysFromNow(-1) }), sub] },
    ],
    ["an impostor of the same name first", { intermediates: [authority({ ...subIs, key: "impostor" }), sub] }],
    [
      "key ids that do not match",
      { intermediates: [newSub({ subjectKeyId: "another" })], leaf: newLeaf({ authorityKeyId: "of the key" }) },
    ],
    ["path length 0 above one leaf", { intermediates: [newSub({ pathLength: 0 })] }],
    ["a critical extension of a kind that Go knows, as basic constraints are", { leaf: newLeaf({ ca: false }) }],
    ["the first and the last second", { leaf: newLeaf({ notBefore: now, notAfter: now }) }],
  ])("is good: %s", (_, question) => {
    expect(verdict(question)).toEqual({ ok: true });
  });

  test.each<[string, Partial<PathQuestion>, string, string]>([
    ["the leaf is for servers", { leaf: newLeaf({ usages: ["serverAuth"] }) }, "usage (CN=dave)", incompatible],
    ["the leaf is for neither", { leaf: newLeaf({ usages: ["1.2.3"] }) }, "usage (CN=dave)", incompatible],
    [
      "leaf and issuer are for servers: the leaf is named",
      { leaf: newLeaf({ usages: ["serverAuth"] }), intermediates: [newSub({ usages: ["serverAuth"] })] },
      "usage (CN=dave)",
      incompatible,
    ],
    [
      "an intermediate is for servers",
      { intermediates: [newSub({ usages: ["serverAuth"] })] },
      "usage-nesting (CN=Sub)",
      incompatible,
    ],
    [
      "the root is for servers",
      { roots: [newRoot({ usages: ["serverAuth"] })] },
      "usage-nesting (CN=Root)",
      incompatible,
    ],
    [
      "both are: the one nearer the root is named",
      { intermediates: [newSub({ usages: ["serverAuth"] })], roots: [newRoot({ usages: ["codeSigning"] })] },
      "usage-nesting (CN=Root)",
      incompatible,
    ],
    ["the leaf's issuer is not there", { intermediates: [] }, "chain-incomplete (CN=Sub)", unknown],
    ["the root is not there", { roots: [] }, "chain-incomplete (CN=Root)", unknown],
    [
      "a root that nobody trusts is in the file",
      { intermediates: [sub, root], roots: [] },
      "unknown-authority (CN=Root)",
      unknown,
    ],
    [
      "the issuer's name, another key",
      { intermediates: [authority({ ...subIs, key: "impostor", issuer: rootIs })] },
      "chain-incomplete (CN=Sub)",
      `${unknown} (possibly because of "x509: ECDSA verification failure" while trying to verify candidate authority certificate "Sub")`,
    ],
    [
      "the issuer's name, a key of another kind",
      { intermediates: [authority({ ...subIs, key: "rsa", issuer: rootIs })] },
      "chain-incomplete (CN=Sub)",
      `${unknown} (possibly because of "x509: signature algorithm specifies an ECDSA public key, but have public key of type *rsa.PublicKey" while trying to verify candidate authority certificate "Sub")`,
    ],
    [
      "signed with SHA-1",
      { leaf: newLeaf({ digest: "sha1" }) },
      "unknown-authority (CN=Sub)",
      `${unknown} (possibly because of "x509: cannot verify signature: insecure algorithm ECDSA-SHA1" while trying to verify candidate authority certificate "Sub")`,
    ],
    [
      "an issuer that may not sign",
      { intermediates: [newSub({ keyUsages: [0] })] },
      "unknown-authority (CN=Sub)",
      `${unknown} (possibly because of "x509: invalid signature: parent certificate cannot sign this kind of certificate" while trying to verify candidate authority certificate "Sub")`,
    ],
    [
      "an issuer that is no CA",
      { intermediates: [newSub({ ca: false })] },
      "unknown-authority (CN=Sub)",
      `${unknown} (possibly because of "x509: invalid signature: parent certificate cannot sign this kind of certificate" while trying to verify candidate authority certificate "Sub")`,
    ],
    [
      "an intermediate of version 1",
      { intermediates: [newSub({ version: 1 })] },
      "constraint (CN=Sub)",
      "x509: certificate is not authorized to sign other certificates",
    ],
    [
      "the leaf has expired",
      { leaf: newLeaf({ notAfter: daysFromNow(-1) }) },
      "expired (CN=dave)",
      `${outOfTime} after 2026-05-31T12:00:00Z`,
    ],
    [
      "the leaf has not begun",
      { leaf: newLeaf({ notBefore: daysFromNow(1) }) },
      "not-yet-valid (CN=dave)",
      `${outOfTime} before 2026-06-02T12:00:00Z`,
    ],
    [
      "the intermediate has expired",
      { intermediates: [newSub({ notAfter: daysFromNow(-1) })] },
      "expired (CN=Sub)",
      `${outOfTime} after 2026-05-31T12:00:00Z`,
    ],
    [
      "the root has not begun",
      { roots: [newRoot({ notBefore: daysFromNow(1) })] },
      "not-yet-valid (CN=Root)",
      `${outOfTime} before 2026-06-02T12:00:00Z`,
    ],
    [
      "the path is too long",
      { intermediates: [sub], roots: [newRoot({ pathLength: 0 })] },
      "constraint (CN=Root)",
      tooMany,
    ],
    [
      "an unknown critical extension in the leaf",
      { leaf: newLeaf({ unknownExtension: "critical" }) },
      "constraint (CN=dave)",
      "x509: unhandled critical extension",
    ],
    [
      "a constraint on directory names",
      { intermediates: [newSub({ permitted: [{ directory: "x" }] })] },
      "constraint (CN=Sub)",
      "x509: unhandled critical extension",
    ],
  ])("is bad: %s", (_, question, reason, detail) => {
    const its = verdict(question);
    expect(reasonOf(its)).toBe(reason);
    expect(its).toMatchObject({ detail });
  });

  test.each<[string, Partial<PathQuestion>, string]>([
    [
      "expired, and for servers: time is looked at first",
      { leaf: newLeaf({ notAfter: daysFromNow(-1), usages: ["serverAuth"] }) },
      "expired (CN=dave)",
    ],
    [
      "expired, and of nobody",
      { leaf: newLeaf({ notAfter: daysFromNow(-1) }), intermediates: [] },
      "expired (CN=dave)",
    ],
    [
      "of nobody, and for servers: the way up is looked at before usages",
      { leaf: newLeaf({ usages: ["serverAuth"] }), intermediates: [] },
      "chain-incomplete (CN=Sub)",
    ],
    [
      "for servers, and under an expired issuer",
      { leaf: newLeaf({ usages: ["serverAuth"] }), roots: [newRoot({ notAfter: daysFromNow(-1) })] },
      "expired (CN=Root)",
    ],
    [
      "for servers, with a forbidden name: usages before names",
      {
        leaf: newLeaf({ usages: ["serverAuth"], names: [{ dns: "a" }] }),
        roots: [newRoot({ permitted: [{ dns: "b" }] })],
      },
      "usage (CN=dave)",
    ],
    [
      "two ways up, one for each fault: the name speaks",
      {
        leaf: newLeaf({ names: [{ dns: "a" }] }),
        intermediates: [],
        roots: [newSub({ usages: ["serverAuth"] }), newSub({ permitted: [{ dns: "b" }] })],
      },
      "constraint (CN=Sub)",
    ],
    [
      "an expired issuer, then an impostor: the one that signed speaks",
      { intermediates: [authority({ ...subIs, key: "impostor" }), newSub({ notAfter: daysFromNow(-1) })] },
      "expired (CN=Sub)",
    ],
    [
      "two issuers out of time: the last one tried speaks",
      { intermediates: [newSub({ notAfter: daysFromNow(-1) }), newSub({ notBefore: daysFromNow(1) })] },
      "not-yet-valid (CN=Sub)",
    ],
    [
      "… and the one whose key id matches is tried first",
      {
        leaf: newLeaf({ authorityKeyId: "of the key" }),
        intermediates: [
          newSub({ notAfter: daysFromNow(-1) }),
          newSub({ notBefore: daysFromNow(1), subjectKeyId: "of the key" }),
        ],
      },
      "expired (CN=Sub)",
    ],
  ])("when two things are wrong: %s", (_, question, reason) => {
    expect(reasonOf(verdict(question))).toBe(reason);
  });

  test("authorities that signed each other are no endless way", () => {
    const other = authority({ subject: "Other", key: "other", issuer: subIs });
    const circle = [authority({ ...subIs, issuer: { subject: "Other", key: "other" } }), other];
    expect(reasonOf(verdict({ intermediates: circle }))).toBe("unknown-authority (CN=Sub)");
    expect(verdict({ intermediates: [...circle, sub] })).toEqual({ ok: true });
  });

  test("a root signed by an older root is reached by either", () => {
    const old = { subject: "Old Root", key: "old" };
    const bridge = authority({ ...rootIs, issuer: old });
    expect(verdict({ intermediates: [sub, bridge], roots: [authority(old)] })).toEqual({ ok: true });
    expect(verdict({ intermediates: [sub, bridge], roots: [root] })).toEqual({ ok: true });
  });
});

describe("names that an issuer forbids", () => {
  const under = (constraints: Partial<Draft>, names: Draft["names"]) =>
    verdict({ leaf: newLeaf({ ...(names && { names }) }), intermediates: [newSub(constraints)] });

  test.each<[string, Partial<Draft>, Draft["names"]]>([
    ["no names", { permitted: [{ dns: "example.com" }] }, undefined],
    ["the name itself", { permitted: [{ dns: "example.com" }] }, [{ dns: "EXAMPLE.com" }]],
    ["a name below it", { permitted: [{ dns: "example.com" }] }, [{ dns: "a.b.example.com" }]],
    ["a wildcard below it", { permitted: [{ dns: "example.com" }] }, [{ dns: "*.example.com" }]],
    ["names of a kind without constraints", { permitted: [{ dns: "example.com" }] }, [{ ip: [10, 0, 0, 1] }]],
    ["an address in a permitted range", { permitted: [{ ip: [10, 0, 0, 0, 255, 0, 0, 0] }] }, [{ ip: [10, 9, 9, 9] }]],
    ["one mailbox", { permitted: [{ email: "dave@EXAMPLE.com" }] }, [{ email: "dave@example.COM" }]],
    ["a mailbox below a domain", { permitted: [{ email: ".example.com" }] }, [{ email: "dave@a.example.com" }]],
    ["the host of a URI", { permitted: [{ uri: "example.com" }] }, [{ uri: "https://me@example.com:8443/x" }]],
    ["a name next to an excluded one", { excluded: [{ dns: "a.example.com" }] }, [{ dns: "ba.example.com" }]],
  ])("permits %s", (_, constraints, names) => {
    expect(under(constraints, names)).toEqual({ ok: true });
  });

  test.each<[string, Partial<Draft>, Draft["names"], string]>([
    [
      "another name",
      { permitted: [{ dns: "example.com" }] },
      [{ dns: "foo.org" }],
      'DNS name "foo.org" is not permitted by any constraint',
    ],
    [
      "one that only ends alike",
      { permitted: [{ dns: "example.com" }] },
      [{ dns: "badexample.com" }],
      'DNS name "badexample.com" is not permitted by any constraint',
    ],
    [
      "the name itself, under a leading dot",
      { permitted: [{ dns: ".example.com" }] },
      [{ dns: "example.com" }],
      'DNS name "example.com" is not permitted by any constraint',
    ],
    [
      "an excluded name",
      { excluded: [{ dns: "example.com" }] },
      [{ dns: "a.example.com" }],
      'DNS name "a.example.com" is excluded by constraint "example.com"',
    ],
    [
      "a wildcard that stands for an excluded name",
      { excluded: [{ dns: "a.example.com" }] },
      [{ dns: "*.example.com" }],
      'DNS name "*.example.com" is excluded by constraint "a.example.com"',
    ],
    [
      "everything, under an empty constraint",
      { excluded: [{ dns: "" }] },
      [{ dns: "a" }],
      'DNS name "a" is excluded by constraint ""',
    ],
    [
      "an excluded address",
      { excluded: [{ ip: [10, 0, 0, 0, 255, 0, 0, 0] }] },
      [{ ip: [10, 1, 1, 1] }],
      'IP address "10.1.1.1" is excluded by constraint "10.0.0.0/8"',
    ],
    [
      "IPv6 where IPv4 is permitted",
      { permitted: [{ ip: [10, 0, 0, 0, 255, 0, 0, 0] }] },
      [{ ip: [0xfd, ...Array(14).fill(0), 1] }],
      'IP address "fd00::1" is not permitted by any constraint',
    ],
    [
      "another mailbox",
      { permitted: [{ email: "dave@example.com" }] },
      [{ email: "Dave@example.com" }],
      'email address "Dave@example.com" is not permitted by any constraint',
    ],
    [
      "what is no mailbox",
      { permitted: [{ dns: "example.com" }] },
      [{ email: "dave" }],
      'cannot parse rfc822Name "dave"',
    ],
    [
      "a URI without a host, whatever is constrained",
      { permitted: [{ dns: "example.com" }] },
      [{ uri: "urn:uuid:1" }],
      'URI with empty host ("urn:uuid:1") cannot be matched against constraints',
    ],
    [
      "a URI with an address",
      { excluded: [{ uri: "example.com" }] },
      [{ uri: "https://[::1]:8443/" }],
      'URI with IP ("https://[::1]:8443/") cannot be matched against constraints',
    ],
    [
      "addresses before names",
      { permitted: [{ dns: "b" }, { ip: [10, 0, 0, 0, 255, 0, 0, 0] }] },
      [{ dns: "a" }, { ip: [11, 0, 0, 1] }],
      'IP address "11.0.0.1" is not permitted by any constraint',
    ],
  ])("forbids %s", (_, constraints, names, why) => {
    expect(under(constraints, names)).toEqual({
      ok: false,
      reason: "constraint",
      who: "CN=Sub",
      detail: `${forbidden} ${why}`,
    });
  });

  test("an intermediate's own names are held to the constraints above it", () => {
    const named = newSub({ names: [{ dns: "foo.org" }] });
    const roots = [newRoot({ permitted: [{ dns: "example.com" }] })];
    expect(reasonOf(verdict({ intermediates: [named], roots }))).toBe("constraint (CN=Root)");
    expect(
      verdict({ intermediates: [newSub({ names: [{ dns: "foo.org" }], permitted: [{ dns: "example.com" }] })] }),
    ).toEqual({ ok: true });
  });
});

describe("how step-ca would judge", () => {
  test.each([
    ["is the CA's", [sub], true],
    ["has only the name of one of the CA's", [authority({ ...subIs, key: "else" })], false],
    ["has another name", [authority({ subject: "Else", key: "else" })], false],
    ["may be anybody's", [], undefined],
  ])("the missing intermediate %s", (_, caIntermediates, isPublished) => {
    const { tokenClientAuth } = predict({ chain: [leaf], roots: [root], caIntermediates, now });
    expect(tokenClientAuth).toMatchObject({ reason: "chain-incomplete" });
    expect("isPublished" in tokenClientAuth ? tokenClientAuth.isPublished : undefined).toBe(isPublished);
  });

  const foretell = (input: Partial<Parameters<typeof predict>[0]>) => {
    const { mtls, ...token } = predict({ chain: [leaf, sub], roots: [root], caIntermediates: [sub], now, ...input });
    return [mtls, token.tokenServerAuth, token.tokenClientAuth].map((its) => (its.ok ? "ok" : its.reason));
  };
  const namesake = authority({ subject: sub.commonName, key: "else" });
  const short = (seconds: number) => newLeaf({ notBefore: now, notAfter: new Date(now.getTime() + seconds * 1000) });

  test.each<[string, Partial<Parameters<typeof predict>[0]>, string[]]>([
    ["for both, or for anything", {}, ["ok", "ok", "ok"]],
    ["for clients only", { chain: [newLeaf({ usages: ["clientAuth"] }), sub] }, ["ok", "usage", "ok"]],
    ["for servers only", { chain: [newLeaf({ usages: ["serverAuth"] }), sub] }, ["usage", "ok", "usage"]],
    ["expired", { chain: [newLeaf({ notAfter: daysFromNow(-1) }), sub] }, ["expired", "ok", "ok"]],
    ["not yet valid", { chain: [newLeaf({ notBefore: daysFromNow(1) }), sub] }, ["not-yet-valid", "ok", "ok"]],
    [
      "the leaf alone: the CA adds its intermediate to a handshake only",
      { chain: [leaf] },
      ["ok", "chain-incomplete", "chain-incomplete"],
    ],
    [
      "the leaf alone, and we do not know the CA's intermediates",
      { chain: [leaf], caIntermediates: [] },
      ["chain-incomplete", "chain-incomplete", "chain-incomplete"],
    ],
    [
      "the leaf alone, of a CA whose intermediates have other names",
      { chain: [leaf], caIntermediates: [authority({ subject: "Else", key: "else" })] },
      ["chain-incomplete", "chain-incomplete", "chain-incomplete"],
    ],
    [
      "the leaf alone, of a CA whose intermediate has the same name and another key",
      { chain: [leaf], caIntermediates: [namesake] },
      ["unknown-authority", "chain-incomplete", "chain-incomplete"],
    ],
    [
      "another CA's chain",
      { roots: [authority(otherIs)], caIntermediates: [authority({ ...otherIs, subject: "Other Sub" })] },
      ["chain-incomplete", "chain-incomplete", "chain-incomplete"],
    ],
    ["lived 59 seconds", { chain: [short(59), sub] }, ["ok", "lived-under-a-minute", "lived-under-a-minute"]],
    ["lived 60 seconds", { chain: [short(60), sub] }, ["ok", "ok", "ok"]],
    [
      "the intermediate ends before the leaf",
      { chain: [leaf, newSub({ notAfter: daysFromNow(5) })] },
      ["ok", "expired", "expired"],
    ],
    ["the root ends before the leaf", { roots: [newRoot({ notAfter: daysFromNow(5) })] }, ["ok", "expired", "expired"]],
    [
      "the root has ended: over mTLS nobody looks above the intermediate",
      { roots: [newRoot({ notAfter: daysFromNow(-1) })] },
      ["ok", "expired", "expired"],
    ],
    [
      "the root was issued anew after the leaf's end",
      { chain: [newLeaf({ notAfter: daysFromNow(-1) }), sub], roots: [newRoot({ notBefore: daysFromNow(-0.5) })] },
      ["expired", "not-yet-valid", "not-yet-valid"],
    ],
    [
      "… and the old root is in the file",
      {
        chain: [newLeaf({ notAfter: daysFromNow(-1) }), sub, root],
        roots: [newRoot({ notBefore: daysFromNow(-0.5) })],
      },
      ["expired", "issued-anew", "issued-anew"],
    ],
    [
      "the intermediate is for servers only",
      { chain: [leaf, newSub({ usages: ["serverAuth"] })], caIntermediates: [newSub({ usages: ["serverAuth"] })] },
      ["usage-nesting", "ok", "usage-nesting"],
    ],
    ["the root is for servers only", { roots: [newRoot({ usages: ["serverAuth"] })] }, ["ok", "ok", "usage-nesting"]],
  ])("%s", (_, input, expected) => {
    expect(foretell(input)).toEqual(expected);
  });
});

describe("the way to an anchor", () => {
  const names = (path: readonly Certificate[] | null) => path?.map(({ commonName }) => commonName) ?? null;
  const impostor = authority({ ...subIs, key: "impostor", issuer: rootIs });
  const otherRoot = newRoot({ key: "another root" });

  test.each<[string, Certificate[], Certificate[], string[] | null]>([
    ["up to the root", [sub], [root], ["dave", "Sub", "Root"]],
    ["an intermediate is an anchor", [], [sub], ["dave", "Sub"]],
    ["an anchor ends it, though the root is there", [sub, root], [sub], ["dave", "Sub"]],
    ["the root comes with the chain", [sub, root], [root], ["dave", "Sub", "Root"]],
    ["an impostor stands in the way", [impostor, sub], [otherRoot, root], ["dave", "Sub", "Root"]],
    ["out of time does not matter", [newSub({ notAfter: daysFromNow(-1) })], [root], ["dave", "Sub", "Root"]],
    ["usages do not matter", [newSub({ usages: ["codeSigning"] })], [root], ["dave", "Sub", "Root"]],
    ["the intermediate is missing", [], [root], null],
    ["another root of the same name", [sub], [otherRoot], null],
    ["no CA in between", [newSub({ ca: false })], [root], null],
    ["no anchors", [sub, root], [], null],
  ])("%s", (_, others, anchors, expected) => {
    expect(names(leadsTo(leaf, others, anchors))).toEqual(expected);
  });

  test("a crowd of the same name costs at most 100 signatures", () => {
    const crowd = Array.from({ length: 300 }, (_, n) => authority({ ...subIs, issuer: subIs, key: `crowd ${n % 5}` }));
    const started = performance.now();
    expect(leadsTo(leaf, crowd, [root])).toBeNull();
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

test("a certificate that is broken, but can be read, is judged and never thrown at", () => {
  const constrained = newSub({ permitted: [{ dns: "example.com" }], names: [{ dns: "a.example.com" }] });
  const wound = fc.record({ at: fc.nat(), octet: fc.nat(255) });
  const whole = fc.constantFrom(leaf, constrained, root);
  const holds = fc.property(whole, fc.array(wound, { minLength: 1, maxLength: 3 }), (certificate, wounds) => {
    const der = Buffer.from(certificate.der);
    for (const { at, octet } of wounds) der[at % der.length] = octet;
    const broken = readable(der);
    if (broken === null) return;
    const [first, second, third] = [leaf, constrained, root].map((one) => (one === certificate ? broken : one));
    const chain: [Certificate, ...Certificate[]] = [first ?? leaf, second ?? sub];
    expect(predict({ chain, roots: [third ?? root], caIntermediates: [sub], now })).toHaveProperty("mtls");
    leadsTo(chain[0], chain, [third ?? root]);
  });
  fc.assert(holds, { seed: 20_260_603, numRuns: 1000 });
});

function readable(der: Uint8Array): Certificate | null {
  try {
    return readCertificate(der);
  } catch {
    return null;
  }
}
