/** The calls of the library, against the embedded CA: values in, values or a RenewError out, and nothing said. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { RekeyOptions, RenewError, RenewOptions } from "../../src/library/index.ts";
import { explain, needsRenewal, RenewError as OurError, rekey, renew } from "../../src/library/index.ts";
import { type Scene, scene } from "../support/scene.ts";
import { learnFrom, watch as secrets } from "../support/secrets.ts";
import { exported } from "../support/user-files.ts";

let s: Scene;
const written: string[] = [];

beforeEach(async () => {
  s = await scene({ intermediate: true });
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, "write").mockImplementation((text) => written.push(String(text)) > 0);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await s.end();
  expect(written.splice(0), "a library prints nothing").toEqual([]);
});

async function pair(spec: Parameters<Scene["issue"]>[1] = {}): Promise<RenewOptions> {
  await s.issue("web", { subject: "web.internal", usages: ["serverAuth", "clientAuth"], ...spec });
  learnFrom(["web.key"], s.folder);
  return { certificate: "web.crt", key: "web.key", caUrl: s.url(), root: "root.crt", now: () => s.base };
}

/** The error that a call rejects with. */
async function errorOf(call: Promise<unknown>): Promise<RenewError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof OurError)) throw new Error(`no RenewError: ${String(error)}`);
  secrets.saw("failure", JSON.stringify(error));
  return error;
}

const chainOnDisk = (file: string) => readFileSync(file, "utf8");

describe("renew", () => {
  test("renews in place, without being asked twice, and gives the chain as it is on the disk", async () => {
    await s.ca();
    const options = await pair();
    const before = new X509Certificate(chainOnDisk("web.crt"));
    const result = await renew(options);
    if (result.outcome !== "renewed") throw new Error(result.outcome);
    expect(result).toMatchObject({ file: "web.crt", method: "mtls", certificate: { commonName: "web.internal" } });
    expect(result.chain).toBe(chainOnDisk("web.crt"));
    expect(result.certificate.pem).toBe(result.chain.slice(0, result.certificate.pem.length));
    const now = new X509Certificate(result.chain);
    expect(result.certificate.fingerprint).toBe(`sha256:${now.fingerprint256.replaceAll(":", "").toLowerCase()}`);
    expect(BigInt(result.certificate.serial)).toBe(BigInt(`0x${now.serialNumber}`));
    expect(BigInt(result.previous.serial)).toBe(BigInt(`0x${before.serialNumber}`));
  });

  test("is not due, without asking anybody", async () => {
    const result = await renew({ ...(await pair()), expiresIn: "1h" });
    if (result.outcome !== "not-due") throw new Error(result.outcome);
    expect(result.dueFrom.getTime()).toBe(result.certificate.notAfter.getTime() - 3_600_000);
    expect(result.chain).toBe(chainOnDisk("web.crt"));
  });

  test("two calls at once are one renewal", async () => {
    const ca = await s.ca();
    const { now: _, ...options } = await pair();
    const results = await Promise.all([renew(options), renew(options)]);
    expect(results.map(({ outcome }) => outcome).sort()).toEqual(["overtaken", "renewed"]);
    expect(results[0]?.certificate.serial).toBe(results[1]?.certificate.serial);
    expect(ca.log.filter(({ path }) => path === "/renew").length).toBe(1);
  });

  test("what has expired takes force, and goes by token", async () => {
    await s.ca();
    const options = await pair({ from: -30, to: -1 });
    const error = await errorOf(renew(options));
    expect(error).toMatchObject({ code: "EXPIRED_NEEDS_FORCE", exit: 65, retry: "after-fix" });
    expect(error.state).toMatchObject({ file: "web.crt", changed: false });
    expect(await renew({ ...options, force: true })).toMatchObject({ outcome: "renewed", method: "token" });
  });

  test("by the way that is asked for", async () => {
    await s.ca();
    const options = await pair();
    expect(await renew({ ...options, method: "token" })).toMatchObject({ method: "token" });
    expect(await renew({ ...options, method: "mtls" })).toMatchObject({ method: "mtls" });
  });

  test("another file is replaced with force only", async () => {
    await s.ca();
    const options = { ...(await pair()), out: "new.crt" };
    const before = chainOnDisk("web.crt");
    expect(await renew(options)).toMatchObject({ outcome: "renewed", file: "new.crt" });
    const phrase = () => "never asked";
    for (const one of [options, { ...options, passphrase: phrase }]) {
      const error = await errorOf(renew(one));
      expect(error.code).toBe("WOULD_OVERWRITE");
      expect(error.why).not.toMatch(/answer/);
      expect(error.rendered).toMatch(/new\.crt exists, and `force` is not set\n[\s\S]*pass `force: true`/);
      expect(error.rendered).not.toMatch(/terminal|--/);
    }
    expect(await renew({ ...options, force: true })).toMatchObject({ outcome: "renewed" });
    expect(chainOnDisk("web.crt")).toBe(before);
  });

  test("other forms are written as one with it, and replaced with force only", async () => {
    await s.ca();
    writeFileSync("pass", "sesame 44!\n");
    const also = [
      { form: "combined", file: "web.pem" },
      { form: "p12", file: "web.p12" },
      { form: "root", file: "trust.pem" },
    ] as const;
    const options = { ...(await pair()), also, p12PassphraseFile: "pass" };
    const result = await renew(options);
    expect(result.outcome).toBe("renewed");
    expect(readFileSync("web.pem", "utf8")).toBe(result.chain + readFileSync("web.key", "utf8"));
    expect(readFileSync("trust.pem", "utf8")).toBe(readFileSync("root.crt", "utf8"));
    expect(statSync("web.p12").mode & 0o777).toBe(0o600);

    const error = await errorOf(renew(options));
    expect(error).toMatchObject({ code: "WOULD_OVERWRITE", state: { changed: false } });
    expect(error.what).toBe("web.pem and web.p12 and trust.pem exist, and `force` is not set");
    expect((await renew({ ...options, force: true })).outcome).toBe("renewed");

    rmSync("web.pem");
    const notDue = await renew({ ...options, expiresIn: "1h" });
    expect([notDue.outcome, readFileSync("web.pem", "utf8")]).toEqual([
      "not-due",
      notDue.chain + readFileSync("web.key", "utf8"),
    ]);
  });

  test.each<[string, Partial<RenewOptions>, string, RegExp]>([
    ["no passphrase", { also: [{ form: "p12", file: "a" }] }, "NO_PASSPHRASE_FILE", /`p12PassphraseFile`/],
    ["over the key", { also: [{ form: "leaf", file: "./web.key" }] }, "FLAG_CONFLICT", /: key and also leaf=/],
    ["over out", { out: "a", also: [{ form: "leaf", file: "a" }] }, "FLAG_CONFLICT", /: out and also leaf=a /],
    [
      "over each other",
      {
        also: [
          { form: "leaf", file: "a" },
          { form: "der", file: "a" },
        ],
      },
      "FLAG_CONFLICT",
      /: also leaf=a and also der=a /,
    ],
    ["over the roots", { also: [{ form: "leaf", file: "root.crt" }] }, "FLAG_CONFLICT", /: root and also leaf=/],
    ["nowhere", { also: [{ form: "leaf", file: "no/a" }] }, "CANNOT_WRITE", /also leaf=FILE/],
  ])("other forms that cannot be: %s", async (_, wrong, code, words) => {
    const error = await errorOf(renew({ ...(await pair()), ...wrong }));
    expect(error.code).toBe(code);
    expect(error.rendered).toMatch(words);
    expect(error.rendered).not.toMatch(/--also|--p12/);
  });

  test("a refusal comes with its cause, what speaks for it, and what to do", async () => {
    await s.ca({ like: "v0.26.1" });
    const options = await pair({ usages: ["clientAuth"], from: -30, to: -1 });
    const error = await errorOf(renew({ ...options, force: true }));
    expect(error).toMatchObject({ name: "RenewError", code: "CA_REFUSED", exit: 77, message: error.what });
    expect(error.causes[0]).toMatchObject({ id: "NO_SERVER_AUTH_OLD_CA", certainty: "certain", mendedBy: "admin" });
    expect(error.evidence).toMatchObject({ status: 401, caVersion: "v0.26.1" });
    expect(error.help.length).toBeGreaterThan(0);
    expect(error.rendered).toMatch(/^error\[CA_REFUSED\]: the CA refused to renew web\.crt by token\n {2}why: /);
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: error.code,
      exit: error.exit,
      retry: error.retry,
      what: error.what,
      why: error.why,
      help: error.help,
      causes: error.causes,
      ruledOut: error.ruledOut,
      evidence: error.evidence,
      state: error.state,
      rendered: error.rendered,
    });
    const pages = await explain(error);
    expect(pages.map(({ id }) => id).slice(0, 2)).toEqual(["CA_REFUSED", "NO_SERVER_AUTH_OLD_CA"]);
  });

  test("a hook that fails: the certificate is new all the same, and the error says so", async () => {
    await s.ca();
    const options = await pair();
    const hooks = { exec: ["/bin/sh", "-c", "exit 3"] };
    const error = await errorOf(renew({ ...options, hooks }));
    expect(error).toMatchObject({ code: "HOOK_FAILED", exit: 69, state: { file: "web.crt", changed: true } });
    expect(Date.parse(new X509Certificate(chainOnDisk("web.crt")).validTo)).toBe(
      Date.parse(error.state.notAfter ?? ""),
    );
    const text = `/bin/sh -c 'echo "$RENEW_SERIAL" > "done"'`;
    const result = await renew({ ...options, expiresIn: "1h", hooks: { exec: text } });
    expect([result.outcome, readFileSync("done", "utf8").trim()]).toEqual(["not-due", result.certificate.serial]);
  });

  test("an encrypted key opens with what the caller says when asked", async () => {
    await s.ca();
    const options = await pair();
    const locked = exported(readFileSync("web.key", "utf8"), "pkcs8", "pem", "sesame 44!");
    writeFileSync("web.key", locked, { mode: 0o600 });
    expect((await errorOf(renew(options))).code).toBe("KEY_ENCRYPTED");
    expect((await errorOf(renew({ ...options, passphrase: () => null }))).code).toBe("KEY_ENCRYPTED");
    const wrong = await errorOf(renew({ ...options, passphrase: async () => "another 9!" }));
    expect(wrong.code).toBe("WRONG_PASSPHRASE");
    expect(wrong.rendered).not.toContain("another 9!");
    expect(await renew({ ...options, passphrase: async () => "sesame 44!" })).toMatchObject({ outcome: "renewed" });
  });

  test("the caller's signal ends it with the caller's reason, and nothing has changed", async () => {
    const ca = await s.ca();
    ca.faults.add("hang");
    const options = await pair();
    const before = chainOnDisk("web.crt");
    const end = new AbortController();
    const reason = new Error("enough");
    const call = renew({ ...options, signal: end.signal });
    await vi.waitFor(() => expect(ca.log.length).toBeGreaterThan(0));
    end.abort(reason);
    await expect(call).rejects.toBe(reason);
    await expect(renew({ ...options, signal: end.signal })).rejects.toBe(reason);
    expect(chainOnDisk("web.crt")).toBe(before);
    expect(existsSync(".web.crt.renew-lock")).toBe(false);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ["an address", { caUrl: "http://ca" }, "BAD_URL"],
    ["a duration", { expiresIn: "8" }, "BAD_DURATION"],
    ["two passphrases", { passphraseFile: "a", passphrase: () => "b" }, "FLAG_CONFLICT"],
    ["two hooks", { hooks: { exec: "a", execShell: "b" } }, "FLAG_CONFLICT"],
    ["a root that is not there", { root: "missing.crt" }, "ROOT_MISSING"],
    ["a key that is another's", { key: "other.key" }, "KEY_MISMATCH"],
    ["a file that is not there", { certificate: "missing.crt" }, "FILE_MISSING"],
  ])("a value that cannot be used is explained: %s", async (_, wrong, code) => {
    const options = await pair();
    await s.issue("other");
    expect((await errorOf(renew({ ...options, ...wrong } as RenewOptions))).code).toBe(code);
  });

  test.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /takes an object of options, and was given undefined/],
    ["no key", { certificate: "a", caUrl: "b", root: "c" }, /renew needs key/],
    ["an unknown option", { expiresin: "8h" }, /knows no option 'expiresin': is expiresIn meant\?/],
    ["an empty text", { certificate: "" }, /certificate must be a text that is not empty/],
    ["a switch that is a word", { force: "yes" }, /force must be true or false, and is a string/],
    ["an unknown way", { method: "MTLS" }, /method must be "auto" or "mtls" or "token"/],
    ["a limit that is none", { timeoutMs: Number.NaN }, /timeoutMs must be a number/],
    ["no time at all", { timeoutMs: 0 }, /timeoutMs must be more than 0/],
    ["too many backups", { backup: 100 }, /backup must be a number from 1 to 99/],
    ["a form alone", { also: "combined=a" }, /also must be an array, and is a string/],
    ["an unknown form", { also: [{ form: "pfx", file: "a" }] }, /also\[0\]: form must be "leaf" or/],
    ["a form without a file", { also: [{ form: "der" }] }, /also\[0\] needs file/],
    ["a clock that is none", { now: () => 5 }, /now must give a valid Date, and gave a number/],
    ["a clock that promises", { now: async () => new Date() }, /now must give a valid Date, and gave an object/],
    ["a clock that stands nowhere", { now: () => new Date("x") }, /now must give .* gave an invalid Date/],
    ["an unknown hook", { hooks: { run: "x" } }, /hooks knows no option 'run'/],
    ["an unknown signal", { hooks: { pid: 1, signal: "HUPP" } }, /no signal that this system knows/],
    ["an open quote", { hooks: { exec: "a 'b" } }, /a quote that is not closed/],
  ])("what no compiler would take is a TypeError: %s", async (_, wrong, words) => {
    const full = { certificate: "a", key: "b", caUrl: "ca", root: "d" };
    const isPart = wrong !== undefined && !("caUrl" in (wrong as object));
    const call = renew((isPart ? { ...full, ...(wrong as object) } : wrong) as RenewOptions);
    await expect(call).rejects.toThrow(TypeError);
    await expect(call).rejects.toThrow(words);
  });

  test("a passphrase that is no text is the caller's mistake", async () => {
    const options = await pair();
    writeFileSync("web.key", exported(readFileSync("web.key", "utf8"), "pkcs8", "pem", "sesame 44!"), { mode: 0o600 });
    const call = renew({ ...options, passphrase: (() => 44) as never });
    await expect(call).rejects.toThrow(/^passphrase must give a text or null, and gave a number$/);
  });
});

describe("rekey", () => {
  test("a new key of the kind that is asked for, both in their places", async () => {
    await s.ca();
    const { force: _, method: __, ...options } = await pair();
    const before = readFileSync("web.key", "utf8");
    const result = await rekey({ ...options, kind: { type: "EC", curve: "P-384" } });
    expect(result).toMatchObject({ outcome: "rekeyed", keyFile: "web.key", kind: { type: "EC", curve: "P-384" } });
    expect(readFileSync("web.key", "utf8")).not.toBe(before);
    const key = createPrivateKey(readFileSync("web.key"));
    expect(new X509Certificate(result.chain).checkPrivateKey(key)).toBe(true);
  });

  test("other forms are of the new key, as one with it", async () => {
    await s.ca();
    const { force: _, method: __, ...options } = await pair();
    const result = await rekey({ ...options, also: [{ form: "combined", file: "web.pem" }] });
    expect(readFileSync("web.pem", "utf8")).toBe(result.chain + readFileSync("web.key", "utf8"));
    const error = await errorOf(rekey({ ...options, also: [{ form: "combined", file: "web.pem" }] }));
    expect(error.what).toMatch(/^web\.pem exists, and `force` is not set$/);
  });

  test.each<[unknown, RegExp]>([
    [{ type: "EC", bits: 256 }, /kind\.bits is for keys of type RSA, not EC/],
    [{ type: "OKP", bits: 256 }, /kind\.bits is for keys of type RSA, not OKP/],
    [{ type: "OKP", curve: "P-256" }, /kind\.curve is for keys of type EC, not OKP/],
    [{ type: "RSA", curve: "P-256" }, /kind\.curve is for keys of type EC, not RSA/],
    [{ type: "RSA", bits: 2048.5 }, /kind\.bits must be a whole number from 2048 to 8192/],
    [{ type: "RSA", bits: 1024 }, /kind\.bits must be a whole number from 2048 to 8192/],
  ])("what does not belong to a kind is refused: %j", async (kind, words) => {
    const call = rekey({ ...(await pair()), force: true, kind } as RekeyOptions);
    await expect(call).rejects.toThrow(TypeError);
    await expect(call).rejects.toThrow(words);
  });

  test("one that has expired is refused, with the reason", async () => {
    const options = await pair({ from: -30, to: -1 });
    const error = await errorOf(rekey(options));
    expect(error).toMatchObject({ code: "CANNOT_REKEY", causes: [{ id: "REKEY_NEEDS_MTLS" }] });
  });
});

describe("needsRenewal", () => {
  test.each([
    [-12, 12, "66%", false],
    [-12, 12, "50%", true],
    [-12, 12, "13h", true],
    [-30, -1, "0s", true],
  ])("from %d h to %d h, %s: %s", async (from, to, expiresIn, needed) => {
    const { certificate, now } = await pair({ from, to });
    const result = await needsRenewal({ certificate, expiresIn, ...(now && { now }) });
    expect([result.needed, result.isHalfWay, result.certificate.commonName]).toEqual([needed, false, "web.internal"]);
    expect(Math.round(result.usedPercent)).toBe(Math.round((-from / (to - from)) * 100));
  });

  test("of what a server presents", async () => {
    await s.ca();
    const result = await needsRenewal({ certificate: s.url(), roots: ["root.crt"], now: () => s.base });
    expect(result.certificate.names).toContain("localhost");
    const error = await errorOf(needsRenewal({ certificate: s.url(), roots: "missing.crt" }));
    expect(error.code).toBe("ROOT_MISSING");
  });

  test("of nothing", async () => {
    expect(await errorOf(needsRenewal({ certificate: "missing.crt" }))).toMatchObject({ code: "FILE_MISSING" });
  });
});

describe("explain", () => {
  test.each<[string, unknown, string[]]>([
    ["a code", "CA_REFUSED", ["CA_REFUSED"]],
    ["a name that is both", "KEY_MISMATCH", ["KEY_MISMATCH", "KEY_MISMATCH"]],
    ["words of Go's", "remote error: tls: bad certificate", ["NO_CLIENT_AUTH", "UNKNOWN_ISSUER"]],
    [
      "an error with a cause",
      new Error("x", { cause: new Error("renew is disabled for provisioner 'a'") }),
      ["RENEWAL_DISABLED"],
    ],
    ["nothing known", "the quick brown fox", []],
    ["no text", undefined, []],
  ])("%s", async (_, subject, expected) => {
    const pages = await explain(subject);
    expect(pages.map(({ id }) => id)).toEqual(expect.arrayContaining(expected));
    if (expected.length === 0) expect(pages).toEqual([]);
    for (const { title, text } of pages) expect(Math.min(title.length, text.length)).toBeGreaterThan(5);
  });
});
