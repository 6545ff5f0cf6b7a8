/**
 * A small step-ca as a model: what it knows, in which order it checks, what it answers and what its log would prove. The
 * evidence shows a part of that, any part may be hidden, and what is said to be certain must be true.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Cause, causes } from "../../src/failure/diagnosis/causes.ts";
import { diagnose } from "../../src/failure/diagnosis/diagnose.ts";
import { symptomOf } from "../../src/failure/diagnosis/symptom.ts";
import type {
  Answered,
  CauseId,
  Evidence,
  HandshakeFacts,
  PathVerdict,
  ProvisionerFacts,
  VersionSign,
} from "../../src/failure/evidence.ts";

const at = new Date("2026-03-02T10:00:00Z");
const minute = 60_000;
const day = 24 * 60 * minute;

const world = fc.record({
  version: fc.constantFrom("v0.19.0", "v0.22.1", "v0.25.2", "v0.26.1", "v0.26.2", "v0.27.3", "v0.30.2"),
  method: fc.constantFrom("mtls" as const, "token" as const),
  usages: fc.constantFrom<string[] | null>(
    null,
    ["serverAuth", "clientAuth"],
    ["clientAuth"],
    ["serverAuth"],
    ["codeSigning"],
  ),
  keyUsages: fc.constantFrom<string[] | null>(["digitalSignature"], ["digitalSignature"], ["keyEncipherment"], null),
  life: fc.constantFrom("before" as const, "within" as const, "after" as const),
  lifetimeMs: fc.constantFrom(minute / 2, minute, day, day),
  chain: fc.constantFrom(
    "good" as const,
    "good" as const,
    "good" as const,
    "chain-incomplete" as const,
    "unknown-authority" as const,
    "expired" as const,
    "not-yet-valid" as const,
    "usage-nesting" as const,
  ),
  hasOurRoots: fc.boolean(),
  /** Of a chain that lacks one: whether the CA has that intermediate still. A handshake would complete it then. */
  missing: fc.constantFrom("current" as const, "earlier" as const),
  /** A foreign issuer may bear the name of one of the CA's. */
  isNamesake: fc.constantFrom(false, false, true),
  /** Nor need its file hold more than the leaf. */
  isAlone: fc.boolean(),
  /** A proxy may end TLS, and may ask for certificates itself. */
  front: fc.constantFrom("none" as const, "none" as const, "none" as const, "ends-tls" as const, "asks" as const),
  /** The type that the certificate notes may be wrong: the name decides. */
  extension: fc.constantFrom("none" as const, "right" as const, "right" as const, "wrong" as const),
  provisioner: fc.constantFrom(
    "there" as const,
    "there" as const,
    "there" as const,
    "gone" as const,
    "renamed" as const,
  ),
  type: fc.constantFrom("JWK" as const, "JWK" as const, "JWK" as const, "SSHPOP" as const, "GCP" as const),
  disabled: fc.constantFrom(undefined, undefined, undefined, true, false),
  disabledForAll: fc.constantFrom(false, false, false, true),
  allowed: fc.constantFrom(undefined, true, false),
  isUsed: fc.constantFrom(false, false, true),
  isRevoked: fc.constantFrom(false, false, true),
  crl: fc.constantFrom("off" as const, "fresh" as const, "stale" as const),
  skewMs: fc.constantFrom(-20 * minute, -30_000, 0, 0, 0, 30_000, 10 * minute, 200 * minute),
  isStoreBroken: fc.constantFrom(false, false, false, false, true),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

const hiding = fc.record({
  version: fc.constantFrom("shown" as const, "N/A" as const, "hidden" as const),
  provisioners: fc.boolean(),
  intermediates: fc.boolean(),
  crl: fc.boolean(),
  clock: fc.boolean(),
  path: fc.boolean(),
  roots: fc.boolean(),
  /** TLS 1.3 alone shows a part. */
  handshake: fc.constantFrom("shown" as const, "encrypted" as const, "hidden" as const),
  signs: fc.boolean(),
});
type Hiding = typeof hiding extends fc.Arbitrary<infer T> ? T : never;
const nothing: Hiding = {
  version: "shown",
  provisioners: false,
  intermediates: false,
  crl: false,
  clock: false,
  path: false,
  roots: false,
  handshake: "shown",
  signs: false,
};

const U401 = "The request lacked necessary authorization to be completed. Please see the CA's logs.";
const said = (status: number, text: string): Partial<Evidence> => ({ answer: { status, said: text, shape: "status" } });
const since = (version: string, wanted: string) => version.localeCompare(wanted, "en", { numeric: true }) >= 0;
const caNow = ({ skewMs }: World) => new Date(at.getTime() - skewMs);
const permits = ({ usages }: World, usage: string) => usages === null || usages.includes(usage);

function validity(w: World): { notBefore: Date; notAfter: Date } {
  const now = caNow(w).getTime();
  const start = { before: now + day, within: now - w.lifetimeMs / 2, after: now - w.lifetimeMs - day }[w.life];
  return { notBefore: new Date(start), notAfter: new Date(start + w.lifetimeMs) };
}

/** Which obstacles stand in the way, in the CA's order; the first one answers. */
function obstacles(w: World): [cause: CauseId, answer: Partial<Evidence>][] {
  const found: [CauseId, Partial<Evidence>][] = [];
  const add = (is: boolean, cause: CauseId, answer: Partial<Evidence>) => {
    if (is) found.push([cause, answer]);
  };
  const names = {
    "chain-incomplete": "CHAIN_INCOMPLETE",
    "unknown-authority": "UNKNOWN_ISSUER",
    expired: "OUTLIVES_ISSUER",
    "not-yet-valid": "ISSUER_YOUNGER",
  } as const;
  const bad = w.chain === "good" || w.chain === "usage-nesting" ? null : w.chain;
  if (w.method === "mtls" && w.front !== "none") {
    add(true, "TLS_TERMINATED", said(400, "The request could not be completed: missing client certificate."));
    return found;
  }
  if (w.method === "mtls") {
    const isNewGo = since(w.version, "v0.26.1");
    const alert = (number: number) => ({ alert: isNewGo ? number : 42 });
    const isLateByUs = at > validity(w).notAfter;
    add(w.life === "after", isLateByUs || w.skewMs > -2000 ? "EXPIRED" : "CLOCK_BEHIND", alert(45));
    add(w.life === "before", "NOT_YET_VALID", alert(45));
    if (bad !== null) add(true, names[bad], alert(bad === "expired" || bad === "not-yet-valid" ? 45 : 48));
    add(!permits(w, "clientAuth"), "NO_CLIENT_AUTH", alert(42));
    add(w.chain === "usage-nesting", "ISSUER_FORBIDS_USAGE", alert(42));
  } else {
    const invalid = said(401, "error validating renew token");
    const isNew = since(w.version, "v0.26.2");
    add(w.lifetimeMs < minute, "LIVED_UNDER_A_MINUTE", invalid);
    if (bad !== null) add(true, names[bad], invalid);
    const usage = isNew ? "clientAuth" : "serverAuth";
    const isForNone = !permits(w, "clientAuth") && !permits(w, "serverAuth");
    add(!permits(w, usage), isNew || isForNone ? "NO_CLIENT_AUTH" : "NO_SERVER_AUTH_OLD_CA", invalid);
    add(w.chain === "usage-nesting" && isNew, "ISSUER_FORBIDS_USAGE", invalid);
    add(!w.keyUsages?.includes("digitalSignature"), "NO_DIGITAL_SIGNATURE", invalid);
    add(w.extension === "none", "NO_EXTENSION_FOR_TOKEN", said(401, U401));
    add(w.extension !== "none" && w.provisioner !== "there", "PROVISIONER_GONE", said(401, U401));
    add(w.type === "GCP" && w.isUsed, "TOKEN_REUSED", said(401, U401));
    add(w.skewMs > minute, "CLOCK_AHEAD", said(401, "error validating renew token: token not valid yet (nbf)"));
    add(w.skewMs < -6 * minute, "CLOCK_BEHIND", said(401, "error validating renew token: token is expired (exp)"));
  }
  add(w.isRevoked, "REVOKED", said(401, U401));
  if (w.extension !== "none") {
    add(w.provisioner !== "there", "PROVISIONER_GONE", said(401, U401));
    add(w.type === "SSHPOP", "PROVISIONER_CANNOT_RENEW", said(401, U401));
    add(w.disabled ?? w.disabledForAll, "RENEWAL_DISABLED", said(401, U401));
    add(w.life === "before", "NOT_YET_VALID", said(401, U401));
    const end = `${validity(w).notAfter.toISOString().slice(0, 19).replace("T", " ")} +0000 UTC`;
    const words = since(w.version, "v0.20.0")
      ? `The request lacked necessary authorization to be completed: certificate expired on ${end}`
      : U401;
    add(w.life === "after" && !w.allowed, "EXPIRED_NOT_ALLOWED", said(401, words));
  }
  add(w.isStoreBroken, "CA_STORE_FAILED", said(500, "The certificate authority encountered an Internal Server Error."));
  return found;
}

function evidence(w: World, hide: Hiding): Evidence {
  const [, said] = obstacles(w)[0] ?? [null, {}];
  const { method, version, usages, keyUsages, extension, chain } = w;
  const noted = extension === "wrong" ? { JWK: "SCEP", SSHPOP: "JWK", GCP: "GCP" }[w.type] : w.type;
  const now = caNow(w);
  const answer: Answered | undefined = said.answer && {
    ...said.answer,
    ...(since(version, "v0.26.0") && { requestId: "9f0c" }),
    ...(!hide.clock && { date: now }),
  };
  const shown: ProvisionerFacts[] = [{ name: "other", type: "ACME" }];
  const mine: ProvisionerFacts = {
    name: w.provisioner === "renamed" ? "new" : "admin",
    type: w.type,
    ...(w.type === "JWK" && { keyId: "key-1" }),
    ...(w.disabled !== undefined && { disableRenewal: w.disabled }),
    ...(w.allowed !== undefined && { allowRenewalAfterExpiry: w.allowed }),
  };
  if (w.provisioner !== "gone") shown.push(mine);
  const versionSaid = { shown: version, "N/A": "N/A", hidden: undefined }[hide.version];
  const isListed = w.isRevoked && w.crl === "fresh";
  return {
    at,
    method,
    ...said,
    ...(answer && { answer }),
    certificate: {
      file: "web.crt",
      subject: "CN=web",
      serial: "1",
      issuer: "CN=Intermediate",
      names: ["web"],
      usages,
      keyUsages,
      count: chain === "chain-incomplete" || isForeignAlone(w) ? 1 : 2,
      ...validity(w),
      ...(extension !== "none" && { provisioner: { type: noted, name: "admin", credentialId: "key-1" } }),
    },
    ca: {
      url: "https://ca.internal",
      ...(versionSaid !== undefined && { version: versionSaid }),
      ...(!hide.provisioners && { provisioners: shown }),
      ...(!hide.intermediates && { intermediates: since(version, "v0.27.3") ? "answers" : "not-found" }),
      ...(!hide.crl &&
        w.crl !== "off" &&
        since(version, "v0.23.0") && { crl: { usable: true, lists: isListed, issued: at } }),
      ...(!hide.clock && { clock: { ca: now, ours: at } }),
      ...(hide.handshake !== "hidden" && { handshake: handshake(w, hide) }),
      ...(!hide.signs && { signs: signs(w) }),
    },
    ...(!hide.path && { path: { ...path(w, hide), roots: hide.roots ? "ours" : "ca" } }),
  };
}

/** A leaf alone whose issuer is not known: an intermediate may be missing, or it is another CA's. */
function isForeignAlone({ chain, isAlone }: World): boolean {
  return chain === "unknown-authority" && isAlone;
}

function handshake(w: World, hide: Hiding): HandshakeFacts {
  const presentsMissing = w.chain === "chain-incomplete" && w.missing === "current";
  const base = { presented: ["CN=CA", "CN=Intermediate"], ...(presentsMissing && { presentsMissing }) };
  if (hide.handshake === "encrypted") return { ...base, version: "TLS 1.3" };
  if (w.front === "ends-tls") return { ...base, version: "TLS 1.2", asks: false };
  const isForeign = w.chain === "unknown-authority" && !w.isNamesake;
  const accepts = isForeign || (w.chain === "chain-incomplete" && w.missing === "earlier") ? "none" : "issuer";
  return { ...base, version: "TLS 1.2", asks: true, acceptable: ["CN=Root", "CN=Intermediate"], accepts };
}

function signs({ version }: World): VersionSign[] {
  const all: [VersionSign, string][] = [
    ["root-not-found", "v0.30.0"],
    ["request-id", "v0.26.0"],
    ["crl-endpoint", "v0.23.0"],
  ];
  return all.filter(([, first]) => since(version, first)).map(([sign]) => sign);
}

/** With roots of our own that differ from the CA's, every chain of this CA looks good to us. */
function path(w: World, hide: Hiding): Omit<NonNullable<Evidence["path"]>, "roots"> {
  const bad = (reason: Extract<PathVerdict, { ok: false }>["reason"], who: string): PathVerdict => ({
    ok: false,
    reason,
    who,
    detail: reason,
  });
  const isSeen = !hide.roots || w.hasOurRoots || (w.chain !== "unknown-authority" && w.chain !== "not-yet-valid");
  const chain = isSeen ? w.chain : "good";
  const isKnown = (!hide.intermediates && since(w.version, "v0.27.3")) || hide.handshake !== "hidden";
  const isPublished = chain === "chain-incomplete" && w.missing === "current";
  const isCut = chain === "chain-incomplete" || (chain === "unknown-authority" && isForeignAlone(w));
  const judge = (usage: "clientAuth" | "serverAuth"): PathVerdict => {
    if (isCut) return { ...bad("chain-incomplete", "CN=Issuer"), ...(isKnown && { isPublished }) };
    if (chain !== "good" && chain !== "usage-nesting") return bad(chain, "CN=Issuer");
    if (!permits(w, usage)) return bad("usage", "CN=web");
    return chain === "usage-nesting" && usage === "clientAuth" ? bad("usage-nesting", "CN=Issuer") : { ok: true };
  };
  const isShort = w.lifetimeMs < minute;
  const token = (usage: "clientAuth" | "serverAuth") =>
    isShort ? bad("lived-under-a-minute", "CN=web") : judge(usage);
  const life = { before: "not-yet-valid", within: null, after: "expired" } as const;
  const out = life[w.life];
  return {
    mtls: out === null ? judge("clientAuth") : bad(out, "CN=web"),
    tokenClientAuth: token("clientAuth"),
    tokenServerAuth: token("serverAuth"),
  };
}

/** An issuer that began after the certificate's end exists only where that end has been. */
const isPossible = ({ chain, life, method, missing }: World) =>
  (chain !== "not-yet-valid" || (life === "after" && method === "token")) &&
  (chain !== "chain-incomplete" || method === "token" || missing === "earlier");
const refused = world.filter((w) => isPossible(w) && obstacles(w).length > 0);
const runs = { numRuns: 2000 };

describe("against a model of step-ca", () => {
  test("what is certain is true, whatever the CA hides", () => {
    fc.assert(
      fc.property(refused, hiding, (w, hide) => {
        const { causes: ranked } = diagnose(evidence(w, hide));
        const certain = ranked.filter(({ certainty }) => certainty === "certain").map(({ id }) => id);
        const real = obstacles(w).map(([id]) => id);
        for (const id of certain) expect(real).toContain(id);
      }),
      runs,
    );
  });

  test("the true cause is never contradicted", () => {
    fc.assert(
      fc.property(refused, hiding, (w, hide) => {
        const { causes: ranked, ruledOut } = diagnose(evidence(w, hide));
        const [[truth] = ["none"]] = obstacles(w);
        expect(ruledOut.map(({ id }) => id)).not.toContain(truth);
        // Beside a certain cause, which is one of the obstacles (see above), what nothing proves is not spoken of, unless the
        // CA looks at it before: with no list that would tell, that is revocation.
        const shown = evidence(w, hide);
        const isUnseen = truth === "REVOKED" && shown.ca.crl === undefined;
        if (ranked[0]?.certainty !== "certain" || isUnseen) expect(ranked.map(({ id }) => id)).toContain(truth);
      }),
      runs,
    );
  });

  test("with nothing hidden, what is certain is what the CA's log proves", () => {
    fc.assert(
      fc.property(refused, (w) => {
        const [first] = diagnose(evidence(w, nothing)).causes;
        const [[truth] = ["none"]] = obstacles(w);
        // Three facts that no CA shows may come first; what is said to be certain is true all the same (see above).
        const isForAll = truth === "RENEWAL_DISABLED" && w.disabled === undefined;
        const isInvisible = truth === "REVOKED" || truth === "TOKEN_REUSED" || isForAll;
        if (first?.certainty === "certain" && !isInvisible) expect(first.id).toBe(truth);
      }),
      runs,
    );
  });

  test("hiding a fact never makes a cause certain that more facts contradict", () => {
    fc.assert(
      fc.property(refused, hiding, (w, hide) => {
        const { ruledOut } = diagnose(evidence(w, nothing));
        const out = ruledOut.map(({ id }) => id);
        const [first] = diagnose(evidence(w, hide)).causes;
        if (first?.certainty === "certain") expect(out).not.toContain(first.id);
      }),
      runs,
    );
  });
});

const anyDate = fc.date({ min: new Date("1950-01-01"), max: new Date("2060-01-01"), noInvalidDate: true });
const text = fc.string({ unit: "binary", maxLength: 300 });
const verdict: fc.Arbitrary<PathVerdict> = fc.oneof(
  fc.constant<PathVerdict>({ ok: true }),
  fc.record({
    ok: fc.constant(false as const),
    reason: fc.constantFrom(
      "usage" as const,
      "usage-nesting" as const,
      "unknown-authority" as const,
      "chain-incomplete" as const,
      "expired" as const,
      "not-yet-valid" as const,
      "lived-under-a-minute" as const,
      "constraint" as const,
    ),
    who: text,
    detail: text,
  }),
);
const sentences = fc.constantFrom(
  U401,
  "Unauthorized",
  "error validating renew token",
  "error validating renew token: token is expired (exp)",
  "certificate expired on 2026-99-99 99:99:99 +0000 UTC",
  "missing client certificate",
  "The certificate authority encountered an Internal Server Error.",
);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
/** Leaves out the keys whose value is undefined, as exact optional types ask for. */
const defined = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));

const anything = fc
  .record({
    at: anyDate,
    method: fc.constantFrom("mtls", "token"),
    operation: optional(fc.constantFrom("renew", "rekey")),
    certificate: fc
      .record({
        file: text,
        subject: text,
        serial: text,
        issuer: text,
        names: fc.array(text, { maxLength: 3 }),
        usages: fc.option(fc.array(fc.constantFrom("clientAuth", "serverAuth", "anyExtendedKeyUsage", "1.2.3"))),
        keyUsages: fc.option(fc.array(fc.constantFrom("digitalSignature", "keyAgreement"))),
        notBefore: anyDate,
        notAfter: anyDate,
        count: fc.nat(4),
        provisioner: optional(
          fc.record({ type: fc.constantFrom("JWK", "SCEP", "GCP", ""), name: text, credentialId: text }),
        ),
      })
      .map(defined),
    answer: optional(
      fc
        .record({
          status: fc.integer({ min: 100, max: 599 }),
          said: fc.oneof(sentences, text),
          shape: fc.constantFrom("status", "type", "json", "html", "text", "empty"),
          requestId: optional(text),
          date: optional(anyDate),
          server: optional(text),
          via: optional(text),
        })
        .map(defined),
    ),
    alert: optional(fc.option(fc.nat(255))),
    ca: fc
      .record({
        url: fc.oneof(text, fc.webUrl()),
        version: optional(fc.oneof(text, fc.constantFrom("N/A", "v0.26.1", "0.26.2-rc.1", "v0.26.1-5-gabcdef0"))),
        intermediates: optional(fc.constantFrom("answers", "not-found", "not-implemented")),
        provisioners: optional(
          fc.array(
            fc
              .record({
                name: text,
                type: text,
                disableRenewal: optional(fc.boolean()),
                allowRenewalAfterExpiry: optional(fc.boolean()),
                keyId: optional(text),
                trustOnFirstUse: optional(fc.boolean()),
                state: optional(text),
              })
              .map(defined),
            { maxLength: 3 },
          ),
        ),
        clock: optional(fc.record({ ca: anyDate, ours: anyDate })),
        crl: optional(
          fc
            .record({ lists: fc.boolean(), usable: fc.boolean(), issued: optional(anyDate), why: optional(text) })
            .map(defined),
        ),
        handshake: optional(
          fc
            .record({
              version: fc.constantFrom("TLS 1.2", "TLS 1.3"),
              presented: fc.array(text, { maxLength: 3 }),
              asks: optional(fc.boolean()),
              acceptable: optional(fc.array(text, { maxLength: 3 })),
              accepts: optional(fc.constantFrom("issuer", "above", "none")),
              presentsMissing: optional(fc.boolean()),
            })
            .map(defined),
        ),
        signs: optional(fc.subarray(["crl-endpoint", "request-id", "root-not-found"])),
        foreign: optional(fc.subarray(["roots", "intermediates"], { minLength: 1 })),
      })
      .map(defined),
    path: optional(
      fc.record({
        mtls: verdict,
        tokenServerAuth: verdict,
        tokenClientAuth: verdict,
        roots: fc.constantFrom("ours", "ca"),
      }),
    ),
    files: optional(fc.record({ key: text, root: text })),
  })
  .map((parts) => defined(parts) as unknown as Evidence);

describe("for any evidence at all", () => {
  test("it does not throw, has one certain cause at most, and accounts for every cause once, but those that a certain one makes idle", () => {
    fc.assert(
      fc.property(anything, (given) => {
        const { causes: ranked, ruledOut, evidence: lines } = diagnose(given);
        const certain = ranked.filter(({ certainty }) => certainty === "certain");
        expect(certain.length).toBeLessThanOrEqual(1);
        if (certain.length === 1) expect(ranked[0]).toBe(certain[0]);
        const ids = [...ranked, ...ruledOut].map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        const symptom = symptomOf(given);
        const able = Object.values(causes).filter(
          ({ symptoms, only }) => symptoms.includes(symptom) && (only ?? given.method) === given.method,
        );
        const isJudged = given.method === "mtls" || !(symptom === "closed" || symptom.startsWith("alert-"));
        const isIdle = (cause: Cause) => certain.length === 1 && /speaks|silent/.test(cause.weigh(given).verdict);
        const spokenOf = able.filter((cause) => !isIdle(cause)).map(({ id }) => id);
        if (isJudged) expect(ids).toEqual(expect.arrayContaining(spokenOf));
        for (const [label, value] of lines) expect(`${label}${value}`).not.toBe(label);
      }),
      { numRuns: 1500 },
    );
  });

  test("whoever wanted a rekey is told to rekey again, and to renew by token alone", () => {
    fc.assert(
      fc.property(anything, (given) => {
        const help = diagnose({ ...given, method: "mtls", operation: "rekey" }).causes.flatMap((cause) => cause.help);
        const others = help.filter((line) => /`renew (?!rekey |explain |--version)/.test(line));
        expect(others.filter((line) => !/token/.test(line))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  test("a provisioner that is called by a backtick begins no command", () => {
    const at = new Date(0);
    const times = { notBefore: at, notAfter: at };
    const [none, names] = ["", { names: [], usages: null, keyUsages: null }];
    const provisioner = { type: "JWK", name: "`", credentialId: none };
    const certificate = {
      file: none,
      subject: none,
      serial: none,
      issuer: none,
      ...names,
      ...times,
      count: 0,
      provisioner,
    };
    const { causes } = diagnose({ at, method: "mtls", certificate, ca: { url: none, provisioners: [] } });
    const named = causes.flatMap(({ help }) => help).filter((line) => line.includes("is gone"));
    expect(named.length).toBeGreaterThan(0);
    for (const line of named) expect(line).toContain(`as "'" is gone: \`step ca provisioner list`);
  });

  test("no word of another breaks out of a command", () => {
    fc.assert(
      fc.property(anything, (given) => {
        for (const { help } of diagnose(given).causes) {
          for (const line of help) {
            expect(line.split("`").length % 2).toBe(1);
            expect(line).not.toMatch(/`[^`]*[\n\r\u001b][^`]*`/);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
